"""Topic description for a small model: a conversation from the topic's name and description alone."""

from __future__ import annotations

import random
import re
from typing import Any

from ....coverage.strategy_choice import StrategyName
from ...attempts.draft import Candidate, Draft, Rejection, TopicContext
from ...missing_cells import wanted_at
from ..answer import exchanges_field, exchanges_request
from ..attributes import attributes_of
from ..conversation import conversation_source
from ..prompt import render
from ..seed_order import mostly_calls_tools, seed_for

_EXCLUSION = re.compile(r"\b(does not include|not included|excludes?|except|but not|nor)\b", re.IGNORECASE)
MOST_NEIGHBOURS = 20
_BETWEEN_PARTS = re.compile(r"[,;:.()]|\band\b|\bor\b")


def sub_areas(description: str) -> list[str]:
    """The parts that a description lists, up to where it says what it does not include."""
    included = _EXCLUSION.split(description)[0]
    parts = _BETWEEN_PARTS.split(included)
    areas = [" ".join(part.split()) for part in parts]
    return [area for area in areas if 1 <= len(area.split()) <= 8]


class TopicDescription:
    """Works with no records at all: sub-areas come from the description's own words."""

    name: StrategyName = "topic_description"

    def unusable(self, context: TopicContext) -> str | None:
        """Works for every topic that is spoken about; without a description, the name has to do."""
        return mostly_calls_tools(context)

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """Another sub-area each time, with another situation."""
        areas = sub_areas(context.description) or [context.topic.replace("_", " ")]
        number = context.offset + attempt
        area = seed_for(areas, number)
        drawn = attributes_of(
            number,
            len(areas),
            context.style,
            wanted_at(context, attempt, "turns", "length", "language", "sub_area"),
        )
        prompt = render(
            f"{self.name}/small",
            about=context.about,
            neighbours=[name.replace("_", " ") for name in context.neighbours][:MOST_NEIGHBOURS],
            area=area,
            drawn=drawn,
            reply_words=context.style.words_of_reply(0.65),
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[exchanges_request(prompt, drawn.exchanges, context.style, words=drawn.words_asked)],
            seeds=[],
            details={"area": area}
            | drawn.named(
                "situation", "persona", "tone", "length", "difficulty", "channel", "opening", "exchanges"
            ),
            plan=drawn.exchanges,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written exchanges as they are."""
        exchanges = exchanges_field(answer, least=1, most=draft.plan + 1)
        return Candidate(source=conversation_source(exchanges, draft.topic), draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Nothing beyond the checks: whether it is on topic is the topic check's question."""
        return None
