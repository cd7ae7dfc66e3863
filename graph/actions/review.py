"""Shows records inside the conversation, and changes those that the person names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from rich.cells import cell_len

from ...tools.coverage.label_doubts import label_doubts
from ...tools.dataset.record import Record, message_text
from ...tools.errors import CoverageError
from ...tools.store.records import get_record, load_records
from ...tools.store.store import Store
from ..context import thread_id
from ..offers.offer import Offer, ReviewScope
from ..offers.pending import lay
from ..scope import ServicesSource, scoped
from ..state import State, as_json, the_offer
from ..wording.markdown import escape, shorten, topic_title
from .beside_the_offer import said_beside
from .catalog import ShowRecords
from .record_changes import RecordChange, change_records, shown_ids

_PAGE = 5
_TURN, _TURNS = 230, 4
"""Characters of a turn, and turns of a record, where it is not shown in full."""
_LINES, _WIDTH = 15, 76
"""What a terminal of 80 × 24 has for records beside what can be said about them and what lies on the table."""


def review(source: ServicesSource, state: State, action: ShowRecords) -> dict[str, Any]:
    """Show a few records, one screen at a time."""
    store, offer = source().store, the_offer(state)
    if action.shown_numbers:
        return _in_full(source, offer, action.shown_numbers)
    scope = _scope(action, offer)
    first = len(offer.shown_records) if scope.page else 0
    records = on_one_screen(_records(store, offer, scope, state.get("record_ids") or [], first))
    if not records:
        # What was shown keeps its numbers.
        return said_beside(offer, page(records, scope, first), briefly=True)
    shown = [] if scope.page == 0 else list(offer.shown_records)
    offer = offer.model_copy(
        update={"shown_records": shown + [record.id for record in records], "review": scope}
    )
    if offer.plan_id is not None and offer.action == "generate_synthetic_data":
        # Stored anew, so that a reply that reaches an empty state knows which records were shown.
        offer = lay(scoped(source(), state), offer, state, thread_id())
    return said_beside(offer, page(records, scope, first), briefly=True)


def _in_full(source: ServicesSource, offer: Offer, numbers: list[int]) -> dict[str, Any]:
    """Shown records once more, whole, under the numbers that they have."""
    store, workflow_id = source().store, offer.workflow_id or ""
    shown = zip(numbers, shown_ids(offer, numbers), strict=True)
    parts = [
        "\n".join(_headed(number, get_record(store, workflow_id, record_id), in_full=True))
        for number, record_id in shown
    ]
    return said_beside(offer, "\n\n".join(parts), briefly=True)


def change(source: ServicesSource, state: State, action: RecordChange) -> dict[str, Any]:
    """Change shown records; it is a change of the dataset, so it is analyzed again."""
    offer = the_offer(state)
    try:
        notice, shown = change_records(source().store, offer, action)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    offer = offer.model_copy(update={"shown_records": shown})
    return {"offer": as_json(offer), "reply": None, "notice": notice}


def _scope(action: ShowRecords, offer: Offer) -> ReviewScope:
    if action.next and offer.review is not None:
        return offer.review.model_copy(update={"page": offer.review.page + 1})
    return ReviewScope(
        topic=action.topic,
        origin=None if action.origin == "any" else action.origin,
        uncategorized=action.without_a_topic,
        size=action.number,
    )


def _records(store: Store, offer: Offer, scope: ReviewScope, added: list[str], start: int) -> list[Record]:
    """Some of what the person wants to see, behind the ``start`` that were shown."""
    size, workflow_id = scope.size or _PAGE, offer.workflow_id or ""
    if scope.origin == "synthetic":
        # The newest first: those of this conversation, then older ones.
        older = [
            record.id
            for record in load_records(store, workflow_id, origin="synthetic")
            if scope.topic is None or record.topic == scope.topic
        ]
        active = set(older)
        ids = [i for i in dict.fromkeys([*reversed(added), *reversed(older)]) if i in active]
        return [get_record(store, workflow_id, record_id) for record_id in ids[start : start + size]]
    if scope.uncategorized:
        return list(islice(load_records(store, workflow_id, topic=None), start, start + size))
    topic = scope.topic
    if (
        topic is None
        and scope.origin is None
        and (doubtful := offer.doubtful or _doubtful(store, workflow_id))
    ):
        return [get_record(store, workflow_id, i) for i in doubtful[start : start + size]]
    if topic is None and offer.items:
        topic = offer.items[0].topic
    found = load_records(store, workflow_id, topic=... if topic is None else topic, origin=scope.origin)
    return list(islice(found, start, start + size))


def _doubtful(store: Store, workflow_id: str) -> list[str]:
    """What the label check finds, which had not come to an end when the offer was made."""
    return [record_id for need in label_doubts(store, workflow_id) for record_id in need.record_ids]


def on_one_screen(records: Sequence[Record]) -> list[Record]:
    """The first of them that fit on a screen, one at least."""
    shown: list[Record] = []
    lines = 0
    for record in records:
        lines += 1 + sum(-(-cell_len(line) // _WIDTH) for line in _headed(1, record, in_full=False))
        if shown and lines > _LINES:
            break
        shown.append(record)
    return shown


def page(records: list[Record], scope: ReviewScope, first: int) -> str:
    """Records in a few lines each, numbered from ``first`` on, and what can be said about them."""
    if not records:
        return "There are no more such records." if scope.page else "There are no such records."
    lines = ["**Review**", ""]
    for number, record in enumerate(records, first + 1):
        lines += [*_headed(number, record, in_full=False), ""]
    lines.append(
        "Say “drop NUMBER because …”, “keep NUMBER”, “move NUMBER to TOPIC”, “edit the reply of NUMBER: …”, "
        "“show NUMBER in full”, “next” for more, “back” for the plan."
    )
    return "\n".join(lines)


def _headed(number: int, record: Record, *, in_full: bool) -> list[str]:
    topic = topic_title(record.topic) if record.topic else "no topic"
    title = f"**Record {number}** · {topic} · {record.origin}"
    return [title, *(f"> {line}" for line in _turns(record, in_full=in_full))]


def _turns(record: Record, *, in_full: bool) -> list[str]:
    """A conversation in a few escaped lines; system prompt and the middle of a long one only where wanted in full."""
    turns = []
    for message in record.messages:
        if message.get("role") == "system" and not in_full:
            continue
        text = message_text(message)
        calls = [call.get("function", {}).get("name", "?") for call in message.get("tool_calls") or []]
        said = text if text else f"(calls {', '.join(map(str, calls))})" if calls else "(nothing)"
        turns.append(
            f"{escape(str(message.get('role')))}: {escape(said if in_full else shorten(said, _TURN))}  "
        )
    if len(turns) > _TURNS and not in_full:
        left_out = f"… {len(turns) - _TURNS} messages …  "
        turns = [*turns[: _TURNS // 2], left_out, *turns[-_TURNS // 2 :]]
    return turns
