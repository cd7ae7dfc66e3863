"""Tries something else from an earlier round: on a branch of the dataset, so that both can be compared."""

from __future__ import annotations

from typing import Any

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import StrategyName
from ...tools.errors import CoverageError, InvalidInput
from ...tools.inspection.compare import compare_branches
from ...tools.inspection.rounds import Round, inspect_rounds
from ...tools.store.branches import branch_workflow, branches_of
from ...tools.store.workflows import list_workflows
from ..context import thread_id
from ..conversations.history import history
from ..offers.pending import withdraw
from ..offers.reply import Reply, Unread
from ..scope import ServicesSource, scoped
from ..state import State, as_json, forget, leaving_out_of, the_offer, the_reply
from ..wording.inspections import comparison_words
from ..wording.markdown import escape
from .catalog import CompareBranches, GoBackBefore, SwitchDataset, proposed
from .messages import said_beside, tool_messages

_NAMED = 20
"""Datasets whose names are listed."""


def fork(source: ServicesSource, state: State, action: GoBackBefore) -> dict[str, Any]:
    """Make a branch without the round and those after it, and go on there."""
    services = scoped(source(), state)
    offer = the_offer(state)
    origin = offer.workflow_id
    try:
        rounds = _from_round(inspect_rounds(services, origin).shown, action.round)
        name = (action.strategy or f"before-{rounds[0].round}").replace("_", "-")
        left_out = [item.job_id for entry in rounds for item in entry.items]
        branch = branch_workflow(services.store, origin, name, without_jobs=left_out)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    withdraw(services.store, offer)
    notice = (
        f"I made `{branch.id}`, a copy of `{origin}` as it was before round {rounds[0].round}, and we go on with "
        f"it. `{origin}` stays as it is: say “compare” to see both side by side, “use {origin}” to go back."
    )
    return {
        **forget(),
        "workflow_id": branch.id,
        "notice": notice,
        "reply": _again(rounds[0], action.strategy),
    }


def switch(source: ServicesSource, state: State, action: SwitchDataset) -> dict[str, Any]:
    """Go on with another dataset, or another branch of this one."""
    services = scoped(source(), state)
    offer = the_offer(state)
    chosen = action.workflow_id
    if chosen == offer.workflow_id:
        known = [summary.id for summary in list_workflows(services.store)]
        there = ", ".join([*(f"`{one}`" for one in known[:_NAMED]), *(["…"] if len(known) > _NAMED else [])])
        return said_beside(offer, f"We are working on it. There is: {there}.")
    withdraw(services.store, offer)
    totals = history(services.store, thread_id(), chosen)
    put_away = ", and the plan that lay there is put away" if offer.items else ""
    left = f"We go on with `{chosen}`; `{offer.workflow_id}` stays as it is{put_away}."
    # What is read in turn is always shorter, so that no reading leads from one dataset to the next for ever.
    then = action.then if len(action.then) < len(the_reply(state).text) else ""
    reply = as_json(Reply(deed=Unread(), text=then, read_by="model")) if then.strip() else None
    update = {**forget(), **totals, "workflow_id": chosen, "notice": left, "reply": reply, "said": None}
    # Topics that were left out are those of the dataset and its branches.
    is_branch = chosen in branches_of(services.store, offer.workflow_id)
    return update if is_branch else {**update, **leaving_out_of(state, chosen, offer.workflow_id)}


def compare(source: ServicesSource, state: State, action: CompareBranches) -> dict[str, Any]:
    """Lay two branches side by side; what lies on the table stays."""
    services = scoped(source(), state, models=True)
    offer = the_offer(state)
    mine = offer.workflow_id
    try:
        other = _other(branches_of(services.store, mine), mine, action.other)
        comparison = compare_branches(services, other, mine)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    call = tool_messages(
        "compare_branches",
        {"one": other, "other": mine},
        {"success": True, "result": comparison.model_dump(mode="json")},
    )
    answer = said_beside(offer, comparison_words(comparison))
    return {**answer, "messages": [*call, *answer["messages"]]}


def _from_round(rounds: list[Round], number: int | None) -> list[Round]:
    """The round named, or the last one, and all after it."""
    if not rounds:
        raise InvalidInput(
            "There was no round of generation yet.", hint="There is nothing to go back before."
        )
    wanted = number if number is not None else rounds[-1].round
    found = [entry for entry in rounds if entry.round >= wanted]
    if not found or found[0].round != wanted:
        raise InvalidInput(f"There is no round {wanted}.", hint=f"The last one is round {rounds[-1].round}.")
    return found


def _again(first: Round, strategy: StrategyName | None) -> dict[str, Any] | None:
    """The round once more with the other strategy: shown as a plan after the analysis, never started."""
    if strategy is None:
        return None
    counts: dict[str, int] = {}
    for item in first.items:
        counts[item.topic] = counts.get(item.topic, 0) + item.requested
    items = [PlanItem(topic=topic, count=count, strategy=strategy) for topic, count in counts.items()]
    return as_json(Reply(deed=proposed(items), read_by="model"))


def _other(known: list[str], mine: str, named: str | None) -> str:
    others = [one for one in known if one != mine]
    if named is not None:
        others = [one for one in others if one.lower() == named.lower()]
    if not others:
        raise InvalidInput(
            "There is nothing to compare with.", hint="“Go back to before round 1” makes a branch."
        )
    if len(others) > 1 and named is None and "~" in mine:
        return mine.split("~")[0]
    return others[-1]
