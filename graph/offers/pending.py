"""Lays an offer on the table: stores its plan, and finds it again for a reply that comes in from anywhere."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from sqlalchemy import select, update

from ...tools.errors import InvalidInput
from ...tools.generation.approvals.approval import approval_of
from ...tools.generation.approvals.approved_items import open_items
from ...tools.generation.approvals.plans import (
    Plan,
    cancel_plan,
    get_plan,
    list_plans,
    pending_plan,
    propose_plan,
)
from ...tools.generation.approvals.proposal import told_with
from ...tools.generation.jobs.ledger import summarize_job
from ...tools.generation.money.amounts import caps_words
from ...tools.services import Services
from ...tools.store.journal_tables import jobs, plans
from ...tools.store.store import Store
from ...tools.store.workflows import dataset_version
from ..state import State
from ..wording.markdown import escape, plural
from ..wording.plan_words import numbered_lines
from .offer import Kind, Offer, Option, PlanOffer, ResumeOffer, stored_offer
from .options import SKIP_REST, STOP
from .reply import Resume

Cap = TypeVar("Cap", int, float)

INTERRUPTED = "The generation was interrupted."
_HEARD = 200
_QUESTION_MARKS = "?\uff1f\u061f\u037e\u055e\u1367"
"""Of every script that marks questions; the Greek one looks like a semicolon."""
CHANGED = "The dataset has changed since I asked that, so I analyzed it again."
_OTHER_MODEL = "Another language model has been chosen since I showed you that plan, so I show it again."


def lay(services: Services, offer: Kind, state: State, thread_id: str | None) -> Kind:
    """Store the offer's plan, if it has one, under the root conversation; an earlier pending plan is cancelled.

    The offer goes with the plan, because a reply may arrive with an empty state (a new message to a parent graph).
    """
    offer = put(offer, state).model_copy(
        update={
            "model": state.get("model"),
            "plan_id": None,
            "dataset_version": dataset_version(services.store, offer.workflow_id),
            "decided": sorted({*(state.get("decided") or []), *decided_in(services.store, thread_id)}),
        }
    )
    if not offer.items:
        return offer
    details: dict[str, Any] = {
        "offer": offer.model_dump(mode="json"),
        "coverage_before": state.get("coverage_before"),
    }
    details |= told_with(services, offer.workflow_id, offer.items)
    plan = propose_plan(
        services.store,
        offer.workflow_id,
        offer.items,
        thread_id=thread_id,
        cap_tokens=offer.cap_tokens,
        cap_usd=offer.cap_usd,
        details=details,
    )
    return offer.model_copy(update={"plan_id": plan.id})


def ended_limit(store: Store, offer: Offer, thread_id: str | None) -> str:
    """That the plan of this conversation before had a tighter limit, which ended with it; empty where none did.

    Args:
        store: where that plan is.
        offer: the plan that comes next, before it is laid on the table.
        thread_id: of the conversation.
    """
    if thread_id is None or not offer.items:
        return ""
    last = next(iter(list_plans(store, offer.workflow_id, thread_id=thread_id, most=1)), None)
    if last is None:
        return ""
    tokens, usd = _looser(offer.cap_tokens, last.cap_tokens), _looser(offer.cap_usd, last.cap_usd)
    ended, now = caps_words(tokens, usd), caps_words(offer.cap_tokens, offer.cap_usd)
    has = f"{now}, unless you name a tighter one" if now else "none, unless you name one"
    said = f"The limit of the last plan ({ended}) ended with it: this one has {has}."
    return escape(said) if ended else ""


def _looser(now: float | None, before: Cap | None) -> Cap | None:
    return before if before is not None and (now is None or now > before) else None


def put(offer: Kind, state: State) -> Kind:
    """The offer as a question that is asked now: nothing that was said or sent before is an answer to it."""
    heard = [m.id for m in state.get("messages", []) if m.type == "human" and m.id]
    return offer.model_copy(
        update={"heard": heard[-_HEARD:], "asked_at": now_ms(), "asked_again_at": 0, "asks_beside": False}
    )


def beside(store: Store, offer: Kind, *, asks: bool = False) -> Kind:
    """The offer beside an answer; where that asks something, or did not take what was said, a bare yes may be to that.

    It is kept with the plan too, since the answer may come with an empty state.
    """
    if asks != offer.asks_beside:
        offer = offer.model_copy(update={"asks_beside": asks})
        if offer.plan_id is not None:
            keep_with_plan(store, offer.plan_id, offer=offer.model_dump(mode="json"))
    return offer


def asks_something(said: str) -> bool:
    """Whether there is a question in a model's words, in whatever script."""
    return any(mark in said for mark in _QUESTION_MARKS)


def withdraw(store: Store, offer: Offer | None) -> None:
    """Take the plan back that lies on the table, if one does: a later yes has nothing to be a yes to."""
    if offer is not None and offer.plan_id is not None:
        cancel_plan(store, offer.plan_id)


def now_ms() -> int:
    """The time in milliseconds, as a server stamps requests with it."""
    return time.time_ns() // 1_000_000


def keep_with_plan(store: Store, plan_id: str, **details: Any) -> None:
    """Write further details beside a plan, for a reply that comes in with an empty state."""
    with store.write() as connection:
        known = connection.execute(select(plans.c.details).where(plans.c.id == plan_id)).scalar_one()
        connection.execute(update(plans).where(plans.c.id == plan_id).values(details={**known, **details}))


def takes_yes(store: Store, offer: Offer, approval_id: str) -> bool:
    """Whether the yes to this offer is one to what is about to happen; a yes starts or resumes a generation once.

    The plan's own yes starts what was never begun. The yes to a resumption is taken off the question, which is kept
    with the plan: without a new question there is nothing more that a stored answer could be a yes to.
    """
    with store.write() as connection:
        if not isinstance(offer, ResumeOffer):
            begun = select(jobs.c.id).where(jobs.c.approval_id == approval_id).limit(1)
            return connection.execute(begun).first() is None
        plan = plans.c.id == offer.plan_id
        known = connection.execute(select(plans.c.details).where(plan)).scalar() or {}
        asked = stored_offer(known.get("offer"))
        if not isinstance(asked, ResumeOffer):
            return False
        answered = {**known, "offer": asked.instead(PlanOffer, then=asked.then).model_dump(mode="json")}
        connection.execute(update(plans).where(plan).values(details=answered))
        return True


def ask_to_resume(
    store: Store, offer: Offer, approval_id: str, state: State, said: str = INTERRUPTED
) -> Offer:
    """The question whether to go on with an approved plan that is not carried out yet.

    It is kept with the plan, since the answer may come with an empty state, and an answer to the plan is none to it.

    Args:
        store: knows how far it came.
        offer: that of the plan.
        approval_id: of the plan.
        state: of the conversation.
        said: what happened.
    """
    resume = Option(label="Carry on with the approved plan", deed=Resume())
    options = [resume, SKIP_REST, STOP]
    held = put(offer, state).instead(ResumeOffer, options=options, review=None, then=offer.then)
    accepted, wanted = accepted_of(store, approval_id), sum(item.count for item in offer.items)
    kept = f" {accepted:,} of its {plural(wanted, 'record')} are finished." if accepted else ""
    question = f"{said}\n\nNothing that was accepted is lost.{kept} Would you like to:"
    held.text = numbered_lines(held, question)
    if held.plan_id is not None:
        keep_with_plan(store, held.plan_id, offer=held.model_dump(mode="json"))
    return held


def accepted_of(store: Store, approval_id: str) -> int:
    """How many records came of an approval so far."""
    with store.read() as connection:
        ids = connection.execute(select(jobs.c.id).where(jobs.c.approval_id == approval_id)).scalars().all()
    return sum(summarize_job(store, job_id).accepted for job_id in ids)


def decided_in(store: Store, thread_id: str | None) -> list[str]:
    """The decisions without a name that plans of this conversation were approved by, also where that was revoked."""
    if thread_id is None:
        return []
    mine = list_plans(store, thread_id=thread_id)
    return [content for plan in mine for content in plan.details.get("decided") or []]


def require_shown_plan(store: Store, offer: Offer, thread_id: str | None) -> None:
    """Refuse a yes when the stored plan is not the one that this conversation showed.

    Raises:
        InvalidInput: there is no such plan, or its conversation, workflow, items or caps are others.
    """
    plan = get_plan(store, offer.plan_id or "")
    stored = (plan.thread_id, plan.workflow_id, plan.items, plan.cap_tokens, plan.cap_usd)
    if stored != (thread_id, offer.workflow_id, offer.items, offer.cap_tokens, offer.cap_usd):
        raise InvalidInput("It is not the plan that I showed you.")


def find_plan(store: Store, thread_id: str | None, workflow_id: str | None) -> Plan | None:
    """The plan that this conversation waits for an answer to; the newest of any workflow when none is given."""
    if thread_id is None:
        return None
    if workflow_id is not None:
        return pending_plan(store, thread_id, workflow_id)
    return next(iter(list_plans(store, status="pending", thread_id=thread_id, most=1)), None)


def offer_of(plan: Plan) -> Offer | None:
    """The offer as it was shown with the plan; ``None`` where it was made outside a conversation, or by older code."""
    shown = stored_offer(plan.details.get("offer"))
    return shown.model_copy(update={"plan_id": plan.id}) if shown is not None else None


def outdated(plan: Plan, version: int, model: str | None) -> str | None:
    """Why a pending plan cannot be answered any more: its figures or its cost are not what they were."""
    if plan.dataset_version != version:
        return CHANGED
    offer = offer_of(plan)
    return _OTHER_MODEL if offer is not None and offer.model != model else None


def unfinished_approval(
    services: Services, thread_id: str | None, workflow_id: str
) -> tuple[str, Plan] | None:
    """The approval, and its plan, that this conversation's latest plan got and that is not carried out yet."""
    if thread_id is None:
        return None
    mine = list_plans(services.store, workflow_id, thread_id=thread_id, most=1)
    approval = approval_of(services.store, mine[0].id) if mine and mine[0].status == "approved" else None
    if approval is None:
        return None
    is_open = open_items(services.store, approval.id, days=services.settings.approval_days)
    return (approval.id, mine[0]) if is_open else None
