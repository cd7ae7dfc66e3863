"""The rest of a report: what does not fit on the screen on which it asks."""

from __future__ import annotations

from typing import Any

from ...tools.analyze_coverage import recommend_for
from ...tools.coverage.report import Coverage
from ...tools.generation.money.estimate import Estimator
from ..context import thread_id
from ..conversations.history import rounds_of
from ..offers.options import costs_in_words, further_lines, promised_in_words
from ..scope import ServicesSource, focus_topics, for_next_plan, with_caps
from ..state import State, the_offer
from ..wording.inspections import round_table
from ..wording.report import details_report
from .asked_tools import Asked
from .catalog import ExplainStrategies, ShowDetails
from .messages import said_beside
from .questions import strategies


def details(source: ServicesSource, state: State, action: ShowDetails) -> dict[str, Any]:
    """All topics with what suits each, the plan's cost in full, further plans, the rounds so far, the strategies."""
    offer, known = the_offer(state), state.get("coverage")
    if not known or not offer.workflow_id:
        return said_beside(offer, "There is no more to tell before a dataset is chosen.")
    services = with_caps(for_next_plan(source, state), usd=offer.cap_usd, tokens=offer.cap_tokens)
    coverage = Coverage.model_validate(known)
    focus = focus_topics(state) or None
    recommendation = recommend_for(
        services, offer.workflow_id, coverage, focus, left_out=offer.left_out, wait_for_labels=False
    )
    estimator = Estimator(services, offer.workflow_id)
    rounds = rounds_of(services, thread_id(), offer.workflow_id)
    text = details_report(
        coverage,
        recommendation,
        offer,
        cost=costs_in_words(estimator, offer.items) if offer.items else "",
        promise=promised_in_words(services, offer.workflow_id, offer.items),
        further=further_lines(offer, coverage, estimator, recommendation.frontier.unreachable),
        strategies=strategies(Asked(services, offer), ExplainStrategies()).said,
        rounds=round_table(rounds) if rounds else "",
    )
    return said_beside(offer, text, briefly=True)
