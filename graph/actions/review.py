"""Shows records inside the conversation, and changes those that the person names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from rich.cells import cell_len

from ...tools.dataset.record import Record, message_text
from ...tools.dataset.replace_record import replace_record
from ...tools.errors import CoverageError, InvalidInput
from ...tools.inspection.record_filter import (
    FoundRecords,
    RecordFilter,
    doubted_topics,
    find_records,
    the_one_with,
)
from ...tools.store.records import get_record, set_status, set_topic
from ...tools.store.store import Store
from ..context import numbered_beside, thread_id
from ..offers.offer import Offer, PlanOffer, Review
from ..offers.pending import lay
from ..scope import ServicesSource, scoped
from ..state import State, the_offer
from ..wording.inspections import HOW_TO_JUDGE
from ..wording.markdown import escape, plural, shorten, shorten_around, topic_title
from .catalog import EditRecord, KeepRecords, MoveRecords, ShowRecords
from .messages import noticed, said_beside

_PAGE, _NAMED, _OPENING = 5, 6, 90
_CUTS = ((230, 4), (140, 4), (56, 2))
"""Characters of a turn, and turns of a record, where it is not shown in full: the first by which enough fit."""
_ENOUGH = 3
"""Records on a screen, where the person named no number."""
_LINES, _WIDTH = 15, 76
"""What a terminal of 80 × 24 has for records beside what can be said about them and what lies on the table."""
_NAMED_LINES = 2 * _LINES
"""Where the person said how many: rather two screens than a line of each."""


def review(source: ServicesSource, state: State, action: ShowRecords) -> dict[str, Any]:
    """Show a few records, one screen at a time."""
    store, offer = source().store, the_offer(state)
    if numbers := action.shown_numbers:
        named = [get_record(store, offer.workflow_id, record) for record in offer.shown_under(numbers)]
        return said_beside(offer, "\n\n".join(map(_in_full, numbers, named)), briefly=True)
    wanted = _wanted(action, offer, store)
    wanted.records = numbered_until_now(state)
    start, size = wanted.listed, wanted.size or _PAGE
    found = find_records(store, offer.workflow_id, wanted.which, start + size)
    records, said = on_one_screen(found.records[start:], wanted, found.notes)
    if wanted.which.is_searched:
        said = f"{_how_many(wanted.which, found)}\n\n{said}"
    if not records:
        return said_beside(offer, said, briefly=True)  # what was shown keeps its numbers
    wanted.show([record.id for record in records])
    offer = offer.model_copy(update={"review": wanted})
    if isinstance(offer, PlanOffer):
        # Stored anew, so that a reply that reaches an empty state knows which records were shown.
        offer = lay(scoped(source(), state), offer, state, thread_id())
    return {**said_beside(offer, said, briefly=True), "numbered": wanted.records}


def numbered_until_now(state: State) -> list[str]:
    """Ids of the records that were shown, the first is number 1: on a page that the person uses, else in here."""
    return numbered_beside() or list(state.get("numbered") or [])


def _wanted(action: ShowRecords, offer: Offer, store: Store) -> Review:
    """Which records are to be shown; where nothing tells, those with doubtful topics, else those of the plan."""
    if action.next and offer.review is not None:
        return offer.review.model_copy(update={"page": offer.review.page + 1})
    which = action.which.model_copy(update={"without_a_topic": action.without_a_topic})
    if which == RecordFilter():
        if doubted_topics(store, offer.workflow_id):
            which = RecordFilter(origin="real", order="doubtful")
        elif offer.items:
            which = RecordFilter(topic=offer.items[0].topic)
    return Review(which=which, size=action.number, in_full=action.in_full)


def _how_many(which: RecordFilter, found: FoundRecords) -> str:
    """How many records hold the text, or end so, by topic."""
    most = sorted(found.by_topic.items(), key=lambda one: -one[1])[:_NAMED]
    by_topic = ", ".join(
        f"{number:,} of {topic_title(topic) if topic else 'no topic'}" for topic, number in most
    )
    others = len(found.by_topic) - len(most)
    more = f", and {others} more topics" if others > 0 else ""
    said = plural(found.number, "record")
    if which.containing is not None:
        said = f"“{escape(which.containing)}” stands in {said}"
    if which.ends_with is not None:
        that = " that" if which.containing is not None else ""
        said += f"{that} {'ends' if found.number == 1 else 'end'} with the {which.ends_with}"
    return f"{said}: {by_topic}{more}." if most else f"{said}."


def on_one_screen(
    records: Sequence[Record], wanted: Review, notes: Mapping[str, str]
) -> tuple[list[Record], str]:
    """Those of the records that are shown, and the page: under their numbers, and what can be said.

    Unless they are asked for in full, they are cut so far that a few fit on a screen; as many as the person named are
    shown even where they do not.

    Args:
        records: to be shown.
        wanted: which they are, and the numbers that there are.
        notes: by record id, what stands behind its number.
    """
    if not records:
        return [], "There are no more such records." if wanted.page else "There are no such records."
    numbers = wanted.numbers_of([record.id for record in records])
    least = min(len(records), wanted.size or _ENOUGH)
    for cut in (None,) if wanted.in_full else _CUTS:
        headed = [
            _headed(number, record, cut, notes.get(record.id, ""), wanted.which.containing or "")
            for number, record in zip(numbers, records, strict=True)
        ]
        fitting = _fitting(headed, _LINES if wanted.size is None else _NAMED_LINES)
        if fitting >= least:
            break
    number = max(fitting, least)
    lines = [line for one in headed[:number] for line in (*one, "")]
    return list(records[:number]), "\n".join(["**Review**", "", *lines, HOW_TO_JUDGE])


def _fitting(headed: Sequence[Sequence[str]], lines: int) -> int:
    """How many of the records fit into so many lines."""
    height = [1 + sum(-(-cell_len(line) // _WIDTH) for line in record) for record in headed]
    return sum(total <= lines for total in accumulate(height))


def _in_full(number: int, record: Record) -> str:
    return "\n".join(_headed(number, record, None))


def _headed(
    number: int, record: Record, cut: tuple[int, int] | None, note: str = "", sought: str = ""
) -> list[str]:
    topic = topic_title(record.topic) if record.topic else "no topic"
    title = " · ".join(filter(None, [f"**Record {number}**", topic, record.origin, escape(note)]))
    return [title, *(f"> {line}  " for line in _turns(record, cut, sought))]


def _turns(record: Record, cut: tuple[int, int] | None, sought: str) -> list[str]:
    """A conversation in escaped lines; with a cut without system prompt, and cut around what was sought."""
    turns: list[str] = []
    holding: list[int] = []
    for message in record.messages:
        if message.get("role") == "system" and cut:
            continue
        text = message_text(message)
        called = [call.get("function", {}) for call in message.get("tool_calls") or []]
        whole = (
            " ".join(filter(None, [text, *(f"(calls {_in_words(one)})" for one in called)])) or "(nothing)"
        )
        holds = bool(sought) and sought.casefold() in whole.casefold()
        said = whole
        if cut and not holds:
            names = ", ".join(str(one.get("name", "?")) for one in called)
            said = text or (f"(calls {names})" if called else whole)
        if holds:
            holding.append(len(turns))
        said = shorten_around(said, cut[0], sought) if cut else said
        turns.append(f"{escape(str(message.get('role')))}: {escape(said)}")
    if cut is None or len(turns) <= cut[1]:
        return turns
    half = cut[1] // 2
    kept = [*range(half), *range(len(turns) - half, len(turns))]
    if holding and not set(holding) & set(kept):
        kept = sorted({*kept[:-1], holding[0]})
    lines, last = [], -1
    for place in kept:
        gap = place - last - 1
        lines.append(f"… {plural(gap, 'message')} … {turns[place]}" if gap else turns[place])
        last = place
    return lines


def _in_words(called: Mapping[str, Any]) -> str:
    arguments = called.get("arguments") or ""
    plain = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{called.get('name', '?')} {plain}".strip()


def change(
    source: ServicesSource, state: State, action: KeepRecords | MoveRecords | EditRecord
) -> dict[str, Any]:
    """Take shown records back in, move or edit them; the dataset changes, so it is analyzed again."""
    store, offer = source().store, the_offer(state)
    if isinstance(action, MoveRecords):
        return _move(store, offer, action)
    numbers = [action.number] if isinstance(action, EditRecord) else sorted(set(action.numbers))
    what = records_words(numbers)
    try:
        ids = offer.shown_under(numbers)
        match action:
            case KeepRecords():
                set_status(store, offer.workflow_id, ids, "active")
                notice = f"{what[0].upper()}{what[1:]} count{'s' if len(ids) == 1 else ''} as before."
            case EditRecord():
                edited, follows = _edit(store, offer.workflow_id, ids[0], action)
                offer.shown_records[action.number - 1] = edited
                part = "question" if action.role == "user" else "reply"
                notice = f"I changed the last {part} of {what}; the record as it was is kept aside.{follows}"
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    return {**noticed(offer, notice), "numbered": offer.shown_records}


def _move(store: Store, offer: Offer, action: MoveRecords) -> dict[str, Any]:
    """Give records another topic, and name them: a number may have been meant for another record."""
    numbers = sorted(set(action.numbers))
    try:
        if action.containing:
            moved = [the_one_with(store, offer.workflow_id, action.containing)]
        else:
            moved = [get_record(store, offer.workflow_id, one) for one in offer.shown_under(numbers)]
        for record in moved:
            set_topic(store, offer.workflow_id, record.id, action.topic)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    which = records_words(numbers) if numbers else "the record"
    named = [f"“{beginning(record)}”, before in {titled(record.topic)}" for record in moved[:_NAMED]]
    if len(moved) > _NAMED:
        named.append(f"and {len(moved) - _NAMED} more")
    notice = f'The topic of {which} is now "{topic_title(action.topic)}" ({"; ".join(named)}).'
    return {**noticed(offer, notice), "numbered": offer.shown_records}


def _edit(store: Store, workflow_id: str, record_id: str, action: EditRecord) -> tuple[str, str]:
    """The record's new id, and what of it was written for the text that is no more."""
    source = json.loads(get_record(store, workflow_id, record_id).body)
    messages = source.get("messages") or []
    place = next(
        (
            place
            for place in reversed(range(len(messages)))
            if messages[place].get("role") == action.role and message_text(messages[place]).strip()
        ),
        None,
    )
    if place is None:
        raise InvalidInput(
            "That record has no such message.", hint="Edit it with `finetune-coverage review`."
        )
    messages[place]["content"] = action.text
    edited = replace_record(store, workflow_id, record_id, json.dumps(source, ensure_ascii=False))
    if place == len(messages) - 1:
        return edited, ""
    has_calls = any(message.get("tool_calls") for message in messages[place + 1 :])
    what = "Its calls and its reply are as they were" if has_calls else "Its reply is as it was"
    return edited, f" {what} written for the old one: edit the reply too, or drop the record."


def titled(topic: str | None) -> str:
    """A topic's name, where there may be none."""
    return topic_title(topic) if topic else "no topic"


def beginning(record: Record) -> str:
    """How the first message of the user begins, escaped."""
    asked = (message_text(message).strip() for message in record.messages if message.get("role") == "user")
    return escape(shorten(next(filter(None, asked), ""), _OPENING))


def records_words(numbers: Sequence[int]) -> str:
    """``record 2`` or ``records 2, 5``."""
    listed = ", ".join(map(str, numbers))
    return f"record {listed}" if len(numbers) == 1 else f"records {listed}"
