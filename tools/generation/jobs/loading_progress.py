"""Tells how far the loading of a job is, when that takes long: the first jobs of a dataset embed its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from ...store.store import Store
from .ledger import Job, slot_records
from .progress import OnProgress, Progress

OnIndexed = Callable[[int], None]


class LoadingProgress:
    """Reports what is being loaded, as a note beside where the job stands.

    Args:
        store: where the job is.
        job: what is loaded.
        on_progress: called with each report, from the thread that loads; None is nobody.
    """

    def __init__(self, store: Store, job: Job, on_progress: OnProgress | None) -> None:
        self._store = store
        self._job = job
        self._on_progress = on_progress
        self._is_counted = False

    def tell(self, remarks: Sequence[str]) -> None:
        """What a person should know before the job goes on."""
        for remark in remarks:
            self._report(remark=remark)

    def of(self, total: int) -> OnIndexed | None:
        """What the index calls with the number of records that it has seen, of so many.

        A job counts once, all that it compares with: a second count would begin anew after the first has ended.
        """
        if self._on_progress is None or self._is_counted:
            return None
        self._is_counted = True
        return lambda records: self._report(
            f"preparing: {records:,} of {total:,} records embedded (the topic's, and others to compare with)",
            loaded=records,
            to_load=total,
        )

    def _report(self, note: str = "", *, remark: str = "", loaded: int = 0, to_load: int = 0) -> None:
        if self._on_progress is None:
            return
        self._on_progress(
            Progress(
                job_id=self._job.id,
                topic=self._job.topic,
                accepted=self._accepted,
                requested=self._job.count,
                attempts=self._accepted,
                note=note,
                remark=remark,
                loaded=loaded,
                to_load=to_load,
            )
        )

    @cached_property
    def _accepted(self) -> int:
        return sum(record is not None for record in slot_records(self._store, self._job.id).values())
