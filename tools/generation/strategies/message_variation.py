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
from ...dataset.tool_exchanges import with_unique_ids
from ..attempts.draft import Candidate, Draft, Rejection, Request, TopicContext
from ..missing_cells import wanted_at
from ..recognised_facts import facts
from .answer import answer_tokens, text_field
from .attributes import MANNERS, calls_tools, pick, unlocked
from .prompt import render
from .seed_order import UsableSeeds, seed_for

_CLOSING = re.compile(
    r"\b(thanks?|thank you|bye|goodbye|that'?s all|no,? that|have a (nice|good|great))\b", re.I
)
_ADDRESSED = re.compile(r"\byour\b|\byou(?: have|'ve| are|'re| were| can)\b", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
TEMPERATURE = 0.7
"""Above it small models leave the language and the facts; below it they copy."""
LEAST_WORDS = 6
LONGEST_QUESTION = 160
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


def _keeps_calls(record: Record) -> bool | None:
    """Whether tools are called before the turn to vary, so that each variation shows it; None without such a turn."""
    turn = turn_to_vary(record)
    if turn is None:
        return None
    return any(message.get("tool_calls") for message in record.messages[:turn])


def _spoken_reply(message: Message) -> bool:
    return (
        message["role"] == "assistant"
        and not message.get("tool_calls")
        and len(message_text(message).split()) >= 4
    )


def _has_dialogue(before: list[Message]) -> bool:
    roles = {message["role"] for message in before}
    return "user" in roles and "assistant" in roles


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
    """Varies the last user message that carries content, and the reply to it."""

    name: StrategyName = "message_variation"

    def __init__(self) -> None:
        self._usable = UsableSeeds(lambda record: turn_to_vary(record) is not None)
        self._with_calls = UsableSeeds(lambda record: _keeps_calls(record) is True)
        self._without_calls = UsableSeeds(lambda record: _keeps_calls(record) is False)

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real conversation with an earlier exchange before the turn to vary."""
        if self._usable.of(context):
            return None
        return "it needs real multi-turn records whose last user message is answered in words, and there are none"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """One seed after the other, each time with another aspect; with calls as often as the topic's records have."""
        seeds, number = self._usable.of(context), context.offset + attempt
        wanted = wanted_at(context, attempt, "sub_area")
        alike = [record for record in seeds if wanted and record.id in wanted.record_ids]
        uses_tools = calls_tools(number, context.style.tool_rate)
        kind = self._with_calls if uses_tools else self._without_calls
        seed = seed_for(alike or kind.of(context) or seeds, number)
        turn = turn_to_vary(seed)
        assert turn is not None
        manner = pick(MANNERS, unlocked(number, len(seeds)))
        original_user, original_reply = (
            message_text(seed.messages[turn]),
            message_text(seed.messages[turn + 1]),
        )
        style, is_small = context.style, context.profile == "small"
        user_limit = max(120, min(400 if is_small else style.longest_user, int(1.6 * len(original_user))))
        reply_limit = max(160, min(700 if is_small else style.longest_reply, int(1.5 * len(original_reply))))
        asked = render(
            "message_variation_user",
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
                    render("message_variation_reply", text=original_reply),
                    _schema("assistant", style.shortest_reply, reply_limit),
                    answer_tokens(reply_limit, 1, style.bytes_per_character),
                    TEMPERATURE,
                ),
            ],
            seeds=[seed],
            details={"manner": manner, "varied_message": turn}
            | (wanted.provenance if alike and wanted else {}),
            stand_in={"assistant": original_reply},
            plan=turn,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The seed up to the varied turn, byte for byte but for call ids that repeat, then the two new turns."""
        seed, turn = draft.seeds[0], draft.plan
        source = {key: value for key, value in seed.source.items() if key in ("tools",)}
        source["messages"] = [
            *with_unique_ids(seed.messages[:turn]),
            {"role": "user", "content": text_field(answer, "user")},
            {"role": "assistant", "content": text_field(answer, "assistant")},
        ]
        source["topic"] = draft.topic
        return Candidate(source=source, draft=draft, first_written=turn)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Close to the source, not equal to it, and still said by the user."""
        seed, turn = candidate.draft.seeds[0], candidate.draft.plan
        problem = _problem_of_user(
            candidate.written_text("user"), message_text(seed.messages[turn]), candidate.draft.requests[0]
        )
        if problem:
            return Rejection("variation", problem)
        for offset, role in enumerate(("user", "assistant")):
            original = message_text(seed.messages[turn + offset])
            written = message_text(candidate.messages[turn + offset])
            if role == "assistant" and not candidate.is_whole:
                continue
            likeness = fuzz.token_sort_ratio(original.lower(), written.lower())
            # A reply may stay closer: it answers the same. Only one that is the same is no variation.
            if likeness >= (CLOSEST_TO_SOURCE if role == "user" else 100.0):
                return Rejection(
                    "variation", f"the {role} turn is {likeness:.0f}% the source's: {written[:80]!r}"
                )
        return None
