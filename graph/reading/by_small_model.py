"""Lets the language model read what the grammar could not: other languages, unusual words.

The model translates the sentence and names an intent; numbers, topics and strategies are then found by code. It can
point to an answer, never give one: what it takes for a yes (or for "skip the generation") becomes a question back, to
be answered in words that the grammar reads, and only that answer approves. Where the grammar reads the translation
differently, the person is asked.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, field_validator

from ...tools.errors import EndpointError
from ...tools.generation.strategies.prompt import render
from ...tools.models.answer_room import json_with_room
from ...tools.models.endpoint_session import EndpointSession
from ...tools.models.structured import parse_json
from ...tools.models.usage import NO_USAGE, TokenUsage
from ..offers.offer import Offer, Reply
from ..wording.markdown import escape
from .translated import as_reply

if TYPE_CHECKING:
    from ...tools.services import Services

_log = logging.getLogger(__name__)

INTENTS = {
    "yes": "a clear yes to the plan, with no condition",
    "no": "refuses the plan, does not want it",
    "maybe": "neither yes nor no: undecided, a doubt, or a yes with a condition",
    "skip": "skip the generation, go on to the grader, the next step",
    "stop": "stop now, later, another time, goodbye",
    "undo": "take the last round back",
    "change": "wants another number of records, another topic or another strategy",
    "more": "wants more records generated, without saying how many",
    "show": "wants to see records",
    "ask_cost": "asks what it costs",
    "ask_why_low": "asks why a topic has so few records or is weak",
    "ask_topics": "asks how many records there are",
    "ask_worst": "asks which topics are worst",
    "ask_score": "asks what the score is or means",
    "ask_rounds": "asks what the last round added",
    "ask_rejected": "asks what was rejected, or why",
    "ask_reach": "asks what it takes to reach a certain score",
    "ask_look": "asks what the records look like",
    "ask_strategies": "asks about the strategies",
    "ask_plan": "asks about the plan",
    "ask_model": "asks which language model is used",
    "ask_help": "asks what it can do here",
    "other": "anything else",
}
EXAMPLES = [
    ("Klingt gut, dann los", "Sounds good, let's go", "yes"),
    ("¿Cuántos registros hay de envíos?", "How many records of shipping are there?", "ask_topics"),
    ("peut-être, si ce n'est pas cher", "maybe, if it is not expensive", "maybe"),
    ("請改成 12 條", "please change it to 12", "change"),
    ("今日はここまで", "that is all for today", "stop"),
    ("не надо, спасибо", "no need, thank you", "no"),
    ("Zeig mir ein paar Beispiele", "Show me a few examples", "show"),
    ("यह बेकार है, मत करो", "this is useless, don't do it", "no"),
    ("vamos direto para a próxima etapa", "let's go straight to the next step", "skip"),
]
_LONGEST = 400
"""Characters: a longer text is no answer in a sentence."""
_LONGEST_ENGLISH = 1000
"""Characters of its translation: patterns see no longer texts."""
_MAX_TOKENS = 160
LONGEST_WAIT = 60.0
"""Seconds that a person waits for the reading of a sentence."""
_SILENT = (
    "I could not read that: the language model does not answer ({why}). Without it I understand a yes, a no, a number "
    "of the list, and plans such as “20 for NAME”."
)


class Reading(BaseModel):
    """What the model says of a sentence; no value of it starts anything."""

    english: str = Field(description="the sentence in English", max_length=_LONGEST_ENGLISH)
    intent: str = Field(description="what the person wants, one of `INTENTS`")

    @field_validator("intent")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in INTENTS:
            raise ValueError(f"unknown intent {value!r}")
        return value


async def read_by_model(text: str, offer: Offer, services: Services) -> tuple[Reply | None, TokenUsage]:
    """What ``text`` means, as far as the model knows.

    It costs one call, or two where the first was cut off, and `LONGEST_WAIT` seconds at most; then the person is told
    that the model does not answer.

    Returns:
        The reply, ``None`` when the model did not answer in form; and what that took.
    """
    if not text.strip() or len(text) > _LONGEST:
        return None, NO_USAGE
    try:
        model = await asyncio.to_thread(lambda: services.chat_model)
        room = await asyncio.to_thread(services.answer_room)
        async with asyncio.timeout(LONGEST_WAIT), EndpointSession(model) as session:
            said, usage = await json_with_room(
                session.json, room, reading_prompt(text), _schema(), name="reading", text_tokens=_MAX_TOKENS
            )
    except (EndpointError, TimeoutError) as error:
        _log.info("the model did not answer: %s", error)
        why = (
            f"it took longer than {LONGEST_WAIT:.0f} s" if isinstance(error, TimeoutError) else error.message
        )
        return Reply(
            kind="unclear", text=text, read_by="model", note=_SILENT.format(why=escape(why))
        ), NO_USAGE
    except Exception as error:
        # Reading is a convenience: whatever goes wrong, the person is simply asked back.
        _log.info("the model could not read a sentence: %s", error)
        return None, NO_USAGE
    try:
        reading = Reading.model_validate(parse_json(said))
    except ValueError as error:
        _log.info("the model's reading cannot be used: %s", error)
        return None, usage
    return as_reply(text, reading.english, reading.intent, offer), usage


def reading_prompt(text: str) -> list[tuple[str, str]]:
    """The chat messages that ask for a reading, as (role, text) pairs."""
    return render("small", folder=Path(__file__).parent, intents=INTENTS, examples=EXAMPLES, sentence=text)


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "english": {"type": "string", "description": "the sentence in English"},
            "intent": {"type": "string", "enum": list(INTENTS)},
        },
        "required": ["english", "intent"],
        "additionalProperties": False,
    }
