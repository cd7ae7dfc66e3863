"""Workflows: the datasets being prepared, and the topics that each declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, union, update

from ..bounds import LEAST_WEIGHT, MOST_LISTED, MOST_WEIGHT
from ..errors import InvalidInput, WorkflowNotFound
from .store import Store, insert_into
from .tables import topic_counts, topics, workflows

MAX_ID_LENGTH = 200
_IDS_IN_HINT = 10


@dataclass(frozen=True)
class WorkflowSummary:
    """One workflow in a list.

    Attributes:
        id: what the person calls it, such as ``wf-1``.
        records: how many active records it has.
        topics: how many topics: declared ones, and those that active records have.
        created_at: ISO 8601, UTC.
    """

    id: str
    records: int
    topics: int
    created_at: str


@dataclass(frozen=True)
class TopicInfo:
    """A topic that a workflow declares.

    Attributes:
        name: the leaf label, as records carry it.
        description: what belongs to it and what does not; generation from a description needs it.
        parent: the topic above it, if any.
        weight: its target weight, relative to the others; ``None`` when it has no explicit target.
        examples: texts that belong to it, for telling the topics of other records.
        most: its ceiling: no plan is proposed that brings it above so many records; ``None`` is none.
    """

    name: str
    description: str = ""
    parent: str | None = None
    weight: float | None = None
    examples: tuple[str, ...] = ()
    most: int | None = None


def create_workflow(store: Store, workflow_id: str) -> None:
    """Make a workflow; nothing happens when it is there already.

    Raises:
        InvalidInput: the id is empty, too long, or has control characters.
    """
    check_workflow_id(workflow_id)
    with store.write(workflow_id) as connection:
        ensure_workflow(connection, workflow_id)


def check_workflow_id(workflow_id: str) -> None:
    """Refuse an id that could not be typed, listed or found again."""
    if not workflow_id or workflow_id != workflow_id.strip() or not workflow_id.isprintable():
        raise InvalidInput(
            f"{workflow_id[:MAX_ID_LENGTH]!r} cannot be the id of a workflow.",
            hint="Use letters, digits and dashes, such as wf-1.",
        )
    if len(workflow_id) > MAX_ID_LENGTH:
        raise InvalidInput(
            f"The id of a workflow has at most {MAX_ID_LENGTH} characters, not {len(workflow_id)}.",
            hint="Use a short one, such as wf-1.",
        )


def ensure_workflow(connection: Connection, workflow_id: str) -> None:
    """`create_workflow` inside a caller's transaction."""
    row = {"id": workflow_id, "created_at": now(), "dataset_version": 0}
    connection.execute(insert_into(connection, workflows).values(row).on_conflict_do_nothing())


def require_workflow(store: Store, workflow_id: str) -> None:
    """Raise `WorkflowNotFound`, with a hint that lists the workflows there are, unless this one exists."""
    with store.read() as connection:
        version_within(connection, workflow_id)


def dataset_version(store: Store, workflow_id: str) -> int:
    """A number that goes up with every change of the workflow's records or topics."""
    with store.read() as connection:
        return version_within(connection, workflow_id)


def dataset_state(store: Store, workflow_id: str) -> tuple[str, str, str]:
    """What tells the workflow's records and topics as they are now from those of any other time.

    A workflow that was deleted and made anew counts its versions from 0 again, and was made at another time.
    """
    with store.read() as connection:
        version, created_at = _state_within(connection, workflow_id)
    return workflow_id, created_at, str(version)


def version_within(connection: Connection, workflow_id: str) -> int:
    """`dataset_version` inside a caller's transaction; raises `WorkflowNotFound`."""
    return _state_within(connection, workflow_id)[0]


def _state_within(connection: Connection, workflow_id: str) -> tuple[int, str]:
    query = select(workflows.c.dataset_version, workflows.c.created_at).where(workflows.c.id == workflow_id)
    state = connection.execute(query).one_or_none()
    if state is None:
        raise WorkflowNotFound(f"There is no workflow {workflow_id!r}.", hint=_known_ids(connection))
    return int(state.dataset_version), str(state.created_at)


def bump_version(connection: Connection, workflow_id: str) -> None:
    """Note, inside a caller's transaction, that records or topics of the workflow have changed."""
    connection.execute(
        update(workflows)
        .where(workflows.c.id == workflow_id)
        .values(dataset_version=workflows.c.dataset_version + 1)
    )


def list_workflows(store: Store) -> list[WorkflowSummary]:
    """All workflows, oldest first."""
    counted = topic_counts.c
    labels = union(
        select(topics.c.workflow_id, topics.c.name),
        select(counted.workflow_id, counted.topic).where(counted.records > 0, counted.topic != ""),
    ).subquery()
    count_topics = select(labels.c.workflow_id, func.count()).group_by(labels.c.workflow_id)
    count_records = select(counted.workflow_id, func.sum(counted.records)).group_by(counted.workflow_id)
    with store.read() as connection:
        known = connection.execute(
            select(workflows.c.id, workflows.c.created_at).order_by(workflows.c.created_at, workflows.c.id)
        ).all()
        topics_of = {row[0]: row[1] for row in connection.execute(count_topics)}
        records_of = {row[0]: row[1] for row in connection.execute(count_records)}
    return [
        WorkflowSummary(row.id, records_of.get(row.id, 0), topics_of.get(row.id, 0), row.created_at)
        for row in known
    ]


def delete_workflow(store: Store, workflow_id: str) -> None:
    """Delete a workflow with its records, topics, plans, approvals and jobs."""
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        connection.execute(delete(workflows).where(workflows.c.id == workflow_id))


def set_topics(store: Store, workflow_id: str, infos: Sequence[TopicInfo]) -> None:
    """Declare the topics of a workflow, in place of those declared before.

    Raises:
        InvalidInput: a name is empty or comes twice, or a weight or ceiling is none.
        WorkflowNotFound: there is no such workflow.
    """
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        set_topics_within(connection, workflow_id, infos)


def set_topics_within(connection: Connection, workflow_id: str, infos: Sequence[TopicInfo]) -> None:
    """`set_topics` inside a caller's transaction."""
    check_topics(infos)
    if topics_within(connection, workflow_id) != list(infos):
        connection.execute(delete(topics).where(topics.c.workflow_id == workflow_id))
        if infos:
            rows = [
                {
                    "workflow_id": workflow_id,
                    **asdict(info),
                    "examples": list(info.examples),
                    "position": position,
                }
                for position, info in enumerate(infos)
            ]
            connection.execute(insert(topics), rows)
        bump_version(connection, workflow_id)


def list_topics(store: Store, workflow_id: str) -> list[TopicInfo]:
    """The declared topics, in the order in which they were given."""
    with store.read() as connection:
        version_within(connection, workflow_id)
        return topics_within(connection, workflow_id)


def check_topics(infos: Sequence[TopicInfo]) -> None:
    """Refuse topics that coverage could not count; raises `InvalidInput`."""
    seen: set[str] = set()
    for number, info in enumerate(infos, start=1):
        if not info.name.strip():
            raise InvalidInput(f"Topic number {number} has no name.", hint="Give every topic a name.")
        if info.name != info.name.strip():
            raise InvalidInput(
                f"The topic {info.name!r} begins or ends with white space.", hint="Take the spaces away."
            )
        if info.name in seen:
            raise InvalidInput(f"The topic {info.name!r} is listed twice.", hint="List every topic once.")
        seen.add(info.name)
        for text_of_it in (info.name, info.description, info.parent or "", *info.examples):
            check_storable(text_of_it, f"The topic {info.name!a}")
        if info.weight is not None and not LEAST_WEIGHT <= info.weight <= MOST_WEIGHT:
            raise InvalidInput(
                f"The weight of the topic {info.name!r} is {info.weight:g}.",
                hint=f"A weight is a number from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}; leave it out for a topic without "
                "a target.",
            )
        if info.most is not None and not 1 <= info.most <= MOST_LISTED:
            raise InvalidInput(
                f"The topic {info.name!r} may have {info.most:,} records at most.",
                hint=f"That is a whole number from 1 to {MOST_LISTED:,}; leave it out for a topic without a ceiling.",
            )


def check_storable(value: str, what: str) -> None:
    """Refuse text with half a character in it (a lone surrogate), which no database takes."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{what} holds half a character.", hint="Type it anew.") from error


def now() -> str:
    """The time, as the store writes it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


def topics_within(connection: Connection, workflow_id: str) -> list[TopicInfo]:
    """`list_topics` inside a caller's transaction."""
    told = [topics.c[part.name] for part in fields(TopicInfo)]
    query = select(*told).where(topics.c.workflow_id == workflow_id).order_by(topics.c.position)
    return [
        TopicInfo(**{**row, "examples": tuple(row["examples"])})
        for row in connection.execute(query).mappings()
    ]


def _known_ids(connection: Connection) -> str:
    query = select(workflows.c.id).order_by(workflows.c.created_at.desc()).limit(_IDS_IN_HINT + 1)
    ids = list(connection.execute(query).scalars())
    if not ids:
        return "There is no workflow yet: import a dataset first."
    more = ", …" if len(ids) > _IDS_IN_HINT else ""
    return f"Workflows: {', '.join(ids[:_IDS_IN_HINT])}{more}."
