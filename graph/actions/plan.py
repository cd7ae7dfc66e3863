"""Turns a change, another option or an edited form into a new stored plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tools.analyze_coverage import analyze
from ...tools.coverage.plans import beyond_ceilings
from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.report import Coverage
from ...tools.errors import CoverageError
from ...tools.generation.money.amounts import caps_words, usd_words
from ...tools.generation.money.estimate import Estimate, estimate_plan
from ...tools.generation.money.prices import require_keepable_cap
from ...tools.generation.topic_profiles import passed_over_for
from ...tools.store.store import Store
from ..context import thread_id
from ..offers.offer import Offer, PlanOffer, ResumeOffer, same_items
from ..offers.options import plan_options, promised_in_words
from ..offers.pending import asks_something, beside, ended_limit, lay, withdraw
from ..offers.reply import Approve
from ..scope import ServicesSource, for_next_plan, used_so_far, with_caps
from ..state import State, as_json, the_offer, the_reply, with_update
from ..wording.deed_words import deeds_in_words
from ..wording.markdown import escape, plural
from ..wording.plan_words import cost_words, items_words, note_lower_scores
from ..wording.report import revised_plan, titles
from .catalog import LeaveOut, ProposeMore, ProposePilot, ProposePlan, proposed
from .messages import noticed, said_beside, shown
from .pilot import pilot_note, remainder, split_pilot

_NOTHING_MORE = (
    "I have no further plan to propose for these figures. Name a topic, a number and a strategy, for example "
    "“20 for the topic, with few-shot”."
)


def revise(
    source: ServicesSource, state: State, deed: ProposePlan | ProposeMore | ProposePilot | Approve
) -> dict[str, Any]:
    """Store the changed plan; ask again, unless the person approved exactly these items within the cap."""
    named = deed if isinstance(deed, ProposePlan) else ProposePlan.model_construct()
    is_of_all = named.of_everything and bool(named.max_tokens or named.max_usd)
    if not (is_of_all or named.remove_limits):
        return _revise(source, state, deed, named.model_copy(update={"of_everything": False}))
    known = {} if named.remove_limits else state.get("limits_of_all") or {}
    tokens, usd = named.max_tokens or known.get("tokens"), named.max_usd or known.get("usd")
    limits = {"tokens": tokens, "usd": usd} if is_of_all else None
    changed = with_update(state, {"limits_of_all": limits})
    try:
        require_keepable_cap(for_next_plan(source, changed).settings)
    except CoverageError as error:
        return said_beside(the_offer(state), escape(str(error)))
    if limits:
        # What the plan on the table had of earlier limits of everything goes with these.
        own, before = for_next_plan(source, state).settings, the_offer(state)
        freed = {
            name: None
            for name, every in (("cap_tokens", own.budget_tokens), ("cap_usd", own.budget_usd))
            if getattr(before, name) == every
        }
        changed = with_update(changed, {"offer": as_json(before.model_copy(update=freed))})
    return {**_revise(source, changed, deed, named), "limits_of_all": limits}


def _revise(
    source: ServicesSource,
    state: State,
    deed: ProposePlan | ProposeMore | ProposePilot | Approve,
    named: ProposePlan,
) -> dict[str, Any]:
    services = for_next_plan(source, state)
    offer = the_offer(state)
    # A cap that was named once stays, whatever else is changed afterwards, until it is taken away.
    usd, tokens = offer.cap_usd, offer.cap_tokens
    if not offer.plan_id and (named_before := state.get("limits")):
        usd, tokens = named_before.get("usd") or usd, named_before.get("tokens") or tokens
    if named.remove_limits:
        usd = tokens = None
    services = with_caps(services, usd=named.max_usd or usd, tokens=named.max_tokens or tokens)
    items, onward = _wanted(deed, offer)
    if offer.is_pilot and the_reply(state).channel == "decision":
        onward = _rest_after_edit(items, offer)
    if not items and (named.max_usd or named.max_tokens or named.remove_limits):
        return _keep_limits(services.store, offer, state, named)
    if not items:
        return said_beside(offer, _NOTHING_MORE)
    # What a plan generates for is not left out any more.
    offer, changed_topics = _leaving_out(offer, named.leave_out, [item.topic for item in items])
    try:
        estimate = estimate_plan(services, offer.workflow_id, items)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    # An option was shown with its cost; a plan that the person made is seen here for the first time.
    seen = any(option.shown and same_items(option.items, items) for option in offer.options)
    changed = offer.instead(
        PlanOffer,
        items=items,
        # The other plan stays an option, to be shown before it can be chosen.
        options=[*plan_options(items, offer.everything), *(o for o in offer.options if o.letter)],
        cap_tokens=estimate.most_tokens,
        cap_usd=estimate.most_usd,
        is_pilot=bool(onward),
        onward=onward,
    )
    # In the middle of a round the figures in the state are those from before it.
    known = state.get("coverage") if not state.get("results") else None
    coverage = Coverage.model_validate(known) if known else analyze(services, offer.workflow_id)
    note_lower_scores(changed, coverage)
    is_about_limits = named.remove_limits or named.max_usd or named.max_tokens
    limit = "" if is_about_limits else ended_limit(services.store, changed, thread_id())
    laid = lay(services, changed, state, thread_id())
    changed = beside(services.store, laid, asks=asks_something(named.not_in_it))
    left_out = {"left_out": changed.left_out}
    beyond = _beyond_ceilings(coverage, [*items, *onward])
    if isinstance(deed, Approve) and (seen or (estimate.fits_caps and estimate.can_begin and not beyond)):
        return {"offer": as_json(changed), "reply": as_json(the_reply(state)), **left_out}
    passed_over = passed_over_for(services, offer.workflow_id, items)
    of_all = of_everything_words(services.store, state) if named.of_everything else ""
    said = [named.not_in_it, of_all, changed_topics, limit, *map(escape, passed_over), beyond]
    said += [pilot_note(items, onward)] if onward else []
    said += [f"After your answer to this: {deeds_in_words(changed.then)}."] if changed.then else []
    if isinstance(deed, ProposeMore) and offer.plan_id:
        is_same = same_items(offer.items, items)
        replaced = f"This takes the place of the plan on the table: {items_words(offer.items)}."
        said.append("That is the plan on the table already." if is_same else replaced)
    gone = caps_words(offer.cap_tokens, offer.cap_usd)
    if named.remove_limits and gone and gone != caps_words(estimate.most_tokens, estimate.most_usd):
        said.append(f"This limit is taken away: {escape(gone)}.")
    if named.remove_limits and (kept := caps_words(estimate.most_tokens, estimate.most_usd)):
        said.append(f"A limit of the settings stays, which nobody can lift here: {escape(kept)}.")
    if not (estimate.fits_caps and estimate.can_begin):
        said.append(_beyond_the_cap(estimate, sum(item.count for item in items)))
    note = "\n\n".join(filter(None, said))
    promise = promised_in_words(services, changed.workflow_id, items, briefly=True)
    text = revised_plan(coverage, changed, cost_words(estimate), promise=promise, note=note)
    return {**shown(text, changed), **left_out}


def _beyond_ceilings(coverage: Coverage, items: Sequence[PlanItem]) -> str:
    """That a plan brings topics above their ceilings; empty where it does not."""
    over = beyond_ceilings(coverage, items, lambda topic: titles([topic]))
    return " ".join([*over, "A yes goes beyond that all the same."]) if over else ""


def _beyond_the_cap(estimate: Estimate, records: int) -> str:
    """That a plan does not fit under its cap, how many of its records do, and how much all of them take."""
    if estimate.can_begin:
        enough_for = float(records)
        for most, aside, expected in (
            (estimate.most_tokens, estimate.set_aside, estimate.tokens),
            (estimate.most_usd, estimate.set_aside_usd or 0, estimate.usd),
        ):
            if most is not None and expected:
                # The last draft is begun while the most that it could use is left, whatever it uses then.
                begun = max(0, most - aside) * records / expected + 1
                enough_for = min(enough_for, begun, most * records / expected)
        return (
            "This plan is expected to need more than the cap allows; the generation would stop there, after about "
            f"{int(enough_for):,} of its {plural(records, 'record')}: before each, the most that it could use must be "
            f"left, here {_set_aside(estimate)} (less once the endpoint has counted a prompt)."
        )
    return (
        f"Under this cap not one record would be written: before each, the most that it could use is set aside, here "
        f"{_set_aside(estimate)}. The whole plan takes about {max(estimate.tokens, estimate.set_aside):,} tokens."
    )


def _set_aside(estimate: Estimate) -> str:
    money = f" ({usd_words(estimate.set_aside_usd)})" if estimate.set_aside_usd else ""
    return f"{estimate.set_aside:,} tokens{money}"


def of_everything_words(store: Store, state: State) -> str:
    """The limits of everything that the conversation generates, and what of them is used."""
    limits = state.get("limits_of_all") or {}
    used = used_so_far(store)
    # Calls whose price is not known add no money.
    money = f", {usd_words(used.usd)}" if used.usd or (limits["usd"] and used.usd is not None) else ""
    spent = f"{used.tokens:,} tokens{money}"
    most = caps_words(limits["tokens"], limits["usd"])
    return escape(
        f"For everything that is generated in this conversation together: {most}; used so far: {spent}. A plan has "
        "what is left. What reading your sentences takes is not in it."
    )


def _keep_limits(store: Store, offer: Offer, state: State, named: ProposePlan) -> dict[str, Any]:
    """Limits that are named while no plan is on the table: the next plan has them."""
    if named.remove_limits:
        return {**said_beside(offer, "The next plan has no limit but those of the settings."), "limits": None}
    if named.of_everything:
        said = "\n\n".join(filter(None, [named.not_in_it, of_everything_words(store, state)]))
        return said_beside(offer, said)
    known = state.get("limits") or {}
    usd, tokens = named.max_usd or known.get("usd"), named.max_tokens or known.get("tokens")
    said = f"There is no plan on the table; the next one has this limit: {escape(caps_words(tokens, usd))}."
    said = "\n\n".join(filter(None, [named.not_in_it, said]))
    return {**said_beside(offer, said), "limits": {"usd": usd, "tokens": tokens}}


def leave_out(source: ServicesSource, state: State, deed: LeaveOut) -> dict[str, Any]:
    """The plan on the table without these topics; where that leaves none, what is recommended without them."""
    offer = the_offer(state)
    items = [item for item in offer.items if item.topic not in deed.topics]
    if isinstance(offer, PlanOffer) and items and not deed.again:
        return revise(source, state, proposed(items).model_copy(update={"leave_out": deed.topics}))
    return recommend_without(source, state, deed)


def recommend_without(source: ServicesSource, state: State, deed: LeaveOut) -> dict[str, Any]:
    """Recommend anew, without the topics to leave out and with those to take in again."""
    offer, said = _leaving_out(the_offer(state), deed.topics, deed.again)
    left_out = {"left_out": offer.left_out}
    if isinstance(offer, ResumeOffer):  # what was approved is another question
        return {**said_beside(offer, f"{said} The approved plan stays as it is."), **left_out}
    withdraw(source().store, offer)
    return {**noticed(None, said), **left_out}


def _leaving_out(offer: Offer, out: Sequence[str], again: Sequence[str]) -> tuple[Offer, str]:
    """The offer with these topics left out, and those in again; and what is said of it."""
    left_out = [topic for topic in dict.fromkeys([*offer.left_out, *out]) if topic not in again]
    new = [topic for topic in left_out if topic not in offer.left_out]
    back = [topic for topic in offer.left_out if topic in again]
    said = [
        *([f"Left out from now on: {titles(new)}. Name a topic again to take it back in."] if new else []),
        *([f"No longer left out: {titles(back)}."] if back else []),
    ]
    changes = {
        "left_out": left_out,
        "everything": [item for item in offer.everything if item.topic not in left_out],
        "more": [item for item in offer.more if item.topic not in left_out],
        "options": [o for o in offer.options if not any(item.topic in left_out for item in o.items)],
    }
    return offer.model_copy(update=changes), " ".join(said)


def _rest_after_edit(items: Sequence[PlanItem], offer: Offer) -> list[PlanItem]:
    """What is left to ask for after a pilot whose number was changed in a form: the whole stays what it was.

    Nothing, where another plan was chosen instead of it.
    """
    kept, known = ({(one.topic, one.strategy) for one in of} for of in (items, offer.items))
    if not kept <= known:
        return []
    if any(option.shown and same_items(option.items, list(items)) for option in offer.options[1:]):
        return []
    left = remainder([*offer.items, *offer.onward], items)
    # What was taken out of the form is not asked for again.
    return [one for one in left if (one.topic, one.strategy) not in known - kept]


def _wanted(
    deed: ProposePlan | ProposeMore | ProposePilot | Approve, offer: Offer
) -> tuple[list[PlanItem], list[PlanItem]]:
    """The items to show, and what is left to ask for once they were written."""
    match deed:
        case Approve():
            return deed.items, []
        case ProposeMore():
            return offer.more, []
        case ProposePilot():
            items, onward = split_pilot(offer.items, deed.count, deed.topics) if offer.items else ([], [])
            # A pilot of a pilot, or of what one left, still leads to the whole.
            return items, remainder([*offer.items, *offer.onward], items) if offer.is_pilot else onward
        case ProposePlan():
            return [PlanItem.model_validate(item.model_dump()) for item in deed.items], []
