"""Which records are read on the review screen: the filters as a person chooses them, and as the store takes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui.element import Element

from ....tools.inspection.review_page import Wanted
from ....tools.inspection.rounds import Round
from ..elements import box, choice, field, show_choice, text

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
        self._choices: dict[str, Element] = {}

    def draw(self) -> None:
        """Draw them where it is called."""
        wanted = self.wanted
        round_now = next((name for name, jobs in self._rounds.items() if jobs == wanted.jobs), "")
        topic_now = _ANY if wanted.topic is None else wanted.topic
        with box("div", "filters"):
            self._choice("Order", "queue" if wanted.is_queue else "", _ORDERS, self._ordered)
            self._choice("Origin", wanted.origin or "", _ORIGINS, self._of_origin)
            self._choice("Topic", topic_now, self._topics, self._about)
            with box("details"):
                text("More filters", "summary")
                with box("div", "filters"):
                    if self._rounds:
                        self._choice("Round", round_now, self._round_names, self._of_round)
                        self._choice(
                            "Checks", wanted.judged or "", _JUDGED, partial(self._of_generated, "judged")
                        )
                        self._choice(
                            "Worth", wanted.worth or "", _WORTH, partial(self._of_generated, "worth")
                        )
                    self._choice("State", wanted.status, _STATES, partial(self._change, "status"))

    def _choice(
        self, name: str, value: str, options: Mapping[str, str], on_change: Callable[[str], Awaitable[None]]
    ) -> None:
        with field(name):
            self._choices[name] = choice(value, options, on_change, name=name)

    async def _ordered(self, value: str) -> None:
        await self._take(is_queue=value == "queue")

    async def _of_origin(self, value: str) -> None:
        changes: dict[str, Any] = {}
        if value != "synthetic":
            # Only generated records have a round, checks and a worth.
            changes = {"jobs": None, "judged": None, "worth": None}
            for name in ("Round", "Checks", "Worth"):
                if name in self._choices:
                    show_choice(self._choices[name], "")
        await self._take(origin=value or None, **changes)

    async def _about(self, value: str) -> None:
        await self._take(topic=None if value == _ANY else value)

    async def _of_round(self, value: str) -> None:
        await self._of_generated("jobs", self._rounds.get(value))

    async def _of_generated(self, name: str, value: Any) -> None:
        origin = "synthetic" if value else self.wanted.origin
        if origin != self.wanted.origin:
            show_choice(self._choices["Origin"], "synthetic")
        await self._take(**{name: value or None}, origin=origin)

    async def _change(self, name: str, value: str) -> None:
        await self._take(**{name: value})

    async def _take(self, **changes: Any) -> None:
        self.wanted = replace(self.wanted, **changes)
        await self._on_change()
