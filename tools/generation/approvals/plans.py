"""Plans: what to generate, stored so that a person can answer it, once."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from ...coverage.recommendation import PlanItem
from ...dataset.topic_names import require_topics
from ...errors import InvalidInput
from ...store.journal_tables import plans
from ...store.store import Store
from ...store.workflows import now, version_within

# By the order in which they came in: clocks are set back.
_NEWEST_FIRST = plans.c.position.desc()


@dataclass(frozen=True)
class Plan:
    """What to generate, as it was shown to a person.

    Attributes:
        status: pending, approved, declined, cancelled or revoked.
        dataset_version: the version of the dataset that the plan was made for.
        cap_tokens: the most tokens that it may use, as shown; None is no cap.
        cap_usd: the most money in USD that it may cost, as shown; None is no cap.
        details: what was shown beside the items (predicted score, estimate, reasons).
    """

    id: str
    workflow_id: str
    thread_id: str | None
    dataset_version: int
    status: str
    items: list[PlanItem]
    cap_tokens: int | None = None
    cap_usd: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


def propose_plan(
    store: Store,
    workflow_id: str,
    items: Sequence[PlanItem],
    *,
    thread_id: str | None = None,
    cap_tokens: int | None = None,
    cap_usd: float | None = None,
    details: dict[str, Any] | None = None,
) -> Plan:
    """Store a plan for a person to answer; an earlier pending plan of the same conversation is cancelled.

    Args:
        store: where plans live.
        workflow_id: the dataset that it adds to.
        items: what to generate.
        thread_id: the conversation that shows it, if one does.
        cap_tokens: the most tokens that it may use; shown to the person, and fixed by the approval.
        cap_usd: the most money in USD that it may cost, likewise.
        details: what else is shown.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: it has no such topic.
        InvalidInput: the plan is empty, names a topic and strategy twice, or has a cap that is no positive amount.
    """
    _check_items(items)
    for cap in (cap_tokens, cap_usd):
        if cap is not None and not 0 < cap < math.inf:
            raise InvalidInput(f"{cap} cannot be the cap of a plan.", hint="A cap is more than zero.")
    require_topics(store, workflow_id, [item.topic for item in items])
    with store.write(workflow_id) as connection:
        version = version_within(connection, workflow_id)
        if thread_id is not None:
            connection.execute(
                update(plans)
                .where(
                    plans.c.thread_id == thread_id,
                    plans.c.workflow_id == workflow_id,
                    plans.c.status == "pending",
                )
                .values(status="cancelled")
            )
        plan = Plan(
            id=f"plan-{uuid.uuid4().hex[:12]}",
            workflow_id=workflow_id,
            thread_id=thread_id,
            dataset_version=version,
            status="pending",
            items=list(items),
            cap_tokens=cap_tokens,
            cap_usd=cap_usd,
            details=details or {},
        )
        connection.execute(
            insert(plans).values(
                id=plan.id,
                workflow_id=workflow_id,
                thread_id=thread_id,
                dataset_version=version,
                status=plan.status,
                items=[item.model_dump() for item in items],
                cap_tokens=cap_tokens,
                cap_usd=cap_usd,
                details=plan.details,
                created_at=now(),
            )
        )
    return plan


def get_plan(store: Store, plan_id: str) -> Plan:
    """The plan with this id.

    Raises:
        InvalidInput: there is none.
    """
    with store.read() as connection:
        return plan_within(connection, plan_id)


def list_plans(
    store: Store,
    workflow_id: str | None = None,
    status: str | None = None,
    *,
    thread_id: str | None = None,
    most: int | None = None,
) -> list[Plan]:
    """Plans, newest first; ``most`` is how many of them."""
    query = select(plans).order_by(_NEWEST_FIRST).limit(most)
    if workflow_id is not None:
        query = query.where(plans.c.workflow_id == workflow_id)
    if status is not None:
        query = query.where(plans.c.status == status)
    if thread_id is not None:
        query = query.where(plans.c.thread_id == thread_id)
    with store.read() as connection:
        return [_to_plan(row) for row in connection.execute(query).mappings()]


def pending_plan(store: Store, thread_id: str, workflow_id: str) -> Plan | None:
    """The plan that this conversation waits for an answer to, if any."""
    query = select(plans).where(
        plans.c.thread_id == thread_id, plans.c.workflow_id == workflow_id, plans.c.status == "pending"
    )
    with store.read() as connection:
        row = connection.execute(query.order_by(_NEWEST_FIRST)).mappings().first()
    return _to_plan(row) if row else None


def decline_plan(store: Store, plan_id: str) -> None:
    """Record a person's no; a plan that was answered already stays as it is."""
    _close(store, plan_id, "declined")


def cancel_plan(store: Store, plan_id: str) -> None:
    """Take a pending plan back: it was revised, or the conversation moved on."""
    _close(store, plan_id, "cancelled")


def _close(store: Store, plan_id: str, status: str) -> None:
    with store.write() as connection:
        connection.execute(
            update(plans).where(plans.c.id == plan_id, plans.c.status == "pending").values(status=status)
        )


def _check_items(items: Sequence[PlanItem]) -> None:
    if not items:
        raise InvalidInput("A plan needs at least one topic.", hint="Name a topic, a count and a strategy.")
    seen = set()
    for item in items:
        if (item.topic, item.strategy) in seen:
            raise InvalidInput(
                f"The plan names {item.topic!r} with {item.strategy} twice.", hint="Add the counts up."
            )
        seen.add((item.topic, item.strategy))


def plan_within(connection: Connection, plan_id: str) -> Plan:
    """The plan with this id, read inside a caller's transaction."""
    row = connection.execute(select(plans).where(plans.c.id == plan_id)).mappings().first()
    if row is None:
        raise InvalidInput(f"There is no plan {plan_id!r}.", hint="`finetune-coverage plans` lists them.")
    return _to_plan(row)


def _to_plan(row: RowMapping) -> Plan:
    return Plan(
        id=row["id"],
        workflow_id=row["workflow_id"],
        thread_id=row["thread_id"],
        dataset_version=row["dataset_version"],
        status=row["status"],
        items=[PlanItem.model_validate(item) for item in row["items"]],
        cap_tokens=row["cap_tokens"],
        cap_usd=row["cap_usd"],
        details=row["details"],
    )
