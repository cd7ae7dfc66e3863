"""Review by eye: a queue of records, each as a transcript, to keep, drop, edit or move; the keyboard suffices."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.events import KeyEventArguments

from ....tools.dataset.record import Record, message_text
from ....tools.dataset.replace_record import replace_record
from ....tools.dataset.topic_names import topic_names
from ....tools.errors import CoverageError
from ....tools.generation.jobs.origin import origin_of
from ....tools.generation.lessons.lessons import reject_records
from ....tools.inspection.review_page import ReviewPage, Wanted, review_page
from ....tools.services import Services
from ....tools.store.records import get_record, set_status, set_topic
from ..conversations import PageConversation
from ..elements import box, button, choice, field, tell, text, text_input
from ..frame import frame
from .transcript import draw_record, likeness

_ORIGINS = {"synthetic": "Generated", "real": "Real", "": "All"}
_STATES = {"active": "In the dataset", "rejected": "Dropped"}
_ANY = "\x00any"
_KEYS = (
    ("j or ↓", "next"),
    ("k or ↑", "previous"),
    ("y", "keep"),
    ("n", "drop"),
    ("e", "edit"),
    ("u", "undo"),
    ("?", "where it is from"),
)


class Review:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._wanted = Wanted(origin="synthetic")
        self._page = ReviewPage([], None)
        self._at = 0
        self._undo: tuple[str, Any] | None = None
        # A key that is pressed while a record is being drawn is meant for that record.
        self._one_at_a_time = asyncio.Lock()

    async def draw(self) -> None:
        """Draw the filters, the queue and the first record."""
        topics = await asyncio.to_thread(topic_names, self._services.store, self._workflow_id)
        with frame(self._workflow_id, "review", self._conversation):
            with box("section", "card row", aria_label="What to read"):
                text("Review", "h1")
                self._draw_filters(topics)
            with box("div", "review"):
                self._queue = box("nav", "card queue", aria_label="Records")
                self._record = box("section", "card", aria_label="Record")
            with box("p", "keys soft small"):
                for key, meaning in _KEYS:
                    text(key, "kbd")
                    text(f" {meaning}   ")
            ui.keyboard(self._key, repeating=True, ignore=["input", "select", "textarea"])
        self._topics = topics
        await self._read()
        if not self._page.records and self._wanted.origin == "synthetic":
            self._origin_choice.props["value"] = ""
            await self._filter(origin=None)

    def _draw_filters(self, topics: list[str]) -> None:
        with field("Origin"):
            self._origin_choice = choice(
                "synthetic", _ORIGINS, lambda value: self._filter(origin=value or None), name="Origin"
            )
        with field("Topic"):
            names = {_ANY: "Any topic", **{name: name for name in topics}, "": "No topic"}
            choice(
                _ANY, names, lambda value: self._filter(topic=None if value == _ANY else value), name="Topic"
            )
        with field("State"):
            choice("active", _STATES, lambda value: self._filter(status=value), name="State")

    async def _filter(self, **changes: Any) -> None:
        async with self._one_at_a_time:
            self._wanted = replace(self._wanted, **changes)
            await self._read()

    async def _more(self) -> None:
        async with self._one_at_a_time:
            await self._read(self._page.after)

    async def _read(self, after: int | None = None) -> None:
        self._page = await asyncio.to_thread(
            review_page, self._services.store, self._workflow_id, self._wanted, after
        )
        self._at = 0
        self._draw_queue()
        await self._draw_record()

    def _draw_queue(self) -> None:
        self._queue.clear()
        with self._queue:
            for number, record in enumerate(self._page.records):
                entry = box("button", type="button", data_number=str(number))
                if number == self._at:
                    entry.props["aria-current"] = "true"
                entry.on("click", partial(self._clicked, number), args=[])
                with entry:
                    text(_first_line(record), "span", "line")
                    text(record.topic or "no topic", "span", "soft small line")
            if self._page.after is not None:
                button("More", self._more, quiet=True)
            if not self._page.records:
                text("Nothing here with these filters.", "p", "empty")

    async def _draw_record(self) -> None:
        record = self._current
        near = await asyncio.to_thread(self._nearest, record) if record is not None else None
        self._record.clear()
        with self._record:
            if record is None:
                text("No record to read.", "p", "empty")
                return
            more = "+" if self._page.after is not None else ""
            text(f"{self._at + 1} of {len(self._page.records)}{more}", "h2")
            with box("div", "acts").style("margin-bottom:.6rem"):
                if self._wanted.status == "active":
                    button("Keep (y)", self._keep, quiet=True)
                    button("Drop (n)", self._ask_reason, quiet=True)
                    button("Edit (e)", self._edit, quiet=True)
                    button("Move", self._ask_topic, quiet=True)
                else:
                    button("Take back in", self._take_back, quiet=True)
                if record.provenance:
                    button("Where from (?)", self._why, quiet=True)
                if self._undo is not None:
                    button("Undo (u)", self._take_last_back, quiet=True)
            self._below = box("div")
            if near is None:
                draw_record(record)
                return
            with box("div").style(
                "display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:1.2rem"
            ):
                with box("div"):
                    draw_record(record, near)
                with box("div"):
                    text(
                        "The real record that it is most like; what that one lacks is marked",
                        "p",
                        "soft small",
                    )
                    draw_record(near)

    @property
    def _current(self) -> Record | None:
        return self._page.records[self._at] if self._at < len(self._page.records) else None

    def _nearest(self, record: Record) -> Record | None:
        """Of the real records that it was made from, the one most like it."""
        seeds = (record.provenance or {}).get("seeds") or []
        found = []
        for seed in seeds:
            try:
                found.append(get_record(self._services.store, self._workflow_id, seed))
            except CoverageError:  # deleted since
                continue
        return max(found, key=lambda other: likeness(record, other), default=None)

    async def _clicked(self, number: int) -> None:
        async with self._one_at_a_time:
            await self._go(number)

    async def _go(self, number: int) -> None:
        if 0 <= number < len(self._page.records):
            self._at = number
            self._draw_queue()
            await self._draw_record()
            ui.run_javascript(
                f"document.querySelector('.queue [data-number=\"{number}\"]')?.scrollIntoView({{block: 'nearest'}})"
            )
        elif number >= len(self._page.records) and self._page.after is not None:
            await self._read(self._page.after)

    async def _key(self, event: KeyEventArguments) -> None:
        if not event.action.keydown or event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta:
            return
        async with self._one_at_a_time:
            await self._pressed(event.key.name or "")

    async def _pressed(self, key: str) -> None:
        match key:
            case "j" | "ArrowDown":
                await self._go(self._at + 1)
            case "k" | "ArrowUp":
                await self._go(self._at - 1)
            case "y":
                await self._keep()
            case "n":
                self._ask_reason()
            case "e":
                self._edit()
            case "u":
                await self._take_last_back()
            case "?":
                await self._why()

    async def _keep(self) -> None:
        tell("Kept")
        await self._go(self._at + 1)

    def _ask_reason(self) -> None:
        reason: list[str] = [""]
        self._below.clear()
        with self._below, box("div", "acts").style("margin:.6rem 0"):
            with field("Why? The next rounds avoid it (may be left empty)"):
                line = text_input(partial(reason.__setitem__, 0), name="Reason")
                line.props["id"] = "reason"
                line.on("keydown", lambda event: self._drop(str(event.args)), js_handler=_ENTER)
            button("Drop it", lambda: self._drop(reason[0]))
            button("Cancel", self._draw_record, quiet=True)
        ui.run_javascript("document.getElementById('reason')?.focus()")

    async def _drop(self, reason: str) -> None:
        async with self._one_at_a_time:
            record = self._current
            if record is not None and await self._done(reject_records, [record.id], reason):
                self._undo = ("drop", record)
                self._take_from_queue("Dropped; u takes it back")
                await self._draw_record()

    async def _take_back(self) -> None:
        record = self._current
        if record is not None and await self._done(set_status, [record.id], "active"):
            self._take_from_queue("It is in the dataset again")
            await self._draw_record()

    async def _take_last_back(self) -> None:
        if self._undo is None:
            tell("Nothing to undo")
            return
        what, record = self._undo
        undone = (
            await self._done(set_topic, record.id, record.topic)
            if what == "move"
            else await self._done(set_status, [record.id], "active")
        )
        if undone:
            self._undo = None
            self._page.records.insert(min(self._at, len(self._page.records)), record)
            self._draw_queue()
            await self._draw_record()
            tell("Undone")

    def _ask_topic(self) -> None:
        record = self._current
        if record is None:
            return
        self._below.clear()
        with self._below, field("Its topic"):
            names = {name: name for name in self._topics}
            choice(record.topic or "", {"": "No topic", **names}, self._move, name="Its topic")

    async def _move(self, topic: str) -> None:
        async with self._one_at_a_time:
            record = self._current
            if record is not None and await self._done(set_topic, record.id, topic or None):
                self._undo = ("move", record)
                self._page.records[self._at] = get_record(self._services.store, self._workflow_id, record.id)
                self._draw_queue()
                await self._draw_record()
                tell(f"Moved to {topic or 'no topic'}; u takes it back")

    def _edit(self) -> None:
        record = self._current
        if record is None:
            return
        edited = {number: message_text(message) for number, message in enumerate(record.messages)}
        self._below.clear()
        with self._below:
            for number, message in enumerate(record.messages):
                if isinstance(message.get("content"), str):
                    with field(str(message.get("role"))):
                        text_input(
                            partial(edited.__setitem__, number),
                            name=f"{message.get('role')} {number + 1}",
                            value=edited[number],
                            tag="textarea",
                        )
            with box("div", "acts").style("margin:.6rem 0"):
                button("Save the edited record", lambda: self._save(record, edited))
                button("Cancel", self._draw_record, quiet=True)

    async def _save(self, record: Record, edited: dict[int, str]) -> None:
        async with self._one_at_a_time:
            body = json.loads(record.body)
            for number, message in enumerate(body["messages"]):
                if isinstance(message.get("content"), str):
                    message["content"] = edited[number]
            try:
                new = await asyncio.to_thread(
                    replace_record,
                    self._services.store,
                    self._workflow_id,
                    record.id,
                    json.dumps(body, ensure_ascii=False),
                )
            except CoverageError as error:
                tell(str(error), is_problem=True)
                return
            self._page.records[self._at] = get_record(self._services.store, self._workflow_id, new)
            self._draw_queue()
            await self._draw_record()
            tell("Saved; the record before is kept aside")

    async def _why(self) -> None:
        record = self._current
        if record is None or not record.provenance:
            return
        try:
            found = await asyncio.to_thread(origin_of, self._services, self._workflow_id, record.id)
        except CoverageError as error:
            tell(str(error))
            return
        yes = found["approved"] or {}
        lines = [
            f"By {found['strategy']}, job {found['job']}, model {found['model']}",
            f"Approved by {yes.get('approver', '?')} by {yes.get('channel', '?')}, {str(yes.get('created_at'))[:16]}",
            f"Checks passed: {', '.join(found.get('checks') or found['gates'])}",
        ]
        if drawn := found["drawn"]:
            lines.append("Drawn: " + ", ".join(f"{key} {value}" for key, value in drawn.items()))
        if scores := found.get("scores"):
            lines.append("Measured: " + ", ".join(f"{check} {score}" for check, score in scores.items()))
        if verifier := found.get("verifier"):
            lines.append(f"Judged by {verifier['model']}: {', '.join(verifier['passed'])}")
        self._below.clear()
        with self._below, box("div", "small").style("margin:.6rem 0"):
            for line in lines:
                text(line, "p")

    def _take_from_queue(self, said: str) -> None:
        del self._page.records[self._at]
        self._at = max(0, min(self._at, len(self._page.records) - 1))
        self._draw_queue()
        tell(said)

    async def _done(self, change: Any, *arguments: Any) -> bool:
        try:
            await asyncio.to_thread(change, self._services.store, self._workflow_id, *arguments)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return False
        return True


_ENTER = "(e) => { if (e.key === 'Enter') { e.preventDefault(); emit(e.target.value); e.target.blur(); } }"


def _first_line(record: Record) -> str:
    said = next((message_text(message) for message in record.messages if message.get("role") == "user"), "")
    return " ".join(said.split())[:120] or record.id
