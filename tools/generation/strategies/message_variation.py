"""Message variation: another user at the same point of a real conversation.

Everything before the varied turn is copied as it stands; the user's turn and the reply are written anew.
"""

from __future__ import annotations

import random
import re
from typing import Any

from rapidfuzz import fuzz

from ...coverage.strategy_choice import StrategyName
from ...dataset.record import Message, Record, message_text
from ..draft import Candidate, Draft, Rejection, TopicContext
from .answer import text_field
from .aspects import PERSONAS, VARIATION_ASPECTS
from .prompt import render
from .seed_order import seed_for

_CLOSING = re.compile(
    r"\b(thanks?|thank you|bye|goodbye|that'?s all|no,? that|have a (nice|good|great))\b", re.I
)
LEAST_WORDS = 6
LONGEST_QUESTION = 240
"""Characters, from the end, of the assistant's last message that the prompt shows."""
CLOSEST_TO_SOURCE = 90.0
"""rapidfuzz token-sort ratio (0 to 100) from which a varied turn counts as the source with a word changed."""


def turn_to_vary(record: Record) -> int | None:
    """Index of the last user turn that says something and that the assistant answers in words.

    Thanks and goodbyes are passed over (a varied goodbye teaches nothing), and so are turns that the
    assistant answers with a tool call, which this strategy does not write.
    """
    messages = record.messages
    for index in range(len(messages) - 2, 1, -1):
        if messages[index]["role"] != "user" or not _spoken_reply(messages[index + 1]):
            continue
        text = message_text(messages[index])
        words = len(text.split())
        if (
            words >= LEAST_WORDS
            and not (_CLOSING.search(text) and words < 15)
            and _has_dialogue(messages[:index])
        ):
            return index
    return None


def _spoken_reply(message: Message) -> bool:
    return (
        message["role"] == "assistant"
        and not message.get("tool_calls")
        and len(message_text(message).split()) >= 4
    )


def _has_dialogue(before: list[Message]) -> bool:
    roles = {message["role"] for message in before}
    return "user" in roles and "assistant" in roles


def _last_reply(before: list[Message]) -> str:
    """What the assistant said last before the turn to vary."""
    return next(
        (message_text(m) for m in reversed(before) if m["role"] == "assistant" and message_text(m)), ""
    )


class MessageVariation:
    """Varies the last user message that carries content, and the reply to it."""

    name: StrategyName = "message_variation"

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real conversation with an earlier exchange before the turn to vary."""
        if any(turn_to_vary(record) is not None for record in context.seeds):
            return None
        return "it needs real multi-turn records whose last user message is answered in words, and there are none"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """One seed after the other, each time with another aspect."""
        seeds = [record for record in context.seeds if turn_to_vary(record) is not None]
        seed = seed_for(seeds, attempt)
        turn = turn_to_vary(seed)
        assert turn is not None
        # The shift per round keeps a seed from meeting the same aspect twice when its number divides theirs.
        aspect = VARIATION_ASPECTS[(attempt + attempt // len(seeds)) % len(VARIATION_ASPECTS)]
        persona = rng.choice(PERSONAS)
        original_user, original_reply = (
            message_text(seed.messages[turn]),
            message_text(seed.messages[turn + 1]),
        )
        prompt = render(
            self.name,
            question=_last_reply(seed.messages[:turn])[-LONGEST_QUESTION:],
            original_user=original_user,
            original_assistant=original_reply,
            aspect=aspect,
            persona=persona,
        )
        reply_limit = max(260, min(700, int(len(original_reply) * 1.3)))
        return Draft(
            strategy=self.name,
            topic=context.topic,
            prompt=prompt,
            schema={
                "type": "object",
                "properties": {
                    "user": {
                        "type": "string",
                        "minLength": 20,
                        "maxLength": max(120, min(400, 2 * len(original_user))),
                    },
                    "assistant": {"type": "string", "minLength": 40, "maxLength": reply_limit},
                },
                "required": ["user", "assistant"],
                "additionalProperties": False,
            },
            seeds=[seed],
            max_tokens=320,
            details={"aspect": aspect, "persona": persona, "varied_message": turn},
            plan=turn,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The seed up to the varied turn, byte for byte, then the two new turns."""
        seed, turn = draft.seeds[0], draft.plan
        source = {key: value for key, value in seed.source.items() if key in ("tools",)}
        source["messages"] = [
            *seed.messages[:turn],
            {"role": "user", "content": text_field(answer, "user")},
            {"role": "assistant", "content": text_field(answer, "assistant")},
        ]
        source["topic"] = draft.topic
        return Candidate(source=source, draft=draft, first_written=turn)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Close to the source, not equal to it."""
        seed, turn = candidate.draft.seeds[0], candidate.draft.plan
        for offset, role in enumerate(("user", "assistant")):
            original = message_text(seed.messages[turn + offset])
            written = message_text(candidate.messages[turn + offset])
            likeness = fuzz.token_sort_ratio(original.lower(), written.lower())
            if likeness >= (CLOSEST_TO_SOURCE if role == "user" else 97.0):
                return Rejection(
                    "variation", f"the {role} turn is {likeness:.0f}% the source's: {written[:80]!r}"
                )
        return None
