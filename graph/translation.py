"""What the agent says, in the language of the person: the one place where its words are put into another one.

Facts, tables and plans are made in English by code; a capable model puts the lines that are the agent's own into the
person's language, in one call for an answer. A line counts only if its numbers, names, code and Markdown are those of
the original; otherwise it stays in English. Records that are quoted are never touched, and neither is what programs
read: ids, items, options.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.types import Command
from pydantic import BaseModel

from ..tools.coverage.strategy_choice import STRATEGIES
from ..tools.errors import EndpointError, InvalidInput
from ..tools.generation.strategies.prompt import render
from ..tools.models.answer_room import json_with_room
from ..tools.models.endpoint_session import EndpointSession
from ..tools.models.structured import parse_json
from ..tools.models.usage import NO_USAGE, TokenUsage
from ..tools.services import Services
from ..tools.text.guessed_language import is_english
from .context import progress_by_events
from .reading.bare_answers import bare_answer, is_foreign_answer
from .reading.numbers import ascii_digits
from .scope import ServicesSource, scoped
from .state import State, offer_in, with_reading, with_update
from .wording.generation_message import is_about_progress
from .wording.markdown import topic_title

_log = logging.getLogger(__name__)

LONGEST_WAIT = 45.0
"""Seconds for which an answer is held back; after them it is given in English."""
DECISION = "decision"
"""Marks a message in the person's name that they did not type: it does not tell which language they speak."""
_TYPED, _TYPED_CHARACTERS, _LOOKED_AT = 3, 300, 20
_TEMPLATES = Path(__file__).parent / "wording"
_NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0]\d+)*")
_NAMED = re.compile(r'"([^"]+)"|`([^`]+)`')
_BEGINS = re.compile(r"\s*(?:\d{1,9}\. |[-*>#|] ?)?")
_ENGLISH = re.compile(r"en(?:glish)?\b", re.IGNORECASE)
_ADDRESS = re.compile(r"//|www\.|@")
_SIGNS = "\\[]<>|`$*"
_RULE = re.compile(r"[|\s:-]*")
_SCHEMA = {
    "type": "object",
    "properties": {
        "language": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["language", "lines"],
    "additionalProperties": False,
}


class _Told(BaseModel):
    language: str
    lines: list[str]


def is_due(source: ServicesSource, state: State, done: Any) -> bool:
    """Whether something is said that may have to be put into another language than English.

    Args:
        source: of the services.
        state: as the node got it.
        done: the update of the state, or the command with one, that the node returned.
    """
    update = _update(done)
    if not _said(update):
        return False
    state = with_update(state, update)
    try:
        settings = scoped(source(), state).settings
    except InvalidInput:  # which is what is said
        return False
    if settings.profile != "full" or settings.language.lower() in ("en", "english"):
        return False
    if settings.language != "auto":
        return True
    if (read := state.get("language")) is not None:
        return not _ENGLISH.match(read)
    return is_foreign(_typed(state), _topics(state))


async def in_the_persons_language(source: ServicesSource, state: State, done: Any) -> Any:
    """What a node returned, with what it says in the language of the person; arguments as of `is_due`."""
    if not await asyncio.to_thread(is_due, source, state, done):
        return done
    update = _update(done)
    state = with_update(state, update)
    typed = _typed(state)[-_TYPED:]
    services = await asyncio.to_thread(lambda: scoped(source(), state))
    text = "\n".join(message.text for message in _said(update))
    own = list(dict.fromkeys(line for line in text.split("\n") if _is_own(line)))
    named = services.settings.language
    language = (state.get("language") or "") if named == "auto" else named
    told, usage = await _told(services, own, typed, language)
    names = {topic_title(topic, cells) for topic in _topics(state) for cells in (28, 44, 80)}
    by_line = {
        line: other
        for line, other in zip(own, told, strict=False)
        if len(own) == len(told) and is_faithful(line, other, names)
    }
    changed = _with_lines(update, by_line) | with_reading(state, usage)
    return Command(goto=done.goto, update=changed) if isinstance(done, Command) else changed


def is_faithful(line: str, told: str, names: set[str]) -> bool:
    """Whether a line in another language says the same figures and names, in the same Markdown."""
    if "\n" in told or not told.strip() or len(told) > 4 * len(line) + 80:
        return False
    if Counter(_NUMBER.findall(ascii_digits(line))) != Counter(_NUMBER.findall(ascii_digits(told))):
        return False
    if any(line.count(sign) != told.count(sign) for sign in _SIGNS):
        return False
    if _begin(line) != _begin(told) or len(_ADDRESS.findall(line)) != len(_ADDRESS.findall(told)):
        return False
    named = [part for found in _NAMED.findall(line) for part in found if part]
    # A topic's name stands in quotation marks or in a table; elsewhere "review" is a word of the language.
    named += [name for name in names if name in line and line.lstrip().startswith("|")]
    titles = [guide.title for guide in STRATEGIES.values()]
    named += [name for name in (*titles, *map(str.lower, titles)) for _ in range(line.count(name))]
    return all(told.count(name) >= number for name, number in Counter(named).items())


def _begin(line: str) -> str:
    found = _BEGINS.match(line)
    return found[0].strip() if found else ""


def _is_own(line: str) -> bool:
    """Whether a line is the agent's: no quotation of a record, and with something to say."""
    return (
        not line.lstrip().startswith(">") and not _RULE.fullmatch(line) and bool(re.search(r"[^\W\d_]", line))
    )


async def _told(
    services: Services, lines: Sequence[str], typed: Sequence[str], language: str
) -> tuple[list[str], TokenUsage]:
    """The lines in the other language; none where it is English after all, or the model gives no answer."""
    prompt = render("translation", folder=_TEMPLATES, language=language, typed=typed, lines=list(lines))
    model = await asyncio.to_thread(lambda: services.chat_model)
    room = await asyncio.to_thread(services.answer_room)
    usage = NO_USAGE
    try:
        async with asyncio.timeout(LONGEST_WAIT), EndpointSession(model) as session:
            said, usage = await json_with_room(
                session.json,
                room,
                prompt,
                _SCHEMA,
                name="translation",
                text_tokens=200 + sum(map(len, lines)),
            )
        return _Told.model_validate(parse_json(said)).lines, usage
    except (EndpointError, TimeoutError, ValueError) as error:
        _log.info("it is said in English: %s", error)
        return [], usage


def _with_lines(update: Mapping[str, Any], by_line: Mapping[str, str]) -> dict[str, Any]:
    """The update with these lines in place of their originals, in the messages and in the question."""

    def spoken(text: str) -> str:
        return "\n".join(by_line.get(line, line) for line in text.split("\n"))

    messages = [
        message.model_copy(update={"content": spoken(message.text)})
        if isinstance(message, AIMessage) and message.text.strip()
        else message
        for message in update["messages"]
    ]
    changed = {**update, "messages": messages}
    if (offer := changed.get("offer")) is not None:
        changed["offer"] = {**offer, "text": spoken(offer["text"])}
    return changed


def _update(done: Any) -> dict[str, Any]:
    return dict((done.update if isinstance(done, Command) else done) or {})


def _said(update: Mapping[str, Any]) -> list[AIMessage]:
    """What of the update somebody reads."""
    said = [m for m in update.get("messages", []) if isinstance(m, AIMessage) and m.text.strip()]
    return [m for m in said if not is_about_progress(m)] if said and progress_by_events() else said


def _typed(state: State) -> list[str]:
    """What the person typed."""
    return [
        message.text[:_TYPED_CHARACTERS]
        for message in state.get("messages") or []
        if isinstance(message, HumanMessage) and not message.additional_kwargs.get(DECISION)
    ]


def _topics(state: State) -> list[str]:
    offer = offer_in(state)
    return (
        offer.topics
        if offer is not None
        else list((state.get("coverage") or {}).get("topic_distribution", {}))
    )


def is_foreign(typed: Sequence[str], topics: Sequence[str]) -> bool:
    """Whether somebody writes in another language than English, by the last sentence that tells.

    Bare answers keep the language; where nothing else was typed yet, they tell it.

    Args:
        typed: what they typed, oldest first.
        topics: whose names are of no language.
    """
    foreign, is_known = "", False
    for text in [text for text in typed if bare_answer(text) is None][-_LOOKED_AT:]:
        english = is_english(_without_names(text, topics), foreign)
        if english is not None:
            foreign, is_known = "" if english else text, True
    return bool(foreign) if is_known else any(map(is_foreign_answer, typed))


def _without_names(text: str, topics: Sequence[str]) -> str:
    """What a person wrote beside names of topics and strategies, which are of no language."""
    plain = unicodedata.normalize("NFKC", text)
    for name in sorted(
        [*topics, *STRATEGIES, *(guide.title for guide in STRATEGIES.values())], key=len, reverse=True
    ):
        for form in {name, name.replace("_", " ")}:
            plain = re.sub(re.escape(form), " ", plain, flags=re.IGNORECASE)
    return plain
