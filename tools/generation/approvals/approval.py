"""A person's yes to exactly one plan.

An approval copies the plan's items, one with a pilot as its two steps (`pilot.steps_of`), and each of these can be
taken by one job only; both rules are unique constraints of the store, so they hold between processes too.
`approve_plan` is for people's answers and host programs; it is never offered as a tool.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...errors import InvalidInput
from ...store.journal_tables import approval_items, approvals, jobs, plans
from ...store.store import Store
from ...store.workflows import now, version_within
from ..money.budget import open_budget
from .pilot import steps_of
from .plans import Plan, plan_within


@dataclass(frozen=True)
class Approval:
    """A person's yes to one plan: who, through which channel, when; and who took it back, if somebody did."""

    id: str
    plan_id: str
    approver: str
    channel: str
    created_at: str
    revoked_at: str | None = None
    revoked_by: str | None = None


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
                        **step.item.model_dump(),
                    }
                    for number, step in enumerate(steps_of(plan.items))
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


def is_revoked(store: Store, approval_id: str) -> bool:
    """Whether the yes was taken back."""
    query = select(approvals.c.revoked_at).where(approvals.c.id == approval_id)
    with store.read() as connection:
        return connection.execute(query).scalar() is not None


def revoke_plan(store: Store, plan_id: str, *, by: str) -> list[str]:
    """Take the yes to a plan back: what was not begun under it never will be. Jobs that have begun go on.

    Args:
        store: where plans live.
        plan_id: the plan.
        by: who takes it back.

    Returns:
        Ids of the plan's jobs that are under way or stopped; `request_cancel` ends them.

    Raises:
        InvalidInput: there is no such plan, it was not approved, its approval was revoked already, or all of it has
            been carried out.
    """
    with store.write() as connection:
        plan = plan_within(connection, plan_id)
        this = approvals.c.plan_id == plan_id
        approval = connection.execute(select(approvals).where(this)).mappings().first()
        if approval is None:
            raise InvalidInput(
                f"Plan {plan_id} is {plan.status}; only a yes that was given can be taken back.",
                hint="Without a yes nothing is generated.",
            )
        if approval["revoked_at"] is not None:
            raise InvalidInput(
                f"The approval of plan {plan_id} was revoked on {approval['revoked_at'][:10]}."
            )
        items = connection.execute(
            select(jobs.c.id, jobs.c.status)
            .select_from(approval_items.outerjoin(jobs, jobs.c.id == approval_items.c.job_id))
            .where(approval_items.c.approval_id == approval["id"])
        ).all()
        if all(item.id is not None and item.status != "running" for item in items):
            raise InvalidInput(
                f"Plan {plan_id} has been carried out; nothing is left of its yes to take back.",
                hint="Records of a job are taken out of the dataset with `finetune-coverage jobs undo "
                f"{items[0].id}`.",
            )
        connection.execute(update(approvals).where(this).values(revoked_at=now(), revoked_by=by))
        connection.execute(update(plans).where(plans.c.id == plan_id).values(status="revoked"))
        return [item.id for item in items if item.status == "running"]


def _check_answerable(connection: Connection, plan: Plan) -> None:
    if plan.status != "pending":
        go_on = "A yes counts once: `finetune-coverage jobs` shows what was begun under it."
        raise InvalidInput(
            f"Plan {plan.id} is {plan.status}; only a pending plan can be approved.",
            hint=go_on if plan.status == "approved" else "Analyze again for a new plan.",
        )
    if version_within(connection, plan.workflow_id) != plan.dataset_version:
        raise InvalidInput(
            f"The dataset of {plan.workflow_id!r} changed after plan {plan.id} was made.",
            hint="Analyze again for a new plan.",
        )
