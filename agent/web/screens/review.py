"""Review by eye: a queue of records, each as a transcript, to keep, drop, edit or move; the keyboard suffices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, get_args

from nicegui import background_tasks, ui
from nicegui.events import KeyEventArguments

from ....tools.dataset.record import Origin, Record
from ....tools.dataset.topic_names import topic_names
from ....tools.errors import CoverageError
from ....tools.inspection.record_filter import doubted_topics
from ....tools.inspection.review_page import Wanted, count_meant
from ....tools.inspection.rounds import inspect_rounds
from ....tools.services import Services
from ..conversations import PageConversation
from ..elements import box, checkbox, tell, text
from ..frame import frame
from .review_all import AllShown, Decision, What
from .review_filters import ReviewFilters
from .review_queue import ReviewQueue
from .review_record import RecordView, Shown
from .review_steps import ReviewSteps

_KEYS = (
    ("j or ↓", "next"),
    ("k or ↑", "previous"),
    ("y", "keep"),
    ("n", "drop"),
    ("m", "move"),
    ("e", "edit"),
    ("u", "undo"),
    ("?", "where it is from"),
)
Given = TypeVar("Given")


class Review:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._steps = ReviewSteps(services, workflow_id)
        self._doubtful: dict[str, str] = {}
        self._number: int | None = None
        self._has_keys = True
        # A key that is pressed while a record is being drawn is meant for that record.
        self._one_at_a_time = asyncio.Lock()

    async def draw(self) -> None:
        """Draw the filters, the queue and the first record."""
        store, workflow_id = self._services.store, self._workflow_id
        topics = await asyncio.to_thread(topic_names, store, workflow_id)
        rounds = await asyncio.to_thread(inspect_rounds, self._services, workflow_id)
        client = ui.context.client
        wanted = _wanted_of(client.request.query_params, has_generated=rounds.accepted > 0)
        self._filters = ReviewFilters(wanted, topics, rounds.shown, self._filter)
        self._all = AllShown(topics, self._decide_all)
        with frame(workflow_id, "review", self._conversation) as listen:
            with box("section", "card", aria_label="What to read"):
                text("Review", "h1")
                self._filters.draw()
                self._all.draw()
            with box("div", "review"):
                self._queue = ReviewQueue(
                    self._services, workflow_id, self._conversation, self._clicked, self._more
                )
                self._record = RecordView(self._services, workflow_id, topics, self)
            listen(self._queue.number_again)
            client.on_delete(self._queue.forget)
            with box("p", "keys soft small"):
                for key, meaning in _KEYS:
                    text(key, "kbd")
                    text(f" {meaning}   ")
                with box("label"):
                    checkbox(
                        True, lambda value: setattr(self, "_has_keys", value), name="Keys without Ctrl or Alt"
                    )
                    text(" these keys   ")
                text("A record keeps its number, in the conversation too: “drop 3 because …”.")
            ui.keyboard(self._key, repeating=True, ignore=["input", "select", "textarea"])
        if wanted.is_queue:
            # Labels take some seconds to judge: the frame is there meanwhile.
            await client.connected()
        await self._filter()

    # What is read

    @property
    def _wanted(self) -> Wanted:
        return replace(self._filters.wanted, doubtful=self._doubtful)

    async def _filter(self) -> None:
        async with self._one_at_a_time:
            await self._look_again()

    async def _look_again(self) -> None:
        """Read the first page, as the store is now."""
        wanted = self._filters.wanted
        if wanted.is_queue and wanted.origin != "synthetic":
            self._queue.wait("Looking for doubtful topics…")
            self._doubtful = await asyncio.to_thread(doubted_topics, self._services.store, self._workflow_id)
        self._queue.doubtful, self._queue.wanted = self._doubtful, self._wanted
        await self._read()

    async def _read(self, *, is_next: bool = False) -> None:
        await self._queue.read(is_next=is_next)
        self._draw_record()
        self._all.wait()
        background_tasks.create(self._count(self._wanted))

    async def _count(self, wanted: Wanted) -> None:
        """Say how many there are, once that is known: the records need not wait for it."""
        number = await asyncio.to_thread(count_meant, self._services.store, self._workflow_id, wanted)
        if wanted == self._wanted and not self._queue.is_gone:
            self._number = number
            self._show_number()

    def _show_number(self) -> None:
        wanted, number = self._wanted, self._number or 0
        whats: list[What] = ["drop", "move"] if wanted.status == "active" else ["take back"]
        if wanted.status == "active" and (wanted.is_queue or wanted.origin == "synthetic"):
            whats.insert(0, "keep")
        if replace(wanted, doubtful=Wanted().doubtful) == Wanted():
            whats = []  # nobody who has chosen no filter means the whole dataset
        self._all.show(number, whats)

    def _recount(self, change: int) -> None:
        if self._number is not None:
            self._number = max(0, self._number + change)
            self._show_number()

    def _draw_record(self) -> None:
        record = self._queue.current
        shown = None
        if record is not None:
            queue, is_active = self._queue, self._wanted.status == "active"
            shown = Shown(record, queue.title, is_active, queue.likelier(record), queue.grounds(record))
        self._record.draw(shown, has_undo=len(self._steps) > 0)

    async def _more(self) -> None:
        async with self._one_at_a_time:
            await self._read(is_next=True)

    async def _clicked(self, place: int) -> None:
        async with self._one_at_a_time:
            await self._go(place)

    async def _go(self, place: int) -> None:
        if self._queue.go(place):
            self._draw_record()
        elif place > self._queue.at and self._queue.has_more:
            await self._read(is_next=True)

    async def _key(self, event: KeyEventArguments) -> None:
        if (
            not self._has_keys
            or not event.action.keydown
            or event.modifiers.ctrl
            or event.modifiers.alt
            or event.modifiers.meta
        ):
            return
        async with self._one_at_a_time:
            await self._pressed(event.key.name or "")

    async def _pressed(self, key: str) -> None:
        match key:
            case "j" | "ArrowDown":
                await self._go(self._queue.at + 1)
            case "k" | "ArrowUp":
                await self._go(self._queue.at - 1)
            case "y":
                await self._keep()
            case "n":
                self._record.ask_reason()
            case "m":
                self._record.ask_topic()
            case "e":
                self._record.edit()
            case "u":
                await self._undo()
            case "?":
                await self._record.say_where_from()

    # What is decided

    async def keep(self) -> None:
        """Keep the record that is shown."""
        async with self._one_at_a_time:
            await self._keep()

    async def _keep(self) -> None:
        record = self._queue.current
        if record is None or self._wanted.status != "active":
            return
        kept = await self._done(self._steps.keep, record, self._doubtful)
        if kept is None:
            return
        tell("Kept")
        if self._wanted.is_queue:
            await self._take_out()
            return
        self._queue.put(kept)
        if not self._queue.is_at_end:
            self._queue.go(self._queue.at + 1)
        self._draw_record()

    async def drop(self, reason: str) -> None:
        """Drop the record that is shown."""
        async with self._one_at_a_time:
            record = self._queue.current
            if record is not None and await self._is_done(self._steps.drop, record, reason):
                tell("Dropped; u takes it back")
                await self._take_out()

    async def take_back_in(self) -> None:
        """Put the record that is shown back into the dataset."""
        async with self._one_at_a_time:
            record = self._queue.current
            if record is not None and await self._is_done(self._steps.take_back_in, record):
                tell("It is in the dataset again")
                await self._take_out()

    async def move(self, topic: str) -> None:
        """Move the record that is shown to a topic."""
        async with self._one_at_a_time:
            record = self._queue.current
            if record is None or topic == (record.topic or ""):
                return
            moved = await self._done(self._steps.move, record, topic or None)
            if moved is None:
                return
            tell(f"Moved to {topic or 'no topic'}; u takes it back")
            if self._doubtful.pop(record.id, None) and self._wanted.is_queue:
                await self._take_out()
                return
            self._queue.put(moved)
            self._draw_record()

    async def save(self, record: Record, texts: dict[int, str]) -> None:
        """Put a record with these texts in the place of the one that is shown."""
        async with self._one_at_a_time:
            edited = await self._done(self._steps.edit, record, texts)
            if edited is not None and edited.id != record.id:
                self._queue.put(edited)
                tell("Saved; the record before is kept aside")
            self._draw_record()

    async def _decide_all(self, decision: Decision) -> None:
        async with self._one_at_a_time:
            said = await self._done(self._steps.decide_all, decision, self._wanted)
            if said is not None:
                tell(f"{said}; u takes it back")
            await self._look_again()

    async def undo(self) -> None:
        """Take the last decision back."""
        async with self._one_at_a_time:
            await self._undo()

    async def _undo(self) -> None:
        if not self._steps:
            tell("Nothing to undo")
            return
        step = await self._done(self._steps.undo)
        if step is None:
            self._draw_record()
            return
        tell(f"Undone: {step.said}")
        if step.record is None:
            await self._look_again()
            return
        # It is shown again where the person is, as it was.
        if self._queue.bring_back(step.record):
            self._recount(1)
        self._draw_record()

    async def _take_out(self) -> None:
        """The record that was decided about leaves the list; where that was the last one, those that follow come."""
        self._queue.take_out()
        self._recount(-1)
        if self._queue.current is None and self._queue.has_more:
            await self._read(is_next=True)
        else:
            self._draw_record()

    async def _done(self, change: Callable[..., Given], *arguments: Any) -> Given | None:
        """What a change of the store gives; None where it was refused, which is said."""
        try:
            return await asyncio.to_thread(change, *arguments)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return None

    async def _is_done(self, change: Callable[..., None], *arguments: Any) -> bool:
        """Whether a change of the store that gives nothing was made; where it was refused, that is said."""

        def made() -> bool:
            change(*arguments)
            return True

        return bool(await self._done(made))


def _wanted_of(asked: Any, *, has_generated: bool) -> Wanted:
    """What the address asks for: another screen may point at some of the records."""
    origin: Origin | None = "synthetic" if has_generated else None
    if (named := asked.get("origin")) is not None:
        origin = named if named in get_args(Origin) else None
    return Wanted(topic=asked.get("topic"), origin=origin, is_queue=asked.get("order") == "queue")
