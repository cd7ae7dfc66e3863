"""The node that says what to do next and lays the options on the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage
from langgraph.types import Command

from ...tools.analyze_coverage import recommend_for
from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.recommendation import PlanItem, Recommendation
from ...tools.coverage.report import Coverage
from ...tools.coverage.review_needs import DOUBTFUL_SHARE
from ...tools.coverage.strategy_choice import choose_strategy
from ...tools.generation.money.estimate import Estimator
from ...tools.generation.topic_profiles import topic_profiles
from ...tools.services import Services
from ..actions.catalog import Decline, ProposeMore, ShowDetails, ShowRecords, proposed
from ..actions.pilot import asks_for_rest, is_pilot_done, preview, with_shortfall
from ..context import thread_id
from ..offers.offer import ChoiceOffer, Offer, Option, PlanOffer, ProceedOffer
from ..offers.options import (
    FIND_TOPICS,
    MORE,
    PROCEED,
    REVIEW,
    REVIEW_NEW,
    SKIP,
    SORT,
    STOP,
    costs_in_words,
    further_options,
    plan_options,
    promised_in_words,
)
from ..offers.pending import ended_limit, lay
from ..offers.reply import Approve, Proceed, Reply, ReviewOutside, Several, Stop, Unread
from ..reading.exact import read_reply
from ..scope import ServicesSource, focus_topics, for_next_plan, with_caps
from ..state import State, as_json, offer_in, reply_in, the_offer
from ..wording.markdown import escape
from ..wording.plan_words import FEW_ITEMS, note_lower_scores, one_line_cost
from ..wording.report import analysis_report, passed_over_lines, round_report

AfterRecommendation = Literal["approve", "talk"]
_CARRIED = (Unread, ProposeMore, ShowRecords, ShowDetails, Proceed, Stop, ReviewOutside, Decline)


def recommend(source: ServicesSource, state: State) -> Command[AfterRecommendation]:
    """Say what the figures mean and what to do, with numbered options; store the plan that is shown.

    What a pilot wrote is shown first, and the rest of its plan asked for.
    """
    if (of_pilot := _asks_for_rest(source, state)) is not None:
        return of_pilot
    services = for_next_plan(source, state)
    workflow_id, focus = state["workflow_id"] or "", focus_topics(state)
    coverage = Coverage.model_validate(state["coverage"])
    after_round, stop_reason = bool(state.get("results")), state.get("stop_reason")
    # Topics come back from a failed dry run: they need records although the balance is good, until a round.
    asked = not after_round and sorted(focus) != sorted(state.get("served_focus") or [])
    left_out = [topic for topic in state.get("left_out") or [] if topic in coverage.topic_distribution]
    recommendation = recommend_for(
        services,
        workflow_id,
        coverage,
        focus or None,
        focus_failed=asked,
        left_out=left_out,
        wait_for_labels=False,
    )
    offer = _offer(workflow_id, recommendation, state.get("results") or [], stop=bool(stop_reason))
    if coverage.uncategorized > DOUBTFUL_SHARE * coverage.total_records and not after_round:
        place = len(offer.options) if offer.items else 0
        offer.options.insert(place, SORT if len(coverage.topics) > 1 else FIND_TOPICS)
    reply = reply_in(state)
    # More of what one sentence asked for comes after this.
    is_between = not after_round and bool(state.get("notice")) and isinstance(reply and reply.deed, Several)
    if is_between:
        offer = _without_plan(offer)
    offer.topics, offer.left_out = [topic.name for topic in coverage.topics], left_out
    if limits := state.get("limits"):
        services = with_caps(services, usd=limits.get("usd"), tokens=limits.get("tokens"))
    offer.cap_tokens, offer.cap_usd = services.settings.budget_tokens, services.settings.budget_usd
    offer.suggestions = _suggestions(services, workflow_id, coverage, recommendation)
    previous = offer_in(state)
    if state.get("notice") and previous is not None and previous.workflow_id == workflow_id:
        offer.review = previous.review
    offer.options += further_options(recommendation.frontier, offer)
    note_lower_scores(offer, coverage)
    limit = ended_limit(services.store, offer, thread_id()).rstrip(".")
    offer = lay(services, offer, state, thread_id())
    cost = ""
    if offer.plan_id:
        cost = costs_in_words(Estimator(services, workflow_id), offer.items, in_words=one_line_cost)
    cost = ". ".join(filter(None, (cost, limit)))
    # What is said in full, such as the source, stands in the details.
    promise = promised_in_words(services, workflow_id, offer.items, briefly=True) if offer.plan_id else ""
    if is_between:
        text = state.get("notice") or ""
    elif after_round:
        is_met = (coverage.balance_score_exact or 0) > services.settings.target_score
        goal = f"The goal is met. {escape(recommendation.reason)}" if is_met else None
        remarks = [*filter(None, [stop_reason or goal]), *passed_over_lines(recommendation)]
        was = Coverage.model_validate(state.get("round_before") or state["coverage_before"])
        text = round_report(
            was,
            coverage,
            state["results"],
            offer,
            cost=cost,
            promise=promise,
            remarks=remarks,
            is_met=is_met,
        )
    else:
        text = analysis_report(
            coverage,
            recommendation,
            offer,
            cost=cost,
            promise=promise,
            notice=state.get("notice"),
            focus_topics=focus,
        )
    offer.text = text
    carried = _carried(state, offer)
    cleared: dict[str, Any] = {
        "notice": None,
        "said": None,
        "results": [],
        "round_before": None,
        "stop_reason": None,
        "began_with": _began_with(state, workflow_id, coverage),
    }
    if after_round:
        cleared["served_focus"] = focus
    update = {"messages": [AIMessage(text)], "offer": as_json(offer), "reply": carried, **cleared}
    return Command(goto="approve" if carried is None else "talk", update=update)


def _rest_stands(state: State) -> bool:
    """Whether the rest of a pilot is asked for, and only what was shown of it has changed."""
    offer = offer_in(state)
    is_changed = bool(state.get("notice")) and not state.get("results")
    return is_changed and offer is not None and asks_for_rest(offer)


def _began_with(state: State, workflow_id: str, coverage: Coverage) -> dict[str, Any]:
    """How each dataset stood when the conversation came to it first."""
    now = {
        "balance_score": coverage.balance_score,
        "records": coverage.total_records,
        "number_of_topics": len(coverage.topics),
    }
    return {workflow_id: now, **(state.get("began_with") or {})}


def _asks_for_rest(source: ServicesSource, state: State) -> Command[AfterRecommendation] | None:
    """Show what a pilot wrote and ask for the rest; ask again where only what was shown of it has changed.

    What the sentence that changed it asked for besides comes before the answer.
    """
    if is_pilot_done(offer_in(state), state.get("results") or []):
        return Command(goto="approve", update=preview(source, state))
    if not _rest_stands(state):
        return None
    later = _carried(state, the_offer(state))
    reply = reply_in(state)
    # Only where more of that sentence comes; what is read anew is read beside the rest, said again with its cost.
    is_between = later is not None and reply is not None and isinstance(reply.deed, Several)
    update = {**preview(source, state, is_between=is_between), "reply": later}
    return Command(goto="approve" if later is None else "talk", update=update)


def _offer(
    workflow_id: str, recommendation: Recommendation, results: Sequence[Mapping[str, Any]], *, stop: bool
) -> Offer:
    """Which options there are; a plan is pending unless the recommendation is to proceed."""
    after_round, owed = bool(results), with_shortfall([], results)
    worst, everything = recommendation.worst_topic, recommendation.all_under_represented
    plan = worst or everything
    could_be = ChoiceOffer(
        workflow_id=workflow_id, more=_more(recommendation), everything=everything.items if everything else []
    )
    if recommendation.action == "proceed_to_grader" or (after_round and (stop or plan is None)):
        review = REVIEW_NEW if after_round else REVIEW
        more = Option(label=MORE, deed=ProposeMore())
        if owed and any(result["accepted"] for result in results):
            records = sum(item.count for item in owed)
            more = Option(label=f"See a plan for the remaining {records:,}", deed=proposed(owed))
        # "lgtm" to a round that failed may be said of anything: going on to the grader needs its own words.
        kind = ChoiceOffer if owed else ProceedOffer
        return could_be.instead(kind, options=[PROCEED, more, review])
    if plan is None:
        return could_be.instead(ChoiceOffer, options=[REVIEW, SKIP, STOP])
    items = (everything or plan).items
    if after_round:
        # Many items would not fit below the report: they are shown when the option is chosen.
        fits = len(items) <= FEW_ITEMS
        options = [PROCEED, Option(label=MORE, deed=Approve(items=items), shown=fits), REVIEW_NEW]
        if fits:
            return could_be.instead(PlanOffer, items=items, options=options)
        return could_be.instead(ChoiceOffer, options=options)
    return could_be.instead(PlanOffer, items=plan.items, options=plan_options(plan.items, items))


def _more(recommendation: Recommendation) -> list[PlanItem]:
    """What "generate more" means: the topics that are low, else the smallest step to the next goal."""
    steps = [recommendation.all_under_represented, *recommendation.alternatives]
    return next((step.items for step in steps if step is not None), [])


def _suggestions(
    services: Services, workflow_id: str, coverage: Coverage, recommendation: Recommendation
) -> dict[str, PlanItem]:
    """For each topic what to generate when a person names nothing but the topic."""
    profiles = topic_profiles(services, workflow_id)
    minimum = services.settings.minimum_per_topic
    missing = {t.name: min(minimum, t.most or minimum) - t.records for t in coverage.topics}
    known = recommendation.all_under_represented
    counts = {name: max(1, count) for name, count in missing.items() if count > 0}
    counts |= {item.topic: item.count for item in known.items} if known else {}
    return {
        topic: PlanItem(
            topic=topic, count=min(count, MAX_PER_ITEM), strategy=choose_strategy(profiles[topic])[0]
        )
        for topic, count in counts.items()
        if topic in profiles
    }


def _without_plan(offer: Offer) -> Offer:
    """What lies on the table between two wishes of one sentence: no plan that was not shown with its cost."""
    if not offer.items:
        return offer
    return offer.instead(
        ChoiceOffer, items=[], plan_id=None, options=[Option(label=MORE, deed=ProposeMore()), REVIEW, SKIP]
    )


def _carried(state: State, offer: Offer) -> dict[str, Any] | None:
    """What was said before the analysis, or was to come after the round, taken up now; never as a yes to a plan not yet
    seen.
    """
    if state.get("results") and (before := offer_in(state)) is not None and before.then:
        return as_json(Reply(deed=Several(deeds=before.then), read_by="model"))
    if (read_before := reply_in(state)) is not None and read_before.read_by == "model":
        return as_json(read_before)
    reply = read_reply(said, offer) if (said := state.get("said")) else None
    if reply is None or not isinstance(reply.deed, _CARRIED):
        return None
    if isinstance(reply.deed, Proceed) and not isinstance(offer, ProceedOffer):
        return None
    return as_json(reply)
