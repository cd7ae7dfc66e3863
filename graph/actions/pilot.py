"""A pilot: the first records of a plan, which count towards it, and what is asked after them.

"Show me three first" is a plan of its own, since the person wants to see them: a yes is one to exactly the plan shown,
so there are two plans and two answers. "Ten first, and the rest if they are good" is one plan and one yes
(`tools.generation.approvals.pilot`): only where the first ones fall short the rest is asked for, as a plan of its own
under what is left of the limits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.report import Coverage
from ...tools.generation.approvals.approval import approval_of
from ...tools.generation.approvals.pilot import Rest
from ...tools.generation.money.amounts import as_usd
from ...tools.generation.money.budget import budget_of
from ...tools.generation.money.estimate import Estimator
from ...tools.inspection.record_filter import RecordFilter
from ...tools.store.records import get_record
from ...tools.store.store import Store
from ..context import thread_id
from ..offers.offer import Offer, Option, PlanOffer, Review
from ..offers.options import REVIEW_NEW, SKIP_REST, STOP, costs_in_words, promised_in_words
from ..offers.pending import lay
from ..offers.reply import Approve
from ..scope import ServicesSource, for_next_plan, with_caps
from ..state import State, the_offer
from ..wording.markdown import escape, topic_title
from ..wording.plan_words import note_lower_scores, numbered_lines, plan_lines
from ..wording.report import round_lines, score_change
from .messages import shown
from .review import numbered_until_now, on_one_screen


def split_pilot(
    items: list[PlanItem], number: int, topics: Sequence[str] = ()
) -> tuple[list[PlanItem], list[PlanItem]]:
    """The pilot, which takes from each item of the plan in turn, or of these topics, and what is left of the plan."""
    counts = [0] * len(items)
    sampled = [at for at, item in enumerate(items) if not topics or item.topic in topics]
    for _ in range(min(number, sum(items[at].count for at in sampled))):
        open_items = [at for at in sampled if counts[at] < items[at].count]
        counts[min(open_items, key=counts.__getitem__)] += 1
    pilot = [
        item.model_copy(update={"count": count, "pilot": None})
        for item, count in zip(items, counts, strict=True)
        if count
    ]
    return pilot, remainder(items, pilot)


def remainder(whole: Sequence[PlanItem], taken: Sequence[PlanItem]) -> list[PlanItem]:
    """What is left of a plan, each topic and strategy once; parts of the plan may name one in several items."""
    begun = Counter[tuple[str, str]]()
    for part in taken:
        begun[part.topic, part.strategy] += part.count
    planned: dict[tuple[str, str], PlanItem] = {}
    for item in whole:
        key: tuple[str, str] = (item.topic, item.strategy)
        before = planned[key].count if key in planned else 0
        planned[key] = planned.get(key, item).model_copy(update={"count": before + item.count})
    rest = []
    for key, item in planned.items():
        # An item that was begun has shown its first records: no pilot within it any more.
        changes = {"count": item.count - begun[key], **({"pilot": None} if key in begun else {})}
        rest += [item.model_copy(update=changes)] if item.count > begun[key] else []
    return rest


def pilot_note(items: list[PlanItem], rest: list[PlanItem]) -> str:
    """What is said with a pilot's plan before it is approved."""
    pilot, left = sum(item.count for item in items), sum(item.count for item in rest)
    return (
        f"A pilot first: {pilot:,} of the {pilot + left:,} records. I show them to you when they are written; they "
        f"count towards the whole, and the remaining {left:,} need another yes."
    )


def preview(source: ServicesSource, state: State, *, is_between: bool = False) -> dict[str, Any]:
    """Show what the pilot wrote and ask for the rest; also after a change of what was shown.

    Args:
        source: of the services.
        state: after the pilot, or after the change.
        is_between: more of what the same sentence asked for comes next: the rest, which was shown before, lies there
            for it and is not said again.
    """
    before, results = the_offer(state), state.get("results") or []
    waiting = [Rest.model_validate(result["rest"]) for result in results if result.get("rest")]
    if results:
        under = _under_what_is_left(source().store, before)
        # A limit of the settings is one of each plan; one that the person named is one of the whole.
        own = for_next_plan(source, state).settings
        kept = {
            name: value
            for name, value, every in (
                ("cap_tokens", before.cap_tokens, own.budget_tokens),
                ("cap_usd", before.cap_usd, own.budget_usd),
            )
            if value == every and not waiting
        }
        before = under.model_copy(update=kept)
    services = with_caps(for_next_plan(source, state), usd=before.cap_usd, tokens=before.cap_tokens)
    coverage = Coverage.model_validate(state["coverage"])
    items = [rest.item for rest in waiting] or with_shortfall(before.onward, results)
    left = sum(item.count for item in items)
    go_on = Option(label=f"Go on with the remaining {left:,}", deed=Approve(items=items))
    options = [go_on, SKIP_REST, REVIEW_NEW, STOP]
    # What is done now does not come once more after the answer.
    then = [] if is_between else before.then
    offer = before.instead(PlanOffer, items=items, onward=items, is_pilot=False, options=options, then=then)
    parts = [state.get("notice") or ""]
    if results:
        # The newest first, as a review shows them: "next" goes on behind the first screen.
        ids = [record_id for result in results for record_id in result["record_ids"]][::-1]
        made = [get_record(services.store, offer.workflow_id, record_id) for record_id in ids]
        review = Review(which=RecordFilter(origin="synthetic"), records=numbered_until_now(state))
        records, written = on_one_screen(made, review, {})
        was = Coverage.model_validate(state.get("round_before") or state["coverage"])
        parts = [
            "**Pilot Complete**" if not waiting else "**The Pilot Fell Short**",
            *[f'"{topic_title(rest.item.topic)}": {escape(rest.why)}.' for rest in waiting],
            *round_lines(results),
            f"Balance score: {score_change(was, coverage)}",
            *([written] if made else []),
        ]
        review.show([record.id for record in records])
        offer.review = review
    note_lower_scores(offer, coverage)
    offer = lay(services, offer, state, thread_id())
    cost = costs_in_words(Estimator(services, offer.workflow_id), items)
    promise = promised_in_words(services, offer.workflow_id, items, briefly=True)
    if not is_between:
        parts += plan_lines("**The rest**", coverage, items, cost, promise)
        parts.append(numbered_lines(offer, "Would you like me to:"))
    cleared = dict.fromkeys(("notice", "said", "round_before", "stop_reason"))
    numbered = offer.shown_records if results else numbered_until_now(state)
    return {**shown("\n\n".join(filter(None, parts)), offer), **cleared, "results": [], "numbered": numbered}


def with_shortfall(rest: list[PlanItem], results: Sequence[Mapping[str, Any]]) -> list[PlanItem]:
    """What is left of the whole: what was not reached is still owed."""
    rest, owed = list(rest), []
    for result in results:
        missing = result["requested"] - result["accepted"]
        if not missing:
            continue
        kind = (result["topic"], result["strategy"])
        same = next((at for at, item in enumerate(rest) if (item.topic, item.strategy) == kind), None)
        if same is None:
            owed.append(PlanItem(topic=kind[0], count=missing, strategy=kind[1]))
        else:
            rest[same] = rest[same].model_copy(update={"count": rest[same].count + missing})
    return [*owed, *rest]


def _under_what_is_left(store: Store, offer: Offer) -> Offer:
    """The offer with what the pilot left of its limits: they were those of the whole."""
    approval = approval_of(store, offer.plan_id or "")
    if approval is None:
        return offer
    with store.read() as connection:
        budget = budget_of(connection, approval.id)
    changes: dict[str, Any] = {}
    if budget.cap_tokens is not None:
        changes["cap_tokens"] = max(1, budget.cap_tokens - budget.spent_tokens - budget.reserved_tokens)
    if budget.cap_picodollars is not None:
        left = budget.cap_picodollars - budget.spent_picodollars - budget.reserved_picodollars
        changes["cap_usd"] = as_usd(max(1, left))
    return offer.model_copy(update=changes)


def asks_for_rest(offer: Offer) -> bool:
    """Whether it asks for what a pilot left."""
    return bool(offer.onward) and not offer.is_pilot


def is_pilot_done(offer: Offer | None, results: list[dict[str, Any]]) -> bool:
    """Whether a pilot was just carried out, and there is something to show or to ask."""
    is_shown = offer is not None and offer.is_pilot and any(result["accepted"] for result in results)
    return is_shown or any(result.get("rest") for result in results)
