"""Deciding about all records that the filters show: their number is on the button, it is asked once, u undoes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ..elements import box, button, choice, field, focus_on, tell, text, text_input

What = Literal["keep", "drop", "move", "take back"]
_ASKED: dict[What, str] = {
    "keep": "Keep {}? They are noted as read and kept, and leave the queue.",
    "drop": "Drop {}? They are set aside, not deleted.",
    "move": "Give {} another topic?",
    "take back": "Take {} back into the dataset?",
}
_DO: dict[What, str] = {"keep": "Keep", "drop": "Drop", "move": "Move", "take back": "Take back"}


@dataclass(frozen=True)
class Decision:
    """What a person decided about many records.

    Attributes:
        what: is done with them.
        number: how many they saw that it is about.
        said: why they are dropped, or the topic that they are moved to.
    """

    what: What
    number: int
    said: str = ""


class AllShown:
    """The line above the records that says how many there are, with the buttons for all of them.

    Args:
        topics: to move records to.
        on_decision: carries one out.
    """

    def __init__(self, topics: list[str], on_decision: Callable[[Decision], Awaitable[None]]) -> None:
        self._topics, self._on_decision = topics, on_decision
        self._number, self._whats = 0, list[What]()

    def draw(self) -> None:
        """Draw it where it is called, empty."""
        self._line = box("div", "all", role="status")

    def wait(self) -> None:
        """Show that they are being counted."""
        self._line.clear()
        with self._line:
            text("Counting…", "span", "soft small")

    def show(self, number: int, whats: list[What]) -> None:
        """Show a number of records, and what can be done with them."""
        self._number, self._whats = number, whats
        self._show()

    def _show(self) -> None:
        self._line.clear()
        with self._line, box("div", "acts"):
            text(f"{self._number:,} {'record' if self._number == 1 else 'records'}", "strong")
            if self._number > 1:
                for what in self._whats:
                    label = f"{_DO[what]} all {self._number:,}"
                    button(label, partial(self._ask, what), quiet=True).classes("small")

    def _ask(self, what: What) -> None:
        said = [""]
        self._line.clear()
        with self._line:
            text(_ASKED[what].format(f"all {self._number:,} records that the filters show"), "p")
            with box("div", "acts").style("align-items:end"):
                if what == "drop":
                    with field("Why? The next rounds avoid it (may be left empty)"):
                        line = text_input(partial(said.__setitem__, 0), name="Reason for all")
                        line.props["id"] = "for-all"
                if what == "move":
                    with field("To the topic"):
                        names = {"": "choose a topic", **{name: name for name in self._topics}}
                        box_of_topics = choice("", names, partial(said.__setitem__, 0), name="Topic for all")
                        box_of_topics.props["id"] = "for-all"
                button(f"{_DO[what]} {self._number:,} records", lambda: self._decided(what, said[0]))
                button("Cancel", self._show, quiet=True)
            focus_on("for-all")  # within what stays: the button that was pressed is gone

    async def _decided(self, what: What, said: str) -> None:
        if what == "move" and not said:
            tell("Choose the topic first.", is_problem=True)
            return
        number = self._number
        self._line.clear()
        with self._line:  # which stays; the button that was pressed is gone
            text(f"{number:,} records…", "p", "working")
            await self._on_decision(Decision(what, number, said))
