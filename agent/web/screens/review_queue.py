"""The list of records to read: a page of them at a time, under the numbers that the conversation knows them by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nicegui.element import Element

from ....tools.dataset.record import Record, message_text
from ....tools.inspection.review_page import ReviewPage, Wanted, review_page
from ....tools.inspection.worth_a_look import grounds_of
from ....tools.services import Services
from ..conversations import PageConversation
from ..elements import box, button, text

_SHORT = 120
_CURRENT = {"aria-current": "true", "tabindex": "0"}
"""The list is one stop on the way of the Tab key: within it j, k and arrows lead on."""


class ReviewQueue:
    """Draws itself where it is made, empty.

    Args:
        services: the store.
        workflow_id: whose records.
        conversation: which is told what is listed.
        on_click: called with the place of an entry that was clicked.
        on_more: called to read on.

    Attributes:
        wanted: which records are listed.
        doubtful: of real records whose labels are doubted the topic that each reads like, by id.
        at: the place of the record that is read.
    """

    def __init__(
        self,
        services: Services,
        workflow_id: str,
        conversation: PageConversation,
        on_click: Callable[[int], Awaitable[None]],
        on_more: Callable[[], Awaitable[None]],
    ) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._on_click, self._on_more = on_click, on_more
        self.wanted = Wanted()
        self.doubtful: Mapping[str, str] = {}
        self.at = 0
        self._page = ReviewPage([], None)
        self._listed: list[str] = []
        self._numbered: list[int | None] = []
        self._entries: list[Element] = []
        self._end_list: Callable[[], None] = lambda: None
        self._box = box("nav", "card queue", aria_label="Records")

    @property
    def current(self) -> Record | None:
        """The record that is read."""
        return self._page.records[self.at] if self.at < len(self._page.records) else None

    @property
    def is_at_end(self) -> bool:
        """Whether the last record of the page is read."""
        return self.at + 1 >= len(self._page.records)

    @property
    def has_more(self) -> bool:
        """Whether there are records behind the page."""
        return self._page.after is not None

    @property
    def is_gone(self) -> bool:
        """Whether the tab was closed."""
        return self._box.is_deleted

    def wait(self, words: str) -> None:
        """Say what is being done meanwhile."""
        self._box.clear()
        with self._box:
            text(words, "p", "working")

    async def read(self, *, is_next: bool = False) -> None:
        """Read and draw the first page, or the next one."""
        after = self._page.after if is_next else None
        self._page = await asyncio.to_thread(
            review_page, self._services.store, self._workflow_id, self.wanted, after
        )
        self.at = 0
        ids = [record.id for record in self._page.records]
        self._list(ids if after is None else [*self._listed, *ids])
        self.draw()

    def forget(self) -> None:
        """The tab is closed: its numbers mean nothing any more."""
        self._end_list()

    # Where the person is

    def go(self, place: int) -> bool:
        """Read another record of the page; whether there is one."""
        if not 0 <= place < len(self._page.records):
            return False
        self._mark(is_current=False)
        self.at = place
        self._mark(is_current=True)
        self._box.client.run_javascript(f"toEntry({place})")
        return True

    def _mark(self, *, is_current: bool) -> None:
        entry = self._entries[self.at]
        if is_current:
            entry.props.update(_CURRENT)
        else:
            entry.props.pop("aria-current", None)
            entry.props["tabindex"] = "-1"
        entry.update()

    # What becomes of the records

    def put(self, record: Record) -> None:
        """Show the record that is read as it is now; an edited one takes the number of the one before."""
        before = self._page.records[self.at]
        self._page.records[self.at] = record
        if record.id != before.id:
            self._conversation.replace_record(before.id, record.id)
            self._list([record.id if one == before.id else one for one in self._listed])
        self.draw()

    def take_out(self) -> None:
        """The record that is read leaves the list, and the one behind it is read."""
        del self._page.records[self.at]
        self.at = max(0, min(self.at, len(self._page.records) - 1))
        self.draw()

    def bring_back(self, record: Record) -> bool:
        """Read a record as it was before; whether it had left the list."""
        records = self._page.records
        place = next((at for at, known in enumerate(records) if known.id == record.id), None)
        if place is None:
            self.at = min(self.at, len(records))
            records.insert(self.at, record)
        else:
            self.at = place
            records[place] = record
        self.draw()
        return place is None

    # The numbers of the conversation

    def number_again(self) -> None:
        """The conversation has shown others since, under these numbers."""
        if self._entries and self._numbered != self._numbers():
            self.draw()

    def number_of(self, record: Record) -> int | None:
        """The number under which the conversation knows a record."""
        return self._conversation.number_of(record.id)

    def _list(self, ids: list[str]) -> None:
        """Have the conversation know what is listed here by its numbers, also once some are decided about."""
        self._listed = ids
        self._end_list = self._conversation.list_records(ids)

    def _numbers(self) -> list[int | None]:
        return [self.number_of(record) for record in self._page.records]

    # How it looks

    @property
    def title(self) -> str:
        """Of the record that is read: its number in the conversation, else where it is in the list."""
        record = self.current
        said = self.number_of(record) if record is not None else None
        more = "+" if self.has_more else ""
        return f"Record {said}" if said else f"{self.at + 1} of {len(self._page.records)}{more} here"

    def likelier(self, record: Record) -> str:
        """The topic that it reads like, where its own is doubted."""
        return self.doubtful.get(record.id, "")

    def grounds(self, record: Record) -> list[str]:
        """Why it is worth a look."""
        likelier = self.likelier(record)
        return [f"reads like {likelier}"] if likelier else grounds_of(record)

    def draw(self) -> None:
        """Draw the entries."""
        self._box.clear()
        self._entries = []
        self._numbered = self._numbers()
        with self._box:
            for place, record in enumerate(self._page.records):
                self._draw_entry(place, record)
            if self.has_more:
                button("More", self._on_more, quiet=True)
            if not self._page.records:
                none = "Nothing among the newest." if self.has_more else "Nothing here with these filters."
                text(none, "p", "empty")

    def _draw_entry(self, place: int, record: Record) -> None:
        entry = box("button", type="button", data_number=str(place), data_key="entry", tabindex="-1")
        if place == self.at:
            entry.props.update(_CURRENT)
        entry.on("click", partial(self._on_click, place), args=[])
        with entry:
            said = self.number_of(record)
            text(f"{f'{said} · ' if said else ''}{_first_line(record)}", "span", "line")
            text(self._about(record), "span", "soft small line")
            if self.wanted.is_queue:
                for ground in self.grounds(record):
                    text(ground, "span", "warn small line")
        self._entries.append(entry)

    def _about(self, record: Record) -> str:
        found = record.provenance or {}
        parts = [record.topic or "no topic"]
        if record.origin == "real" and self.wanted.origin is None:
            parts.append("real")
        if (worth := found.get("worth")) is not None and not self.wanted.is_queue:
            parts.append(f"worth {max(0.0, worth):.1f}")
        if found.get("kept"):
            parts.append("kept")
        return " · ".join(parts)


def _first_line(record: Record) -> str:
    said = next((message_text(message) for message in record.messages if message.get("role") == "user"), "")
    return " ".join(said.split())[:_SHORT] or record.id
