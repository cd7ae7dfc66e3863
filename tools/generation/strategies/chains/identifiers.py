"""Identifiers in values and results: account numbers, ticket ids, codes. Their digits mean nothing by themselves."""

from __future__ import annotations

import random
import re

_IDENTIFIER = re.compile(r"(?<![\w.:/-])(?:[A-Za-z]+[-#][\w-]*\d[\w-]*|[A-Za-z#]*\d{4,}\w*)(?![\w:/-])")
_DIGITS = re.compile(r"\d+")
_LEAST_DIGITS = 3
"""Fewer make a word with a number in it, such as "UTF-8" or "Covid-19"."""


def identifiers(text: str) -> list[str]:
    """The identifiers in a text, in order. Years, dates, times, amounts and decimals are none."""
    return [found for found in _IDENTIFIER.findall(text) if _counts(found)]


def is_identifier(text: str) -> bool:
    """Whether a text is one identifier and nothing else."""
    return identifiers(text) == [text]


def renumbered(identifier: str, rng: random.Random) -> str:
    """An identifier with other digits, as many as before; no run of digits begins with 0 unless it did."""
    return _DIGITS.sub(lambda match: _digits(match.group(), rng), identifier)


def _counts(text: str) -> bool:
    is_year = text.isdigit() and 1900 <= int(text) <= 2100
    return sum(letter.isdigit() for letter in text) >= _LEAST_DIGITS and not is_year


def _digits(old: str, rng: random.Random) -> str:
    first = "0" if old.startswith("0") else str(rng.randint(1, 9))
    return first + "".join(str(rng.randint(0, 9)) for _ in old[1:])
