"""Reads a typed change of the plan: which topics, how many of each, with which strategy."""

from __future__ import annotations

import re

from ..tools.coverage.caps import MAX_PER_ITEM as MAX_COUNT
from ..tools.coverage.recommendation import PlanItem
from ..tools.coverage.strategy_choice import StrategyName
from .mentions import Mention, Mentions, find_mentions
from .offer import Offer, Reply

_INSTEAD_OF = re.compile(r"\b(?:instead of|rather than|not)\b.*$")
_NEGATED = re.compile(r"\b(?:don'?t|do not|never|no|not|isn'?t|won'?t|neither|nor)\b")
_WITHOUT = re.compile(r"\b(?:without|except|remove|leave out|drop|exclude|skip|all but|everything but)\b")
_ALL = re.compile(
    r"\b(?:all(?: of)? (?:the )?(?:under-?\s?represented|weak|small)|under-?\s?represented(?: topics| ones)?)\b"
)
_RELATIVE = re.compile(r"\b(?:fewer|less|half|double|twice|triple)\b")


def read_change(plain: str, offer: Offer, base: list[PlanItem]) -> Reply:
    """The plan that the sentence asks for, to be shown and asked again; never an approval.

    Args:
        plain: the sentence, in lower case.
        offer: what it answers.
        base: the items that unnamed values are taken from.
    """
    plain = _INSTEAD_OF.sub("", plain).strip()
    if _WITHOUT.search(plain):
        return _leave_out(plain, offer, base)
    mentions = find_mentions(plain, offer.topics)
    problem = _problem(plain, mentions)
    if problem:
        return Reply(kind="unclear", note=problem)
    items: list[PlanItem] | str | None
    if mentions.topics:
        items = _named_topics(mentions, offer, base)
    elif _ALL.search(plain):
        items = _changed(_all_under_represented(offer), mentions)
    else:
        items = _changed(base, mentions) if mentions.found else None
    if isinstance(items, str):
        return Reply(kind="unclear", note=items)
    if not items:
        return Reply(kind="unclear", note="I did not understand that.")
    return Reply(kind="change", items=_merged(items))


def _problem(plain: str, mentions: Mentions) -> str | None:
    """What keeps us from reading the sentence, as a question back."""
    if mentions.ambiguous:
        written, names = next(iter(mentions.ambiguous.items()))
        return f"By “{written}”, which topic do you mean: {', '.join(names[:6])}?"
    if mentions.bad_counts:
        return f"“{mentions.bad_counts[0]}” cannot be a count; it has to be a whole number from 1 to {MAX_COUNT}."
    if mentions.found and _NEGATED.search(plain):
        return "Please tell me what to do rather than what not to do, for example “20 for the topic, with few-shot”."
    if mentions.found and _RELATIVE.search(plain):
        return "Please name the number of records you want."
    return None


def _leave_out(plain: str, offer: Offer, base: list[PlanItem]) -> Reply:
    found = _WITHOUT.search(plain)
    assert found is not None
    before = find_mentions(plain[: found.start()], offer.topics)
    named = find_mentions(plain[found.end() :], offer.topics)
    if not named.topics or before.topics or before.counts or named.counts:
        return Reply(kind="unclear", note="I did not understand what to leave out.")
    items = [item for item in (base or _all_under_represented(offer)) if item.topic not in named.topics]
    if not items:
        return Reply(kind="unclear", note="That would leave nothing to generate.")
    return Reply(kind="change", items=items)


def _all_under_represented(offer: Offer) -> list[PlanItem]:
    """The plan for all topics that need records where there is one, else the plan shown."""
    return offer.everything or offer.items


def _named_topics(mentions: Mentions, offer: Offer, base: list[PlanItem]) -> list[PlanItem] | str:
    """One item for each topic named, with the count and strategy that stand beside it."""
    counts = _beside_topics(mentions, "count")
    strategies = _beside_topics(mentions, "strategy")
    if counts is None or strategies is None:
        return "I cannot tell which number or strategy belongs to which topic."
    items: list[PlanItem] = []
    for topic in mentions.topics:
        known = next((item for item in base if item.topic == topic), None) or offer.suggestions.get(topic)
        count = counts.get(topic) or (known.count if known else None)
        strategy = strategies.get(topic) or (known.strategy if known else None)
        if count is None or strategy is None:
            return f"How many records do you want for {topic}?"
        items.append(_item(topic, count, strategy))
    return items


def _beside_topics(mentions: Mentions, kind: str) -> dict[str, int | str] | None:
    """The value of ``kind`` for each topic; one value goes to all, several pair up in order.

    Returns:
        None when they cannot be paired without guessing.
    """
    topics = [mention for mention in mentions.found if mention.kind == "topic"]
    values = [mention for mention in mentions.found if mention.kind == kind]
    if len(values) <= 1:
        return {str(topic.value): value.value for topic in topics for value in values}
    if len(values) != len(topics) or len({topic.value for topic in topics}) != len(topics):
        return None
    ordered: list[Mention] = sorted(topics + values, key=lambda mention: mention.start)
    pairs = [ordered[at : at + 2] for at in range(0, len(ordered), 2)]
    kinds = {(first.kind, second.kind) for first, second in pairs}
    if len(kinds) != 1 or kinds <= {("topic", "topic"), (kind, kind)}:
        return None
    return {
        str(next(m for m in pair if m.kind == "topic").value): next(m for m in pair if m.kind == kind).value
        for pair in pairs
    }


def _changed(base: list[PlanItem], mentions: Mentions) -> list[PlanItem] | str:
    """The base plan with another count, another strategy, or both."""
    if not base:
        return "For which topic?"
    if len(mentions.counts) > 1 or len(mentions.strategies) > 1:
        return "I found more than one number or strategy and cannot tell which you mean."
    if mentions.counts and len(base) > 1 and not {"each", "all", "every"} & set(mentions.words):
        return f"The plan has {len(base)} topics. For which of them, or for each?"
    return [
        _item(
            item.topic,
            mentions.counts[0] if mentions.counts else item.count,
            mentions.strategies[0] if mentions.strategies else item.strategy,
        )
        for item in base
    ]


def _item(topic: str, count: int | str, strategy: StrategyName | int | str) -> PlanItem:
    return PlanItem.model_validate({"topic": topic, "count": count, "strategy": strategy})


def _merged(items: list[PlanItem]) -> list[PlanItem]:
    """The same topic and strategy named twice become one item; more than the maximum is cut to it."""
    merged: dict[tuple[str, str], PlanItem] = {}
    for item in items:
        known = merged.get((item.topic, item.strategy))
        count = min(MAX_COUNT, item.count + (known.count if known else 0))
        merged[(item.topic, item.strategy)] = item.model_copy(update={"count": count})
    return list(merged.values())
