"""A branch of a workflow: its own copy of topics and records, to try something else on and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, literal, select, update

from ..errors import InvalidInput
from .counts import count_added
from .journal_tables import jobs
from .shards import refuse_sharded
from .store import Store
from .tables import records, review_reasons, review_rules, scenario_plans, topics, workflows
from .workflows import bump_version, check_workflow_id, ensure_workflow, version_within

MARK = "~"
"""Stands between the id of a workflow and the name of its branch: ``wf-1~few-shot``."""
_NAMES_TRIED = 1000


@dataclass(frozen=True)
class Branch:
    """Where a branch comes from.

    Attributes:
        id: the branch, a workflow like any other.
        source: the workflow that it was made from.
        left_out: jobs of the source whose records it did not get.
        created_at: when; ISO 8601, UTC.
    """

    id: str
    source: str
    left_out: list[str]
    created_at: str


def branch_workflow(store: Store, source: str, name: str, *, without_jobs: Sequence[str] = ()) -> Branch:
    """Copy a workflow as it is, without what some jobs generated, in one transaction.

    Active records are copied, and those that a review took out, with rules, reasons and scenarios; the ledger of
    jobs stays with the source. Records that were dropped since those jobs stay dropped.

    Args:
        store: where it is.
        source: the workflow.
        name: what the branch is called behind the mark; a number is added when that is taken.
        without_jobs: their records are left out.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: the name cannot be part of an id.
    """
    root = source.split(MARK)[0]
    check_workflow_id(f"{root}{MARK}{name}")
    with store.write() as connection:
        version_within(connection, source)
        refuse_sharded(connection, source, "a branch would copy the sample only")
        branch = _free_id(connection, f"{root}{MARK}{name}")
        ensure_workflow(connection, branch)
        left_out = list(without_jobs)
        made = {"branched_from": source, "left_out": left_out}
        connection.execute(update(workflows).where(workflows.c.id == branch).values(**made))
        for table in (topics, review_reasons, scenario_plans):
            _copy(connection, table, source, branch)
        _copy(connection, review_rules, source, branch, but=("id",))
        reviewed = select(review_reasons.c.record_id).where(review_reasons.c.workflow_id == source)
        wanted = (records.c.status == "active") | records.c.id.in_(reviewed)
        kept = wanted & (records.c.job_id.is_(None) | records.c.job_id.not_in(left_out))
        _copy(connection, records, source, branch, but=("position",), where=kept)
        count_added(connection, branch, after=0)
        bump_version(connection, branch)
    return branch_of(store, branch)


def branch_of(store: Store, workflow_id: str) -> Branch:
    """Where a branch comes from; raises `InvalidInput` for a workflow that is none."""
    with store.read() as connection:
        version_within(connection, workflow_id)
        row = connection.execute(select(workflows).where(workflows.c.id == workflow_id)).one()
    if row.branched_from is None:
        raise InvalidInput(f"The workflow {workflow_id!r} is no branch.")
    return Branch(row.id, row.branched_from, list(row.left_out or []), row.created_at)


def branches_of(store: Store, workflow_id: str) -> list[str]:
    """The ids of the workflow and of all branches that have the same root, oldest first."""
    root = workflow_id.split(MARK)[0]
    query = select(workflows.c.id).where(
        (workflows.c.id == root)
        | (
            workflows.c.id.startswith(f"{root}{MARK}", autoescape=True)
            & workflows.c.branched_from.is_not(None)
        )
    )
    with store.read() as connection:
        version_within(connection, workflow_id)
        return list(connection.execute(query.order_by(workflows.c.created_at)).scalars())


def jobs_since(store: Store, workflow_id: str, moment: str) -> list[str]:
    """The jobs of a workflow that were begun after a moment (ISO 8601, UTC)."""
    query = select(jobs.c.id).where(jobs.c.workflow_id == workflow_id, jobs.c.created_at > moment)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def _copy(
    connection: Connection,
    table: Table,
    source: str,
    branch: str,
    *,
    but: Sequence[str] = (),
    where: object = None,
) -> None:
    """Copy rows inside the database: none of them is read here."""
    columns = [column for column in table.columns if column.name not in but]
    values = [literal(branch) if column.name == "workflow_id" else column for column in columns]
    query = select(*values).where(table.c.workflow_id == source)
    if where is not None:
        query = query.where(where)  # type: ignore[arg-type]  # an expression of the caller's
    order = table.c.position if "position" in table.c else table.c.workflow_id
    connection.execute(insert(table).from_select([column.name for column in columns], query.order_by(order)))


def _free_id(connection: Connection, wanted: str) -> str:
    taken = set(connection.execute(select(workflows.c.id)).scalars())
    for number in range(1, _NAMES_TRIED):
        name = wanted if number == 1 else f"{wanted}-{number}"
        if name not in taken:
            return name
    raise InvalidInput(f"There are too many branches called {wanted!r}.", hint="Delete some of them.")
