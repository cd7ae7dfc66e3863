"""Topic description for a capable model: a case that the description covers."""

from __future__ import annotations

from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import TopicContext
from ...missing_cells import Wanted
from ...scenarios.scenario import Scenario
from ..whole_record import Material, Task, WholeRecord


class TopicDescription(WholeRecord):
    """Works with no records of the topic at all; others lend the manner."""

    name: StrategyName = "topic_description"

    def unusable(self, context: TopicContext) -> str | None:
        """Works for every topic; without a description, the name has to do."""
        return None

    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """The scenario says which part of the description it is about."""
        values = {
            "has_examples": bool(material.examples),
            "has_description": bool(material.context.description),
        }
        return Task(values, frame=material.frame_at(number, wanted))
