"""Few-shot for a small model: a spoken conversation after the pattern of real ones."""

from __future__ import annotations

import random
from typing import Any

from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import Candidate, Draft, Rejection, TopicContext
from ...missing_cells import wanted_at
from ...topic_style import MOST_EXCHANGES
from ..answer import exchanges_field, exchanges_request
from ..attributes import attributes_of
from ..conversation import conversation_source, exchanges_of
from ..prompt import render
from ..seed_order import SpokenSeeds, examples_for, mostly_calls_tools

EXAMPLES = 3


class FewShot:
    """Shows a few real conversations, spread over the topic, and asks for another one."""

    name: StrategyName = "few_shot"

    def __init__(self) -> None:
        self._usable = SpokenSeeds()

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record with a spoken exchange."""
        if (reason := mostly_calls_tools(context)) or self._usable.of(context):
            return reason
        return "it needs real records as examples, and the topic has none that a model could learn from"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """The examples move through the topic's records, another set each time."""
        usable, number = self._usable.of(context), context.offset + attempt
        wanted = wanted_at(context, attempt, "turns", "length", "language", "sub_area")
        alike = [record for record in usable if wanted and record.id in wanted.record_ids]
        examples = examples_for(alike or usable, number, EXAMPLES)
        drawn = attributes_of(number, len(usable), context.style, wanted)
        prompt = render(
            f"{self.name}/small",
            about=context.about,
            topic=context.topic.replace("_", " "),
            examples=[exchanges_of(record)[:MOST_EXCHANGES] for record in examples],
            drawn=drawn,
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[exchanges_request(prompt, drawn.exchanges, context.style, words=drawn.words_asked)],
            seeds=examples,
            details=drawn.named(
                "situation", "persona", "tone", "length", "difficulty", "channel", "opening", "exchanges"
            ),
            plan=drawn.exchanges,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written exchanges, under the system prompt of the last example when it has one."""
        exchanges = exchanges_field(answer, least=1, most=draft.plan + 1)
        return Candidate(
            source=conversation_source(exchanges, draft.topic, like=draft.seeds[-1]), draft=draft
        )

    def check(self, candidate: Candidate) -> Rejection | None:
        """Nothing beyond the checks of form."""
        return None
