"""The way in: what a new message means, given what this conversation is in the middle of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.types import Command

from ...tools.analyze_coverage import analyze
from ...tools.errors import InvalidInput
from ...tools.generation.approvals.plans import cancel_plan
from ...tools.services import Services
from ...tools.store.store import Store
from ...tools.store.workflows import dataset_version, list_workflows
from ..actions.catalog import ProposeMore, ShowDetails, ShowRecords
from ..consent import answered, together
from ..context import from_context, listed_beside, numbered_beside, sent_at, thread_id, written_ahead
from ..conversations.history import history
from ..offers.form import in_time
from ..offers.offer import ChoiceOffer, DatasetOffer, Offer, Option, ResumeOffer
from ..offers.pending import (
    CHANGED,
    ask_to_resume,
    find_plan,
    offer_of,
    outdated,
    unfinished_approval,
    withdraw,
)
from ..offers.reply import CONSEQUENCES, ChooseDataset, Reply, Stop, Unclear, Unread
from ..reading.exact import read_reply
from ..reading.workflow_choice import ask_which, named_workflow, opened, read_workflow_choice
from ..scope import ServicesSource, scoped
from ..state import State, as_json, forget, leaving_out_of, offer_in, with_update
from ..wording.markdown import escape
from .finish import ENDED, SETTLED

Routed = Literal["analyze", "approve", "talk", "generate", "finish"]

_ONWARD = (Unread, ProposeMore, ShowRecords, ShowDetails)
_FINISHED = [
    Option(label="Generate more", deed=ProposeMore()),
    Option(label="Review the records", deed=ShowRecords()),
]


def route(source: ServicesSource, state: State) -> Command[Routed]:
    """Find the workflow, then treat the message as a reply to whatever is pending, or begin."""
    services = source()
    store, thread = services.store, thread_id()
    message = _unread(state)
    said = str(message.text) if message is not None else ""
    workflow_id, changed = _workflow(state, store, said, thread)
    if workflow_id is None:
        return _without_workflow(state, store, said)
    model = from_context("model") or None
    try:
        scoped(services, {**state, "model": model})
    except InvalidInput as error:
        # Said here, where a person sees it: a server tells no more of an exception than that there was one.
        return Command(goto="finish", update={"messages": [AIMessage(escape(str(error)))], "reply": SETTLED})
    offer, seen = _on_the_table(state) if not changed else (None, {})
    heard = {"heard": message.id} if message is not None else {}
    update: dict[str, Any] = {"workflow_id": workflow_id, "said": None, "reply": None, "notice": None}
    update |= {"model": model, **heard, **seen}
    if isinstance(offer, DatasetOffer):
        offer, said = None, ""  # the message was the answer to that question
    if changed:
        before = offer_in(state)
        update |= forget() | leaving_out_of(
            state, workflow_id, before.workflow_id if before is not None else ""
        )
        withdraw(store, before)
    elif state.get("coverage_before") is None:
        update |= history(store, thread, workflow_id)
    plan = find_plan(store, thread, workflow_id)
    if plan is not None and (reason := outdated(plan, dataset_version(store, workflow_id), model)):
        cancel_plan(store, plan.id)
        old = message is None or _was_read(message, None, offer_of(plan))
        return Command(goto="analyze", update={**update, "notice": reason, "said": None if old else said})
    asked_now = False
    unfinished = unfinished_approval(services, thread, workflow_id) if _in_generation(state) else None
    if plan is not None and (stored := offer_of(plan)) is not None:
        # The state knows what was said since; the store knows what is really pending.
        offer = (
            offer
            if offer is not None and offer.plan_id == plan.id
            else stored.listing(listed_beside(), numbered_beside())
        )
    elif unfinished is not None and (stored := offer_of(unfinished[1])) is not None:
        asked_now = not isinstance(stored, ResumeOffer)
        offer = ask_to_resume(store, stored, unfinished[0], state) if asked_now else stored
        update |= {"approval_id": unfinished[0]}
        if asked_now:
            # What was typed before this was asked can be answered, but is no answer to it.
            update |= {"messages": [AIMessage(offer.text)], "offer": as_json(offer)}
            if message is None or isinstance(read_reply(said, offer).deed, CONSEQUENCES):
                return Command(goto="approve", update={**_figures(services, state, workflow_id), **update})
    elif offer is not None and offer.plan_id is not None and not isinstance(offer, ResumeOffer):
        offer = None  # it was answered elsewhere
    elif offer is not None and offer.is_outdated(dataset_version(store, workflow_id)):
        return Command(goto="analyze", update={**update, "notice": CHANGED, "said": said})
    if state.get("next_step") and plan is None and unfinished is None:
        return _after_the_end(source, state, update, said)
    if offer is None:
        # The bare name of the dataset asks for nothing beyond the analysis.
        is_settled = changed or said.strip() == workflow_id
        return Command(goto="analyze", update={**update, "said": None if is_settled else said})
    update = {**_figures(services, state, workflow_id), **update}
    update |= {"offer": as_json(offer), "left_out": offer.left_out}
    if message is None or (not asked_now and _was_read(message, None, offer)):
        return Command(goto="approve", update=update)  # nothing new was said
    reply = in_time(read_reply(said, offer), offer, sent_at(), is_ahead=written_ahead())
    update |= {"next_step": None}
    then = answered(source, with_update(state, update), reply, offer)
    return Command(goto=then.goto, update=together(update, then.update))


def _workflow(state: State, store: Store, said: str, thread: str | None) -> tuple[str | None, bool]:
    """The workflow, and whether it is another one than the offer on the table is about."""
    offer = offer_in(state)
    before = offer.workflow_id if offer is not None else ""
    known = state.get("workflow_id") or from_context("workflow_id")
    if known is None and (plan := find_plan(store, thread, None)) is not None:
        known = plan.workflow_id
    ids = [summary.id for summary in list_workflows(store)]
    named = named_workflow(said, ids)
    if named is not None and (known is None or said.strip() == named):
        known = named
    if known is None and len(ids) == 1:
        known = ids[0]
    return known, before != "" and known != before


def _without_workflow(state: State, store: Store, said: str) -> Command[Routed]:
    ids = [summary.id for summary in list_workflows(store)]
    offer = offer_in(state)
    asked = isinstance(offer, DatasetOffer)
    deed = read_workflow_choice(said, ids, asked=asked)
    if isinstance(deed, ChooseDataset):
        return Command(goto="analyze", update=opened(store, deed))
    if isinstance(deed, Stop) and asked:
        return Command(goto="finish", update={"reply": as_json(Reply(deed=deed, text=said))})
    note = deed.note if isinstance(deed, Unclear) and asked else ""
    return Command(goto="approve", update=ask_which(store, {}, note=note))


def _after_the_end(
    source: ServicesSource, state: State, update: dict[str, Any], said: str
) -> Command[Routed]:
    """A message to a finished conversation: workflow and history stay."""
    update["served_focus"] = None  # what comes back after the end may be topics that failed a dry run
    topics = list((state.get("coverage") or {}).get("topic_distribution", {}))
    left_out = state.get("left_out") or []
    offer = ChoiceOffer(
        workflow_id=update["workflow_id"], options=_FINISHED, topics=topics, left_out=left_out
    )
    reply = read_reply(said, offer)
    if isinstance(reply.deed, Unread) and state.get("next_step") == "grader":
        return Command(goto="talk", update={**update, "reply": as_json(reply), "offer": as_json(offer)})
    if isinstance(reply.deed, _ONWARD) or state.get("next_step") != "grader":
        carried = said if isinstance(reply.deed, _ONWARD) else None
        return Command(goto="analyze", update={**update, "said": carried, "offer": None})
    return Command(goto="finish", update={**update, "reply": None})


def _figures(services: Services, state: State, workflow_id: str) -> dict[str, Any]:
    """Those that an empty state lacks."""
    if state.get("coverage") is not None:
        return {}
    coverage = analyze(scoped(services, state), workflow_id).model_dump(mode="json")
    return {"coverage": coverage, "coverage_after": coverage, "coverage_before": coverage}


def _on_the_table(state: State) -> tuple[Offer | None, dict[str, Any]]:
    """What the person sees: the question, beside the records that a page lists; and what to remember of that."""
    offer, listed = offer_in(state), listed_beside()
    if offer is None or not listed:
        return offer, {}
    offer = offer.listing(listed, numbered_beside())
    return offer, {"offer": as_json(offer)}


def _unread(state: State) -> AnyMessage | None:
    """The person's last message, unless it was read before."""
    message = _last_human(state.get("messages") or [])
    is_old = message is not None and _was_read(message, state.get("heard"), offer_in(state))
    return None if is_old else message


def _last_human(messages: Sequence[AnyMessage]) -> AnyMessage | None:
    for message in reversed(messages):
        # A parent graph that comes back gives the old conversation along: its last "proceed" is answered.
        if message.type == "human" or (message.id or "").startswith(ENDED):
            return message if message.type == "human" else None
    return None


def _was_read(message: AnyMessage, heard: str | None, offer: Offer | None) -> bool:
    """Whether the message is older than what it would answer: an old yes is not a yes to a new plan."""
    return message.id is not None and (
        message.id == heard or (offer is not None and message.id in offer.heard)
    )


def _in_generation(state: State) -> bool:
    """Whether a generation may be unfinished: the state says so, or knows nothing at all."""
    return bool(state.get("approval_id")) or state.get("coverage_before") is None
