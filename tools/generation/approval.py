"""A person's yes to exactly one plan.

An approval copies the plan's items, and each item can be taken by one job only; both rules are unique constraints
of the store, so they hold between processes too. `approve_plan` is for people's answers and host programs; it is
never offered as a tool.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..dataset.journal_tables import approval_items, approvals, plans
from ..dataset.store import Store
from ..dataset.workflows import now, version_within
from ..errors import InvalidInput
from .budget import open_budget
from .plans import Plan, plan_within


@dataclass(frozen=True)
class Approval:
    """A person's yes to one plan: who, through which channel, when."""

    id: str
    plan_id: str
    approver: str
    channel: str
    created_at: str


def approve_plan(store: Store, plan_id: str, *, approver: str, channel: str) -> Approval:
    """Record a person's yes to exactly this plan and its caps. The first answer wins.

    Args:
        store: where plans live.
        plan_id: the plan that the person saw.
        approver: who said yes.
        channel: where: chat, studio, cli, demo, host, …

    Raises:
        InvalidInput: there is no such plan, it was answered already, or the dataset changed since it was made.
    """
    approval = Approval(
        id=f"approval-{uuid.uuid4().hex[:12]}",
        plan_id=plan_id,
        approver=approver,
        channel=channel,
        created_at=now(),
    )
    try:
        with store.write() as connection:
            plan = plan_within(connection, plan_id)
            _check_answerable(connection, plan)
            connection.execute(update(plans).where(plans.c.id == plan_id).values(status="approved"))
            connection.execute(insert(approvals).values(**approval.__dict__))
            connection.execute(
                insert(approval_items),
                [
                    {
                        "approval_id": approval.id,
                        "number": number,
                        "workflow_id": plan.workflow_id,
                        **item.model_dump(),
                    }
                    for number, item in enumerate(plan.items)
                ],
            )
            open_budget(connection, approval.id, plan.cap_tokens, plan.cap_usd)
    except IntegrityError as error:
        raise InvalidInput(
            f"Plan {plan_id} was approved already.", hint="Analyze again for a new plan."
        ) from error
    return approval


def approval_of(store: Store, plan_id: str) -> Approval | None:
    """The yes that this plan got, if it got one."""
    with store.read() as connection:
        row = connection.execute(select(approvals).where(approvals.c.plan_id == plan_id)).mappings().first()
    return Approval(**row) if row else None


def _check_answerable(connection: Connection, plan: Plan) -> None:
    if plan.status != "pending":
        raise InvalidInput(
            f"Plan {plan.id} is {plan.status}; only a pending plan can be approved.",
            hint="Analyze again for a new plan.",
        )
    if version_within(connection, plan.workflow_id) != plan.dataset_version:
        raise InvalidInput(
            f"The dataset of {plan.workflow_id!r} changed after plan {plan.id} was made.",
            hint="Analyze again for a new plan.",
        )
