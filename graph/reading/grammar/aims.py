"""Reads wishes about targets: "twice as much billing", "billing should be half of it", "make all equal again".

Every word of the sentence must belong to such a wish. One word more, and it is read as something else: a change of
the plan, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ....tools.coverage.targets import Aim
from .mentions import find_mentions
from .number_words import read_number, vocabulary

_EQUAL = re.compile(
    r"(?:(?:make|set|treat|weigh|keep|put|have) )?"
    r"(?P<what>(?:it|them|everything|everyone|(?:every |each |all |all of |all the |the )?(?:topics?|targets?|weights?|"
    r"shares?)|all) )*+"
    r"(?:should |must |to |be |count |are |back )*+(?:all )?(?P<how>equal(?:ly)?|uniform(?:ly)?|even(?:ly)?|the same)"
    r"(?P<of> (?:weights?|targets?|shares?)| (?:important|weighted))?(?: for (?:all|every|each)(?: topics?)?)?"
    r"(?: (?:again|now|please))*"
)
_RESET = re.compile(
    r"(?:reset|clear|remove|drop|forget|undo|delete) (?:all |the |my )*(?:targets?|weights?)(?: weights?| shares?)*"
    r"(?: (?:again|now|please))*"
)
_FILE = re.compile(r"\b(?:targets?|weights?|mix|distribution)\b.*\.(?:csv|tsv|jsonl?)\b|"
                   r"\.(?:csv|tsv|jsonl?)\b.*\b(?:targets?|weights?|mix|distribution)\b")  # fmt: skip
FILE_NOTE = (
    "Targets from a file are set on the command line: `finetune-coverage targets from-file FILE -w WORKFLOW`. "
    "After that I analyze again."
)

_SHARES = {
    "half": 1 / 2,
    "third": 1 / 3,
    "thirds": 1 / 3,
    "quarter": 1 / 4,
    "quarters": 1 / 4,
    "fifth": 1 / 5,
}
_FACTORS = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "thrice": 3.0, "triple": 3.0, "tripled": 3.0}
_AS_MUCH = vocabulary("much important big large heavy common frequent strong prominent")
_WEIGHT = vocabulary("weight weights target targets share shares importance part proportion weighted")
_FILLING = vocabulary(
    "a about all an and are around at be become been count data dataset examples everything exactly for from get "
    "give gets had has have i in into is it its let make makes mix must need needs of on ought our please put records "
    "set shall should so take takes that the them then there to topic topics total up us use want we weigh whole will "
    "with would now again instead rest others other only just like than"
)

Kind = Literal["topic", "factor", "share", "number", "as", "much", "weight", "and"]


@dataclass(frozen=True)
class _Part:
    kind: Kind
    topic: str = ""
    value: float = 0.0


def read_aims(plain: str, topics: Sequence[str]) -> list[Aim]:
    """The wishes that the sentence consists of; none when it is about something else.

    Args:
        plain: the sentence, in lower case, without marks at its end.
        topics: the names that it may use.
    """
    equal = _EQUAL.fullmatch(plain)
    if equal and (equal["what"] or equal["of"] or equal["how"].startswith(("equal", "uniform"))):
        return [Aim(kind="equal")]
    if _RESET.fullmatch(plain):
        return [Aim(kind="equal")]
    parts = _parts(plain, topics)
    return (_factors(parts) or _values(parts)) if parts else []


def names_a_file(plain: str) -> bool:
    """Whether the sentence wants a file's mix as the target."""
    return bool(_FILE.search(plain))


def _parts(plain: str, topics: Sequence[str]) -> list[_Part] | None:
    """The words that say something; ``None`` when one of them has no place in a wish."""
    mentions = find_mentions(re.sub(r"'s\b", "", plain), topics)
    starts = {mention.start: mention for mention in mentions.found if mention.kind == "topic"}
    if not starts:
        return None
    words, parts, at = mentions.words, list[_Part](), 0
    while at < len(words):
        if at in starts:
            parts.append(_Part("topic", topic=str(starts[at].value)))
            at = starts[at].end
            continue
        read = _read_words(words[at:])
        if read is None:
            return None
        part, size = read
        at += size
        if part is not None:
            parts.append(part)
            # "Half of billing" is a part of the topic rather than of the whole.
            after = at + 1 + (words[at + 1 : at + 2] == ["the"])
            if part.kind == "share" and words[at : at + 1] == ["of"] and after in starts:
                return None
    return parts


def _read_words(words: Sequence[str]) -> tuple[_Part | None, int] | None:
    """The part that ``words`` begin with, if it is one, and how many of them it takes."""
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first == "as":
        return (_Part("much"), 2) if second in _AS_MUCH else (_Part("as"), 1)
    if first in _FACTORS:
        return _Part("factor", value=_FACTORS[first]), 1
    if first in _SHARES:
        return _Part("share", value=_SHARES[first]), 1
    times = re.fullmatch(r"x(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)x", first)
    if times:
        return _Part("factor", value=float(times[1] or times[2])), 1
    percent = re.fullmatch(r"(\d+(?:\.\d+)?)%", first)
    if percent:
        return _Part("share", value=float(percent[1]) / 100), 1
    number, size = _read_amount(words)
    if number is not None:
        return _with_unit(number, words[size:], size)
    if first in _WEIGHT:
        return _Part("weight"), 1
    if first == "and":
        return _Part("and"), 1
    return (None, 1) if first in _FILLING else None


def _read_amount(words: Sequence[str]) -> tuple[float | None, int]:
    if re.fullmatch(r"\d+\.\d+", words[0]):
        return float(words[0]), 1
    if words[0] == "one":
        return 1.0, 1
    number, size = read_number(words)
    return (None, 1) if number is None or number < 0 else (float(number), size)


def _with_unit(number: float, rest: Sequence[str], size: int) -> tuple[_Part, int]:
    unit = rest[0] if rest else ""
    if unit in ("percent", "%"):
        return _Part("share", value=number / 100), size + 1
    if unit == "per" and rest[1:2] == ["cent"]:
        return _Part("share", value=number / 100), size + 2
    if unit in _SHARES:
        return _Part("share", value=number * _SHARES[unit]), size + 1
    if unit == "times":
        return _Part("factor", value=number), size + 1
    return _Part("number", value=number), size


def _factors(parts: Sequence[_Part]) -> list[Aim]:
    """``twice as much T``, ``T twice as much as T``, ``double the share of T``."""
    kinds = [part.kind for part in parts]
    # "Half as much" is a factor; "half" alone is a share.
    at = next(
        (i for i, kind in enumerate(kinds) if kind == "factor" or kinds[i : i + 2] == ["share", "much"]), None
    )
    if at is None or any(kind in ("number", "factor", "share") for i, kind in enumerate(kinds) if i != at):
        return []
    if not {"much", "weight"} & set(kinds):
        return []
    compared = kinds.index("as") if "as" in kinds else len(parts)
    named = [part.topic for part in parts[:compared] if part.kind == "topic"]
    others = [part.topic for part in parts[compared:] if part.kind == "topic"]
    if not named or len(others) > 1 or (len(named) > 1 and "and" not in kinds):
        return []
    than = others[0] if others else None
    return [
        Aim(kind="factor", topic=topic, value=parts[at].value, than=than) for topic in dict.fromkeys(named)
    ]


def _values(parts: Sequence[_Part]) -> list[Aim]:
    """``T half``, ``50% T and 20% T``, ``weight T 2``: topics and values in pairs."""
    if any(part.kind in ("factor", "much", "as") for part in parts):
        return []
    said = [part for part in parts if part.kind in ("topic", "share", "number")]
    pairs = [said[i : i + 2] for i in range(0, len(said), 2)]
    orders = {tuple(part.kind == "topic" for part in pair) for pair in pairs}
    values = {part.kind for part in said if part.kind != "topic"}
    if len(orders) != 1 or orders <= {(True, True), (False, False), (True,), (False,)} or len(values) != 1:
        return []
    if values == {"number"} and all(part.kind != "weight" for part in parts):
        return []  # a bare number is a count of records
    kind: Literal["share", "weight"] = "share" if values == {"share"} else "weight"
    aims = [
        Aim(
            kind=kind,
            topic=next(part.topic for part in pair if part.kind == "topic"),
            value=next(part.value for part in pair if part.kind != "topic"),
        )
        for pair in pairs
    ]
    return aims if len({aim.topic for aim in aims}) == len(aims) else []
