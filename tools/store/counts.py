"""How many active records each topic has, kept beside the records so that measuring reads no record.

Whoever changes records does it within `counted`, and whoever adds some calls `count_added` in the same transaction:
one statement for all of them. Counts of a workflow that is deleted go with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from .store import insert_into
from .tables import records, topic_counts


@dataclass(frozen=True)
class TopicCount:
    """The active records of one topic, counted.

    Attributes:
        topic: the label; ``None`` stands for the uncategorized records.
        records: all of them.
        synthetic: those that were generated.
        multi_turn: those in which the user speaks at least twice.
        uses_tools: those in which the assistant calls a tool.
        usable: real ones with an assistant turn, which can be seeds.
    """

    topic: str | None
    records: int
    synthetic: int
    multi_turn: int
    uses_tools: int
    usable: int


def counts_within(connection: Connection, workflow_id: str) -> list[TopicCount]:
    """The counts of each topic that has active records, in the order in which the topics first appear."""
    counted = topic_counts.c
    topic = func.nullif(counted.topic, "")
    # Two queries, of which one finds something: for "equal, or both NULL" PostgreSQL uses no index.
    firsts = (
        select(func.min(records.c.position))
        .where(records.c.workflow_id == counted.workflow_id, records.c.status == "active", has_topic)
        .scalar_subquery()
        for has_topic in (
            records.c.topic == counted.topic,
            records.c.topic.is_(None) & (counted.topic == ""),
        )
    )
    query = (
        select(
            topic,
            counted.records,
            counted.synthetic,
            counted.multi_turn,
            counted.uses_tools,
            counted.usable,
        )
        .where(counted.workflow_id == workflow_id, counted.records > 0)
        .order_by(func.coalesce(*firsts))
    )
    return [TopicCount(*row) for row in connection.execute(query)]


def last_position(connection: Connection, workflow_id: str) -> int:
    """The position of the record of a workflow that was added last; 0 when there is none."""
    last = func.coalesce(func.max(records.c.position), 0)
    return int(connection.execute(select(last).where(records.c.workflow_id == workflow_id)).scalar_one())


def count_added(connection: Connection, workflow_id: str, after: int) -> None:
    """Count the records of a workflow with a higher position than ``after``; they were added in this transaction."""
    _count(connection, workflow_id, records.c.position > after, 1)


@contextmanager
def counted(connection: Connection, workflow_id: str, these: ColumnElement[bool]) -> Iterator[None]:
    """Keep the counts right while the block changes some records of a workflow, or deletes them.

    Args:
        connection: the transaction.
        workflow_id: whose records.
        these: which; the block may not change what this looks at.
    """
    _count(connection, workflow_id, these, -1)
    yield
    _count(connection, workflow_id, these, 1)


def add_counts(connection: Connection, workflow_id: str, counts: Iterable[TopicCount]) -> None:
    """Count records that were added in this transaction, where the caller knows what they are."""
    rows = [{**vars(count), "workflow_id": workflow_id, "topic": count.topic or ""} for count in counts]
    statement = insert_into(connection, topic_counts)
    more = {name: topic_counts.c[name] + statement.excluded[name] for name in _COUNTED}
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=more), rows)


def _count(connection: Connection, workflow_id: str, these: ColumnElement[bool], sign: int) -> None:
    query = (
        _counts_of(sign)
        .where(records.c.workflow_id == workflow_id, these)
        .group_by(records.c.workflow_id, _TOPIC)
    )
    statement = insert_into(connection, topic_counts).from_select([*_KEY, *_COUNTED], query)
    more = {name: topic_counts.c[name] + statement.excluded[name] for name in _COUNTED}
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=more))


_KEY = ("workflow_id", "topic")
_COUNTED = ("records", "synthetic", "multi_turn", "uses_tools", "usable")
_TOPIC = func.coalesce(records.c.topic, "")


def _counts_of(sign: int) -> Select[tuple[Any, ...]]:
    """What the columns of the table hold for the active records, to be grouped by workflow and topic."""
    kinds = (
        literal(True),
        records.c.origin == "synthetic",
        records.c.is_multi_turn,
        records.c.uses_tools,
        (records.c.origin == "real") & records.c.has_assistant_turn,
    )
    sums = [func.sum(case((kind, sign), else_=0)) for kind in kinds]
    return select(records.c.workflow_id, _TOPIC, *sums).where(records.c.status == "active")
