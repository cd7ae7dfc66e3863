"""Message variation for a small model: the same said in other words.

Everything before the varied turn is copied as it stands; the user's turn and the reply are reworded.
"""

from __future__ import annotations

import random
import re
from typing import Any

from rapidfuzz import fuzz

from ....coverage.strategy_choice import StrategyName
from ....dataset.record import Message, Record, message_text
from ....dataset.tool_exchanges import with_unique_ids
from ...attempts.draft import Candidate, Draft, Rejection, Request, TopicContext
from ...missing_cells import wanted_at
from ...recognised_facts import facts
from ..answer import answer_tokens, text_field
from ..attributes import MANNERS, pick, unlocked
from ..prompt import render
from ..seed_order import UsableSeeds, seed_for

# English only: in other languages a goodbye is known by its length alone, and nobody is taken to be spoken to.
_CLOSING = re.compile(
    r"\b(thanks?|thank you|bye|goodbye|that'?s all|no,? that|have a (nice|good|great))\b", re.I
)
_ADDRESSED = re.compile(r"\byour\b|\byou(?: have|'ve| are|'re| were| can)\b", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
TEMPERATURE = 0.7
"""Above it small models leave the language and the facts; below it they copy."""
LEAST_BYTES = 20
"""Of a text that says something, in UTF-8: four short words of English, seven characters of Chinese."""
LONGEST_CLOSING = 75
"""Bytes of a goodbye."""
LONGEST_QUESTION = 160
"""Characters, from the end, of the assistant's last message that the prompt shows."""
CLOSEST_TO_SOURCE = 90.0
"""rapidfuzz token-sort ratio (0 to 100) from which a varied turn counts as the source with a word changed."""


def says_something(message: Message) -> bool:
    """Whether a message of the user says something that can be put in other words; a goodbye says nothing."""
    text = message_text(message)
    size = len(text.encode())
    return (
        message["role"] == "user"
        and size >= LEAST_BYTES
        and not (_CLOSING.search(text) and size < LONGEST_CLOSING)
    )


def is_spoken_reply(message: Message) -> bool:
    """Whether the assistant answers in words."""
    text = message_text(message)
    return (
        message["role"] == "assistant" and not message.get("tool_calls") and len(text.encode()) >= LEAST_BYTES
    )


def turn_to_vary(record: Record) -> int | None:
    """Index of the last user turn that says something and that the assistant answers in words.

    Thanks and goodbyes are passed over (a varied goodbye teaches nothing), and so are turns that the
    assistant answers with a tool call, which this strategy does not write.
    """
    messages = record.messages
    for index in range(len(messages) - 2, 1, -1):
        roles = {message["role"] for message in messages[:index]}
        if (
            {"user", "assistant"} <= roles
            and says_something(messages[index])
            and is_spoken_reply(messages[index + 1])
        ):
            return index
    return None


def _question(before: list[Message]) -> str:
    """The end of what the assistant said last before the turn to vary: whole sentences, as far as they are short."""
    text = next(
        (message_text(m) for m in reversed(before) if m["role"] == "assistant" and message_text(m)), ""
    )
    end = ""
    for sentence in reversed(_SENTENCE_END.split(text)):
        if end and len(end) + len(sentence) > LONGEST_QUESTION:
            break
        end = f"{sentence} {end}".strip()
    return end[-LONGEST_QUESTION:]


def _schema(field: str, shortest: int, longest: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field: {"type": "string", "minLength": shortest, "maxLength": longest}},
        "required": [field],
        "additionalProperties": False,
    }


def _problem_of_user(text: str, source: str, request: Request) -> str | None:
    """What shows that a varied user turn is not the source in other words, by itself."""
    if (addressed := _ADDRESSED.search(text)) and not _ADDRESSED.search(source):
        return f"the user is spoken to, not speaking: {addressed.group()!r}"
    # A small model that has the assistant's question before it likes to ask it again instead of answering.
    if "?" in text and "?" not in source:
        return f"the user asks, where the source asks nothing: {text[:80]!r}"
    longest = request.schema["properties"]["user"]["maxLength"]
    if len(text) >= longest - 1 and text[-1] not in ".!)\"'":
        return f"cut off at {longest} characters: …{text[-40:]!r}"
    return None


class MessageVariation:
    """Rewords the last user message that carries content, and the reply to it."""

    name: StrategyName = "message_variation"
    lacking = (
        "it needs real multi-turn records whose last user message is answered in words, and there are none"
    )

    def __init__(self) -> None:
        self._usable = UsableSeeds(lambda record: self.turns(record) is not None)

    @staticmethod
    def turns(record: Record) -> tuple[int, int] | None:
        """Indices of the user's message and of the reply that are reworded; what lies between stays."""
        turn = turn_to_vary(record)
        return None if turn is None else (turn, turn + 1)

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real conversation with an earlier exchange before the turn to vary."""
        if self._usable.of(context):
            return None
        return self.lacking

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """One seed after the other, each time in another manner."""
        seeds, number = self._usable.of(context), context.offset + attempt
        wanted = wanted_at(context, attempt, "sub_area")
        alike = [record for record in seeds if wanted and record.id in wanted.record_ids]
        seed = seed_for(alike or seeds, number)
        turns = self.turns(seed)
        assert turns is not None
        turn, reply = turns
        manner = pick(MANNERS, unlocked(number, len(seeds)))
        original_user, original_reply = (
            message_text(seed.messages[turn]),
            message_text(seed.messages[reply]),
        )
        style, is_small = context.style, context.profile == "small"
        user_limit = max(120, min(400 if is_small else style.longest_user, int(1.6 * len(original_user))))
        reply_limit = max(160, min(700 if is_small else style.longest_reply, int(1.5 * len(original_reply))))
        asked = render(
            "message_variation/small_user",
            question=_question(seed.messages[:turn]),
            text=original_user,
            keep=facts(original_user),
            manner=manner,
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            # Two requests: a small model that sees the reply lets the user say it.
            requests=[
                Request(
                    asked,
                    _schema("user", style.shortest_user, user_limit),
                    answer_tokens(user_limit, 1, style.bytes_per_character),
                    TEMPERATURE,
                ),
                Request(
                    render("message_variation/small_reply", text=original_reply),
                    _schema("assistant", style.shortest_reply, reply_limit),
                    answer_tokens(reply_limit, 1, style.bytes_per_character),
                    TEMPERATURE,
                ),
            ],
            seeds=[seed],
            details={"manner": manner, "varied_message": turn}
            | (wanted.provenance if alike and wanted else {}),
            stand_in={"assistant": original_reply},
            plan=turns,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The seed up to the reply, byte for byte but for call ids that repeat, with two messages in other words."""
        seed, (turn, reply) = draft.seeds[0], draft.plan
        source = {key: value for key, value in seed.source.items() if key in ("tools",)}
        kept = with_unique_ids(seed.messages)
        source["messages"] = [
            *kept[:turn],
            {"role": "user", "content": text_field(answer, "user")},
            *kept[turn + 1 : reply],
            {"role": "assistant", "content": text_field(answer, "assistant")},
        ]
        source["topic"] = draft.topic
        return Candidate(source=source, draft=draft, first_written=turn)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Close to the source, not equal to it, and still said by the user."""
        seed, turns = candidate.draft.seeds[0], candidate.draft.plan
        problem = _problem_of_user(
            candidate.messages[turns[0]]["content"],
            message_text(seed.messages[turns[0]]),
            candidate.draft.requests[0],
        )
        if problem:
            return Rejection("variation", problem)
        for place, role in zip(turns, ("user", "assistant"), strict=True):
            original, written = (message_text(one.messages[place]) for one in (seed, candidate))
            if role == "assistant" and not candidate.is_whole:
                continue
            likeness = fuzz.token_sort_ratio(original.lower(), written.lower())
            # A reply may stay closer: it answers the same. Only one that is the same is no variation.
            if likeness >= (CLOSEST_TO_SOURCE if role == "user" else 100.0):
                return Rejection(
                    "variation", f"the {role} turn is {likeness:.0f}% the source's: {written[:80]!r}"
                )
        return None
