"""Scenario expansion for a capable model: a real record's situation in an edge case."""

from __future__ import annotations

from ....coverage.space.cells import Facet
from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import TopicContext
from ...missing_cells import Wanted
from ...scenarios.scenario import Scenario
from ..attributes import in_turn
from ..seed_order import seed_for
from ..whole_record import Material, Task, WholeRecord
from .axes import AXES


class ScenarioExpansion(WholeRecord):
    """Another axis each time, so that a seed meets them all before one comes twice."""

    name: StrategyName = "scenario_expansion"
    facets: tuple[Facet, ...] = ("length", "language", "sub_area")
    takes_scenarios = False

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record in which the assistant does something."""
        if context.seeds:
            return None
        return "it needs a real record to expand, and the topic has none that a model could learn from"

    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """A seed, and an edge case: the built-in ones or the user's."""
        alike = [record for record in material.real if wanted and record.id in wanted.record_ids]
        seeds = alike or material.real
        seed = seed_for(seeds, number)
        is_once = sum(message.get("role") == "user" for message in seed.messages) == 1
        axes = {name: (is_once and axis.once) or axis.instruction for name, axis in AXES.items()}
        axes |= material.context.own.axes
        axis = in_turn(list(axes), number, len(seeds))
        return Task(
            {"seed": material.shown(seed), "instruction": axes[axis]},
            {"axis": axis, "edge_case": axes[axis]},
            seeds=[seed],
            frame=seed,
        )
