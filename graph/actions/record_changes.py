"""Changes of reviewed records: taken back in, relabelled, edited."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...tools.dataset.record import message_text
from ...tools.dataset.replace_record import replace_record
from ...tools.errors import InvalidInput
from ...tools.store.records import get_record, set_status, set_topic
from ...tools.store.store import Store
from ..offers.offer import Offer
from ..wording.markdown import topic_title
from .catalog import EditRecord, KeepRecords, MoveRecords

RecordChange = KeepRecords | MoveRecords | EditRecord


def change_records(store: Store, offer: Offer, action: RecordChange) -> tuple[str, list[str]]:
    """Carry out what was said about shown records.

    Returns:
        What was done, and the ids of the shown records as they are now.

    Raises:
        CoverageError: there is no record of that number, or the change cannot be made; nothing is changed then.
    """
    workflow_id, shown = offer.workflow_id or "", list(offer.shown_records)
    numbers = [action.number] if isinstance(action, EditRecord) else sorted(set(action.numbers))
    ids = shown_ids(offer, numbers)
    what = records_words(numbers)
    match action:
        case KeepRecords():
            set_status(store, workflow_id, ids, "active")
            return f"{what[0].upper()}{what[1:]} count{'s' if len(ids) == 1 else ''} as before.", shown
        case MoveRecords():
            for record_id in ids:
                set_topic(store, workflow_id, record_id, action.topic)
            return f'The topic of {what} is now "{topic_title(action.topic)}".', shown
        case EditRecord():
            shown[action.number - 1] = _edit(store, workflow_id, ids[0], action)
            part = "question" if action.role == "user" else "reply"
            return f"I changed the last {part} of {what}; the record as it was is kept aside.", shown


def _edit(store: Store, workflow_id: str, record_id: str, action: EditRecord) -> str:
    source = json.loads(get_record(store, workflow_id, record_id).body)
    messages = source.get("messages") or []
    last = next(
        (m for m in reversed(messages) if m.get("role") == action.role and message_text(m).strip()), None
    )
    if last is None:
        raise InvalidInput(
            "That record has no such message.", hint="Edit it with `finetune-coverage review`."
        )
    last["content"] = action.text
    return replace_record(store, workflow_id, record_id, json.dumps(source, ensure_ascii=False))


def shown_ids(offer: Offer, numbers: Sequence[int]) -> list[str]:
    """The ids of the records that were shown under these numbers, the first is 1.

    Raises:
        InvalidInput: one of the numbers was not shown.
    """
    shown = offer.shown_records
    wrong = [number for number in numbers if not 1 <= number <= len(shown)]
    if wrong:
        raise InvalidInput(f"There is no record {wrong[0]} among those shown.", hint="Nothing was changed.")
    return [shown[number - 1] for number in numbers]


def records_words(numbers: Sequence[int]) -> str:
    """``record 2`` or ``records 2, 5``."""
    listed = ", ".join(map(str, numbers))
    return f"record {listed}" if len(numbers) == 1 else f"records {listed}"
