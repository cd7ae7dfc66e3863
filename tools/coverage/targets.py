"""Changing target weights: what a person asks for, or the topic mix of a reference file, as new weights."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal, Self

from pydantic import BaseModel, model_validator

from ..bounds import MOST_LISTED
from ..errors import InvalidInput, TopicNotFound

_NO_LETTER = re.compile(r"[\W_]+")
_LARGEST_EXACT = 2**53
_FINEST = 10**6
"""Shares and factors are read as fractions with at most this denominator: 0.333333 is what was meant, 1/3."""


_MOST_OF = {"share": 1.0, "factor": 1e9, "weight": 1e9}


class Aim(BaseModel):
    """One wish about targets.

    Attributes:
        kind: ``factor`` times what the topic has now (or what ``than`` has), ``share`` of the whole, ``weight``
            beside the other weights, ``equal``: all topics the same again; or ``most`` so many records, whatever its
            target (no value: no such ceiling any more).
        topic: which topic; none for ``equal``.
        value: the factor, share, weight or number; only "as much as" another topic needs none.
        than: for ``factor``: the topic that it is compared with.
    """

    kind: Literal["factor", "share", "weight", "equal", "most"]
    topic: str = ""
    value: float | None = None
    than: str | None = None

    @model_validator(mode="after")
    def _check_said(self) -> Self:
        if self.kind != "equal" and not self.topic:
            raise ValueError(f"no topic is named for this {self.kind}")
        if self.value is None and not (
            self.kind in ("equal", "most") or (self.kind == "factor" and self.than)
        ):
            raise ValueError(f"no value is named: which {self.kind} {self.topic!r} should have")
        return self


def ceilings_for(aims: Sequence[Aim]) -> dict[str, int | None]:
    """How many records topics may have by the wishes; ``None`` is no ceiling any more.

    Raises:
        InvalidInput: a number is not whole, or less than 1.
    """
    ceilings: dict[str, int | None] = {}
    for aim in aims:
        if aim.kind != "most":
            continue
        if aim.value is not None and not (aim.value.is_integer() and 1 <= aim.value <= MOST_LISTED):
            raise InvalidInput(
                f"'{aim.topic}' would have {aim.value:g} records at most.",
                hint=f"That is a whole number from 1 to {MOST_LISTED:,}. A topic that shall get none is left out.",
            )
        ceilings[aim.topic] = None if aim.value is None else int(aim.value)
    return ceilings


def weights_for(current: Mapping[str, float], aims: Sequence[Aim]) -> dict[str, float] | None:
    """The weights that follow from the wishes, as the smallest whole numbers in that proportion.

    Args:
        current: the weight of every topic that has a target now; the same for all under uniform targets.
        aims: factors and weights are applied in their order, then the shares; the topics that no share names keep
            their proportions among each other. Ceilings are no weights.

    Returns:
        New weights per topic, or ``None`` for uniform targets.

    Raises:
        InvalidInput: a value is not above zero, or the shares leave nothing for the other topics.
        TopicNotFound: a factor for a topic that has no target.
    """
    weights = {topic: Fraction(repr(float(weight))) for topic, weight in current.items()}
    shares: dict[str, Fraction] = {}
    for aim in aims:
        if aim.kind == "equal":
            return None
        if aim.kind == "most":
            continue
        wanted = 1.0 if aim.value is None else aim.value
        if not 1 / _FINEST <= wanted <= _MOST_OF[aim.kind]:
            raise InvalidInput(
                f"The target of '{aim.topic}' would be {wanted:g}.",
                hint=f"Give a {aim.kind} above 0: at least 0.000001, at most {_MOST_OF[aim.kind]:,.0f}.",
            )
        value = Fraction(wanted).limit_denominator(_FINEST)
        if aim.kind == "share":
            shares[aim.topic] = value
        elif aim.kind == "weight":
            weights[aim.topic] = value
        else:
            weights[aim.topic] = value * _weight_of(aim.than or aim.topic, weights)
    if shares:
        weights = _with_shares(weights, shares)
    return _whole(weights)


def match_topics(mix: Mapping[str, float], topics: Sequence[str]) -> dict[str, float]:
    """A reference's topic mix under the dataset's own names.

    A name that differs only in capitals, spaces, hyphens and underscores means the dataset's topic, if it is the
    only one; others stay as they are.
    """
    plain: dict[str, list[str]] = {}
    for topic in topics:
        plain.setdefault(_plain(topic), []).append(topic)
    known = set(topics)
    matched: dict[str, float] = {}
    for name, amount in mix.items():
        same = plain.get(_plain(name), [])
        own = name if name in known or len(same) != 1 else same[0]
        matched[own] = matched.get(own, 0) + amount
    return matched


def _weight_of(topic: str, weights: Mapping[str, Fraction]) -> Fraction:
    if topic not in weights:
        raise TopicNotFound(
            f"'{topic}' has no target to start from.", hint="Name its share or its weight instead."
        )
    return weights[topic]


def _with_shares(weights: Mapping[str, Fraction], shares: Mapping[str, Fraction]) -> dict[str, Fraction]:
    rest = 1 - sum(shares.values(), Fraction(0))
    others = {topic: weight for topic, weight in weights.items() if topic not in shares}
    if others and rest <= 0:
        raise InvalidInput(
            f"The shares come to {float(1 - rest):.0%} and leave nothing for the other topics.",
            hint="Give less than 100% together, or name every topic.",
        )
    if not others and abs(rest) > Fraction(1, 100):
        raise InvalidInput(
            f"The shares of all topics come to {float(1 - rest):.0%}.", hint="They have to come to 100%."
        )
    whole = sum(others.values(), Fraction(0))
    return {
        topic: shares[topic] if topic in shares else rest * weights[topic] / whole
        for topic in dict.fromkeys([*weights, *shares])
    }


def _whole(weights: Mapping[str, Fraction]) -> dict[str, float]:
    common = math.lcm(*(weight.denominator for weight in weights.values()))
    whole = {topic: int(weight * common) for topic, weight in weights.items()}
    shared = math.gcd(*whole.values())
    if max(whole.values()) // shared > _LARGEST_EXACT:
        return {topic: float(weight) for topic, weight in weights.items()}
    return {topic: float(weight // shared) for topic, weight in whole.items()}


def _plain(name: str) -> str:
    return _NO_LETTER.sub(" ", name.casefold()).strip()
