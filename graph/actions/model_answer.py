"""Lets the model put facts in words, in the language of the question; one with a number of its own is dropped."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from ...tools.generation.strategies.prompt import render
from ...tools.models.answer_room import json_with_room
from ...tools.models.endpoint_session import EndpointSession
from ...tools.models.structured import parse_json
from ...tools.models.usage import NO_USAGE, TokenUsage
from ..reading.by_small_model import LONGEST_WAIT
from ..wording.markdown import plain_markdown
from .asked_tools import Asked
from .number_check import unsupported_numbers

_log = logging.getLogger(__name__)

_MAX_TOKENS = 400
_LONGEST = 1500
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "description": "the answer, in the language of the question"}
    },
    "required": ["answer"],
    "additionalProperties": False,
}
# Text of records stays out: it is shown as a quotation and must not steer the answer.
_LEFT_OUT = ("examples",)


async def answer_by_model(question: str, facts: str, asked: Asked) -> tuple[str, TokenUsage]:
    """The facts as the model puts them, or the facts themselves where it cannot be trusted.

    Args:
        question: what the person typed.
        facts: the plain answer, which replaces one with a number that no tool returned.
        asked: the tools that were called.

    Returns:
        The answer, and what it took.
    """
    prompt = render(
        "answering", folder=Path(__file__).parent, question=question, facts=facts, results=_results(asked)
    )
    try:
        model = await asyncio.to_thread(lambda: asked.services.chat_model)
        room = await asyncio.to_thread(asked.services.answer_room)
        async with asyncio.timeout(LONGEST_WAIT), EndpointSession(model) as session:
            said, usage = await json_with_room(
                session.json, room, prompt, _SCHEMA, name="answer", text_tokens=_MAX_TOKENS
            )
    except Exception as error:
        _log.info("the model could not answer: %s", error)
        return facts, NO_USAGE
    try:
        text = str(parse_json(said)["answer"]).strip()
    except (ValueError, KeyError, TypeError) as error:
        _log.info("the model's answer cannot be used: %s", error)
        return facts, usage
    names = asked.offer.topics if asked.offer is not None else []
    invented = unsupported_numbers(text, asked.held, names)
    if invented or not text or len(text) > _LONGEST:
        _log.info("the model's answer was replaced; no tool returned: %s", ", ".join(invented))
        return facts, usage
    return plain_markdown(text, known=facts), usage


def _results(asked: Asked) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in call.result.items() if key not in _LEFT_OUT} for call in asked.calls
    ]
