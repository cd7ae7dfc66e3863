"""What a person decides about records in review, and how each decision is taken back, the last one first."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ....tools.dataset.record import Record
from ....tools.dataset.replace_record import replace_record
from ....tools.errors import InvalidInput
from ....tools.generation.lessons.lessons import reject_records
from ....tools.inspection.review_page import Wanted, meant_by
from ....tools.services import Services
from ....tools.store.records import get_record, move_records, note_kept, set_status
from ....tools.topics.assignments import undo_last_run
from ....tools.topics.corrections import confirm
from .review_all import Decision


@dataclass(frozen=True)
class Step:
    """What was done, and how it is taken back.

    Attributes:
        said: what was done, in words.
        take_back: undoes it in the store.
        record: the record that it was about, as it was; None where it was about many, or made another of it.
    """

    said: str
    take_back: Callable[[], Any]
    record: Record | None = None


class ReviewSteps:
    """The steps of one tab since it was opened. All of it blocks, and raises `CoverageError` where nothing was done."""

    def __init__(self, services: Services, workflow_id: str) -> None:
        self._store, self._workflow_id = services.store, workflow_id
        self._steps: list[Step] = []

    def __len__(self) -> int:
        return len(self._steps)

    def keep(self, record: Record, doubtful: Collection[str]) -> Record:
        """Note that it was kept; the label of one that is among the doubtful is confirmed."""
        self._steps.append(Step("kept", self._keep([record.id], doubtful), record))
        return get_record(self._store, self._workflow_id, record.id)

    def drop(self, record: Record, reason: str) -> None:
        """Take it out of the dataset, for a reason that later rounds are taught; "" gives none."""
        reject_records(self._store, self._workflow_id, [record.id], reason)
        self._steps.append(Step("dropped", self._with_status([record.id], "active"), record))

    def take_back_in(self, record: Record) -> None:
        """Put one that was dropped back into the dataset."""
        set_status(self._store, self._workflow_id, [record.id], "active")
        self._steps.append(Step("taken back", self._with_status([record.id], "rejected"), record))

    def move(self, record: Record, topic: str | None) -> Record:
        """Give it another topic, or none."""
        move_records(self._store, self._workflow_id, {record.id: topic})
        back = partial(move_records, self._store, self._workflow_id, {record.id: record.topic})
        self._steps.append(Step("moved", back, record))
        return get_record(self._store, self._workflow_id, record.id)

    def edit(self, record: Record, texts: Mapping[int, str]) -> Record:
        """Put another record in its place, with these texts by the number of the message; the old one is set aside."""
        body = json.loads(record.body)
        for number, said in texts.items():
            body["messages"][number]["content"] = said
        written = json.dumps(body, ensure_ascii=False)
        new = replace_record(self._store, self._workflow_id, record.id, written)
        if new == record.id:
            return record

        def take_back() -> None:
            set_status(self._store, self._workflow_id, [record.id], "active")
            set_status(self._store, self._workflow_id, [new], "rejected")

        self._steps.append(Step("edited", take_back))
        return get_record(self._store, self._workflow_id, new)

    def decide_all(self, decision: Decision, wanted: Wanted) -> str:
        """Carry out what was decided about all records that a filter means, and say what was done.

        Raises:
            InvalidInput: they are others by now; what the person did not see is not decided about.
        """
        meant = meant_by(self._store, self._workflow_id, wanted)
        ids, number = list(meant.topics), len(meant.topics)
        if number != decision.number:
            raise InvalidInput(
                f"There are {number:,} records now, not {decision.number:,}: nothing was changed.",
                hint="Look at them again.",
            )
        step = self._all(decision, ids, meant.topics, wanted.doubtful)
        self._steps.append(step)
        return step.said

    def _all(
        self,
        decision: Decision,
        ids: Sequence[str],
        topics: Mapping[str, str | None],
        doubtful: Collection[str],
    ) -> Step:
        store, workflow_id, number = self._store, self._workflow_id, f"{len(ids):,} records"
        match decision.what:
            case "keep":
                return Step(f"{number} kept", self._keep(ids, doubtful))
            case "drop":
                reject_records(store, workflow_id, ids, decision.said)
                return Step(f"{number} dropped", self._with_status(ids, "active"))
            case "move":
                move_records(store, workflow_id, dict.fromkeys(ids, decision.said))
                back = partial(move_records, store, workflow_id, topics)
                return Step(f"{number} moved to {decision.said}", back)
            case "take back":
                set_status(store, workflow_id, ids, "active")
                return Step(f"{number} taken back", self._with_status(ids, "rejected"))

    def undo(self) -> Step:
        """Take the last step back; where that fails it is no step any more."""
        step = self._steps.pop()
        step.take_back()
        return step

    def _keep(self, ids: Sequence[str], doubtful: Collection[str]) -> Callable[[], Any]:
        store, workflow_id = self._store, self._workflow_id
        note_kept(store, workflow_id, ids)
        run = confirm(store, workflow_id, [one for one in ids if one in doubtful])

        def take_back() -> None:
            note_kept(store, workflow_id, ids, is_kept=False)
            if run:
                undo_last_run(store, workflow_id, run)

        return take_back

    def _with_status(self, ids: Sequence[str], status: Any) -> Callable[[], Any]:
        return partial(set_status, self._store, self._workflow_id, ids, status)
