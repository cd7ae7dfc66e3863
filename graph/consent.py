"""What an answer leads to, and the one place where a yes becomes an approval in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from langgraph.types import Command

from ..tools.errors import CoverageError
from ..tools.generation.approvals.approval import approval_of, approve_plan
from ..tools.generation.money.prices import require_keepable_cap
from .actions.plan import revise
from .context import approver, from_context, thread_id
from .offers.offer import Offer
from .offers.pending import keep_with_plan, require_shown_plan
from .offers.reply import ENDS, Approve, Reply, Resume
from .scope import ServicesSource, scoped
from .state import State, as_json, reply_in, the_offer, with_update
from .wording.generation_message import announcement
from .wording.markdown import escape

Answered = Literal["generate", "talk", "finish"]


def answered(source: ServicesSource, state: State, reply: Reply, offer: Offer) -> Command[Answered]:
    """Where an answer leads: a yes to exactly the plan shown is written down, and only that or a resumption generates.

    A plan that was edited in a form, or another option that was shown with its items, is stored first; it is approved
    where it stays within the cap that was shown, and within the ceilings of its topics.

    Args:
        source: of the services.
        state: with the reply and the offer in it.
        reply: as it was read by code, never by a model.
        offer: what it answers.
    """
    update: dict[str, Any] = {"reply": as_json(reply), "offer": as_json(offer)}
    if isinstance(reply.deed, Resume):
        return Command(goto="generate", update={**update, "messages": [announcement(offer.items)]})
    if isinstance(reply.deed, ENDS):
        return Command(goto="finish", update=update)
    if not isinstance(reply.deed, Approve):
        return Command(goto="talk", update=update)
    if offer.plan_id is None or reply.deed.items != offer.items:
        update |= revise(source, with_update(state, update), reply.deed)
        if reply_in(with_update(state, update)) is None:
            return Command(goto="talk", update=update)
    update |= _written_down(source, with_update(state, update))
    if update["approval_id"] is None:
        return Command(goto="talk", update=update)
    said = {"messages": [announcement(reply.deed.items)]}
    return Command(goto="generate", update=together(update, said))


def together(first: Mapping[str, Any], then: Any) -> dict[str, Any]:
    """Two updates of the state as one."""
    messages = [*first.get("messages", []), *then.get("messages", [])]
    return {**first, **then, "messages": messages}


def _written_down(source: ServicesSource, state: State) -> dict[str, Any]:
    """Write the person's yes down, once: run again after a crash, it finds the approval that it wrote."""
    services = scoped(source(), state)
    store, offer, reply = services.store, the_offer(state), reply_in(state)
    assert offer.plan_id is not None and reply is not None
    try:
        require_shown_plan(store, offer, thread_id())
        services.settings.settle_models()
        require_keepable_cap(services.settings)
        approval = approval_of(store, offer.plan_id) or approve_plan(
            store,
            offer.plan_id,
            approver=approver(),
            channel=from_context("channel") or ("chat" if reply.channel == "typed" else "form"),
        )
        keep_with_plan(store, offer.plan_id, decided=state.get("decided") or [])
    except CoverageError as error:
        # Answered elsewhere, the dataset changed, or its cap cannot be kept: it is never revived, but made anew.
        notice = f"That plan can no longer be used, so I analyzed again. {escape(error.message)}"
        return {"approval_id": None, "notice": notice, "reply": None}
    # A limit that was named for the next plan was that of this one.
    done: dict[str, Any] = {"approval_id": approval.id, "reply": None, "results": [], "limits": None}
    return {**done, "round_before": state.get("coverage")}
