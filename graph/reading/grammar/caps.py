"""Caps that a person sets beside a change: "under a dollar", "max 50 cents", "at most 20,000 tokens"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ....tools.bounds import MOST_TOKENS, MOST_USD
from .mentions import split_words
from .number_words import read_number

_LIMIT = (
    r"(?:(?:(?:but|and|only|just|please|with|use|using|spend|spending|costs?|costing|pay|it|that|this|"
    r"a|the|should|must|may|"
    r"can|keep|stay|set|no|not|nothing) )*"
    r"(?:under|below|within|less than|(?:no |not )?more than|at most|at|max(?:imum)?\.?|up to|over|"
    r"above|cap(?:ped)?|limit|"
    r"budget|for)(?: (?:of|to|at|is))* )?"
)
_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?k?|(?:a|an|[a-z]+)(?: hundred| thousand| dozen)?)"
_MONEY = re.compile(
    rf"{_LIMIT}(?:\$ ?(?P<amount>\d[\d,]*(?:\.\d+)?)|{_NUMBER} ?(?P<unit>dollars?|bucks?|usd|cents?|\$))(?![a-z])"
)
_TOKENS = re.compile(rf"{_LIMIT}{_NUMBER} ?tokens?\b")
_FOREIGN = re.compile(r"[€£¥₹]|\b(?:euros?|eur|pounds?|gbp|yen|rupees?)\b")


@dataclass(frozen=True)
class Caps:
    """What was found.

    Attributes:
        rest: the sentence without it.
        usd: the most US dollars.
        tokens: the most tokens.
        problem: what keeps us from reading it, as a question back.
    """

    rest: str
    usd: float | None = None
    tokens: int | None = None
    problem: str = ""


def read_caps(plain: str) -> Caps:
    """The caps in a sentence in lower case, and the rest of the sentence."""
    if _FOREIGN.search(plain):
        return Caps(plain, problem="I count in US dollars or tokens. What is the cap in one of them?")
    usd = tokens = None
    money = _MONEY.search(plain)
    if money:
        usd = _value(money["amount"] or money["number"] or "")
        if usd is not None and (money["unit"] or "").startswith("cent"):
            usd = usd / 100
        plain = plain[: money.start()] + " " + plain[money.end() :] if usd else plain
    limit = _TOKENS.search(plain)
    if limit:
        value = _value(limit["number"])
        tokens = int(min(value, MOST_TOKENS + 1)) if value else None
        plain = plain[: limit.start()] + " " + plain[limit.end() :] if tokens else plain
    if (usd or 0) > MOST_USD or (tokens or 0) > MOST_TOKENS:
        return Caps(
            plain, problem=f"A cap can be at most ${MOST_USD:,} or {MOST_TOKENS:,} tokens. What shall it be?"
        )
    return Caps(plain.strip(" ,;"), usd or None, tokens)


def _value(written: str) -> float | None:
    if written in ("a", "an", "one"):
        return 1.0
    digits = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)(k?)", written)
    if digits:
        return float(digits[1].replace(",", "")) * (1000 if digits[2] else 1)
    words = split_words(written)
    number, used = read_number(words) if words else (None, 0)
    return float(number) if number and number > 0 and used == len(words) else None
