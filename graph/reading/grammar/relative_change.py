"""Changes that start from what is there: "double it", "10 more", "five fewer", "bring technical up to 100"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ....tools.coverage.caps import MAX_PER_ITEM
from ....tools.coverage.recommendation import PlanItem
from ...offers.offer import Offer
from .mentions import Mentions

_FACTORS = {
    "double": 2, "twice": 2, "triple": 3, "half": 1 / 2, "halve": 1 / 2, "a third": 1 / 3, "one third": 1 / 3,
    "two thirds": 2 / 3, "a quarter": 1 / 4, "one quarter": 1 / 4,
}  # fmt: skip
_FACTOR = re.compile(rf"\b({'|'.join(_FACTORS)})\b(?! of the|.? ?check)")
EACH_TOPIC = re.compile(r"\b(?:each|every|all)(?: of)?(?: the)? topics?\b|\beverything\b")
_SAY = re.compile(r"\b(?:say|like|maybe|perhaps|about|around|to|only|just) \d")
_MORE = re.compile(r"\b(?:more|additional|extra)\b")
_FEWER = re.compile(r"\b(?:fewer|less)\b")
_UP_TO = re.compile(
    r"\b(?:bring|raise|lift|get|take|fill|grow|top)\b.*\bto\b|\b(?:reach(?:es)?|until|so that|has|have)\b"
)
_NAME_IT = "Please name the number of records you want."


def read_relative(
    plain: str, mentions: Mentions, offer: Offer, base: list[PlanItem]
) -> list[PlanItem] | str | None:
    """The plan after such a change, a question back, or ``None`` when the sentence holds none."""
    factor = _FACTOR.search(plain)
    if factor is not None:
        if mentions.found or len(base) != 1:
            return _NAME_IT
        return _each(base, lambda count: round(count * _FACTORS[factor[1]]))
    if len(mentions.counts) != 1 or mentions.ambiguous:
        return _NAME_IT if _FEWER.search(plain) else None
    number = mentions.counts[0]
    if _UP_TO.search(plain) and offer.counts:
        if mentions.topics:
            return _up_to(number, mentions.topics, mentions, offer)
        if EACH_TOPIC.search(plain):
            below = [topic for topic in offer.topics if offer.counts.get(topic, number) < number]
            return _up_to(number, below, mentions, offer) or f"Every topic has {number} records already."
    named = [item for item in base if item.topic in mentions.topics] if mentions.topics else base
    if _SAY.search(plain) and _FEWER.search(plain):
        return None  # "a bit less, say 24" names the number itself
    if _FEWER.search(plain):
        return _each(named, lambda count: count - number) if len(named) == 1 else _NAME_IT
    if _MORE.search(plain) and len(named) == 1 and not mentions.strategies:
        return _each(named, lambda count: count + number)
    return None


def _up_to(
    number: int, topics: Sequence[str], mentions: Mentions, offer: Offer
) -> list[PlanItem] | str | None:
    items = []
    for topic in topics:
        known, suggested = offer.counts.get(topic), offer.suggestions.get(topic)
        strategy = (
            mentions.strategies[0] if mentions.strategies else suggested.strategy if suggested else None
        )
        if known is None or strategy is None:
            return f"How many records do you want for {topic}, and with which strategy?"
        if number <= known:
            return f"{topic} has {known} records already."
        items.append(PlanItem(topic=topic, count=number - known, strategy=strategy))
    return items


def _each(base: list[PlanItem], change: Callable[[int], int]) -> list[PlanItem] | str:
    counts = [change(item.count) for item in base]
    if not base or not all(1 <= count <= MAX_PER_ITEM for count in counts):
        return _NAME_IT
    return [item.model_copy(update={"count": count}) for item, count in zip(base, counts, strict=True)]
