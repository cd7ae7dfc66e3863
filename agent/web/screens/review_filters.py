"""Which records are read on the review screen: the filters as a person chooses them, and as the store takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui.element import Element

from ....tools.inspection.review_page import Wanted
from ....tools.inspection.rounds import Round
from ..elements import box, choice, field, text

_ANY = "\x00any"
_ORIGINS = {"synthetic": "Generated", "real": "Real", "": "All"}
_STATES = {"active": "In the dataset", "rejected": "Dropped"}
_ORDERS = {"": "In their order", "queue": "Most worth a look"}
_JUDGED = {
    "": "Any",
    "verified": "Read by the verifier",
    "unverified": "Not read by a verifier",
    "partly": "A check could not judge",
    "edited": "Edited by a person",
    "open": "Not yet kept",
    "kept": "Kept by a person",
}
_WORTH = {
    "": "Any",
    "nothing": "Worth nothing",
    "under half": "Under a half",
    "half": "A half and more",
    "unknown": "Not measured",
}


class ReviewFilters:
    """The row of filters, and those behind it.

    Attributes:
        wanted: what is chosen now.

    Args:
        wanted: at first.
        topics: that there are.
        rounds: of generation, oldest first.
        on_change: called after each choice.
    """

    def __init__(
        self,
        wanted: Wanted,
        topics: Sequence[str],
        rounds: Sequence[Round],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self.wanted = wanted
        self._topics = {_ANY: "Any topic", **{name: name for name in topics}, "": "No topic"}
        self._rounds = {
            str(each.round): tuple(item.job_id for item in each.items) for each in rounds if each.accepted
        }
        self._round_names = {"": "Any round"} | {
            str(each.round): f"Round {each.round}: {each.accepted:,} records"
            for each in reversed(rounds)
            if each.accepted
        }
        self._on_change = on_change
        self._row: Element | None = None
        self._is_unfolded = False

    def draw(self) -> None:
        """Draw them where it is called."""
        self._row = box("div", "filters")
        self._draw()

    def _draw(self) -> None:
        assert self._row is not None
        self._row.clear()
        wanted = self.wanted
        round_now = next((name for name, jobs in self._rounds.items() if jobs == wanted.jobs), "")
        topic_now = _ANY if wanted.topic is None else wanted.topic
        with self._row:
            self._choice("Order", "queue" if wanted.is_queue else "", _ORDERS, self._ordered)
            self._choice("Origin", wanted.origin or "", _ORIGINS, self._of_origin)
            self._choice("Topic", topic_now, self._topics, self._about)
            with self._folded(), box("div", "filters"):
                if self._rounds:
                    self._choice("Round", round_now, self._round_names, self._of_round)
                    self._choice(
                        "Checks", wanted.judged or "", _JUDGED, partial(self._of_generated, "judged")
                    )
                    self._choice("Worth", wanted.worth or "", _WORTH, partial(self._of_generated, "worth"))
                self._choice("State", wanted.status, _STATES, partial(self._change, "status"))

    def _folded(self) -> Element:
        """Where the filters stand that are used now and then: unfolded once, they stay so."""
        fold = box("details")
        if self._is_unfolded:
            fold.props["open"] = True
        fold.on(
            "toggle",
            lambda event: setattr(self, "_is_unfolded", bool(event.args)),
            js_handler="(e) => emit(e.target.open)",
        )
        with fold:
            text("More filters", "summary")
        return fold

    def _choice(
        self, name: str, value: str, options: Mapping[str, str], on_change: Callable[[str], Awaitable[None]]
    ) -> None:
        with field(name):
            choice(value, options, on_change, name=name)

    async def _ordered(self, value: str) -> None:
        await self._take(is_queue=value == "queue")

    async def _of_origin(self, value: str) -> None:
        if value != "synthetic" and any((self.wanted.jobs, self.wanted.judged, self.wanted.worth)):
            # Only generated records have a round, checks and a worth.
            await self._take(origin=value or None, jobs=None, judged=None, worth=None)
            self._draw()
        else:
            await self._take(origin=value or None)

    async def _about(self, value: str) -> None:
        await self._take(topic=None if value == _ANY else value)

    async def _of_round(self, value: str) -> None:
        await self._of_generated("jobs", self._rounds.get(value))

    async def _of_generated(self, name: str, value: Any) -> None:
        was = self.wanted.origin
        await self._take(**{name: value or None}, origin="synthetic" if value else was)
        if was != self.wanted.origin:
            self._draw()

    async def _change(self, name: str, value: str) -> None:
        await self._take(**{name: value})

    async def _take(self, **changes: Any) -> None:
        self.wanted = replace(self.wanted, **changes)
        await self._on_change()
