"""Scenario expansion: a real record carried into an edge case along a declared axis."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..attempts.draft import Candidate, Draft, Rejection, TopicContext
from ..missing_cells import wanted_at
from .answer import exchanges_field, exchanges_request
from .attributes import attributes_of, pick, unlocked
from .conversation import conversation_source, exchanges_of, rejected_copy
from .prompt import render
from .seed_order import UsableSeeds, seed_for

_NEGATIVE = re.compile(
    r"\b(no|not|n't|never|cannot|can't|won't|isn't|doesn't|didn't|couldn't|unable|unfortunately|only|still|"
    r"neither|failed|same)\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(but|although|though|however|yet|while|says?|said|told|instead|whereas)\b", re.IGNORECASE
)
_NO_TO_USER = re.compile(
    r"(\b(cannot|unable|not (possible|allowed|able|available)|no way|only the|must not|won't)\b|n't\b)",
    re.IGNORECASE,
)

Turns = list[str]


@dataclass(frozen=True)
class Axis:
    """One kind of edge case: what the model is asked for, and what shows that it is there."""

    instruction: str
    exchanges: int
    present: Callable[[Turns, Turns], bool]


AXES: dict[str, Axis] = {
    "missing_information": Axis(
        "the user leaves out a fact that is needed, the assistant asks for exactly that, and then solves it",
        2,
        lambda user, assistant: "?" in assistant[0],
    ),
    "conflict": Axis(
        "what the user sees contradicts what they were told or what a page says, and the assistant clears it up",
        1,
        lambda user, assistant: bool(_CONTRAST.search(user[0])),
    ),
    "refusal": Axis(
        "the user asks for something that is not possible or not allowed, and the assistant says so and offers "
        "what is possible instead",
        1,
        lambda user, assistant: any(_NO_TO_USER.search(text) for text in assistant),
    ),
    "recovery": Axis(
        "the first advice does not work, the user reports back what happened, and the assistant gives the next step",
        2,
        lambda user, assistant: len(user) >= 2 and bool(_NEGATIVE.search(user[1])),
    ),
    "change_of_mind": Axis(
        "after the first answer the user wants something else than at first, and the assistant follows",
        2,
        lambda user, assistant: len(user) >= 2,
    ),
}
"""The declared axes by name."""


class ScenarioExpansion:
    """Takes a real record and asks for its edge case."""

    name: StrategyName = "scenario_expansion"

    def __init__(self) -> None:
        self._usable = UsableSeeds(lambda record: bool(exchanges_of(record)))

    def unusable(self, context: TopicContext) -> str | None:
        """Needs at least one real record with a spoken exchange."""
        if self._usable.of(context):
            return None
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
            self.name,
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
            details={"axis": axis, "exchanges": exchanges}
            | drawn.named("persona", "tone", "length", "channel", "opening"),
            plan=axis,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written exchanges, under the system prompt of the seed when it has one."""
        wanted = AXES[draft.plan].exchanges
        exchanges = exchanges_field(answer, least=wanted, most=wanted + 1)
        return Candidate(source=conversation_source(exchanges, draft.topic, like=draft.seeds[0]), draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The edge case is really there, and nothing long is copied."""
        turns = {
            role: [message["content"] for message in candidate.written if message["role"] == role]
            for role in ("user", "assistant")
        }
        axis = candidate.draft.plan
        if not AXES[axis].present(turns["user"], turns["assistant"]):
            return Rejection("axis", f"no sign of the edge case {axis!r}")
        return rejected_copy(candidate, candidate.draft.seeds)
