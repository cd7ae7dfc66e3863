"""Spoken conversations and tool chains, in the share in which the topic's real records call tools."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..attempts.draft import Candidate, Draft, Rejection, Strategy, TopicContext
from .attributes import calls_tools
from .chains.traces import trace_of
from .seed_order import UsableSeeds
from .tool_chain import ToolChain

LEAST_TRACES = 3
"""Records with usable tool calls from which their share is followed. One or two say little of the share, and all
chains made of them would be alike; the tool chain strategy writes them all the same when it is asked for."""


class ToolShare:
    """A strategy that writes spoken conversations; where real records call tools, so does as large a part of the new.

    A model that is trained on spoken answers to requests that need a tool learns to invent what it should look up. So
    in a topic in which some records call tools, that share of the attempts is written as tool chains, and the others
    start from the records that call none. A topic with hardly any calls is left to the strategy as it is.

    Args:
        spoken: the strategy.
        edge_cases: whether the chains are those in which something goes wrong: no suitable tool, a missing argument,
            a tool error.
    """

    def __init__(self, spoken: Strategy, *, edge_cases: bool = False) -> None:
        self.name: StrategyName = spoken.name
        self._spoken = spoken
        self._chains = ToolChain()
        self._traces = UsableSeeds(lambda record: bool(trace_of(record)))
        self._edge_cases = edge_cases
        self._known: tuple[TopicContext, TopicContext, TopicContext] | None = None

    def unusable(self, context: TopicContext) -> str | None:
        """As the strategy says."""
        return self._spoken.unusable(context)

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """A draft of the strategy, or a tool chain."""
        for_speech, for_chains = self._parted(context)
        if len(self._traces.of(for_chains)) < LEAST_TRACES:
            return self._spoken.draft(context, attempt, rng)
        if calls_tools(context.offset + attempt, context.style.tool_rate):
            chain = self._chains.draft(for_chains, attempt, rng)
            if "negative" in chain.details or not self._edge_cases:
                return chain
        usable = self._spoken.unusable(for_speech) is None
        return self._spoken.draft(for_speech if usable else context, attempt, rng)

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """As the strategy does that made the draft."""
        return self._of(draft).build(draft, answer)

    def check(self, candidate: Candidate) -> Rejection | None:
        """As the strategy does that made the draft."""
        return self._of(candidate.draft).check(candidate)

    def _of(self, draft: Draft) -> Strategy:
        return self._chains if draft.strategy == self._chains.name else self._spoken

    def _parted(self, context: TopicContext) -> tuple[TopicContext, TopicContext]:
        """The context for spoken drafts and that for chains; made once a job, since the strategies learn from them."""
        if self._known is None or self._known[0] is not context:
            spoken = replace(context, seeds=[seed for seed in context.seeds if not seed.uses_tools])
            chains = context
            if self._edge_cases:
                settings = context.tool_chain.model_copy(update={"negative_share": 1.0})
                chains = replace(context, tool_chain=settings)
            self._known = (context, spoken, chains)
        return self._known[1:]
