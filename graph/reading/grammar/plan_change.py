"""Reads a typed change of the plan: which topics, how many of each, with which strategy, under which cap."""

from __future__ import annotations

import re

from ....tools.coverage.caps import MAX_PER_ITEM as MAX_COUNT
from ....tools.coverage.recommendation import PlanItem
from ....tools.coverage.strategy_choice import StrategyName
from ...offers.offer import Offer, Reply
from .caps import read_caps
from .mentions import Mention, Mentions, find_mentions
from .number_words import vocabulary
from .relative_change import EACH_TOPIC, read_relative

_INSTEAD_OF = re.compile(r"\b(?:instead of|rather than|not(?! more than))\b[^,;]*?(?:[,;]|\bbut\b|$)")
_NEGATED = re.compile(
    r"\b(?:don'?t|do not|never|no(?! more than)|not(?! more than)|isn'?t|won'?t|neither|nor)\b"
)
_TOO_MANY = re.compile(r"^[^,;]*\b(?:too (?:many|much|few|little)|a lot)[,;]+ (?=.*\d)")
_SAME_FOR = re.compile(r"(?:do )?(?:exactly )?the same (?:for|with)\b(?! .*\bwith\b)")
_VAGUE = re.compile(
    r"(?:a )?(?:lots?|loads|plenty|many|tons|a lot|a few|several|some)(?: more| of them)?(?: than that)?(?: please)?"
)
_WITHOUT = re.compile(r"\b(?:without|except|remove|leave out|drop|exclude|skip|all but|everything but)\b")
_ALL = re.compile(
    r"\b(?:all(?: of)? (?:the )?(?:under-?\s?represented|weak|small)|under-?\s?represented(?: topics| ones)?)\b"
)
_RANGE = re.compile(r"\b(\d+) ?(?:-|–|to|or) ?(\d+)\b(?! ?%)|\bbetween (\w+) and (\w+)\b")
# What may stand beside topics, counts and strategies without changing what they say. Anything else is not ours to
# skip over: "I told 20 friends about billing" is no plan.
_FILLER = vocabulary(
    "a about actually add all also alright an and another approach approx approximately around as at be "
    "billing's but can change changed could create do does done each edge else enough every everything "
    "example examples few for from gen generate generated generating get give go have how i i'd i'll if "
    "in include instead into is it it's its just keep less let let's like make making many max maximum "
    "maybe me meant method min mode more most need new no now of ok okay on one ones only or other please "
    "pls plus prefer put rather really record records rest sample samples same set should some sorry "
    "still strategy switch synthetic take than that that's the their them then these they think this "
    "those to too topic topics try up us use using want was way we well will with would you your under "
    "underrepresented represented represent weak small 'em thanks thx hmm hm oh so again both together "
    "per total overall exactly least rows items conversations dialogues data number amount thing things plenty "
    "fine sufficient bit say via by cut"
)


def read_change(plain: str, offer: Offer, base: list[PlanItem], *, strict: bool = True) -> Reply:
    """The plan that the sentence asks for, to be shown and asked again; never an approval.

    Args:
        plain: the sentence, in lower case.
        offer: what it answers.
        base: the items that unnamed values are taken from.
        strict: refuse a sentence with words that we do not know; off once the model said that it is a change.
    """
    caps = read_caps(plain)
    if caps.problem:
        return Reply(kind="unclear", note=caps.problem)
    reply = _read_items(caps.rest, offer, base, strict=strict, capped=bool(caps.usd or caps.tokens))
    if reply.kind != "change":
        return reply
    return reply.model_copy(update={"cap_usd": caps.usd, "cap_tokens": caps.tokens})


def _read_items(plain: str, offer: Offer, base: list[PlanItem], *, strict: bool, capped: bool) -> Reply:
    plain = _TOO_MANY.sub("", _INSTEAD_OF.sub("", plain).strip())
    if _VAGUE.fullmatch(plain):
        return Reply(kind="unclear", note="How many records do you want?")
    if _WITHOUT.search(plain):
        return _leave_out(plain, offer, base)
    between = _RANGE.search(plain)
    if between:
        return Reply(kind="unclear", note=f"“{between[0]}” leaves it open: which number shall I take?")
    mentions = find_mentions(plain, offer.topics)
    unknown = [word for word in mentions.rest if word not in _FILLER]
    items: list[PlanItem] | str | None = read_relative(plain, mentions, offer, base)
    if items is None:
        problem = _problem(plain, mentions) or (
            _unknown_topic(plain, mentions, offer, unknown) if strict else None
        )
        if problem:
            return Reply(kind="unclear", note=problem)
    if strict and unknown and items is None:
        return Reply(kind="unclear", note=_NOT_UNDERSTOOD, is_open=True)
    if items is None:
        items = _absolute(plain, mentions, offer, base)
    if items is None and capped:
        items = base or "For which plan?"
    if isinstance(items, str):
        return Reply(kind="unclear", note=items)
    if not items:
        return Reply(kind="unclear", note=_NOT_UNDERSTOOD, is_open=True)
    return Reply(kind="change", items=_merged(items))


_NOT_UNDERSTOOD = "I did not understand that."


def _absolute(
    plain: str, mentions: Mentions, offer: Offer, base: list[PlanItem]
) -> list[PlanItem] | str | None:
    """The plan with the values named; ``None`` when none is."""
    if _SAME_FOR.match(plain) and len(mentions.topics) == len(base) == 1 and not mentions.counts:
        return [base[0].model_copy(update={"topic": mentions.topics[0]})]
    if mentions.topics:
        return _named_topics(mentions, offer, base)
    if EACH_TOPIC.search(plain) and len(mentions.counts) == 1:
        return _changed(
            [offer.suggestions[name] for name in offer.topics if name in offer.suggestions], mentions
        )
    if _ALL.search(plain):
        return _changed(_all_under_represented(offer), mentions)
    return _changed(base, mentions) if mentions.found else None


def _unknown_topic(plain: str, mentions: Mentions, offer: Offer, unknown: list[str]) -> str | None:
    """A count for something that is no topic: "20 for cooking"."""
    if mentions.topics or not mentions.counts or not unknown:
        return None
    named = re.search(r"\bfor (?:the )?(?:topic )?([^\W\d_]+)\b", plain)
    if named is None or named[1] not in unknown:
        return None
    topics = ", ".join(topic.replace("_", " ") for topic in offer.topics[:6])
    return (
        f"There is no topic “{named[1]}”. The topics are: {topics}{', …' if len(offer.topics) > 6 else ''}."
    )


def _problem(plain: str, mentions: Mentions) -> str | None:
    """What keeps us from reading the sentence, as a question back."""
    if mentions.ambiguous:
        written, names = next(iter(mentions.ambiguous.items()))
        return f"By “{written}”, which topic do you mean: {', '.join(names[:6])}?"
    if mentions.bad_counts:
        return f"“{mentions.bad_counts[0]}” cannot be a count; it has to be a whole number from 1 to {MAX_COUNT}."
    if mentions.found and _NEGATED.search(plain):
        return "Please tell me what to do rather than what not to do, for example “20 for the topic, with few-shot”."
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
