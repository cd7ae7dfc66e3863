"""The plan: as a table that can be edited before it is approved, then the generation as it goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ....graph.offers.offer import Offer, PlanOffer, ProceedOffer, ResumeOffer
from ....tools.coverage.caps import MAX_PER_ITEM
from ....tools.coverage.strategy_choice import STRATEGIES
from ....tools.generation.money.amounts import caps_words, usd_words
from ....tools.generation.money.estimate import Estimate
from ....tools.inspection.plans import PlanEffect
from ....tools.services import Services
from ....tools.text.durations import duration_words
from ..answers import draw_answers
from ..conversations import BESIDE, PageConversation
from ..elements import (
    box,
    button,
    checkbox,
    choice,
    facts,
    number_input,
    table,
    text,
    topic_name,
)
from ..frame import frame
from ..plan_table import PlanTable, Row
from .generation import GenerationView
from .rounds import draw_rounds

_APPROVED = "(e) => emit(e.currentTarget.dataset.plan)"
"""A yes is to what this tab shows."""


class PlanScreen:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._drawn_for: tuple[Any, ...] = ()
        self._rows: list[tuple[Any, ...]] = []
        self._generation: GenerationView | None = None

    async def draw(self) -> None:
        """Draw it, and again whenever the conversation changed."""
        with frame(self._workflow_id, "plan", self._conversation) as listen:
            self._main = box("div", "stack")
            listen(self._changed)
        if self._conversation.beside:
            self._conversation.analyze_again()
        self._changed()

    def _changed(self) -> None:
        conversation = self._conversation
        is_generating = bool(conversation.progress)
        state = (conversation.is_busy, id(conversation.offer), is_generating, conversation.beside)
        if state != self._drawn_for:
            self._drawn_for = state
            self._generation = None
            self._main.clear()
            with self._main:
                self._draw_main()
        elif self._generation is not None:
            self._generation.changed()
        elif conversation.table is not None and not conversation.is_busy and not conversation.beside:
            self._follow_table(conversation.table)

    def _draw_main(self) -> None:
        conversation = self._conversation
        if conversation.is_busy and conversation.progress:
            self._generation = GenerationView(self._services, self._workflow_id, conversation)
        elif conversation.is_busy:
            with box("section", "card", aria_label="At work"):
                text("At work", "h1")
                text(conversation.goes_on, "p", "working")
        elif conversation.beside:
            with box("section", "card", aria_label="Plan"):
                text("Plan", "h1")
                text(f"{BESIDE} {conversation.beside}", "p")
                button("Ask again by what is there now", conversation.analyze_again)
        elif conversation.table is not None:
            self._draw_plan(conversation.table)
        else:
            self._draw_question(conversation.offer)
        if not conversation.is_busy:
            is_open = conversation.table is not None or conversation.beside
            draw_rounds(self._services, self._workflow_id, None if is_open else conversation.analyze_again)

    # The plan

    def _draw_plan(self, plan: PlanTable) -> None:
        with box("section", "card", aria_label="Plan"):
            text("Plan", "h1")
            text(
                "Change what you like: score, worth and cost follow. Nothing is generated before you approve it here, "
                "or say yes in the conversation.",
                "p",
                "soft",
            )
            if plan.offer.is_pilot and plan.offer.onward:
                left = sum(item.count for item in plan.offer.onward)
                text(
                    f"A sample first: the other {left:,} records are asked for when you have read these.", "p"
                )
            elif plan.offer.onward:
                text("What an approved plan left: how its first records did, the conversation says.", "p")
            self._table = box("div", "plan")
            self._choices = box("div")
            self._effect = box("div", role="status")
            with box("div", "acts"):
                self._button = text("Approve", "button", "act")
                self._button.props["type"] = "button"
                self._button.on(
                    "click", lambda event: self._conversation.approve(str(event.args)), js_handler=_APPROVED
                )
                self._few = button("Look at a few first", self._look_at_few_first, quiet=True)
                self._back = button("Undo my changes", self._undo_changes, quiet=True)
        self._rows = []
        self._follow_table(plan)
        if plan.effect is None:
            self._conversation.estimate()

    def _follow_table(self, plan: PlanTable) -> None:
        """Show the rows where another tab changed them, and what they give and take."""
        rows = _as_drawn(plan)
        if rows != self._rows:
            self._rows = rows
            self._table.clear()
            with self._table:
                self._draw_table(plan)
        self._choices.clear()
        with self._choices:
            for row in plan.rows:
                if row.lacks_rest:
                    self._draw_choice(row)
        self._effect.clear()
        with self._effect:
            _draw_effect(plan)
        self._button.text = f"Approve and generate {plan.count:,} records"
        # Not "disabled", which would take the focus away whenever the figures are worked out.
        self._button.props["aria-disabled"] = "false" if plan.is_told else "true"
        self._button.props["data-plan"] = plan.shown
        self._button.update()
        self._few.visible = not plan.has_pilot and any(row.count > 1 for row in plan.rows)
        self._back.visible = plan.is_edited

    def _draw_table(self, plan: PlanTable) -> None:
        first = ("First",) if plan.shows_pilots else ()
        with table("In", "Topic", "Records", *first, "Strategy", numbers=("Records", "First")):
            for row in plan.rows:
                self._draw_row(row, has_pilot=plan.shows_pilots)
        if first:
            text(
                "First: so many are written and measured before the rest, which follows only where they are worth "
                "what the plan says. 0 writes all at once.",
                "p",
                "soft small",
            )

    def _draw_row(self, row: Row, *, has_pilot: bool) -> None:
        names: dict[str, str] = {name: guide.title for name, guide in STRATEGIES.items()}
        topic = row.item.topic
        with box("tr"):
            with box("td"):
                checkbox(row.is_in, partial(self._set, row, "is_in"), name=f"Generate for {topic}")
            topic_name(topic, "td")
            with box("td", "number", data_label="Records"):
                count = partial(self._set, row, "count")
                number_input(row.count, count, name=f"Records for {topic}", most=MAX_PER_ITEM)
            if has_pilot:
                with box("td", "number", data_label="First"):
                    pilot = partial(self._set, row, "pilot")
                    number_input(row.pilot, pilot, name=f"Written first for {topic}", most=MAX_PER_ITEM)
            with box("td"):
                choice(row.strategy, names, partial(self._set, row, "strategy"), name=f"Strategy for {topic}")

    def _draw_choice(self, row: Row) -> None:
        """A count at or below its pilot leaves nothing for after it: which of the two is meant, a person says."""
        with box("div", "note", role="alert"):
            text(
                f"{row.item.topic}: {row.pilot:,} were to come first, and {row.count:,} in all leave no rest to decide "
                "about.",
                "p",
            )
            with box("div", "acts"):
                button(f"Write all {row.count:,} at once", partial(self._choose_pilot, row, 0)).classes(
                    "small"
                )
                if row.count > 1:
                    few = -(-row.count // 3)
                    button(f"Only {few:,} first", partial(self._choose_pilot, row, few), quiet=True).classes(
                        "small"
                    )

    def _set(self, row: Row, name: str, value: Any) -> None:
        self._edit(lambda _: setattr(row, name, value), is_typed=True)

    def _choose_pilot(self, row: Row, pilot: int) -> None:
        self._edit(lambda _: setattr(row, "pilot", pilot))

    def _look_at_few_first(self) -> None:
        self._edit(PlanTable.look_at_few_first)

    def _undo_changes(self) -> None:
        self._edit(PlanTable.undo_changes)

    def _edit(self, change: Callable[[PlanTable], None], *, is_typed: bool = False) -> None:
        """Change the rows; what was typed stands in this tab already, and must not be drawn under the hands."""
        plan = self._conversation.table
        if plan is None:
            return

        def changed(of: PlanTable) -> None:
            change(of)
            if is_typed:
                self._rows = _as_drawn(of)

        self._conversation.edit_plan(changed)

    # Another question

    def _draw_question(self, offer: Offer | None) -> None:
        with box("section", "card", aria_label="Question"):
            text("What next?", "h1")
            if offer is None:
                text("No plan waits for you.", "p")
                button("Analyze and propose a plan", self._conversation.analyze_again)
                return
            text(_asked(offer), "p")
            with box("div", "acts"):
                draw_answers(self._conversation, offer, self._workflow_id, on_plan=True)


def _as_drawn(plan: PlanTable) -> list[tuple[Any, ...]]:
    # Whether there is a column for pilots is part of how the table looks.
    return [(plan.shows_pilots, row.is_in, row.count, row.pilot, row.strategy) for row in plan.rows]


def _asked(offer: Offer) -> str:
    if isinstance(offer, ResumeOffer):
        return "The generation is not finished. What was accepted is kept; nothing goes on by itself."
    if isinstance(offer, ProceedOffer):
        return "The balance is where it should be."
    if isinstance(offer, PlanOffer) or offer.goes_by_figures:
        return "Nothing waits to be approved. You can go on with one of these, or say in the conversation what else."
    return "The conversation asks something first; it has the whole of it."


def _draw_effect(plan: PlanTable) -> None:
    if plan.problem:
        text(plan.problem, "p", "bad")
        return
    effect = plan.effect
    if effect is None:
        text("Working out what it gives and takes…", "p", "working")
        return
    is_old = effect.items != plan.wanted
    with facts(_facts(effect)) as drawn:
        if is_old:
            drawn.classes("old")
    for line, kind in _remarks(effect):
        text(line, "p", kind)


def _facts(effect: PlanEffect) -> dict[str, str]:
    """What a plan gives and takes, under the names that people use for it."""
    found: dict[str, str] = {}
    if effect.score_then is not None:
        before = "none" if effect.score_now is None else f"{effect.score_now:.2f}"
        found["Balance score"] = f"{before} → {effect.score_then:.2f}"
    if effect.worth is not None:
        found["Worth"] = f"{effect.worth.brief[0].upper()}{effect.worth.brief[1:]}"
    if (estimate := effect.estimate) is not None:
        found["Cost"] = _cost(estimate)
        found["Time"] = (
            f"About {duration_words(estimate.seconds)}"
            if estimate.seconds is not None
            else "Known once the first records are written"
        )
        found["Stops and asks"] = _stops(estimate)
    if effect.pilots:
        found["First records"] = effect.pilots
    return found


def _cost(estimate: Estimate) -> str:
    tokens = f"about {float(f'{estimate.tokens:.2g}'):,.0f} tokens"
    if estimate.usd is None:
        said = f"{tokens[0].upper()}{tokens[1:]}; what they cost is not known, since the model has no price"
    elif estimate.usd == 0:
        said = f"Nothing, the model runs here; {tokens}"
    else:
        said = f"About {usd_words(float(f'{estimate.usd:.2g}'))}, {tokens}"
    caps = caps_words(estimate.most_tokens, estimate.most_usd)
    return f"{said}; {caps}" if caps else said


def _stops(estimate: Estimate) -> str:
    tokens = f"{float(f'{sum(one.tokens or 0 for one in estimate.stops):.3g}'):,.0f} tokens"
    refusals = estimate.stops[0].refusals
    if len(estimate.stops) > 1:
        return f"When a topic has used its share of {tokens}, or {refusals} of its drafts are refused for one reason"
    return f"At {tokens}, or when {refusals} drafts are refused for one reason"


def _remarks(effect: PlanEffect) -> list[tuple[str, str]]:
    said = []
    if effect.lowers_score:
        said.append(("It makes the balance score lower than it is now.", "warn"))
    if effect.estimate is not None and not effect.estimate.fits_caps:
        said.append(("It is expected to need more than the limit allows, and would end short.", "warn"))
    return said
