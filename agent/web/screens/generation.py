"""A generation as it goes on: how far it is, what was refused, what it takes and is worth, the latest records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from nicegui import ui

from ....graph.wording.check_words import refusals_in_words
from ....tools.errors import CoverageError
from ....tools.generation.jobs.progress import Progress
from ....tools.generation.money.amounts import usd_words
from ....tools.generation.money.use import tokens_figure, usd_figure, why_at_most
from ....tools.inspection.under_way import UnderWay, under_way, worth_until_now
from ....tools.services import Services
from ....tools.text.durations import duration_words
from ..conversations import PageConversation
from ..elements import address, box, button, facts, link, text, topic_name
from .transcript import draw_record

_LOOKS_EVERY = 2.0
_MEASURES_EVERY = 8.0
_PART_OF_TIME = 10
"""Measuring what the records are worth takes at most a tenth of the time."""


class GenerationView:
    """Draws itself where it is made.

    Args:
        services: store and settings.
        workflow_id: the dataset that is added to.
        conversation: whose generation it is.
    """

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._standing: UnderWay | None = None
        self._worth: tuple[int, float] | None = None
        self._measured: tuple[int, float] = (0, 0.0)
        self._is_looking = False
        self._announced = -1
        self._shown_as_written = 0
        self._shown_latest = list[str]()
        with box("section", "card", aria_label="Generation"):
            text("Generation", "h1")
            self._jobs = box("div", "stack")
            self._written = box("div", "note", role="status")
            self._written.visible = False
            self._facts = box("div")
            self._acts = box("div", "acts")
            self._draw_acts()
            self._told = box("p", "unseen", role="status")
        self._latest = box("section", "card", aria_label="The latest records")
        self._latest.visible = False
        self.changed()
        ui.timer(_LOOKS_EVERY, self._look)

    def changed(self) -> None:
        """Draw how far it is."""
        progress = self._conversation.progress
        self._jobs.clear()
        with self._jobs:
            begun = set(progress)
            parts = self._standing.parts if self._standing is not None else []
            for part in parts:
                job = part.job
                if job is not None and job.id not in begun:  # it has ended, or another worker is at it
                    _draw_part(job.topic, job.accepted, job.count, [_refused(job.rejected)])
            for one in progress.values():
                _draw_part(one.topic, one.accepted, one.requested, _lines(one))
                if one.to_load:
                    _draw_bar(f"Preparing {one.topic}", one.loaded, one.to_load)
            for part in parts:
                if part.job is None:
                    waits = "Follows, if the first records are good" if part.is_rest else "Comes next"
                    _draw_part(part.item.topic, 0, part.item.count, [waits])
        self._draw_written()
        self._draw_facts()
        self._announce(list(progress.values()))

    def _draw_written(self) -> None:
        """Say that all is written while it is measured, which may take minutes: the records can be read already."""
        written = self._conversation.written
        if (self._written.visible, self._shown_as_written) == (bool(written), written):
            return
        self._written.visible, self._shown_as_written = bool(written), written
        self._written.clear()
        with self._written:
            text(
                f"{written:,} written. What they are worth is being measured; they can be read already.", "p"
            )
            link("Read them", address(self._workflow_id, "review"), "act small")

    def _draw_facts(self) -> None:
        self._facts.clear()
        with self._facts, facts(self._found()):
            pass

    def _found(self) -> dict[str, str]:
        found = {"Time left": self._time_left()}
        standing = self._standing
        if standing is not None:
            found["Cost so far"] = _cost(standing)
        if self._worth is not None:
            number, worth = self._worth
            found["Worth so far"] = f"{worth:g} of the {number:,} that were measured"
        return found

    def _time_left(self) -> str:
        running = list(self._conversation.progress.values())[-1]
        standing, left = self._standing, running.seconds_left
        if running.accepted >= running.requested:
            return "Measuring what is written"
        if left is None:
            told = standing.told_seconds if standing is not None else None
            return (
                f"About {duration_words(told)} in all, as planned"
                if told
                else "Known once the first record is there"
            )
        # What is not begun yet goes at the pace of what is under way.
        owed = max(1, running.requested - running.accepted)
        later = sum(part.item.count for part in standing.parts if part.job is None) if standing else 0
        return f"About {duration_words(left * (owed + later) / owed)}"

    def _announce(self, running: Sequence[Progress]) -> None:
        """Say each tenth to those who do not see it."""
        accepted, requested = sum(one.accepted for one in running), sum(one.requested for one in running)
        tenth = 10 * accepted // max(1, requested)
        if tenth != self._announced:
            self._announced = tenth
            self._told.clear()
            with self._told:
                text(f"{accepted:,} of {requested:,} accepted")

    def _draw_acts(self, *, is_asked: bool = False) -> None:
        self._acts.clear()
        with self._acts:
            if is_asked:
                text(
                    "End it for good? What is accepted is kept, the rest of the plan is not written.", "span"
                )
                button("Stop for good", self._stop).classes("small")
                button("Go on", self._draw_acts, quiet=True).classes("small")
                return
            button("Pause", self._conversation.pause, quiet=True)
            button("Stop", lambda: self._draw_acts(is_asked=True), quiet=True)
            text("What is accepted is kept either way; a pause can be gone on with.", "span", "soft small")

    async def _stop(self) -> None:
        self._acts.clear()
        with self._acts:
            text("Stopping: calls under way are finished first…", "span", "working")
        await self._conversation.stop()

    async def _look(self) -> None:
        """What is in the store: use, the latest records, and now and then what they are worth."""
        jobs = list(self._conversation.progress)
        if self._is_looking or not self._conversation.is_busy or not jobs or self._latest.is_deleted:
            return
        self._is_looking = True
        try:
            self._standing = await asyncio.to_thread(under_way, self._services, self._workflow_id, jobs[-1])
            if not self._latest.is_deleted:
                self.changed()
                self._draw_latest(self._standing)
            await self._measure(self._standing)
        except CoverageError:  # the store is busy: the next look tells
            return
        finally:
            self._is_looking = False

    async def _measure(self, standing: UnderWay) -> None:
        accepted, due = self._measured
        now_accepted = sum(part.job.accepted for part in standing.parts if part.job is not None)
        began = time.monotonic()
        if now_accepted == accepted or began < due:
            return
        self._worth = await asyncio.to_thread(worth_until_now, self._services, standing.parts)
        took = time.monotonic() - began
        self._measured = (now_accepted, began + max(_MEASURES_EVERY, _PART_OF_TIME * took))
        if not self._facts.is_deleted:
            self._draw_facts()

    def _draw_latest(self, standing: UnderWay) -> None:
        latest = [record.id for record in standing.latest]
        if latest == self._shown_latest:  # what somebody has unfolded of them stays so
            return
        self._shown_latest = latest
        self._latest.visible = bool(standing.latest)
        self._latest.clear()
        with self._latest:
            text("The latest records", "h2")
            for record in standing.latest:
                with box("div", "one"):
                    draw_record(record)


def _draw_part(topic: str, accepted: int, requested: int, lines: Sequence[str]) -> None:
    with box("div"):
        with box("div", "ends"):
            topic_name(topic, "strong")
            text(f"{accepted:,} of {requested:,}", "span", "number")
        _draw_bar(topic, accepted, requested)
        for line in lines:
            text(line, "p", "soft small")


def _draw_bar(name: str, done: int, total: int) -> None:
    with box(
        "div",
        "bar",
        role="progressbar",
        aria_label=name,
        aria_valuenow=str(done),
        aria_valuemin="0",
        aria_valuemax=str(total),
    ):
        box("span", "worth").style(f"left:0;width:{done / max(1, total):.2%}")


def _lines(standing: Progress) -> list[str]:
    tries = f"{standing.attempts:,} {'try' if standing.attempts == 1 else 'tries'}"
    note = f"{standing.note[0].upper()}{standing.note[1:]}." if standing.note else ""
    return [f"{tries}. {_refused(standing.rejected)}", *filter(None, (standing.remark, note))]


def _refused(rejected: dict[str, int]) -> str:
    refused = sum(rejected.values())
    return f"{refused:,} refused: {refusals_in_words(rejected)}" if refused else "None refused"


def _cost(standing: UnderWay) -> str:
    used = standing.used
    tokens = f"{tokens_figure(used)} tokens"
    if standing.told_tokens is not None:
        tokens += f" of about {float(f'{standing.told_tokens:.2g}'):,.0f}"
    if used.usd is None:
        money = "price not known"
    elif not used.usd and not standing.told_usd:
        money = "no cost"
    else:
        money = usd_figure(used, nothing=usd_words(0))
        money += f" of about {usd_words(float(f'{standing.told_usd:.2g}'))}" if standing.told_usd else ""
    said = f"{money}; {tokens}" if money != "price not known" else f"{tokens}; {money}"
    caps = [
        *([usd_words(standing.cap_usd)] if standing.cap_usd is not None else []),
        *([f"{standing.cap_tokens:,} tokens"] if standing.cap_tokens is not None else []),
    ]
    said += f". Never more than {' and '.join(caps)}" if caps else ""
    why = why_at_most(used)
    return f"{said} ({why})" if why else said
