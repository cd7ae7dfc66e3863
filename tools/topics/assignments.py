"""Assigned topics in the store: written as a run, read back, undone."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, select, update

from ..dataset.topic_names import is_same_name
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
from .carry_over import Carried, carry_over, declared_after, give_back, parted

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
        becomes: of a merge, topics that end, with those that what is declared of them, their rules and cases go to, and
            their records in shards.
        in_shards: what the run does to records that are in shards only.

    Returns:
        The number of the run, for `undo_last_run`; 0 when there was nothing to write.
    """
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        carried = carry_over(connection, workflow_id, becomes or {})
        if not decided and declare is None and not becomes:
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
        before = topics_within(connection, workflow_id)
        told_before: Any = _as_json(before)
        if becomes:
            there = sorted({*becomes.values()} & _in_use(connection, workflow_id))
            declare = declared_after(before, becomes, there)
            told_before = {"topics": told_before, "carried": carried, "there": there}
        if declare is not None:
            told["topics_before"], told["topics_after"] = told_before, _as_json(declare)
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
        records: how many got another topic by it, and have it still.
        moved_since: how many got yet another one since; they keep that when it is taken back.
        becomes: of a merge, the topics that ended with those that they became.
    """

    run: int
    method: str
    records: int
    moved_since: int
    becomes: dict[str, str]


class TakenBack(NamedTuple):
    """What `undo_last_run` did.

    Attributes:
        run: the number of the run.
        records: how many were given their topic back.
        moved_since: how many were moved again since, and keep what they have.
    """

    run: int
    records: int
    moved_since: int


def last_run(store: Store, workflow_id: str, topics: Collection[str] = ()) -> TopicRun | None:
    """What `undo_last_run` would take back; ``None`` where there is nothing.

    Raises:
        InvalidInput: one of ``topics`` is none that the run ended or made of others.
    """
    with store.read() as connection:
        run = _last_run(connection, workflow_id)
        if run == 0:
            return None
        told = _told(connection, workflow_id, run)
        becomes = _becomes(told)
        ended = _ended(becomes, topics) if topics else None
        of_record = and_(
            records.c.workflow_id == assignments.c.workflow_id, records.c.id == assignments.c.record_id
        )
        moved = (
            select(func.count())
            .select_from(assignments.join(records, of_record))
            .where(_given(workflow_id, run, ended))
            .where(assignments.c.topic.is_distinct_from(assignments.c.previous_topic))
        )
        is_there = records.c.topic.is_not_distinct_from(assignments.c.topic)
        every, there = (connection.execute(query).scalar_one() for query in (moved, moved.where(is_there)))
        meant = becomes if ended is None else {one: becomes[one] for one in ended}
        return TopicRun(run, told.method, there, every - there, meant)


def undo_last_run(
    store: Store, workflow_id: str, only: int | None = None, topics: Collection[str] = ()
) -> TakenBack:
    """Take the last run back: its records get the topic that they had, unless it was changed again since.

    Topics that the run declared go too, and those that it took away come back; where others were declared since,
    only those of a merge. What is left of a merge stays the last run.

    Args:
        store: where it was written.
        workflow_id: whose topics.
        only: the number of the run that is meant; when not given, whichever is the last.
        topics: of a merge, what is taken back, by the names of topics that ended or of what they became; when empty,
            all of it.

    Raises:
        InvalidInput: there is no run to undo, another one came after the one that is meant, or one of ``topics`` is
            none that it ended or made of others. Nothing is changed.
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
        told = _told(connection, workflow_id, run)
        ended = _ended(_becomes(told), topics) if topics else None
        these = _given(workflow_id, run, ended)
        query = select(assignments.c.record_id, assignments.c.topic, assignments.c.previous_topic)
        rows = connection.execute(query.where(these)).all()
        moves = [
            (row.record_id, row.topic, row.previous_topic) for row in rows if row.topic != row.previous_topic
        ]
        restored = _move(connection, workflow_id, moves)
        late = _added_since(connection, workflow_id, run)
        given = _given_in_shards(connection, workflow_id, run, late)
        before = _topics_in_shards(connection, workflow_id, late if given is None else ())
        connection.execute(delete(assignments).where(these))
        _forget(connection, workflow_id, told, ended)
        after = _topics_in_shards(connection, workflow_id, before)
        returned = given or [(one, topic, after[one]) for one, topic in before.items() if after[one] != topic]
        _move(connection, workflow_id, returned, counts=False)  # counted as those that are in shards only
        known = {info.name for info in topics_within(connection, workflow_id)}
        known |= _in_use(connection, workflow_id)
        # Of a topic that was made of others, and is gone again: what it got since.
        gone = {row.topic: row.previous_topic for row in rows if row.topic and row.topic not in known}
        carry_over(connection, workflow_id, {topic: to for topic, to in gone.items() if to})
        return TakenBack(run, restored, len(moves) - restored)


def _given(workflow_id: str, run: int, ended: Collection[str] | None) -> ColumnElement[bool]:
    """The assignments of a run; of a merge, those of the records whose topics these were."""
    of_run = and_(assignments.c.workflow_id == workflow_id, assignments.c.run == run)
    return of_run if ended is None else and_(of_run, assignments.c.previous_topic.in_(ended))


def _told(connection: Connection, workflow_id: str, run: int) -> Any:
    of_run = and_(topic_runs.c.workflow_id == workflow_id, topic_runs.c.run == run)
    return connection.execute(select(topic_runs).where(of_run)).one()


def _becomes(told: Any) -> dict[str, str]:
    """The topics that a run ended, with those that they became; none where it was no merge."""
    return dict(told.topics_before["carried"]["becomes"]) if isinstance(told.topics_before, dict) else {}


def _ended(becomes: Mapping[str, str], topics: Collection[str]) -> list[str]:
    """The topics that a merge ended and that are meant: by their own names, or by those of what they became."""
    if not becomes:
        raise InvalidInput(
            "What was last done to topics is no merge and gave no topic another name, so all of it is taken back or "
            "nothing.",
            hint="Name no topics.",
        )
    meant: set[str] = set()
    for name in topics:
        own = {ended for ended, into in becomes.items() if name in (ended, into)}
        own = own or {
            ended for ended, into in becomes.items() if is_same_name(name, ended) or is_same_name(name, into)
        }
        if not own:
            changes = ", ".join(f"{ended} → {into}" for ended, into in becomes.items())
            raise InvalidInput(
                f"{name!r} is not among what was last done to topics: {changes}.",
                hint="What was done earlier can be taken back after that.",
            )
        meant |= own
    return [ended for ended in becomes if ended in meant]


def _forget(connection: Connection, workflow_id: str, told: Any, ended: Collection[str] | None) -> None:
    """Declare the topics of before a run, and give what went along with those that it ended.

    Args:
        connection: the transaction; the records have their topics back in it.
        workflow_id: whose topics they are.
        told: the run.
        ended: of a merge, the topics that come back: from then on it is the run of the others. ``None`` for all.
    """
    of_run = and_(topic_runs.c.workflow_id == workflow_id, topic_runs.c.run == told.run)
    becomes = _becomes(told)
    left = {} if ended is None else {one: into for one, into in becomes.items() if one not in ended}
    counts = [TopicCount(**count) for count in (told.shards or {}).get("counts", [])]
    # Of a merge: what the topics lost that ended, and in the same order what others got by it.
    is_left = [
        bool(left) and counts[place % (len(counts) // 2)].topic in left for place in range(len(counts))
    ]
    gone = [count for count, stays in zip(counts, is_left, strict=True) if not stays]
    _count(connection, workflow_id, [_taken_back(count) for count in gone])
    forget_topics(connection, workflow_id, told.run)
    if not becomes:
        if told.topics_before is not None and topics_within(connection, workflow_id) == _infos(
            told.topics_after
        ):
            set_topics_within(connection, workflow_id, _infos(told.topics_before))
        connection.execute(delete(topic_runs).where(of_run))
        return
    before, carried = _infos(told.topics_before["topics"]), cast(Carried, told.topics_before["carried"])
    goes, stay = parted(carried, [one for one in becomes if one not in left])
    there = told.topics_before.get("there", ())
    then, after = declared_after(before, left, there), _infos(told.topics_after)
    now = topics_within(connection, workflow_id)
    own = {*left.values(), *(info.name for info in then)}
    made = {*goes["becomes"].values()} - own
    unused = made - _in_use(connection, workflow_id)
    if now == after:
        declared = [*then, *(info for info in now if info.name in made - unused)]
    else:
        declared = _declared(now, after, then, goes["becomes"], unused)
    set_topics_within(connection, workflow_id, declared)
    if left:
        rest: dict[str, Any] = {
            "topics_before": {**told.topics_before, "carried": stay},
            "topics_after": _as_json(declared if now == after else then),
        }
        if told.shards is not None:
            kept = [vars(count) for count, stays in zip(counts, is_left, strict=True) if stays]
            rest["shards"] = {"becomes": left, "counts": kept}
        connection.execute(update(topic_runs).where(of_run).values(**rest))
    else:
        connection.execute(delete(topic_runs).where(of_run))
    give_back(connection, workflow_id, goes)


def _declared(
    now: Sequence[TopicInfo],
    after: Sequence[TopicInfo],
    then: Sequence[TopicInfo],
    back: Mapping[str, str],
    unused: Collection[str],
) -> list[TopicInfo]:
    """What to declare when topics come back that a merge ended, where something else was declared since.

    Args:
        now: what is declared.
        after: what was declared right after the merge.
        then: what it would have declared without those that come back.
        back: these, with what they had become.
        unused: what the merge made of them alone, and no record has any more.
    """
    was_made = {info.name: info for info in after}
    stay = [
        info
        for info in now
        # One that was described since is more than a name that is gone.
        if info.name not in unused
        or _untargeted(info) != _untargeted(was_made.get(info.name, TopicInfo(info.name)))
    ]
    weights, before = {info.name: info.weight for info in now}, {info.name: info.weight for info in after}
    ceilings, were = {info.name: info.most for info in now}, {info.name: info.most for info in after}
    was = {info.name: info for info in then}
    for topic, into in back.items():
        if any(info.name == topic for info in stay):
            continue
        info = was.get(topic, TopicInfo(topic))
        if any(weight != before.get(name) for name, weight in weights.items()):
            # Its weight is one beside others that are gone: beside these it is worth what it had become.
            info = replace(info, weight=weights.get(into))
        if into in unused and ceilings.get(into) != were.get(into):
            info = replace(info, most=ceilings.get(into))  # said of it under the name that is gone
        if topic in was or info != TopicInfo(topic):
            stay.append(info)
    return stay


def _untargeted(info: TopicInfo) -> TopicInfo:
    return replace(info, weight=None, most=None)


def _in_use(connection: Connection, workflow_id: str) -> set[str]:
    """The topics that active records have."""
    return {count.topic for count in counts_within(connection, workflow_id) if count.topic}


def _infos(told: Sequence[Mapping[str, Any]]) -> list[TopicInfo]:
    return [TopicInfo(**{**info, "examples": tuple(info["examples"])}) for info in told]


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
