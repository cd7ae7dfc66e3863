"""Scenario expansion for a small model: a real record carried into an edge case along a declared axis."""

from __future__ import annotations

import random
from typing import Any

from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import Candidate, Draft, Rejection, TopicContext
from ...missing_cells import wanted_at
from ..answer import exchanges_field, exchanges_request
from ..attributes import attributes_of, pick, unlocked
from ..conversation import conversation_source, exchanges_of
from ..prompt import render
from ..seed_order import SpokenSeeds, mostly_calls_tools, seed_for
from .axes import AXES


class ScenarioExpansion:
    """Takes a real record and asks for its edge case."""

    name: StrategyName = "scenario_expansion"

    def __init__(self) -> None:
        self._usable = SpokenSeeds()

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record with a spoken exchange."""
        if (reason := mostly_calls_tools(context)) or self._usable.of(context):
            return reason
        return "it needs a real record to expand, and the topic has none that a model could learn from"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """Another axis each time, so that a seed meets them all before one comes twice."""
        seeds, number = self._usable.of(context), context.offset + attempt
        wanted = wanted_at(context, attempt, "length", "language", "sub_area")
        alike = [record for record in seeds if wanted and record.id in wanted.record_ids]
        seed = seed_for(alike or seeds, number)
        drawn = attributes_of(number, len(seeds), context.style, wanted)
        place = unlocked(number, len(seeds))
        # One more each round: else an axis would always meet the same of the channels, which are as many.
        axis = pick(list(AXES), place + place // len(AXES))
        exchanges = AXES[axis].exchanges
        prompt = render(
            f"{self.name}/small",
            about=context.about,
            original=exchanges_of(seed)[-2:],
            instruction=AXES[axis].instruction,
            drawn=drawn,
            reply_words=context.style.words_of_reply(0.65),
            exchanges=exchanges,
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[exchanges_request(prompt, exchanges, context.style, words=drawn.words_asked)],
            seeds=[seed],
            details={"axis": axis, "edge_case": AXES[axis].instruction, "exchanges": exchanges}
            | drawn.named("persona", "tone", "length", "channel", "opening"),
            plan=axis,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written exchanges, under the system prompt of the seed when it has one."""
        wanted = AXES[draft.plan].exchanges
        exchanges = exchanges_field(answer, least=wanted, most=wanted + 1)
        return Candidate(source=conversation_source(exchanges, draft.topic, like=draft.seeds[0]), draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Nothing beyond the checks of form."""
        return None
