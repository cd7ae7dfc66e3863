"""Few-shot: a new conversation after the pattern of real ones."""

from __future__ import annotations

import random
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..draft import Candidate, Draft, Rejection, Request, TopicContext
from .answer import exchanges_field, exchanges_schema
from .aspects import PERSONAS, SITUATIONS
from .conversation import conversation_source, exchanges_of, rejected_copy
from .prompt import render

EXAMPLES = 3
LONGEST_EXAMPLE = 3
"""Exchanges of an example that are shown; a longer conversation is cut after them."""


class FewShot:
    """Shows a few real conversations, spread over the topic, and asks for another one."""

    name: StrategyName = "few_shot"

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record with a spoken exchange."""
        if any(exchanges_of(record) for record in context.seeds):
            return None
        return "it needs real records as examples, and the topic has none that a model could learn from"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """The examples move through the topic's records by one place an attempt."""
        usable = [record for record in context.seeds if exchanges_of(record)]
        # One step an attempt: each record is an example equally often, and no two prompts show the same set.
        examples = [usable[(attempt + place) % len(usable)] for place in range(min(EXAMPLES, len(usable)))]
        shown = [exchanges_of(record)[:LONGEST_EXAMPLE] for record in examples]
        situation = SITUATIONS[attempt % len(SITUATIONS)]
        persona = rng.choice(PERSONAS)
        exchanges = len(shown[-1])
        prompt = render(
            self.name,
            about=context.about,
            examples=shown,
            exchanges=exchanges,
            situation=situation,
            persona=persona,
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[Request(prompt, exchanges_schema(exchanges, exchanges), 260 * exchanges + 60)],
            seeds=examples,
            details={"situation": situation, "persona": persona, "exchanges": exchanges},
            plan=exchanges,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written exchanges, under the system prompt of the last example when it has one."""
        exchanges = exchanges_field(answer, least=1, most=draft.plan + 1)
        return Candidate(
            source=conversation_source(exchanges, draft.topic, like=draft.seeds[-1]), draft=draft
        )

    def check(self, candidate: Candidate) -> Rejection | None:
        """No long run of words copied from an example."""
        return rejected_copy(candidate, candidate.draft.seeds)
