"""The node that reads what was typed and carries it out; it has no way to a generation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from ...tools.errors import CoverageError, WorkflowNotFound
from ...tools.store.workflows import dataset_version
from ..actions import catalog
from ..actions.answering import respond
from ..actions.branches import compare, fork, switch
from ..actions.checked import checked
from ..actions.description import describe
from ..actions.details import details
from ..actions.export import export
from ..actions.messages import said_after, said_beside, said_first
from ..actions.pilot import asks_for_rest
from ..actions.plan import leave_out, recommend_without, revise
from ..actions.removal import ask_to_remove, remove
from ..actions.review import change, review
from ..actions.rules import rules
from ..actions.targets import retarget
from ..actions.topics import ask_for_topics, give_topics
from ..actions.undo import take_back, undo
from ..consent import together
from ..offers.offer import Offer, RuleOffer
from ..offers.pending import CHANGED, keep_with_plan, withdraw
from ..offers.reply import (
    ENDS,
    AcceptTopics,
    AddRule,
    AskBack,
    ChooseDataset,
    Deed,
    KeepRound,
    LeaveIn,
    Reply,
    Settled,
    Several,
    SkipRule,
    TakeBack,
    TakeOut,
    Told,
    Unclear,
    Unread,
    stored_reply,
)
from ..reading.exact import asked_first
from ..reading.reader import read_typed
from ..reading.workflow_choice import opened
from ..scope import ServicesSource, scoped
from ..state import State, as_json, offer_in, reply_in, the_offer, with_update
from ..wording.deed_words import change_in_words, deeds_in_words
from ..wording.markdown import escape
from .finish import SETTLED, WAYS_ON

Talked = Literal["approve", "analyze", "finish"]
_PLANS = (catalog.ProposePlan, catalog.ProposeMore, catalog.ProposePilot)
_Act = Callable[[ServicesSource, State, Any], dict[str, Any]]
_CARRIED_OUT: dict[type[Deed], _Act] = {
    **dict.fromkeys(_PLANS, revise),
    **dict.fromkeys((catalog.KeepRecords, catalog.MoveRecords, catalog.EditRecord), change),
    **dict.fromkeys((catalog.DropRecords, catalog.RemoveRule, catalog.MergeTopics), ask_to_remove),
    **dict.fromkeys((TakeOut, LeaveIn), remove),
    **dict.fromkeys((AddRule, SkipRule, catalog.StateRule, catalog.ShowRules), rules),
    **dict.fromkeys((TakeBack, KeepRound), take_back),
    catalog.GiveTopics: ask_for_topics,
    AcceptTopics: give_topics,
    catalog.LeaveOut: leave_out,
    catalog.ShowRecords: review,
    catalog.ShowDetails: details,
    catalog.SetTargets: retarget,
    catalog.DescribeTopic: describe,
    catalog.UndoRound: undo,
    catalog.GoBackBefore: fork,
    catalog.SwitchDataset: switch,
    catalog.CompareBranches: compare,
    catalog.Export: export,
    ChooseDataset: lambda source, state, deed: opened(source().store, deed),
}
"""What carries a deed out; all others are answered in words."""
_MEASURED_ANEW = (TakeBack, KeepRound, ChooseDataset)
"""After these the figures are others, whether or not there is something to say first."""
_ANSWERS = (TakeOut, LeaveIn, TakeBack, KeepRound, AddRule, SkipRule, AcceptTopics)
"""The yes and the no to a change of the dataset."""
_BY_FIGURES = (Unread, catalog.ProposeMore, catalog.ShowDetails)
"""What was typed is read, and carried out, by figures that hold."""
_SAID = (catalog.NothingAsked, Unclear, AskBack, catalog.Decline, catalog.ShowTable)
"""To these a finished conversation answers with how it stands."""


async def talk(source: ServicesSource, state: State) -> Command[Talked]:
    """Read what is no bare answer, and do what was asked for: the table changes, or something is shown or answered."""
    update: dict[str, Any] = {}
    reply = reply_in(state)
    if reply is not None and isinstance(reply.deed, _BY_FIGURES) and await _is_outdated(source, state):
        withdraw(source().store, offer_in(state))
        # The language is that of this sentence, which is read after the report.
        unread = {"notice": CHANGED, "said": reply.text, "reply": None, "language": None}
        return Command(goto="analyze", update=unread)
    if reply is not None and isinstance(reply.deed, Unread):
        update = await read_typed(source, state)
        # What reading made of it is carried out below: never a yes, a resumption or an end.
    state = with_update(state, update)
    reply = reply_in(state)
    if reply is not None and state.get("next_step"):
        return _after_the_end(reply, update)
    if reply is None or isinstance(reply.deed, Settled | catalog.NothingAsked):
        # A yes that could not be used, or a plan that was edited beyond its cap: all is said.
        goto: Talked = "analyze" if state.get("notice") else "approve"
        return Command(goto=goto, update={**update, "reply": None})
    if isinstance(reply.deed, ENDS):
        return Command(goto="finish", update=update)
    if isinstance(reply.deed, Several):
        done, anew = await asyncio.to_thread(_one_by_one, source, state, reply.deed.deeds)
    else:
        done, anew = await asyncio.to_thread(_carried_out, source, state, reply.deed)
        before = offer_in(state)
        if isinstance(reply.deed, _ANSWERS) and before is not None and before.then:
            done = _with_rest(source, state, done, before.then, anew=anew)
    if reply.beside:
        done = said_first(done, reply.beside)
    return Command(goto="analyze" if anew else "approve", update=together(update, done))


def _carried_out(source: ServicesSource, state: State, deed: Deed) -> tuple[dict[str, Any], bool]:
    """What a deed changes in the state, and whether the figures are to be taken anew."""
    act: _Act = _CARRIED_OUT.get(type(deed), respond)
    done = _with_change(source, state, deed, act)
    anew = isinstance(deed, _MEASURED_ANEW) or bool(done.get("notice"))
    if not isinstance(deed, _ANSWERS) and (given_up := _given_up(state, with_update(state, done), anew=anew)):
        done = said_first(done, given_up)
    return done, anew


def _with_change(source: ServicesSource, state: State, deed: Deed, act: _Act) -> dict[str, Any]:
    """The update by a deed, in which stands what it has changed: the dataset, or which topics are left out."""
    offer, store = offer_in(state), source().store
    try:
        before = (
            dataset_version(store, offer.workflow_id) if offer is not None and offer.workflow_id else None
        )
    except WorkflowNotFound:  # it was deleted meanwhile: what is done about it says so
        before = None
    if offer is None or before is None:
        return act(source, state, deed)
    done = act(source, state, deed)
    if done.get("workflow_id", offer.workflow_id) != offer.workflow_id:
        return done  # another dataset is open
    left_out = state.get("left_out") or []
    if dataset_version(store, offer.workflow_id) == before and done.get("left_out", left_out) == left_out:
        return done
    change = {"dataset": offer.workflow_id, "change": change_in_words(deed, offer)}
    return {**done, "changes": [*(state.get("changes") or []), change]}


def _one_by_one(source: ServicesSource, state: State, deeds: Sequence[Deed]) -> tuple[dict[str, Any], bool]:
    """What was asked for in one sentence, as far as nothing has to be answered or measured in between.

    What cannot be done ends it: what stands behind may go by it.
    """
    done: dict[str, Any] = {}
    anew = False
    on_screen: list[int] = []
    for place, later in enumerate(deeds, 1):
        now = with_update(state, {**done, "reply": state.get("reply")})  # it is one answer still
        offer, rest = the_offer(now), deeds[place:]
        try:
            # Whatever the model read, a person's plain answer is needed.
            deed = asked_first(checked(later, offer, scoped(source(), now)))
            if isinstance(deed, catalog.LeaveOut) and rest:
                # Their plan would ask for a yes before what comes next does, and the person may think it is to that.
                update = _with_change(source, now, deed, recommend_without)
                anew = bool(update.get("notice"))
            else:
                update, anew = _carried_out(source, now, deed)
            after = offer_in(with_update(now, update))
            failed = not anew and (_came_to_nothing(deed, offer, after) or _was_refused(deed, update))
        except CoverageError as error:
            deed, update, anew, failed = later, said_beside(offer, escape(str(error))), False, True
        if isinstance(deed, catalog.ShowRecords):
            update = _beside_earlier(update, on_screen)
            on_screen = _on_screen(update)
        done = said_after(done, update) if done else update
        if failed:
            return (said_first(done, f"Not done: {deeds_in_words(rest)}.") if rest else done), False
        if anew or _waits(deed, offer, offer_in(with_update(state, done))):
            return _with_rest(source, state, done, rest, anew=anew), anew
    return done, anew


def _on_screen(update: Mapping[str, Any]) -> list[int]:
    return list(((update.get("offer") or {}).get("review") or {}).get("on_screen") or [])


def _beside_earlier(update: dict[str, Any], on_screen: Sequence[int]) -> dict[str, Any]:
    """The update after records are shown, with those that the same answer shows above them."""
    if not on_screen or not (review := (update.get("offer") or {}).get("review")):
        return update
    both = [*on_screen, *(number for number in review["on_screen"] if number not in on_screen)]
    return {**update, "offer": {**update["offer"], "review": {**review, "on_screen": both}}}


def _came_to_nothing(deed: Deed, before: Offer, after: Offer | None) -> bool:
    """Whether a plan was not laid on the table, or a copy not made, that was asked for."""
    if isinstance(deed, catalog.GoBackBefore):
        return True
    is_plan = isinstance(deed, _PLANS) and not (isinstance(deed, catalog.ProposePlan) and not deed.items)
    return is_plan and (after is None or after.plan_id == before.plan_id)


def _was_refused(deed: Deed, update: Mapping[str, Any]) -> bool:
    """Whether a file was not written: what comes after it may take out what should be in it."""
    said = update.get("messages", [])
    refused = any(isinstance(message, ToolMessage) and message.status == "error" for message in said)
    return isinstance(deed, catalog.Export) and refused


def _waits(deed: Deed, before: Offer, after: Offer | None) -> bool:
    """Whether a deed asks what must be answered before anything else is done."""
    if isinstance(deed, AskBack | Unclear):
        return True
    if isinstance(deed, _PLANS):
        return after is not None and after.plan_id != before.plan_id
    return after is not None and bool(after.waits_for_yes - before.waits_for_yes)


def _with_rest(
    source: ServicesSource, state: State, done: dict[str, Any], rest: Sequence[Deed], *, anew: bool
) -> dict[str, Any]:
    """The update in which the rest comes when there are new figures, or what is asked now is answered."""
    if not rest:
        return done
    if anew:
        first = stored_reply(
            done.get("reply")
        )  # a fork's plan; what is to be read in another dataset is the rest
        deeds = (
            [first.deed, *rest] if first is not None and not isinstance(first.deed, Unread) else list(rest)
        )
        text = (reply_in(state) or Reply(deed=Settled())).text
        return {**done, "reply": as_json(Reply(deed=Several(deeds=deeds), text=text, read_by="model"))}
    # The question may be the one from before, which something waits for already.
    waiting = the_offer(with_update(state, done)).then
    then = [*(one for one in waiting if one not in rest), *rest]
    done = said_first(done, f"After your answer to this: {deeds_in_words(then)}.")
    offer = the_offer(with_update(state, done)).model_copy(update={"then": then})
    if offer.plan_id is not None:
        # The answer may come with an empty state.
        keep_with_plan(source().store, offer.plan_id, offer=as_json(offer))
    return {**done, "offer": as_json(offer)}


async def _is_outdated(source: ServicesSource, state: State) -> bool:
    """Whether the dataset was changed from outside, on the command line say, since it was asked what is answered."""
    offer = offer_in(state)
    if offer is None or not offer.goes_by_figures:
        return False
    return offer.is_outdated(
        await asyncio.to_thread(lambda: dataset_version(source().store, offer.workflow_id))
    )


def _given_up(state: State, now: State, *, anew: bool) -> str:
    """What waited for an answer and does no longer, because something else was asked for; empty where nothing did."""
    before, after, reply = offer_in(state), offer_in(now), reply_in(state)
    if before is None:
        return ""
    said = []
    if before.waits_for_yes and (after is None or not before.waits_for_yes <= after.waits_for_yes):
        waited = before.options[0].label
        if isinstance(before, RuleOffer):
            waited = f"the rule “{escape(before.rule.words)}”"
        said.append(f"No longer waiting for your yes: {waited}.")
    # An analysis makes another question, which nothing follows; not where the rest of a pilot is asked for still.
    follow = after.then if after is not None and (not anew or asks_for_rest(after)) else []
    deed = reply.deed if reply is not None else Settled()
    asked = deed.deeds if isinstance(deed, Several) else [deed]
    if lost := [later for later in before.then if later not in follow and later not in asked]:
        said.append(f"What was to follow does not come by itself now: {deeds_in_words(lost)}.")
    return " ".join(said)


def _after_the_end(reply: Reply, update: dict[str, Any]) -> Command[Talked]:
    """A question to a finished conversation is answered, what changes the dataset begins anew with an analysis."""
    ended = {**update, "offer": None}
    if isinstance(reply.deed, Told | Unclear) and reply.deed.note:
        said = AIMessage(
            "\n\n".join([reply.deed.note, *([WAYS_ON] if isinstance(reply.deed, Unclear) else [])])
        )
        return Command(goto="finish", update={**together(ended, {"messages": [said]}), "reply": SETTLED})
    if isinstance(reply.deed, _SAID):
        return Command(goto="finish", update={**ended, "reply": None})
    return Command(goto="analyze", update={**ended, "reply": as_json(reply)})
