"""The label check of a whole workflow: at once where that is quick, otherwise while the conversation goes on."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Collection
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from ..dataset.labelled_sample import labelled_sample
from ..store.records import topic_counts
from ..store.workflows import dataset_state
from ..topics.assignments import confirmed_labels
from .label_check import by_topic, judged_parts, suspicious_in_sample
from .review_needs import ReviewNeed

if TYPE_CHECKING:
    from ..store.store import Store

QUICK: Final = 40_000
"""Records × topics that are judged in about a second: an answer waits for that, not for more."""
READ_QUICKLY: Final = 50_000
"""Records of which the ids are read as quickly, to choose among them."""
_MOST_KEPT: Final = 16

# By file and state of the dataset: the same records have the same labels.
_checks: dict[tuple[str, ...], Future[list[ReviewNeed]]] = {}
_lock = threading.Lock()
_ends = threading.Event()
_threads: list[threading.Thread] = []


def label_doubts(store: Store, workflow_id: str) -> list[ReviewNeed]:
    """The topics with records that read as if they belonged elsewhere; waits for it, some seconds at most.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    return _begun(store, workflow_id).result()


def label_doubts_so_far(store: Store, workflow_id: str) -> list[ReviewNeed] | None:
    """The same without waiting for more than a second; ``None`` while it is being looked for.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    check = _begun(store, workflow_id)
    if not check.done() and _is_quick(_real_counts(store, workflow_id)):
        return check.result()
    return check.result() if check.done() else None


def _begun(store: Store, workflow_id: str) -> Future[list[ReviewNeed]]:
    # A person who confirms a label changes no record.
    confirmed = confirmed_labels(store, workflow_id)
    key = (store.address, *dataset_state(store, workflow_id), str(len(confirmed)))
    with _lock:
        check = _checks.get(key)
        if check is None or (check.done() and check.exception() is not None):
            if len(_checks) >= _MOST_KEPT:
                _checks.clear()
            check = _checks[key] = Future()
            # A daemon, which `_end` stops: the program does not wait for doubts that nobody will read.
            thread = threading.Thread(
                target=_look, args=(check, store, workflow_id, confirmed), name="label check", daemon=True
            )
            _threads[:] = [*(one for one in _threads if one.is_alive()), thread]
            thread.start()
    return check


def _look(
    check: Future[list[ReviewNeed]], store: Store, workflow_id: str, confirmed: Collection[str]
) -> None:
    try:
        counts = _real_counts(store, workflow_id)
        samples = by_topic(labelled_sample(store, workflow_id, judged_parts(counts)))
        check.set_result(suspicious_in_sample(samples, counts, _ends, confirmed=confirmed))
    except BaseException as error:
        check.set_exception(error)


@atexit.register
def _end() -> None:
    # Left alone, a thread that is in the middle of a calculation takes the whole process down with it.
    _ends.set()
    for thread in _threads:
        thread.join()


def _real_counts(store: Store, workflow_id: str) -> dict[str, int]:
    found = topic_counts(store, workflow_id)
    real = {count.topic: count.records - count.synthetic for count in found if count.topic is not None}
    return {topic: count for topic, count in real.items() if count}


def _is_quick(counts: dict[str, int]) -> bool:
    parts = judged_parts(counts)
    return sum(parts.values()) * len(parts) <= QUICK and sum(counts[topic] for topic in parts) <= READ_QUICKLY
