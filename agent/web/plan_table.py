"""The plan on the table as a person edits it. The server keeps it, so that a reload and a second tab show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...graph.offers.form import in_words
from ...graph.offers.offer import PlanOffer, same_items
from ...graph.scope import with_caps
from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.plans import PlanItem
from ...tools.coverage.strategy_choice import StrategyName
from ...tools.inspection.plans import PlanEffect, inspect_plan
from ...tools.services import Services

_PILOT = 10
"""Records that are written first, where a person asks for a look at a few; of small parts a third."""


@dataclass
class Row:
    """One part of the plan as it stands in the table.

    Attributes:
        item: as it was proposed.
        pilot: so many of the count come first; 0 for none.
    """

    item: PlanItem
    count: int
    strategy: StrategyName
    pilot: int
    is_in: bool = True

    @property
    def lacks_rest(self) -> bool:
        """Whether nothing would be left after its pilot: then a person says which of the two is meant."""
        return self.is_in and 1 <= self.count <= self.pilot

    @property
    def wanted(self) -> PlanItem | None:
        """What it generates now."""
        if not self.is_in or not 1 <= self.count <= MAX_PER_ITEM:
            return None
        pilot = self.pilot or None
        return PlanItem(topic=self.item.topic, count=self.count, strategy=self.strategy, pilot=pilot)


class PlanTable:
    """The rows of a plan, and what the plan in them would give and take.

    Args:
        offer: the plan as it was proposed.

    Attributes:
        effect: of the rows as they were when it was worked out last; None before.
        problem: why it could not be.
        shows_pilots: whether pilots can be typed; where all are taken out again they can be put back.
    """

    def __init__(self, offer: PlanOffer) -> None:
        self.offer = offer
        self.undo_changes()
        self.effect: PlanEffect | None = None
        self.problem = ""

    @property
    def wanted(self) -> list[PlanItem]:
        """What it generates now."""
        return [item for item in (row.wanted for row in self.rows) if item is not None]

    @property
    def count(self) -> int:
        """How many records it generates now."""
        return sum(item.count for item in self.wanted)

    @property
    def is_edited(self) -> bool:
        """Whether it is another plan than the one that was proposed."""
        return not same_items(self.wanted, self.offer.items) or any(row.lacks_rest for row in self.rows)

    @property
    def has_pilot(self) -> bool:
        """Whether any part writes a few records first."""
        return any(row.pilot for row in self.rows)

    @property
    def is_told(self) -> bool:
        """Whether what is shown of score, worth and cost is that of the rows, and nothing is left to choose."""
        known = self.effect is not None and self.effect.estimate is not None and not self.problem
        return (
            known
            and self.effect is not None
            and bool(self.wanted)
            and self.effect.items == self.wanted
            and not any(row.lacks_rest for row in self.rows)
        )

    @property
    def is_within_caps(self) -> bool:
        """Whether it is expected to stay within the caps that were shown."""
        return self.effect is not None and self.effect.estimate is not None and self.effect.estimate.fits_caps

    @property
    def shown(self) -> str:
        """The plan with what is told of it, in a line: what a yes in the table is to."""
        told = (
            self.effect.estimate.brief if self.effect is not None and self.effect.estimate is not None else ""
        )
        return f"{self.offer.plan_id}: {self.words}; {told}"

    @property
    def words(self) -> str:
        """The plan in its rows, in a line."""
        return in_words(self.wanted)

    def undo_changes(self) -> None:
        """Make it the plan again that was proposed."""
        self.rows = [Row(item, item.count, item.strategy, item.pilot or 0) for item in self.offer.items]
        self.shows_pilots = self.has_pilot

    def take_over(self, other: PlanTable) -> None:
        """Make the same changes as in another table, where it had the same parts."""
        for row in self.rows:
            for was in other.rows:
                if (was.item.topic, was.item.strategy) == (row.item.topic, row.item.strategy):
                    changed = (was.count, was.strategy, was.pilot, was.is_in)
                    if changed != (was.item.count, was.item.strategy, was.item.pilot or 0, True):
                        row.count, row.strategy, row.pilot, row.is_in = changed
        self.shows_pilots = self.shows_pilots or other.shows_pilots

    def look_at_few_first(self) -> None:
        """Give each part a pilot that leaves a rest."""
        self.shows_pilots = True
        for row in self.rows:
            if row.count > 1:
                row.pilot = min(_PILOT, max(1, row.count // 3))

    def decisions(self, *, is_yes: bool) -> list[Mapping[str, Any]]:
        """One for each part, as `graph.offers.form` reads them.

        Args:
            is_yes: whether they approve the plan, or only put it on the table.
        """
        return [self._decision(row, is_yes=is_yes) for row in self.rows]

    def _decision(self, row: Row, *, is_yes: bool) -> Mapping[str, Any]:
        wanted = row.wanted
        if wanted is None:
            return {"type": "reject"}
        if is_yes and wanted == row.item and "approve" in self.offer.decisions:
            return {"type": "approve"}
        # A pilot that is not named would be that of the part as it was.
        changed = {**wanted.model_dump(), "pilot": wanted.pilot or 0}
        kind = "edit" if is_yes else "propose"
        return {"type": kind, "edited_action": {"name": self.offer.action, "args": changed}}


def effect_of(services: Services, offer: PlanOffer, items: list[PlanItem]) -> PlanEffect:
    """What a plan would give and take, under the caps and for the model of the one that was proposed.

    Raises:
        CoverageError: it is none that could be carried out.
    """
    if offer.model:
        services = services.with_model(offer.model)
    services = with_caps(services, usd=offer.cap_usd, tokens=offer.cap_tokens)
    return inspect_plan(services, offer.workflow_id, items)
