"""A strategy: it goes on with a real conversation, by one exchange."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft, Rejection, TopicContext
from finetune_coverage.tools.generation.strategies.answer import exchanges_field, exchanges_request
from finetune_coverage.tools.generation.strategies.prompt import render, transcript
from finetune_coverage.tools.generation.strategies.seed_order import seed_for


class FollowUp:
    """Keeps a real record as it is and writes what comes after it."""

    name = "follow_up"

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real record to go on with."""
        return None if context.seeds else "it needs real records to go on with"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """Another seed each time. The same attempt gives the same draft: a resumed job relies on it."""
        seed = seed_for(context.seeds, context.offset + attempt)
        so_far = transcript(seed.messages)
        prompt = render("follow_up", folder=Path(__file__).parent, about=context.about, so_far=so_far)
        request = exchanges_request(prompt, 1, context.style)
        return Draft(strategy=self.name, topic=context.topic, requests=[request], seeds=[seed])

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The seed and the new exchange; raises `UnusableAnswer` when the model wrote none."""
        (seed,), ((user, assistant),) = draft.seeds, exchanges_field(answer, least=1, most=1)
        source = {key: value for key, value in seed.source.items() if key == "tools"}
        source["messages"] = [
            *seed.messages,
            {"role": "user", "content": user},
            {"role": "assistant", "content": assistant},
        ]
        source["topic"] = draft.topic
        return Candidate(source=source, draft=draft, first_written=len(seed.messages))

    def check(self, candidate: Candidate) -> Rejection | None:
        """What no other strategy has to check: the user does not ask again what they asked before."""
        asked = candidate.written_text("user")
        is_known = asked in candidate.draft.seeds[0].user_turns
        return Rejection(self.name, f"asked before: {asked!r}") if is_known else None
