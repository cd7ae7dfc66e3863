"""How many active records each topic has, kept beside the records so that measuring reads no record.

Whoever adds records calls `count_added` in the same transaction: one statement for all of them, since a trigger
for each row would slow an import down. Changes and deletions are followed by triggers, whoever makes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

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
    topic = func.nullif(topic_counts.c.topic, "")
    first = (
        select(records.c.position)
        .where(
            records.c.workflow_id == topic_counts.c.workflow_id,
            records.c.status == "active",
            records.c.topic.is_not_distinct_from(topic),
        )
        .order_by(records.c.position)
        .limit(1)
        .scalar_subquery()
    )
    counted = topic_counts.c
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
        .order_by(first)
    )
    return [TopicCount(*row) for row in connection.execute(query)]


def last_position(connection: Connection) -> int:
    """The position of the record that was added last, of any workflow; 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(records.c.position), 0))).scalar_one())


def count_added(connection: Connection, after: int) -> None:
    """Count the active records with a higher position than ``after``; they were added in this transaction."""
    connection.execute(_ADD, {"after": after})


def add_counts(connection: Connection, workflow_id: str, counts: Iterable[TopicCount]) -> None:
    """Count records that were added in this transaction, where the caller knows what they are."""
    rows = [{**vars(count), "workflow_id": workflow_id, "topic": count.topic or ""} for count in counts]
    connection.execute(_ADD_KNOWN, rows)


def make_triggers(connection: Connection) -> None:
    """Make the triggers that follow changes and deletions of records."""
    for name, statement in _TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER IF NOT EXISTS {name} {statement}")


_INTO = "INSERT INTO topic_counts (workflow_id, topic, records, synthetic, multi_turn, uses_tools, usable)"
_OR_MORE = """
    ON CONFLICT DO UPDATE SET
        records = records + excluded.records,
        synthetic = synthetic + excluded.synthetic,
        multi_turn = multi_turn + excluded.multi_turn,
        uses_tools = uses_tools + excluded.uses_tools,
        usable = usable + excluded.usable
"""
_ADD = text(
    f"""
    {_INTO}
    SELECT workflow_id, ifnull(topic, ''), count(*), sum(origin = 'synthetic'), sum(is_multi_turn),
           sum(uses_tools), sum(origin = 'real' AND has_assistant_turn)
    FROM records WHERE position > :after AND status = 'active' GROUP BY 1, 2 {_OR_MORE}
    """
)
_ADD_KNOWN = text(
    f"{_INTO} VALUES (:workflow_id, :topic, :records, :synthetic, :multi_turn, :uses_tools, :usable) {_OR_MORE}"
)
_CHANGE = """
    UPDATE topic_counts SET
        records = records {sign} 1,
        synthetic = synthetic {sign} ({row}.origin = 'synthetic'),
        multi_turn = multi_turn {sign} {row}.is_multi_turn,
        uses_tools = uses_tools {sign} {row}.uses_tools,
        usable = usable {sign} ({row}.origin = 'real' AND {row}.has_assistant_turn)
    WHERE workflow_id = {row}.workflow_id AND topic = ifnull({row}.topic, '');
"""
_NEW_TOPIC = """
    INSERT OR IGNORE INTO topic_counts VALUES (NEW.workflow_id, ifnull(NEW.topic, ''), 0, 0, 0, 0, 0);
"""
_COUNTED = "workflow_id, topic, origin, status, has_assistant_turn, is_multi_turn, uses_tools"
_LESS = f"WHEN OLD.status = 'active' BEGIN {_CHANGE.format(row='OLD', sign='-')} END"
_MORE = f"WHEN NEW.status = 'active' BEGIN {_NEW_TOPIC} {_CHANGE.format(row='NEW', sign='+')} END"
_TRIGGERS = {
    "records_deleted": f"AFTER DELETE ON records {_LESS}",
    "records_changed_from": f"AFTER UPDATE OF {_COUNTED} ON records {_LESS}",
    "records_changed_to": f"AFTER UPDATE OF {_COUNTED} ON records {_MORE}",
}
