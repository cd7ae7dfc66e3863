"""A strategy with what a person's review taught: examples to keep away from and rules go into every prompt."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..attempts.draft import Candidate, ChatTurn, Draft, Rejection, Strategy, TopicContext
from .prompt import render


class Taught:
    """Any strategy; where nothing was taught its drafts are as it makes them."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.name: StrategyName = strategy.name

    def unusable(self, context: TopicContext) -> str | None:
        """As the strategy says."""
        return self._strategy.unusable(context)

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """The strategy's draft, with the lessons at the end of each system prompt."""
        draft = self._strategy.draft(context, attempt, rng)
        if not context.lessons and not context.rules:
            return draft
        shown = [{key: text for key, text in lesson.items() if key != "record"} for lesson in context.lessons]
        taught = "\n".join(text for _, text in render("lessons", lessons=shown, rules=list(context.rules)))
        details = dict(draft.details)
        if context.lessons:
            details["lessons"] = [lesson["record"] for lesson in context.lessons]
        if context.rules:
            details["rules"] = list(context.rules)
        requests = [replace(request, prompt=_with(request.prompt, taught)) for request in draft.requests]
        return replace(draft, requests=requests, details=details)

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """As the strategy does."""
        return self._strategy.build(draft, answer)

    def check(self, candidate: Candidate) -> Rejection | None:
        """As the strategy does."""
        return self._strategy.check(candidate)


def _with(prompt: Sequence[ChatTurn], taught: str) -> list[ChatTurn]:
    first, *rest = prompt
    if first[0] != "system":
        return [("system", taught), first, *rest]
    return [("system", f"{first[1]}\n{taught}"), *rest]
