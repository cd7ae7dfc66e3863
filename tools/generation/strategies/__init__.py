"""How to write a record: a folder for each strategy, with what it is for a capable model and for a small one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..attempts.draft import Candidate, Draft, Rejection, Strategy, TopicContext
from .few_shot.small import FewShot as SmallFewShot
from .few_shot.strategy import FewShot
from .message_variation.small import MessageVariation as SmallMessageVariation
from .message_variation.strategy import MessageVariation
from .scenario_expansion.small import ScenarioExpansion as SmallScenarioExpansion
from .scenario_expansion.strategy import ScenarioExpansion
from .taught import Taught
from .tool_chain.small import ToolChain as SmallToolChain
from .tool_chain.strategy import ToolChain
from .topic_description.small import TopicDescription as SmallTopicDescription
from .topic_description.strategy import TopicDescription


class ByProfile:
    """A strategy as it is for the model in use; a draft is built and checked by what drafted it."""

    def __init__(self, full: Strategy, small: Strategy) -> None:
        self.name: StrategyName = full.name
        self._by_profile = {"full": full, "small": small}

    def unusable(self, context: TopicContext) -> str | None:
        """As the strategy says."""
        return self._by_profile[context.profile].unusable(context)

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """As the strategy does."""
        return self._by_profile[context.profile].draft(context, attempt, rng)

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """As the strategy does."""
        return self._by_profile[draft.profile].build(draft, answer)

    def check(self, candidate: Candidate) -> Rejection | None:
        """As the strategy does."""
        return self._by_profile[candidate.draft.profile].check(candidate)


_STRATEGIES: dict[StrategyName, Callable[[], Strategy]] = {
    "message_variation": lambda: ByProfile(MessageVariation(), SmallMessageVariation()),
    "few_shot": lambda: ByProfile(FewShot(), SmallFewShot()),
    "topic_description": lambda: ByProfile(TopicDescription(), SmallTopicDescription()),
    "scenario_expansion": lambda: ByProfile(ScenarioExpansion(), SmallScenarioExpansion()),
    "tool_chain": lambda: ByProfile(ToolChain(), SmallToolChain()),
}


def make_strategy(name: StrategyName) -> Strategy:
    """A new strategy object, for one job; what was taught in a review goes into its prompts."""
    return Taught(_STRATEGIES[name]())
