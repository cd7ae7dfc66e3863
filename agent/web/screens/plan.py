"""The plan: as a table that can be edited before it is approved, then the generation as it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nicegui import ui

from ....graph.offers.offer import Offer, PlanOffer
from ....graph.wording.markdown import unescape
from ....tools.analyze_coverage import analyze
from ....tools.coverage.caps import MAX_PER_ITEM
from ....tools.coverage.plans import PlanItem
from ....tools.coverage.score_change import effect_on_score
from ....tools.coverage.strategy_choice import STRATEGIES, StrategyName
from ....tools.errors import CoverageError
from ....tools.generation.jobs.ledger import summarize_job
from ....tools.generation.jobs.progress import Progress
from ....tools.generation.money.estimate import Estimator
from ....tools.generation.money.use import use_words
from ....tools.inspection.rounds import inspect_rounds
from ....tools.services import Services
from ....tools.store.records import load_records
from ....tools.text.durations import duration_words
from ...views.progress import reasons_text
from ..conversation_panel import may_be_clicked
from ..conversations import PageConversation
from ..elements import address, box, button, checkbox, choice, link, number_input, table, text
from ..frame import frame
from .transcript import draw_record

_AFTER_TYPING = 0.35
_LATEST = 2


@dataclass
class _Row:
    """One part of the plan as it stands in the table."""

    item: PlanItem
    count: int
    strategy: StrategyName
    is_in: bool = True

    @property
    def wanted(self) -> PlanItem | None:
        """What it generates now."""
        is_wanted = self.is_in and 1 <= self.count <= MAX_PER_ITEM
        return (
            self.item.model_copy(update={"count": self.count, "strategy": self.strategy})
            if is_wanted
            else None
        )


class PlanScreen:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._drawn_for: tuple[Any, ...] = ()
        self._rows: list[_Row] = []
        self._is_estimating = 0

    async def draw(self) -> None:
        """Draw it, and again whenever the conversation changed."""
        with frame(self._workflow_id, "plan", self._conversation) as listen:
            self._main = box("div").style("display:grid;gap:var(--gap)")
            listen(self._changed)
        self._changed()

    def _changed(self) -> None:
        conversation = self._conversation
        state = (conversation.is_busy, id(conversation.offer), bool(conversation.progress))
        if state != self._drawn_for:
            self._drawn_for = state
            self._main.clear()
            with self._main:
                self._draw_main()
        if conversation.is_busy and conversation.progress:
            self._draw_progress()

    def _draw_main(self) -> None:
        conversation = self._conversation
        offer = conversation.offer
        if conversation.is_busy:
            with box("section", "card", aria_label="At work"):
                text("Generation" if conversation.progress else "At work", "h1")
                self._jobs = box("div")
                if not conversation.progress:
                    with self._jobs:
                        text(conversation.doing, "p", "working")
            self._latest = box("section", "card", aria_label="The latest records")
            self._latest.visible = False
            ui.timer(2.0, self._draw_latest)
            return
        is_new_plan = isinstance(offer, PlanOffer) and offer.plan_id
        if not is_new_plan:
            self._draw_rounds()
        if isinstance(offer, PlanOffer) and offer.plan_id:
            self._draw_plan(offer)
        elif offer is not None:
            self._draw_question(offer)
        else:
            with box("section", "card empty"):
                text("Nothing waits for an answer.", "p")
                button("Analyze and propose a plan", conversation.analyze_again)
        if is_new_plan:
            self._draw_rounds()

    # The plan

    def _draw_plan(self, offer: PlanOffer) -> None:
        self._rows = [_Row(item, item.count, item.strategy) for item in offer.items]
        with box("section", "card", aria_label="Plan"):
            text("Plan", "h1")
            text(
                "Nothing is generated before you approve it here, or say yes in the conversation.",
                "p",
                "soft",
            )
            with table("In", "Topic", "Records", "Strategy", numbers=("Records",)):
                for row in self._rows:
                    self._draw_row(row)
            self._effect = box("div", role="status").style("margin:.9rem 0")
            self._button = button("Approve", lambda: self._approve(offer))
        self._estimate_soon()

    def _draw_row(self, row: _Row) -> None:
        names: dict[str, str] = {name: guide.title for name, guide in STRATEGIES.items()}

        def change(**what: Any) -> None:
            for name, value in what.items():
                setattr(row, name, value)
            self._estimate_soon()

        with box("tr"):
            with box("td"):
                checkbox(True, lambda value: change(is_in=value), name=f"Generate for {row.item.topic}")
            text(row.item.topic, "td")
            with box("td", "number"):
                number_input(
                    row.count,
                    lambda value: change(count=value),
                    name=f"Records for {row.item.topic}",
                    most=MAX_PER_ITEM,
                )
            with box("td"):
                choice(
                    row.strategy,
                    names,
                    lambda value: change(strategy=value),
                    name=f"Strategy for {row.item.topic}",
                )

    def _estimate_soon(self) -> None:
        """Not with each key: what was typed last counts."""
        self._is_estimating += 1
        number = self._is_estimating
        self._button.props["disabled"] = True

        async def estimate() -> None:
            if number == self._is_estimating:
                await self._estimate(number)

        ui.timer(_AFTER_TYPING if number > 1 else 0, estimate, once=True)

    async def _estimate(self, number: int) -> None:
        items = [row.wanted for row in self._rows]
        wanted = [item for item in items if item is not None]
        try:
            words = (
                await asyncio.to_thread(_words_of, self._services, self._workflow_id, wanted)
                if wanted
                else []
            )
            problem = "" if wanted else "No topic is chosen."
        except CoverageError as error:
            words, problem = [], str(error)
        if number != self._is_estimating or self._effect.is_deleted:
            return
        self._effect.clear()
        with self._effect:
            for line in words:
                text(line, "p")
            if problem:
                text(problem, "p", "bad")
        count = sum(item.count for item in wanted)
        self._button.text = f"Approve and generate {count:,} records"
        if not problem:
            self._button.props.pop("disabled", None)
            self._button.update()

    def _approve(self, offer: PlanOffer) -> None:
        decisions = [_decision(row, offer) for row in self._rows]
        said = [
            f"{item.count} for {item.topic} by {STRATEGIES[item.strategy].title}"
            for row in self._rows
            if (item := row.wanted) is not None
        ]
        self._button.props["disabled"] = True
        self._conversation.decide(offer.plan_id or "", decisions, f"Approved: {', '.join(said)}")

    # Another question

    def _draw_question(self, offer: Offer) -> None:
        with box("section", "card", aria_label="Question"):
            text("What next?", "h1")
            text("The conversation has the whole of it. These answers can be clicked:", "p", "soft")
            with box("div", "acts"):
                for number, option in enumerate(offer.numbered, 1):
                    if may_be_clicked(option):
                        answer = partial(self._conversation.answer, str(number), offer)
                        button(unescape(option.label), answer, quiet=True)

    # The generation

    def _draw_progress(self) -> None:
        self._jobs.clear()
        with self._jobs:
            for standing in self._conversation.progress.values():
                _draw_job(standing)
            with box("div", "acts"):
                button("Pause", self._conversation.pause, quiet=True)
                text("What is accepted is kept; you can go on later.", "span", "soft small")

    async def _draw_latest(self) -> None:
        if not self._conversation.is_busy or not self._conversation.progress or self._latest.is_deleted:
            return
        jobs = list(self._conversation.progress)
        used, found = await asyncio.to_thread(_standing_in_store, self._services, self._workflow_id, jobs)
        if self._latest.is_deleted:
            return
        self._latest.visible = bool(found)
        self._latest.clear()
        with self._latest:
            text("The latest records", "h2")
            text(f"So far: {used}", "p", "soft small")
            for record in found:
                draw_record(record)

    def _draw_rounds(self) -> None:
        rounds = inspect_rounds(self._services, self._workflow_id).shown
        if not rounds:
            return
        with box("section", "card", aria_label="Rounds so far"):
            text("Rounds so far", "h2")
            for entry in reversed(rounds[-5:]):
                for item in entry.items:
                    worth = "" if item.worth is None else f", worth {item.worth:g}"
                    undone = " (undone)" if item.is_undone else ""
                    made = f"{item.accepted:,} of {item.requested:,} for {item.topic}{worth}{undone}"
                    text(f"Round {entry.round}: {made}", "p")
            link("Read the generated records", address(self._workflow_id, "review"), "act")


def _draw_job(standing: Progress) -> None:
    part = standing.accepted / max(1, standing.requested)
    with box("div").style("margin-bottom:1rem"):
        with box("div").style("display:flex;justify-content:space-between;gap:1rem"):
            text(standing.topic, "strong")
            text(f"{standing.accepted:,} of {standing.requested:,}", "span", "number")
        with box(
            "div",
            "bar",
            role="progressbar",
            aria_label=standing.topic,
            aria_valuenow=str(standing.accepted),
            aria_valuemin="0",
            aria_valuemax=str(standing.requested),
        ):
            box("span", "worth").style(f"left:0;width:{part:.2%}")
        left = f"about {duration_words(standing.seconds_left)} left, " if standing.seconds_left else ""
        refused = sum(standing.rejected.values())
        told = f"{refused} refused: {reasons_text(standing.rejected)}" if refused else "none refused"
        text(f"{left}{standing.attempts} tries, {told}", "p", "soft small")
        for line in filter(None, (standing.remark, standing.note)):
            text(line, "p", "small")


def _decision(row: _Row, offer: PlanOffer) -> Mapping[str, Any]:
    """A decision on one part, as `graph.offers.form` reads it."""
    wanted = row.wanted
    if wanted is None:
        return {"type": "reject"}
    if wanted == row.item and "approve" in offer.decisions:
        return {"type": "approve"}
    return {"type": "edit", "edited_action": {"name": offer.action, "args": wanted.model_dump()}}


def _words_of(services: Services, workflow_id: str, items: list[PlanItem]) -> list[str]:
    """What a plan does to the score and what it takes, in lines."""
    change = effect_on_score(analyze(services, workflow_id), items)
    estimate = Estimator(services, workflow_id).plan(items)
    return [f"Balance score {change}", estimate.brief]


def _standing_in_store(services: Services, workflow_id: str, jobs: list[str]) -> tuple[str, list[Any]]:
    from ....tools.generation.money.use import sum_of

    used = use_words(sum_of([summarize_job(services.store, job) for job in jobs]))
    records = [
        record for job in jobs[-1:] for record in load_records(services.store, workflow_id, job_id=job)
    ]
    return used, records[-_LATEST:][::-1]
