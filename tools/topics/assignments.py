"""Assigned topics in the store: written as a run, read back, undone."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, select, update

from ..errors import InvalidInput
from ..store.counts import TopicCount, add_counts, counted, counts_within
from ..store.shards import (
    add_topics,
    forget_topics,
    is_sharded,
    last_assigned,
    renamed_since,
    shards_within,
)
from ..store.store import Store
from ..store.tables import assignments, records, topic_runs
from ..store.workflows import (
    TopicInfo,
    bump_version,
    now,
    set_topics_within,
    topics_within,
    version_within,
)
from .carry_over import Carried, carry_over, give_back

_AT_ONCE = 500
"""Records that one statement names."""

DecidedBy = Literal["model", "person"]


@dataclass(frozen=True)
class Assignment:
    """The topic that a record was given, or was not.

    Attributes:
        record_id: whose topic it is.
        topic: what it was given; ``None`` leaves it uncategorized.
        likeliest: the topic that it most probably has, decided or not.
        confidence: the calibrated chance that ``likeliest`` is right, 0 to 1.
        previous_topic: what it had before.
        informative: how much a person's answer would tell, for the order of review; larger is more.
        decided_by: only what a person decided is learnt from.
    """

    record_id: str
    topic: str | None
    likeliest: str
    confidence: float
    previous_topic: str | None = None
    informative: float = 0.0
    decided_by: DecidedBy = "model"


@dataclass(frozen=True)
class ShardRun:
    """What a run does to records that are in shards, and not in the store.

    Attributes:
        topics: where their topics are now, by the number of the shard.
        counts: how the counts change by it.
        add_sample: puts further records of shards into the store, with the topics that they had, and counts none.
    """

    topics: Mapping[int, str] = field(default_factory=dict)
    counts: Sequence[TopicCount] = ()
    add_sample: Callable[[Connection], None] = lambda _: None


def write_run(
    store: Store,
    workflow_id: str,
    decided: Sequence[Assignment],
    *,
    method: str,
    declare: Sequence[TopicInfo] | None = None,
    becomes: Mapping[str, str] | None = None,
    in_shards: ShardRun | None = None,
) -> int:
    """Write assignments and the records' topics, all or none.

    A record whose topic has changed since it was read keeps what it has: somebody else decided meanwhile.

    Args:
        store: where they are written.
        workflow_id: whose records they are.
        decided: at most one for each record.
        method: what they come from: ``examples``, ``descriptions``, ``discovery``, ``review``, ``merge``, …
        declare: the topics to declare at the same time, in place of those declared before.
        becomes: topics that end, with those that their rules and cases go to, and their records in shards.
        in_shards: what the run does to records that are in shards only.

    Returns:
        The number of the run, for `undo_last_run`; 0 when there was nothing to write.
    """
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        carried = carry_over(connection, workflow_id, becomes or {})
        if not decided and declare is None:
            return 0
        run = _last_run(connection, workflow_id) + 1
        key = {"workflow_id": workflow_id, "run": run, "method": method}
        told: dict[str, Any] = {
            **key,
            "created_at": now(),
            "topics_before": None,
            "topics_after": None,
            "shards": None,
        }
        in_shards = in_shards or ShardRun()
        in_shards.add_sample(connection)
        if declare is not None:
            before = _as_json(topics_within(connection, workflow_id))
            told["topics_before"] = {"topics": before, "carried": carried} if becomes else before
            told["topics_after"] = _as_json(declare)
            set_topics_within(connection, workflow_id, declare)
        if decided:
            connection.execute(insert(assignments), [{**key, **vars(one)} for one in decided])
        moved = [one for one in decided if one.topic != one.previous_topic]
        _move(connection, workflow_id, [(one.record_id, one.previous_topic, one.topic) for one in moved])
        if is_sharded(connection, workflow_id):
            ended = becomes or {}
            counts = [*in_shards.counts, *_moved_counts(connection, workflow_id, ended)]
            told["shards"] = {"becomes": dict(ended), "counts": [vars(count) for count in counts]}
            _count(connection, workflow_id, counts)
            add_topics(connection, workflow_id, run, in_shards.topics)
        connection.execute(insert(topic_runs), [told])
        return run


class TopicRun(NamedTuple):
    """What was last done to topics.

    Attributes:
        run: its number.
        method: as `write_run` was told it.
        records: how many got another topic.
    """

    run: int
    method: str
    records: int


def last_run(store: Store, workflow_id: str) -> TopicRun | None:
    """What `undo_last_run` would take back; ``None`` where there is nothing."""
    with store.read() as connection:
        run = _last_run(connection, workflow_id)
        if run == 0:
            return None
        method = select(topic_runs.c.method).where(
            topic_runs.c.workflow_id == workflow_id, topic_runs.c.run == run
        )
        moved = select(func.count()).where(
            assignments.c.workflow_id == workflow_id,
            assignments.c.run == run,
            assignments.c.topic.is_distinct_from(assignments.c.previous_topic),
        )
        return TopicRun(run, connection.execute(method).scalar_one(), connection.execute(moved).scalar_one())


def undo_last_run(store: Store, workflow_id: str, only: int | None = None) -> tuple[int, int]:
    """Take the last run back: its records get the topic that they had, unless it was changed again since.

    Topics that the run declared go too, and those that it took away come back, unless others were declared since.

    Args:
        store: where it was written.
        workflow_id: whose topics.
        only: the number of the run that is meant; when not given, whichever is the last.

    Returns:
        The number of the run, and of the records that were given their topic back.

    Raises:
        InvalidInput: there is no run to undo, or another one came after the one that is meant.
    """
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        run = _last_run(connection, workflow_id)
        if run == 0:
            raise InvalidInput(
                f"There is nothing to take back in {workflow_id!r}.",
                hint="`topics undo` takes back what `topics assign`, `review`, `discover`, `merge` and `split` did, "
                "the last of it first.",
            )
        if only not in (None, run):
            raise InvalidInput(
                "Topics were assigned again since, so that cannot be taken back by itself.",
                hint=f"`finetune-coverage topics undo -w {shlex.quote(workflow_id)}` takes the last time back.",
            )
        of_run = and_(assignments.c.workflow_id == workflow_id, assignments.c.run == run)
        query = select(assignments.c.record_id, assignments.c.topic, assignments.c.previous_topic)
        rows = connection.execute(query.where(of_run)).all()
        moves = [(row.record_id, row.topic, row.previous_topic) for row in rows]
        restored = _move(connection, workflow_id, [move for move in moves if move[1] != move[2]])
        late = _added_since(connection, workflow_id, run)
        given = _given_in_shards(connection, workflow_id, run, late)
        before = _topics_in_shards(connection, workflow_id, late if given is None else ())
        connection.execute(delete(assignments).where(of_run))
        forget_topics(connection, workflow_id, run)
        carried = _forget_run(connection, workflow_id, run)
        if carried is not None:
            give_back(connection, workflow_id, carried)
        after = _topics_in_shards(connection, workflow_id, before)
        returned = given or [(one, topic, after[one]) for one, topic in before.items() if after[one] != topic]
        _move(connection, workflow_id, returned, counts=False)  # counted as those that are in shards only
        known = {info.name for info in topics_within(connection, workflow_id)}
        known |= {count.topic for count in counts_within(connection, workflow_id) if count.topic}
        # Of a topic that was made of others, and is gone again: what it got since.
        gone = {row.topic: row.previous_topic for row in rows if row.topic and row.topic not in known}
        carry_over(connection, workflow_id, {topic: to for topic, to in gone.items() if to})
        return run, restored


def _forget_run(connection: Connection, workflow_id: str, run: int) -> Carried | None:
    """Declare the topics of before the run, and give what went along with those that it ended."""
    this = and_(topic_runs.c.workflow_id == workflow_id, topic_runs.c.run == run)
    told = connection.execute(select(topic_runs).where(this)).one()
    unchanged = told.topics_after == _as_json(topics_within(connection, workflow_id))
    before, carried = told.topics_before, None
    if isinstance(before, dict):
        before, carried = before["topics"], cast(Carried, before["carried"])
    if before is not None and unchanged:
        infos = [TopicInfo(**{**info, "examples": tuple(info["examples"])}) for info in before]
        set_topics_within(connection, workflow_id, infos)
    counts = [TopicCount(**count) for count in (told.shards or {}).get("counts", [])]
    _count(connection, workflow_id, [_taken_back(count) for count in counts])
    connection.execute(delete(topic_runs).where(this))
    return carried


def _added_since(connection: Connection, workflow_id: str, run: int) -> frozenset[str]:
    """Records of shards that came into the store after a run, perhaps: its assignments do not know them."""
    if not is_sharded(connection, workflow_id):
        return frozenset()
    of_run = select(assignments.c.record_id).where(
        assignments.c.workflow_id == workflow_id, assignments.c.run == run
    )
    query = select(records.c.id).where(records.c.workflow_id == workflow_id, records.c.origin == "real")
    return frozenset(connection.execute(query).scalars()) - frozenset(connection.execute(of_run).scalars())


def _given_in_shards(
    connection: Connection, workflow_id: str, run: int, ids: Collection[str]
) -> list[tuple[str, str | None, str | None]] | None:
    """How an assignment changed the topics of records in shards; ``None`` where the run gave none."""
    if last_assigned(connection, workflow_id) != run or not run:
        return None
    from ..shards.shard_files import given_by_id

    return [
        (record_id, given.topic, given.previous)
        for shard in shards_within(connection, workflow_id)
        if shard.topics_url
        for record_id, given in given_by_id(shard)
        if record_id in ids and given.topic != given.previous
    ]


def _topics_in_shards(
    connection: Connection, workflow_id: str, ids: Collection[str]
) -> dict[str, str | None]:
    """The topics of records as the shards, and what was given since, have them."""
    if not ids:
        return {}
    from ..shards.shard_files import topics_by_id

    renamed = renamed_since(connection, workflow_id, last_assigned(connection, workflow_id))
    return {
        record_id: topic if topic is None else renamed.get(topic, topic)
        for shard in shards_within(connection, workflow_id)
        for record_id, topic in topics_by_id(shard)
        if record_id in ids
    }


def _moved_counts(connection: Connection, workflow_id: str, becomes: Mapping[str, str]) -> list[TopicCount]:
    """How the counts change when all records that topics still have go to others."""
    counts = [count for count in counts_within(connection, workflow_id) if count.topic in becomes]
    moved = [replace(count, topic=becomes[count.topic or ""]) for count in counts]
    return [*map(_taken_back, counts), *moved]


def _taken_back(count: TopicCount) -> TopicCount:
    numbers = {name: -value for name, value in vars(count).items() if name != "topic"}
    return TopicCount(count.topic, **numbers)


def _count(connection: Connection, workflow_id: str, changes: Sequence[TopicCount]) -> None:
    if changes:
        add_counts(connection, workflow_id, changes)
        bump_version(connection, workflow_id)


def _as_json(infos: Sequence[TopicInfo]) -> list[dict[str, Any]]:
    return [{**asdict(info), "examples": list(info.examples)} for info in infos]


def current_assignments(store: Store, workflow_id: str) -> dict[str, Any]:
    """The last assignment of each record that has one, as rows of the table, by record id."""
    with store.read() as connection:
        version_within(connection, workflow_id)
        return assigned_within(connection, workflow_id)


def assigned_within(connection: Connection, workflow_id: str) -> dict[str, Any]:
    """`current_assignments` inside a caller's transaction."""
    return {row.record_id: row for row in connection.execute(_latest(workflow_id))}


def topics_given_within(connection: Connection, workflow_id: str, run: int) -> dict[str, str | None]:
    """The topics that a run gave, by record id, inside a caller's transaction."""
    query = select(assignments.c.record_id, assignments.c.topic)
    of_run = and_(assignments.c.workflow_id == workflow_id, assignments.c.run == run)
    return {row.record_id: row.topic for row in connection.execute(query.where(of_run))}


def confirmed_labels(store: Store, workflow_id: str) -> frozenset[str]:
    """The records whose topic is the one that a person said last."""
    latest = _latest(workflow_id).subquery()
    query = (
        select(records.c.id)
        .join(latest, and_(latest.c.workflow_id == records.c.workflow_id, latest.c.record_id == records.c.id))
        .where(records.c.workflow_id == workflow_id, latest.c.decided_by == "person")
        .where(records.c.topic.is_not_distinct_from(latest.c.topic))
    )
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def _latest(workflow_id: str) -> Any:
    own = assignments.c.workflow_id == workflow_id
    last = (
        select(assignments.c.record_id, func.max(assignments.c.run).label("run"))
        .where(own)
        .group_by(assignments.c.record_id)
        .subquery()
    )
    is_last = and_(assignments.c.record_id == last.c.record_id, assignments.c.run == last.c.run)
    return select(assignments).join(last, is_last).where(own)


def _last_run(connection: Connection, workflow_id: str) -> int:
    query = select(func.coalesce(func.max(topic_runs.c.run), 0))
    return int(connection.execute(query.where(topic_runs.c.workflow_id == workflow_id)).scalar_one())


def _move(
    connection: Connection,
    workflow_id: str,
    moves: Sequence[tuple[str, str | None, str | None]],
    *,
    counts: bool = True,
) -> int:
    """Give records another topic where they still have the one that is expected; how many were moved."""
    if not moves:
        return 0
    unchanged: ColumnElement[bool] = records.c.topic.is_not_distinct_from(bindparam("was"))
    change = (
        update(records)
        .where(records.c.workflow_id == workflow_id, records.c.id == bindparam("record"), unchanged)
        .values(topic=bindparam("becomes"))
    )
    moved = 0
    for start in range(0, len(moves), _AT_ONCE):
        part = moves[start : start + _AT_ONCE]
        rows = [{"record": record, "was": was, "becomes": becomes} for record, was, becomes in part]
        these = records.c.id.in_([record for record, _, _ in part])
        with counted(connection, workflow_id, these) if counts else nullcontext():
            moved += connection.execute(change, rows).rowcount
    if moved:
        bump_version(connection, workflow_id)
    return moved
