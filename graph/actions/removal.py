"""Takes out what a person named, records or a rule, or merges topics: first asked with what it is, then done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...tools.errors import CoverageError
from ...tools.generation.lessons.lessons import reject_records
from ...tools.generation.lessons.rules import LONGEST, Rule, get_rule, remove_rule
from ...tools.inspection.record_filter import the_one_with
from ...tools.store.records import get_record, topic_counts
from ...tools.store.store import Store
from ...tools.topics.discover import ceilings_lost, merge_topics, require_mergeable
from ..offers.offer import Offer, Option, Removal, RemovalOffer, Review
from ..offers.pending import keep_with_plan, put
from ..offers.reply import LeaveIn, TakeOut
from ..scope import ServicesSource, scoped
from ..state import State, as_json, forget, the_offer
from ..wording.markdown import escape, plural, plural_have, shorten, topic_name
from ..wording.plan_words import numbered_lines
from ..wording.report import titles, topic_names
from .catalog import DropRecords, Merge, MergeTopics, RemoveRule
from .messages import noticed, said_beside, shown
from .review import beginning, numbered_until_now, records_words, titled
from .rules import ask_for_rule, rule_line
from .topics import how_back, score_now

_REASON = 120
_NAMED = 10


def ask_to_remove(
    source: ServicesSource, state: State, action: DropRecords | RemoveRule | MergeTopics
) -> dict[str, Any]:
    """Ask whether it shall be done, with what it is."""
    match action:
        case DropRecords():
            removal = Removal(
                what="records", numbers=action.numbers, reason=action.reason, is_rule=action.is_rule
            )
            return _ask(source, state, removal, containing=action.containing)
        case RemoveRule():
            return _ask(source, state, Removal(what="rule", numbers=[action.number]))
        case MergeTopics():
            return _ask(source, state, Removal(what="topics", merges=action.merges))


def remove(source: ServicesSource, state: State, deed: TakeOut | LeaveIn) -> dict[str, Any]:
    """Do what was asked about, or leave it; records that went make other figures."""
    offer = the_offer(state)
    if not isinstance(offer, RemovalOffer) or isinstance(deed, LeaveIn):
        return noticed(offer, "All right, nothing was changed.")
    removal = offer.removal
    try:
        if removal.what == "rule":
            rule = remove_rule(source().store, offer.workflow_id, removal.numbers[0])
            return noticed(offer, f"Removed: {rule_line(rule)}")
        if removal.what == "topics":
            services = scoped(source(), state)
            ending = require_mergeable(services.store, offer.workflow_id, removal.becomes)
            moved = merge_topics(services, offer.workflow_id, removal.becomes)
            names = list(dict.fromkeys(ending.values()))
            number = plural(len(_topics_then(offer, ending)), "topic")
            said = (
                f"{plural_have(moved, 'record')} the {'topic' if len(names) == 1 else 'topics'} {topic_names(names)} "
                f"now, of {number} in all. {score_now(services, state, offer.workflow_id)} "
                f"{how_back(services, offer.workflow_id)}"
            )
            kept = {"workflow_id": offer.workflow_id, "left_out": _left_out(offer, removal)}
            return {**forget(), **kept, **noticed(None, said)}
        return _drop(source, state, offer)
    except CoverageError as error:
        return noticed(offer, escape(str(error)))


def _left_out(offer: Offer, removal: Removal) -> list[str]:
    """What is left out after a merge: under its new name what was left out whole."""
    became: dict[str, set[str]] = {}
    for merge in removal.merges:
        became.setdefault(merge.into, set()).update(merge.topics)
    renamed = [into for into, of in became.items() if into not in offer.topics and of <= set(offer.left_out)]
    return [*offer.left_out, *renamed]


def _ask(
    source: ServicesSource, state: State, removal: Removal, *, containing: str | None = None
) -> dict[str, Any]:
    store, offer = source().store, the_offer(state)
    missing: list[int] = []
    try:
        if containing:
            record = the_one_with(store, offer.workflow_id, containing)
            offer, number = _numbered(offer, record.id, numbered_until_now(state))
            removal.numbers = [*removal.numbers, number]
        if removal.what == "topics":
            ending = require_mergeable(store, offer.workflow_id, removal.becomes)
            removal.merges = [_as_spelled(merge, ending) for merge in removal.merges]
        if removal.what == "records":
            removal.numbers = sorted(set(removal.numbers))
            missing = [number for number in removal.numbers if not 1 <= number <= len(offer.shown_records)]
            removal.numbers = [number for number in removal.numbers if number not in missing] or missing
            removal.record_ids = offer.shown_under(removal.numbers)
        named = _named(store, offer, removal)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    options = [
        Option(label=_deed(removal, offer), deed=TakeOut()),
        Option(label="Leave it as it is", deed=LeaveIn()),
    ]
    asked = put(offer, state).instead(RemovalOffer, items=[], removal=removal, options=options)
    unknown = f"There is no {' and no '.join(f'record {number}' for number in missing)} on the screen.\n\n"
    asked.text = f"{unknown if missing else ''}{named}\n\n{numbered_lines(asked)}"
    if offer.plan_id is not None:
        # An answer that reaches an empty state is one to this question, and no longer one to the plan.
        keep_with_plan(store, offer.plan_id, offer=as_json(asked))
    return {**shown(asked.text, asked), **({"numbered": offer.shown_records} if containing else {})}


def _numbered(offer: Offer, record_id: str, numbered: Sequence[str]) -> tuple[Offer, int]:
    """The offer in which a record has a number, shown or not, and that number."""
    review = offer.review or Review(records=list(numbered))
    [number] = review.numbers_of([record_id])
    records = list(dict.fromkeys([*review.records, record_id]))
    return offer.model_copy(update={"review": review.model_copy(update={"records": records})}), number


def _drop(source: ServicesSource, state: State, offer: RemovalOffer) -> dict[str, Any]:
    services, removal = scoped(source(), state), offer.removal
    # Run again after a crash, it finds them out and changes nothing.
    reject_records(services.store, offer.workflow_id, removal.record_ids, removal.reason)
    said = f"I dropped {records_words(removal.numbers)}; kept aside, no longer counted or exported."
    if removal.reason:
        reason = escape(shorten(removal.reason, _REASON))
        said += f" The next rounds of the topic are shown it as an example to avoid: “{reason}”."
    said += " You can go on with “drop NUMBER”."
    if removal.is_rule and removal.reason.strip():
        rule = Rule("in_words", shorten(removal.reason, LONGEST))
        return ask_for_rule(services, state, offer, rule, removal.record_ids[0], said)
    return noticed(offer, said)


def _deed(removal: Removal, offer: Offer) -> str:
    if removal.what == "topics" and len(removal.merges) > 1:
        return f"Change these {sum(len(merge.topics) for merge in removal.merges)} topics"
    if removal.what == "topics":
        merge = removal.merges[0]
        verb, to = ("Rename", "to") if _is_new_name(merge, offer) else ("Merge", "into")
        return f"{verb} {topic_names(merge.topics)} {to} {topic_name(merge.into)}"
    what = f"rule {removal.numbers[0]}" if removal.what == "rule" else records_words(removal.numbers)
    return f"Take {what} out"


def _is_new_name(merge: Merge, offer: Offer) -> bool:
    """Whether nothing is merged, and a topic is called something else."""
    return len(merge.topics) == 1 and all(merge.into.casefold() != topic.casefold() for topic in offer.topics)


def _named(store: Store, offer: Offer, removal: Removal) -> str:
    """What would go, in words: each record by its topic, its origin and how it begins."""
    if removal.what == "rule":
        return f"This takes a rule away: {rule_line(get_rule(store, offer.workflow_id, removal.numbers[0]))}"
    if removal.what == "topics":
        ending = require_mergeable(store, offer.workflow_id, removal.becomes)
        named = _named_topics(store, offer, removal.merges, ending)
        lost = ceilings_lost(store, offer.workflow_id, ending)
        return f"{named}\n\nWith it ends the ceiling of {titles(lost)}." if lost else named
    ids = removal.record_ids
    lines = []
    for number, record_id in list(zip(removal.numbers, ids, strict=True))[:_NAMED]:
        record = get_record(store, offer.workflow_id, record_id)
        lines.append(f"- record {number} · {titled(record.topic)} · {record.origin}: {beginning(record)}")
    if len(ids) > _NAMED:
        lines.append(f"- and {len(ids) - _NAMED} more: {', '.join(map(str, removal.numbers[_NAMED:]))}")
    aside = "It is kept aside, not deleted" if len(ids) == 1 else "They are kept aside, not deleted"
    return "\n".join(
        [f"This takes {records_words(removal.numbers)} out of the dataset:", *lines, "", f"{aside}."]
    )


def _named_topics(store: Store, offer: Offer, merges: Sequence[Merge], ending: Mapping[str, str]) -> str:
    """Which topics would end, with their records, what they would become, and how many topics there are then."""
    counts = Counter({one.topic: one.records for one in topic_counts(store, offer.workflow_id) if one.topic})
    after = counts.copy()
    for topic, into in ending.items():
        after[into] += after.pop(topic, 0)
    named: dict[str, list[str]] = {}
    for topic, into in ending.items():
        named.setdefault(into, []).append(f"{topic_name(topic)} ({plural(counts[topic], 'record')})")
    if len(merges) == 1 and _is_new_name(merges[0], offer):
        [(into, ended)] = named.items()
        return f"This gives {', '.join(ended)} another name: {topic_name(into)}."
    lines = {into: f"{topic_name(into)} ({plural(after[into], 'record')} then)" for into in named}
    now, then = len(offer.topics), len(_topics_then(offer, ending))
    becomes = [f"{plural(now, 'topic')} become {then:,}."] if then < now else []
    if len(lines) > 1:
        changes = [f"- {', '.join(ended)} → {lines[into]}" for into, ended in named.items()]
        return "\n".join(["These topics change:", "", *changes, *(["", *becomes] if becomes else [])])
    [(into, ended)] = named.items()
    return " ".join([f"This gives the records of {', '.join(ended)} the topic {lines[into]}.", *becomes])


def _as_spelled(merge: Merge, ending: Mapping[str, str]) -> Merge:
    """The merge, into the topic that there is where its name is written in other capitals."""
    into = next((ending[topic] for topic in merge.topics if topic in ending), merge.into)
    return merge.model_copy(update={"into": into})


def _topics_then(offer: Offer, becomes: Mapping[str, str]) -> set[str]:
    """The names of all topics after a merge."""
    return {becomes.get(topic, topic) for topic in offer.topics} | set(becomes.values())
