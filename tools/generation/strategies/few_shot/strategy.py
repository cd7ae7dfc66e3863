"""Few-shot for a capable model: a new case in the manner of real records."""

from __future__ import annotations

from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import TopicContext
from ...missing_cells import Wanted
from ...scenarios.scenario import Scenario
from ..seed_order import seed_for
from ..whole_record import Material, Task, WholeRecord


class FewShot(WholeRecord):
    """The same real records for every attempt of a job, and one more that changes with the attempt."""

    name: StrategyName = "few_shot"

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record in which the assistant does something."""
        if context.seeds:
            return None
        return "it needs real records as examples, and the topic has none that a model could learn from"

    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """The examples say what it should be like; those that the prompts have no room for take turns beside them."""
        further = [seed_for(material.further, number)] if material.further else []
        return Task(
            {"further": [material.shown(one) for one in further]},
            seeds=[*material.examples, *further],
            frame=material.frame_at(number, wanted),
        )
