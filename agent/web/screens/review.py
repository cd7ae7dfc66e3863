"""Review by eye: a queue of records, each as a transcript, to keep, drop, edit or move; the keyboard suffices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_args

from nicegui import background_tasks, ui
from nicegui.element import Element
from nicegui.events import KeyEventArguments

from ....tools.coverage.label_doubts import label_doubts
from ....tools.dataset.record import Origin, Record, message_text
from ....tools.dataset.replace_record import replace_record
from ....tools.dataset.topic_names import topic_names
from ....tools.errors import CoverageError, InvalidInput
from ....tools.generation.jobs.origin import origin_of
from ....tools.generation.lessons.lessons import reject_records
from ....tools.inspection.nearest_real import RealRecord, real_beside
from ....tools.inspection.review_page import (
    ReviewPage,
    Wanted,
    count_meant,
    meant_by,
    review_page,
)
from ....tools.inspection.rounds import inspect_rounds
from ....tools.inspection.worth_a_look import grounds_of
from ....tools.services import Services
from ....tools.store.records import get_record, move_records, note_kept, set_status
from ....tools.topics.assignments import undo_last_run
from ....tools.topics.corrections import confirm
from ..conversations import PageConversation
from ..elements import box, button, choice, field, tell, text, text_input
from ..frame import frame
from .review_all import AllShown, Decision, What
from .review_filters import ReviewFilters
from .transcript import draw_record, share_in_common

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
_MOST_DOUBTED = 500
"""Labels in one queue: more than anybody reads at a sitting."""
_SHORT = 120
_LEAST_IN_COMMON = 0.35
"""Share of a record's words that the other has, below which nearly all of it would be marked, which tells nothing."""


@dataclass(frozen=True)
class _Step:
    """What was done last, and how it is taken back.

    Attributes:
        said: what was done, in words.
        take_back: undoes it in the store.
        record: the record that it was about, to be shown again; None where it was about many.
    """

    said: str
    take_back: Callable[[], Any]
    record: Record | None = None


class Review:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._page = ReviewPage([], None)
        self._at = 0
        self._number: int | None = None
        self._doubtful: dict[str, str] = {}
        self._steps: list[_Step] = []
        self._listed: list[str] = []
        self._numbered: list[int | None] = []
        self._end_list: Callable[[], None] = lambda: None
        self._entries: list[Element] = []
        # A key that is pressed while a record is being drawn is meant for that record.
        self._one_at_a_time = asyncio.Lock()

    async def draw(self) -> None:
        """Draw the filters, the queue and the first record."""
        store, workflow_id = self._services.store, self._workflow_id
        self._topics = await asyncio.to_thread(topic_names, store, workflow_id)
        rounds = await asyncio.to_thread(inspect_rounds, self._services, workflow_id)
        self._client = ui.context.client
        wanted = _wanted_of(self._client.request.query_params, has_generated=rounds.accepted > 0)
        self._filters = ReviewFilters(wanted, self._topics, rounds.shown, self._filter)
        self._all = AllShown(self._topics, self._decide_all)
        with frame(workflow_id, "review", self._conversation) as listen:
            listen(self._number_again)
            self._client.on_delete(lambda: self._end_list())
            with box("section", "card", aria_label="What to read"):
                text("Review", "h1")
                self._filters.draw()
                self._all.draw()
            with box("div", "review"):
                self._queue = box("nav", "card queue", aria_label="Records")
                self._record = box("section", "card", aria_label="Record")
            with box("p", "keys soft small"):
                for key, meaning in _KEYS:
                    text(key, "kbd")
                    text(f" {meaning}   ")
                text("The numbers are those of the conversation: “drop 3 because …”.")
            ui.keyboard(self._key, repeating=True, ignore=["input", "select", "textarea"])
        if wanted.is_queue:
            # Labels take some seconds to judge: the frame is there meanwhile.
            await self._client.connected()
        await self._filter()

    @property
    def _wanted(self) -> Wanted:
        return replace(self._filters.wanted, doubtful=self._doubtful)

    @property
    def _current(self) -> Record | None:
        return self._page.records[self._at] if self._at < len(self._page.records) else None

    async def _filter(self) -> None:
        async with self._one_at_a_time:
            await self._look_again()

    async def _look_again(self) -> None:
        """Read the first page, as the store is now."""
        wanted = self._filters.wanted
        if wanted.is_queue and wanted.origin != "synthetic":
            self._queue.clear()
            with self._queue:
                text("Looking for doubtful topics…", "p", "working")
            self._doubtful = await asyncio.to_thread(_doubted, self._services, self._workflow_id)
        await self._read()

    async def _read(self, after: tuple[float, int] | None = None) -> None:
        store, wanted = self._services.store, self._wanted
        self._page = await asyncio.to_thread(review_page, store, self._workflow_id, wanted, after)
        self._at = 0
        ids = [record.id for record in self._page.records]
        self._list(ids if after is None else [*self._listed, *ids])
        self._draw_queue()
        await self._draw_record()
        self._all.wait()
        background_tasks.create(self._count(wanted))

    async def _count(self, wanted: Wanted) -> None:
        """Say how many there are, once that is known: the records need not wait for it."""
        number = await asyncio.to_thread(count_meant, self._services.store, self._workflow_id, wanted)
        if wanted == self._wanted and not self._queue.is_deleted:
            with self._queue:
                self._number = number
                self._show_number()

    def _show_number(self) -> None:
        wanted, number = self._wanted, self._number or 0
        whats: list[What] = ["drop", "move"] if wanted.status == "active" else ["take back"]
        if wanted.status == "active" and (wanted.is_queue or wanted.origin == "synthetic"):
            whats.insert(0, "keep")
        self._all.show(number, whats)

    def _list(self, ids: list[str]) -> None:
        """Have the conversation know what is listed here by its numbers, also once some are decided about."""
        self._listed = ids
        self._end_list = self._conversation.list_records(ids)

    def _number_again(self) -> None:
        """The conversation has shown others since, under these numbers."""
        if self._entries and self._numbered != self._numbers():
            self._draw_queue()

    def _numbers(self) -> list[int | None]:
        return [self._conversation.number_of(record.id) for record in self._page.records]

    def _draw_queue(self) -> None:
        self._queue.clear()
        self._entries = []
        self._numbered = self._numbers()
        with self._queue:
            for number, record in enumerate(self._page.records):
                self._draw_entry(number, record)
            if self._page.after is not None:
                button("More", self._more, quiet=True)
            if not self._page.records:
                is_over = self._page.after is None
                text(
                    "Nothing here with these filters." if is_over else "Nothing among the newest.",
                    "p",
                    "empty",
                )

    def _draw_entry(self, number: int, record: Record) -> None:
        entry = box("button", type="button", data_number=str(number))
        if number == self._at:
            entry.props["aria-current"] = "true"
        entry.on("click", partial(self._clicked, number), args=[])
        with entry:
            said = self._conversation.number_of(record.id)
            text(f"{f'{said} · ' if said else ''}{_first_line(record)}", "span", "line")
            text(self._about(record), "span", "soft small line")
            if self._wanted.is_queue:
                for ground in self._grounds(record):
                    text(ground, "span", "warn small line")
        self._entries.append(entry)

    def _about(self, record: Record) -> str:
        found = record.provenance or {}
        parts = [record.topic or "no topic"]
        if record.origin == "real" and self._wanted.origin is None:
            parts.append("real")
        if (worth := found.get("worth")) is not None and not self._wanted.is_queue:
            parts.append(f"worth {max(0.0, worth):.1f}")
        if found.get("kept"):
            parts.append("kept")
        return " · ".join(parts)

    def _grounds(self, record: Record) -> list[str]:
        likelier = self._doubtful.get(record.id)
        return [f"reads like {likelier}"] if likelier else grounds_of(record)

    async def _more(self) -> None:
        async with self._one_at_a_time:
            await self._read(self._page.after)

    async def _draw_record(self) -> None:
        record = self._current
        self._record.clear()
        with self._record:
            if record is None:
                text("No record to read.", "p", "empty")
                if self._steps:
                    button("Undo (u)", self._undo, quiet=True)
                return
            more = "+" if self._page.after is not None else ""
            said = self._conversation.number_of(record.id)
            name = f"Record {said}, " if said else ""
            text(f"{name}{self._at + 1} of {len(self._page.records)}{more} here", "h2")
            self._draw_acts(record)
            for ground in self._grounds(record):
                text(f"{ground[0].upper()}{ground[1:]}.", "p", "warn small")
            self._below = box("div")
            self._transcript = box("div")
        self._draw_transcript(record, [])
        # The index may take a while to open; nobody waits for it who only wants to read.
        background_tasks.create(self._draw_beside(record, self._transcript))

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
            with box("div", "beside"):
                with box("div"):
                    text("This record", "h3")
                    draw_record(record, near.record if are_marked else None)
                with box("div"):
                    text(_said_of(near), "h3")
                    draw_record(near.record, record if are_marked else None)
            said = "What the other one lacks is marked." if are_marked else "They share few words."
            text(said, "p", "soft small")
            if others:
                label = "Beside the one it was made from" if others[0].is_seed else "Beside the nearest"
                button(label, partial(self._draw_transcript, record, [*others, near]), quiet=True)

    def _draw_acts(self, record: Record) -> None:
        likelier = self._doubtful.get(record.id)
        with box("div", "acts").style("margin-bottom:.6rem"):
            if self._wanted.status == "active":
                button("Keep (y)", self._keep, quiet=True)
                button("Drop (n)", self._ask_reason, quiet=True)
                button("Edit (e)", self._edit, quiet=True)
                if likelier and likelier != record.topic:
                    button(f"Move to {likelier}", partial(self._move, likelier), quiet=True)
                button("Move (m)", self._ask_topic, quiet=True)
            else:
                button("Take back in", self._take_back, quiet=True)
            if record.provenance:
                button("Where from (?)", self._why, quiet=True)
            if self._steps:
                button("Undo (u)", self._undo, quiet=True)

    async def _clicked(self, number: int) -> None:
        async with self._one_at_a_time:
            await self._go(number)

    async def _go(self, number: int) -> None:
        if 0 <= number < len(self._page.records):
            self._entries[self._at].props.pop("aria-current", None)
            self._entries[self._at].update()
            self._at = number
            self._entries[number].props["aria-current"] = "true"
            self._entries[number].update()
            await self._draw_record()
            self._client.run_javascript(
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
            case "m":
                self._ask_topic()
            case "e":
                self._edit()
            case "u":
                await self._undo()
            case "?":
                await self._why()

    async def _keep(self) -> None:
        record = self._current
        if record is None or self._wanted.status != "active":
            return
        take_back = await self._done(self._kept, [record.id])
        if take_back is _REFUSED:
            return
        self._steps.append(_Step("kept", take_back, record))
        tell("Kept")
        if self._wanted.is_queue:
            await self._take_from_queue()
            return
        self._page.records[self._at] = get_record(self._services.store, self._workflow_id, record.id)
        self._draw_queue()
        await (self._go(self._at + 1) if self._at + 1 < len(self._page.records) else self._draw_record())

    def _kept(self, ids: list[str]) -> Callable[[], Any]:
        """Note that they were kept: the label of a doubted one is confirmed; returns what takes it back."""
        store, workflow_id = self._services.store, self._workflow_id
        note_kept(store, workflow_id, ids)
        run = confirm(store, workflow_id, [one for one in ids if one in self._doubtful])

        def take_back() -> None:
            note_kept(store, workflow_id, ids, is_kept=False)
            if run:
                undo_last_run(store, workflow_id, run)

        return take_back

    def _ask_reason(self) -> None:
        if self._current is None or self._wanted.status != "active":
            return
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
            if record is None:
                return
            store, workflow_id = self._services.store, self._workflow_id
            if await self._done(reject_records, store, workflow_id, [record.id], reason) is not _REFUSED:
                back = partial(set_status, store, workflow_id, [record.id], "active")
                self._steps.append(_Step("dropped", back, record))
                tell("Dropped; u takes it back")
                await self._take_from_queue()

    async def _take_back(self) -> None:
        record = self._current
        store, workflow_id = self._services.store, self._workflow_id
        if record is None:
            return
        if await self._done(set_status, store, workflow_id, [record.id], "active") is not _REFUSED:
            back = partial(set_status, store, workflow_id, [record.id], "rejected")
            self._steps.append(_Step("taken back", back, record))
            tell("It is in the dataset again")
            await self._take_from_queue()

    def _ask_topic(self) -> None:
        record = self._current
        if record is None or self._wanted.status != "active":
            return
        self._below.clear()
        with self._below, box("div", "acts").style("margin:.6rem 0;align-items:end"):
            with field("Its topic"):
                names = {name: name for name in self._topics}
                chosen = choice(record.topic or "", {"": "No topic", **names}, self._move, name="Its topic")
                chosen.props["id"] = "its-topic"
            button("Cancel", self._draw_record, quiet=True)
        ui.run_javascript("document.getElementById('its-topic')?.focus()")

    async def _move(self, topic: str) -> None:
        async with self._one_at_a_time:
            record = self._current
            store, workflow_id = self._services.store, self._workflow_id
            if record is None or topic == (record.topic or ""):
                return
            if await self._done(move_records, store, workflow_id, {record.id: topic or None}) is _REFUSED:
                return
            back = partial(move_records, store, workflow_id, {record.id: record.topic})
            self._steps.append(_Step("moved", back, record))
            tell(f"Moved to {topic or 'no topic'}; u takes it back")
            if self._doubtful.pop(record.id, None) and self._wanted.is_queue:
                await self._take_from_queue()
                return
            self._page.records[self._at] = get_record(store, workflow_id, record.id)
            self._draw_queue()
            await self._draw_record()

    def _edit(self) -> None:
        record = self._current
        if record is None or self._wanted.status != "active":
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
            written = json.dumps(body, ensure_ascii=False)
            store, workflow_id = self._services.store, self._workflow_id
            new = await self._done(replace_record, store, workflow_id, record.id, written)
            if new in (_REFUSED, record.id):
                await self._draw_record()
                return

            def take_back() -> None:
                set_status(store, workflow_id, [record.id], "active")
                set_status(store, workflow_id, [new], "rejected")

            self._steps.append(_Step("edited", take_back))
            self._page.records[self._at] = get_record(store, workflow_id, new)
            self._list([new if one == record.id else one for one in self._listed])
            tell("Saved; the record before is kept aside")
            self._draw_queue()
            await self._draw_record()

    async def _why(self) -> None:
        record = self._current
        if record is None or not record.provenance:
            return
        try:
            found = await asyncio.to_thread(origin_of, self._services, self._workflow_id, record.id)
        except CoverageError as error:
            tell(str(error))
            return
        self._below.clear()
        with self._below, box("div", "small").style("margin:.6rem 0"):
            for line in _origin_lines(found, record.provenance):
                text(line, "p")
            for said in found["verdict"]:
                with box("p"):
                    text(f"{said['criterion']}: {said['finding'] or 'passes'}")
                    if said["quote"]:
                        text(said["quote"], "q")

    async def _decide_all(self, decision: Decision) -> None:
        async with self._one_at_a_time:
            step = await self._done(self._decided, decision)
            if step is not _REFUSED:
                self._steps.append(step)
                tell(f"{step.said}; u takes it back")
            await self._look_again()

    def _decided(self, decision: Decision) -> _Step:
        """Carry a decision about all records out; what the person did not see is not decided about."""
        store, workflow_id = self._services.store, self._workflow_id
        meant = meant_by(store, workflow_id, self._wanted)
        ids, number = list(meant.topics), len(meant.topics)
        if number != decision.number:
            raise InvalidInput(
                f"There are {number:,} records now, not {decision.number:,}: nothing was changed.",
                hint="Look at them again.",
            )
        match decision.what:
            case "keep":
                return _Step(f"{number:,} records kept", self._kept(ids))
            case "drop":
                reject_records(store, workflow_id, ids, decision.said)
                back = partial(set_status, store, workflow_id, ids, "active")
                return _Step(f"{number:,} records dropped", back)
            case "move":
                move_records(store, workflow_id, dict.fromkeys(ids, decision.said))
                back = partial(move_records, store, workflow_id, meant.topics)
                return _Step(f"{number:,} records moved to {decision.said}", back)
            case "take back":
                set_status(store, workflow_id, ids, "active")
                back = partial(set_status, store, workflow_id, ids, "rejected")
                return _Step(f"{number:,} records taken back", back)

    async def _undo(self) -> None:
        if not self._steps:
            tell("Nothing to undo")
            return
        step = self._steps.pop()
        if (
            await self._done(
                step.take_back,
            )
            is _REFUSED
        ):
            await self._draw_record()
            return
        tell(f"Undone: {step.said}")
        if step.record is None:
            await self._look_again()
            return
        # It is shown again where the person is, as it was.
        records = self._page.records
        known = next((place for place, record in enumerate(records) if record.id == step.record.id), None)
        if known is None:
            known = min(self._at, len(records))
            records.insert(known, step.record)
            self._recount(1)
        else:
            records[known] = step.record
        self._at = known
        self._draw_queue()
        await self._draw_record()

    async def _take_from_queue(self) -> None:
        """The record that was decided about leaves the list; where that was the last one, those that follow come."""
        del self._page.records[self._at]
        self._recount(-1)
        if not self._page.records and self._page.after is not None:
            await self._read(self._page.after)
            return
        self._at = max(0, min(self._at, len(self._page.records) - 1))
        self._draw_queue()
        await self._draw_record()

    def _recount(self, change: int) -> None:
        if self._number is not None:
            self._number = max(0, self._number + change)
            self._show_number()

    async def _done(self, change: Callable[..., Any], *arguments: Any) -> Any:
        """What a change of the store gives; `_REFUSED` where it was refused, which is said."""
        try:
            return await asyncio.to_thread(change, *arguments)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return _REFUSED


_REFUSED = object()
_ENTER = "(e) => { if (e.key === 'Enter') { e.preventDefault(); emit(e.target.value); e.target.blur(); } }"


def _wanted_of(asked: Any, *, has_generated: bool) -> Wanted:
    """What the address asks for: another screen may point at some of the records."""
    origin: Origin | None = "synthetic" if has_generated else None
    if (named := asked.get("origin")) is not None:
        origin = named if named in get_args(Origin) else None
    return Wanted(topic=asked.get("topic"), origin=origin, is_queue=asked.get("order") == "queue")


def _doubted(services: Services, workflow_id: str) -> dict[str, str]:
    """Real records whose topics are doubted, with the topic that each reads like; most suspected first."""
    found = [
        pair
        for need in label_doubts(services.store, workflow_id)
        for pair in zip(need.record_ids, need.likelier, strict=True)
    ]
    return dict(found[:_MOST_DOUBTED])


def _said_of(near: RealRecord) -> str:
    what = "The real record that it was made from" if near.is_seed else "The nearest real record of its topic"
    return what if near.cosine is None else f"{what}, likeness {near.cosine:.2f}"


def _origin_lines(found: dict[str, Any], provenance: dict[str, Any]) -> list[str]:
    yes = found["approved"] or {}
    lines = [
        f"By {found['strategy']}, job {found['job']}, model {found['model']}",
        f"Approved by {yes.get('approver', '?')} by {yes.get('channel', '?')}, {str(yes.get('created_at'))[:16]}",
        f"Checks passed: {', '.join(found.get('checks') or found['gates'])}",
    ]
    if unjudged := provenance.get("not_judged"):
        lines.append(f"Not judged: {', '.join(unjudged)}")
    if drawn := found["drawn"]:
        lines.append("Drawn: " + ", ".join(f"{key} {value}" for key, value in drawn.items()))
    if scores := found.get("scores"):
        lines.append("Measured: " + ", ".join(f"{check} {score}" for check, score in scores.items()))
    if kept := provenance.get("kept"):
        lines.append(f"Kept by a person, {str(kept)[:16]}")
    if verifier := found.get("verifier"):
        # Its findings stand below, where they were kept.
        passed = "" if found["verdict"] else f": {', '.join(verifier['passed'])}"
        lines.append(f"Judged by {verifier['model']}{passed}")
    else:
        lines.append("No verifier read it.")
    return lines


def _first_line(record: Record) -> str:
    said = next((message_text(message) for message in record.messages if message.get("role") == "user"), "")
    return " ".join(said.split())[:_SHORT] or record.id
