"""The record that is read in review: its transcript beside a real one, what can be decided, and where it is from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from nicegui import background_tasks
from nicegui.element import Element

from ....tools.dataset.record import Record, message_text
from ....tools.errors import CoverageError
from ....tools.generation.jobs.origin import origin_of
from ....tools.inspection.nearest_real import RealRecord, real_beside
from ....tools.services import Services
from ..elements import box, button, choice, field, focus_on, tell, text, text_input
from ..origin_words import origin_lines
from .transcript import draw_record, share_in_common

_LEAST_IN_COMMON = 0.35
"""Share of a record's words that the other has, below which nearly all of it would be marked, which tells nothing."""
_ENTER = "(e) => { if (e.key === 'Enter') { e.preventDefault(); emit(e.target.value); e.target.blur(); } }"


class Decides(Protocol):
    """What carries out what a person decides about the record that is shown."""

    async def keep(self) -> None:
        """Keep it."""

    async def drop(self, reason: str) -> None:
        """Drop it; "" gives no reason."""

    async def move(self, topic: str) -> None:
        """Move it to a topic; "" is none."""

    async def save(self, record: Record, texts: dict[int, str]) -> None:
        """Put these texts in place of its own, by the number of the message."""

    async def take_back_in(self) -> None:
        """Put it back into the dataset."""

    async def undo(self) -> None:
        """Take the last decision back."""


@dataclass(frozen=True)
class Shown:
    """A record as it is shown.

    Attributes:
        record: what is read.
        title: the line above it.
        is_active: it is in the dataset, and not among those that were dropped.
        likelier: the topic that it reads like, where its own is doubted; "" elsewhere.
        grounds: why it is worth a look.
    """

    record: Record
    title: str
    is_active: bool
    likelier: str
    grounds: Sequence[str]


class RecordView:
    """Draws itself where it is made, empty.

    Args:
        services: the store and the index.
        workflow_id: whose records.
        topics: to move it to.
        decides: is told what the person decides.
    """

    def __init__(self, services: Services, workflow_id: str, topics: Sequence[str], decides: Decides) -> None:
        self._services, self._workflow_id = services, workflow_id
        self._topics, self._decides = topics, decides
        self._shown: Shown | None = None
        self._has_undo = False
        self._card = box("section", "card", aria_label="Record")

    def draw(self, shown: Shown | None, *, has_undo: bool) -> None:
        """Draw a record, or that there is none.

        Args:
            shown: what.
            has_undo: whether there is a decision that could be taken back.
        """
        self._shown, self._has_undo = shown, has_undo
        self._draw()

    def _draw(self) -> None:
        shown = self._shown
        self._card.clear()
        with self._card:
            with box("div", "ends"):
                text(shown.title if shown else "No record to read.", "h2")
                if self._has_undo:
                    button("Undo (u)", self._decides.undo, quiet=True)
            if shown is None:
                return
            self._draw_acts(shown)
            for ground in shown.grounds:
                text(f"{ground[0].upper()}{ground[1:]}.", "p", "warn small")
            self._below = box("div")
            transcript = self._transcript = box("div")
        self._draw_transcript(shown.record, [])
        # The index may take a while to open; nobody waits for it who only wants to read.
        background_tasks.create(self._draw_beside(shown.record, transcript))

    def _draw_acts(self, shown: Shown) -> None:
        with box("div", "acts decide"):
            if shown.is_active:
                button("Keep (y)", self._decides.keep, quiet=True)
                button("Drop (n)", self.ask_reason, quiet=True)
                button("Edit (e)", self.edit, quiet=True)
                if shown.likelier and shown.likelier != shown.record.topic:
                    move = partial(self._decides.move, shown.likelier)
                    button(f"Move to {shown.likelier}", move, quiet=True)
                button("Move (m)", self.ask_topic, quiet=True)
            else:
                button("Take back in", self._decides.take_back_in, quiet=True)
            if shown.record.provenance:
                button("Where from (?)", self.say_where_from, quiet=True)

    # The transcript

    async def _draw_beside(self, record: Record, place: Element) -> None:
        beside = await asyncio.to_thread(real_beside, self._services, self._workflow_id, record)
        if beside and place is self._transcript and not place.is_deleted:
            self._draw_transcript(record, beside)

    def _draw_transcript(self, record: Record, beside: Sequence[RealRecord]) -> None:
        """Draw what is said in a record, beside the first of some real ones; the others can be asked for."""
        self._transcript.clear()
        with self._transcript:
            if not beside:
                draw_record(record)
                return
            near, *others = beside
            are_marked = share_in_common(record, near.record) >= _LEAST_IN_COMMON
            if are_marked:
                with box("p", "soft small"):
                    text("Marked", "mark")
                    text(": words that the other one lacks.")
            else:
                text("They share few words.", "p", "soft small")
            with box("div", "beside"):
                with box("div"):
                    text("This record", "h3")
                    draw_record(record, near.record if are_marked else None)
                with box("div"):
                    text(_said_of(near), "h3")
                    draw_record(near.record, record if are_marked else None)
            if others:
                label = "Beside the one it was made from" if others[0].is_seed else "Beside the nearest"
                button(label, partial(self._draw_transcript, record, [*others, near]), quiet=True)

    # What is asked below the buttons

    def ask_reason(self) -> None:
        """Ask why it is dropped."""
        if self._active is None:
            return
        reason: list[str] = [""]
        self._below.clear()
        with self._below, box("div", "acts").style("margin:.6rem 0;align-items:end"):
            with field("Why? The next rounds avoid it (may be left empty)").style("flex:1 1 14rem"):
                line = text_input(partial(reason.__setitem__, 0), name="Reason")
                line.props["id"] = "reason"
                line.on("keydown", lambda event: self._decides.drop(str(event.args)), js_handler=_ENTER)
            button("Drop it", lambda: self._decides.drop(reason[0]))
            button("Cancel", self._draw, quiet=True)
        focus_on("reason")

    def ask_topic(self) -> None:
        """Ask which topic it is moved to."""
        record = self._active
        if record is None:
            return
        chosen = [record.topic or ""]
        self._below.clear()
        with self._below, box("div", "acts").style("margin:.6rem 0;align-items:end"):
            with field("Its topic"):
                names = {"": "No topic", **{name: name for name in self._topics}}
                topics = choice(chosen[0], names, partial(chosen.__setitem__, 0), name="Its topic")
                topics.props["id"] = "its-topic"
            # Not as it is chosen: by keyboard one topic after the other is, on the way to the one that is meant.
            button("Move it", lambda: self._decides.move(chosen[0]))
            button("Cancel", self._draw, quiet=True)
        focus_on("its-topic")

    def edit(self) -> None:
        """Offer its texts to be edited."""
        record = self._active
        if record is None:
            return
        texts = {
            number: message_text(message)
            for number, message in enumerate(record.messages)
            if isinstance(message.get("content"), str)
        }
        self._below.clear()
        with self._below:
            for number, said in texts.items():
                role = str(record.messages[number].get("role"))
                keep: Callable[[str], Any] = partial(texts.__setitem__, number)
                with field(role):
                    area = text_input(keep, name=f"{role} {number + 1}", value=said, tag="textarea")
                    area.props["id"] = f"edited-{number}"
            with box("div", "acts").style("margin:.6rem 0"):
                button("Save the edited record", lambda: self._decides.save(record, texts))
                button("Cancel", self._draw, quiet=True)
        if texts:
            focus_on(f"edited-{next(iter(texts))}")

    async def say_where_from(self) -> None:
        """Say what it was made from, what judged it, and what the verifier quoted."""
        if self._shown is None or not self._shown.record.provenance:
            return
        record = self._shown.record
        try:
            found = await asyncio.to_thread(origin_of, self._services, self._workflow_id, record.id)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return
        self._below.clear()
        with self._below, box("div", "small").style("margin:.6rem 0"):
            for line in origin_lines(found, record.provenance or {}):
                text(line, "p")
            for said in found["verdict"]:
                with box("p"):
                    text(f"{said['criterion'].replace('_', ' ')}: {said['finding'] or 'passes'} ")
                    if said["quote"]:
                        text(said["quote"], "q")

    @property
    def _active(self) -> Record | None:
        return self._shown.record if self._shown is not None and self._shown.is_active else None


def _said_of(near: RealRecord) -> str:
    what = "The real record that it was made from" if near.is_seed else "The nearest real record of its topic"
    return what if near.cosine is None else f"{what}, likeness {near.cosine:.2f}"
