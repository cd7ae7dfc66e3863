"""Prompts without answers: they count for coverage, but nothing is learnt from them.

Read by themselves where they can be nothing else: lists of user turns (``turns`` of MT-Bench, ``question`` of the
Berkeley function calling leaderboard). With the format named by a person also a lone ``text``, ``prompt``,
``question``, ``query``, ``instruction`` or ``utterance``, as in sets of labelled sentences.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, keys_of
from ..turns.chat_body import chat_body

Source = dict[str, Any]
NAME = "prompts"
_TEXTS = ("text", "prompt", "question", "query", "instruction", "utterance", "input")


def recognise(source: Source) -> str | None:
    """What makes a record a list of prompts; ``None`` when it is not."""
    turns = source.get("turns")
    if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
        return "`turns`, without answers"
    if _flat_question(source):
        return "`question`, without answers"
    return None


def to_chat(source: Source) -> Source:
    """The body with the user's turns alone; raises `Refused`."""
    turns = source.get("turns")
    if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
        messages = [{"role": "user", "content": turn} for turn in turns]
        return chat_body(NAME, source, {"turns"}, messages)
    question = _flat_question(source)
    if question:
        # Which messages belong to one turn is lost where a turn has several.
        grouped = any(isinstance(turn, list) and len(turn) != 1 for turn in source["question"])
        extra = {"question": source["question"]} if grouped else None
        return chat_body(NAME, source, {"question"}, question, extra=extra)
    for key in _TEXTS:
        if isinstance(source.get(key), str):
            return chat_body(NAME, source, {key}, [{"role": "user", "content": source[key]}])
    raise Refused("no_messages", f"no prompt (keys: {keys_of(source)})")


def _flat_question(source: Source) -> list[Source]:
    """The messages of all turns of a question; nothing when it is no list of messages."""
    question = source.get("question")
    if not isinstance(question, list):
        return []
    flat = [message for turn in question for message in (turn if isinstance(turn, list) else [turn])]
    return flat if all(isinstance(message, dict) and "role" in message for message in flat) else []
