"""Which records somebody means: of a topic or an origin, with a text in them; and which of them come first."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from pydantic import BaseModel

from ..coverage.label_doubts import label_doubts
from ..dataset.record import Origin, Record, last_role, message_text
from ..errors import InvalidInput
from ..generation.checks.form.written_calls import calls_of
from ..store.store import Store
from .review_page import Wanted, count_meant, review_page
from .worth_a_look import grounds_of

Order = Literal["shortest", "longest", "doubtful"]
Ending = Literal["user", "assistant", "tool"]
_AT_ONCE = 1000
_MOST_DOUBTED = 500
"""Real records with doubtful topics in one queue: more than anybody reads at a sitting."""


class RecordFilter(BaseModel):
    """Which records are meant, and in which order.

    Attributes:
        topic: only this one; None for any.
        without_a_topic: only those that have none.
        origin: only real or only generated ones.
        containing: only those in which this stands, in whatever capitals: in what is said, or in the name or the
            arguments of a call.
        ends_with: only those whose last message is of this role.
        order: by their length, or those that the checks are least sure of and no others; None is the newest first
            for generated ones, else as they were imported.
    """

    topic: str | None = None
    without_a_topic: bool = False
    origin: Origin | None = None
    containing: str | None = None
    ends_with: Ending | None = None
    order: Order | None = None

    @property
    def is_searched(self) -> bool:
        """Whether each record has to be looked at to know how many are meant."""
        return self.containing is not None or self.ends_with is not None


@dataclass(frozen=True)
class FoundRecords:
    """The first of the records that a filter means.

    Attributes:
        records: in the filter's order.
        number: how many it means in all.
        by_topic: of all of them, where each was looked at.
        notes: why a record has its place in an order, by its id.
    """

    records: list[Record]
    number: int
    by_topic: Mapping[str | None, int]
    notes: Mapping[str, str]


def find_records(store: Store, workflow_id: str, which: RecordFilter, most: int) -> FoundRecords:
    """Look for records. A text, an ending or a length is looked for in all of them, one after the other.

    Args:
        store: where they are.
        workflow_id: whose they are.
        which: are meant.
        most: that are returned.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    wanted = Wanted(topic="" if which.without_a_topic else which.topic, origin=which.origin)
    doubted: Mapping[str, str] = {}
    if which.order == "doubtful":
        doubted = doubted_topics(store, workflow_id) if which.origin != "synthetic" else {}
        wanted = replace(wanted, is_queue=True, doubtful=doubted)
    by_topic: Counter[str | None] = Counter()
    found = _in_order(store, workflow_id, wanted)
    if which.containing is not None:
        found = _holding(found, which.containing.casefold())
    if which.ends_with is not None:
        found = (record for record in found if last_role(record.messages) == which.ends_with)
    if which.is_searched:
        found = _counted(found, by_topic)
    if which.order in ("shortest", "longest"):
        sign = 1 if which.order == "shortest" else -1
        first = heapq.nsmallest(most, found, key=lambda record: sign * _length(record))
    else:
        first = list(islice(found, most))
        if which.is_searched:
            deque(found, maxlen=0)  # counts the others
    number = by_topic.total() if which.is_searched else count_meant(store, workflow_id, wanted)
    return FoundRecords(first, number, by_topic, {one.id: _note(one, which.order, doubted) for one in first})


def the_one_with(store: Store, workflow_id: str, text: str) -> Record:
    """The only record in which a text stands, in whatever capitals.

    Raises:
        InvalidInput: it stands in none, or in several.
        WorkflowNotFound: there is no such workflow.
    """
    found = find_records(store, workflow_id, RecordFilter(containing=text), most=1)
    if found.number != 1:
        where = f"in {found.number:,} records" if found.number else "in no record"
        raise InvalidInput(
            f"“{text}” stands {where}.", hint="Show records first, so that one can be named by its number."
        )
    return found.records[0]


def doubted_topics(store: Store, workflow_id: str) -> dict[str, str]:
    """Real records whose topics are doubted, with the topic that each reads like; most suspected first."""
    found = (
        pair
        for need in label_doubts(store, workflow_id)
        for pair in zip(need.record_ids, need.likelier, strict=True)
    )
    return dict(islice(found, _MOST_DOUBTED))


def _in_order(store: Store, workflow_id: str, wanted: Wanted) -> Iterator[Record]:
    after = None
    while True:
        page = review_page(store, workflow_id, wanted, after, most=_AT_ONCE)
        yield from page.records
        if (after := page.after) is None:
            return


def _holding(records: Iterable[Record], sought: str) -> Iterator[Record]:
    return (record for record in records if any(sought in text.casefold() for text in _texts(record)))


def _counted(records: Iterable[Record], by_topic: Counter[str | None]) -> Iterator[Record]:
    for record in records:
        by_topic[record.topic] += 1
        yield record


def _texts(record: Record, *, but: str = "") -> Iterator[str]:
    """What is said and called in it, but for the messages of a role."""
    for message in record.messages:
        if message.get("role") == but:
            continue
        yield message_text(message)
        for name, arguments in calls_of(message):
            yield f"{name} {arguments}"


def _length(record: Record) -> int:
    """In characters, without the system prompt, which records often share."""
    return sum(map(len, _texts(record, but="system")))


def _note(record: Record, order: Order | None, doubted: Mapping[str, str]) -> str:
    if order == "doubtful":
        likelier = doubted.get(record.id)
        return f"reads like {likelier}" if likelier else "; ".join(grounds_of(record))
    return f"{_length(record):,} characters" if order else ""
