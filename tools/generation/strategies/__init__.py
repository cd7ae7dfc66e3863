"""How to write a record: one file and one prompt template each."""

from __future__ import annotations

from collections.abc import Callable

from ...coverage.strategy_choice import StrategyName
from ..attempts.draft import Strategy
from .few_shot import FewShot
from .message_variation import MessageVariation
from .scenario_expansion import ScenarioExpansion
from .taught import Taught
from .tool_chain import ToolChain
from .tool_share import ToolShare
from .topic_description import TopicDescription

_STRATEGIES: dict[StrategyName, Callable[[], Strategy]] = {
    "message_variation": MessageVariation,
    "few_shot": lambda: ToolShare(FewShot()),
    "topic_description": lambda: ToolShare(TopicDescription()),
    "scenario_expansion": lambda: ToolShare(ScenarioExpansion(), edge_cases=True),
    "tool_chain": ToolChain,
}


def make_strategy(name: StrategyName) -> Strategy:
    """A new strategy object, for one job; what was taught in a review goes into its prompts."""
    return Taught(_STRATEGIES[name]())
