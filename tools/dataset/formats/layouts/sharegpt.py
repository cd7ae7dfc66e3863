"""ShareGPT: ``{"conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}], "tools": "[…]"}``.

All its dialects: ``from``/``value`` or ``role``/``content``; ``human`` or ``user``, ``gpt`` or ``assistant``; calls
as turns of their own (``function_call``, ``observation``; ms-swift's ``tool_call``, ``tool_response``) or between
tags in the text (Hermes); ``system`` beside the turns. Layouts:
https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md,
https://swift.readthedocs.io/en/latest/Instruction/Agent-support.html.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.chat_body import chat_body, system_messages
from ..turns.hermes_tags import split_calls, split_responses
from ..turns.media_tags import Media
from ..turns.roles import role_of
from ..turns.tool_calls import OpenCalls, read_calls
from ..turns.tool_declarations import read_tools
from . import openai_variants

Source = dict[str, Any]
NAME = "sharegpt"
LISTS = ("conversations", "conversation", "messages", "dialogue", "dialog")
_SPEAKERS = ("from", "role", "speaker")
_TEXTS = ("value", "content", "text")
_TAKEN = ("role", "content", "tool_calls")
_OPENAI_TOOL = ("tool", "function")


def recognise(source: Source) -> str | None:
    """What makes a record ShareGPT; ``None`` when it is not."""
    for key in LISTS:
        turns = source.get(key)
        if not isinstance(turns, list) or not turns or not isinstance(turns[0], dict):
            continue
        keys = _keys_of_turn(turns[0])
        if keys is not None and (key != "messages" or keys == ("from", "value") or _has_tool_roles(turns)):
            return f"`{key}` with {keys[0]}/{keys[1]}"
    return None


def to_chat(source: Source) -> Source:
    """The body of a ShareGPT record; raises `Refused`."""
    key = next((key for key in LISTS if isinstance(source.get(key), list)), None)
    if key is None:
        raise Refused("no_messages", "no `conversations`")
    turns = source[key]
    if not turns:
        raise Refused("no_messages", f"`{key}` is empty")
    if any(isinstance(turn, dict) and turn.get("tool_calls") for turn in turns):
        # OpenAI's messages under another name.
        rest = {name: value for name, value in source.items() if name not in (key, "system")}
        return openai_variants.to_chat({**rest, "messages": system_messages(source) + turns})
    media = Media(source, [text for turn in turns if isinstance(text := _text_of(turn), str)])
    reading = _Reading(media)
    for number, turn in enumerate(turns, start=1):
        reading.add(turn, number)
    used = {key, "system", "tools", *media.used}
    return chat_body(
        NAME,
        source,
        used,
        system_messages(source) + reading.messages,
        tools=read_tools(source.get("tools")),
        extra={"messages": reading.not_expressed} if reading.not_expressed else None,
    )


class _Reading:
    """The messages of one conversation, as far as it is read."""

    def __init__(self, media: Media) -> None:
        self.messages: list[Source] = []
        self.not_expressed: dict[str, Source] = {}
        self._media = media
        self._calls = OpenCalls()
        self._last_was_call = False

    def add(self, turn: Any, number: int) -> None:
        where = f"message {number}"
        if not isinstance(turn, dict):
            raise Refused("bad_message", f"{where} is {kind_of(turn)}, not an object")
        keys = _keys_of_turn(turn)
        if keys is None:
            raise Refused("bad_message", f"{where} has no speaker and text (from/value or role/content)")
        speaker, text_key = keys
        role = role_of(turn[speaker])
        if role is None:
            raise Refused("bad_message", f"{where} has the unknown speaker {shown(turn[speaker])}")
        others = {key: value for key, value in turn.items() if key not in (*keys, *_TAKEN)}
        if len(others) + len(keys) < len(turn):
            self.not_expressed[str(number - 1)] = turn
        is_call = role == "call"
        if is_call:
            calls, says_all = read_calls(turn[text_key], where)
            if not says_all or (others and self._last_was_call):
                self.not_expressed[str(number - 1)] = turn
            self._add_calls(calls, others)
        elif role == "tool":
            self._add_answers(turn, turn[text_key], f"{where} ({turn[speaker]})", number, others)
        else:
            if role != "assistant":
                self._calls.next_turn()
            self._add_text(role, turn, turn[text_key], where, number, others)
        self._last_was_call = is_call

    def _add_calls(self, calls: list[tuple[str, str]], others: Source) -> None:
        made = [self._calls.call(name, arguments) for name, arguments in calls]
        if self._last_was_call:  # several calls in a row are parallel calls
            self.messages[-1]["tool_calls"] += made
            self.messages[-1].update(others)
        else:
            self.messages.append({"role": "assistant", "content": None, "tool_calls": made, **others})

    def _add_answers(self, turn: Source, text: Any, where: str, number: int, others: Source) -> None:
        results = split_responses(text) if isinstance(text, str) else [text]
        if results != [text]:
            self.not_expressed[str(number - 1)] = turn
        for result in results:
            call_id = self._calls.answer(where, others.get("name"), others.get("tool_call_id"))
            self.messages.append({"role": "tool", **others, "tool_call_id": call_id, "content": result})

    def _add_text(self, role: str, turn: Source, text: Any, where: str, number: int, others: Source) -> None:
        if not isinstance(text, str):
            self.messages.append({"role": role, "content": text, **others})
            return
        calls: list[tuple[str, str]] = []
        if role == "assistant" and "<tool_call>" in text:
            rest, calls = split_calls(text, where)
            if calls:
                self.not_expressed[str(number - 1)] = turn
                text = rest
        message: Source = {"role": role, "content": self._media.parts(text), **others}
        if calls:
            message["content"] = message["content"] or None
            message["tool_calls"] = [self._calls.call(name, arguments) for name, arguments in calls]
        self.messages.append(message)


def _keys_of_turn(turn: Source) -> tuple[str, str] | None:
    for speaker in _SPEAKERS:
        if isinstance(turn.get(speaker), str):
            for text in _TEXTS:
                if text in turn:
                    return speaker, text
    return None


def speaker_and_text(turn: Any) -> tuple[str, Any] | None:
    """Who speaks in a turn and what it says; ``None`` when it is no turn."""
    keys = _keys_of_turn(turn) if isinstance(turn, dict) else None
    return (turn[keys[0]], turn[keys[1]]) if keys else None


def _text_of(turn: Any) -> Any:
    spoken = speaker_and_text(turn)
    return spoken[1] if spoken else None


def _has_tool_roles(turns: list[Any]) -> bool:
    """Whether tools are called or answer in turns of their own, by other names than OpenAI's."""
    roles = [turn.get("role") for turn in turns if isinstance(turn, dict)]
    return any(role_of(role) in ("call", "tool") and role not in _OPENAI_TOOL for role in roles)
