"""A pilot: a few records of a plan, approved and paid for by themselves, shown before the rest is asked for.

A yes is one to exactly the plan shown, so there are two plans and two answers: first the pilot, then what is left of
the whole. The pilot's records count towards it.
"""

from __future__ import annotations

from typing import Any

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.report import Coverage
from ...tools.generation.money.estimate import Estimator
from ...tools.store.records import get_record
from ..context import thread_id
from ..offers.offer import Offer, Option, PlanOffer, Review
from ..offers.options import REVIEW_NEW, SKIP_REST, STOP, costs_in_words
from ..offers.pending import lay
from ..offers.reply import Approve
from ..scope import ServicesSource, scoped, with_caps
from ..state import State, the_offer
from ..wording.plan_words import note_lower_scores, numbered_lines, plan_lines
from ..wording.report import round_lines, score_change
from .messages import shown
from .review import on_one_screen


def split_pilot(items: list[PlanItem], number: int) -> tuple[list[PlanItem], list[PlanItem]]:
    """The pilot, of the plan's first item, and what is left of the plan."""
    first, *others = items
    pilot = first.model_copy(update={"count": min(number, first.count)})
    left = first.count - pilot.count
    return [pilot], [*([first.model_copy(update={"count": left})] if left else []), *others]


def pilot_note(items: list[PlanItem], rest: list[PlanItem]) -> str:
    """What is said with a pilot's plan before it is approved."""
    pilot, left = sum(item.count for item in items), sum(item.count for item in rest)
    return (
        f"A pilot first: {pilot:,} of the {pilot + left:,} records. I show them to you when they are written; they "
        f"count towards the whole, and the remaining {left:,} need another yes."
    )


def preview(source: ServicesSource, state: State) -> dict[str, Any]:
    """Show what the pilot wrote and ask for the rest; also after a change of what was shown."""
    before, results = the_offer(state), state.get("results") or []
    services = with_caps(scoped(source(), state), usd=before.cap_usd, tokens=before.cap_tokens)
    coverage = Coverage.model_validate(state["coverage"])
    items = _with_shortfall(before.onward, results)
    left = sum(item.count for item in items)
    go_on = Option(label=f"Go on with the remaining {left:,}", deed=Approve(items=items))
    options = [go_on, SKIP_REST, REVIEW_NEW, STOP]
    offer = before.instead(PlanOffer, items=items, onward=items, is_pilot=False, options=options)
    parts = [state.get("notice") or ""]
    if results:
        # The newest first, as a review shows them: "next" goes on behind the first screen.
        ids = [record_id for result in results for record_id in result["record_ids"]][::-1]
        made = [get_record(services.store, offer.workflow_id, record_id) for record_id in ids]
        records, written = on_one_screen(made, Review(origin="synthetic"))
        was = Coverage.model_validate(state.get("round_before") or state["coverage"])
        parts = [
            "**Pilot Complete**",
            *round_lines(results),
            f"Balance score: {score_change(was, coverage)}",
            written,
        ]
        offer.review = Review(origin="synthetic", records=[record.id for record in records])
    note_lower_scores(offer, coverage)
    offer = lay(services, offer, state, thread_id())
    cost = costs_in_words(Estimator(services, offer.workflow_id), items)
    parts += plan_lines("**The rest**", coverage, items, cost)
    parts.append(numbered_lines(offer, "Would you like me to:"))
    cleared = dict.fromkeys(("notice", "said", "round_before", "stop_reason"))
    return {**shown("\n\n".join(filter(None, parts)), offer), **cleared, "results": []}


def _with_shortfall(rest: list[PlanItem], results: list[dict[str, Any]]) -> list[PlanItem]:
    """What is left of the whole: what the pilot did not reach is still owed."""
    missing = sum(result["requested"] - result["accepted"] for result in results)
    if not missing:
        return rest
    pilot = results[0]
    same = [item for item in rest if (item.topic, item.strategy) == (pilot["topic"], pilot["strategy"])]
    if not same:
        owed = PlanItem(topic=pilot["topic"], count=missing, strategy=pilot["strategy"])
        return [owed, *rest]
    return [
        item.model_copy(update={"count": item.count + missing}) if item is same[0] else item for item in rest
    ]


def is_pilot_done(offer: Offer | None, results: list[dict[str, Any]]) -> bool:
    """Whether a pilot was just carried out and there is something to show."""
    return offer is not None and offer.is_pilot and any(result["accepted"] for result in results)
