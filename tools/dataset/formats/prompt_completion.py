r"""A prompt and its answer: ``{"prompt": …, "completion": …}``, ``prompt``/``response``, ``question``/``answer``.

Prompt and answer are texts, content parts, or lists of chat messages (TRL's conversational form). A prompt that is a
transcript (``\n\nHuman: …\n\nAssistant:``, as Anthropic's older models want it) is taken apart into its turns.
"""

from __future__ import annotations

import re
from typing import Any

from .chat_body import chat_body, system_messages
from .refusal import Refused, kind_of
from .tool_declarations import read_tools

Source = dict[str, Any]
NAME = "prompt_completion"
_PAIRS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "output"),
    ("prompt", "answer"),
    ("question", "answer"),
    ("question", "response"),
    ("query", "response"),
    ("input", "output"),
)
_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):[ ]?")


def recognise(source: Source) -> str | None:
    """What makes a record a prompt with its answer; ``None`` when it is not."""
    pair = _pair(source)
    return f"`{pair[0]}` with `{pair[1]}`" if pair else None


def to_chat(source: Source) -> Source:
    """The body of a record with prompt and answer; raises `Refused`."""
    pair = _pair(source)
    if pair is None:
        raise Refused("no_messages", "no prompt with an answer (`prompt` and `completion`)")
    prompt, completion = source[pair[0]], source[pair[1]]
    messages = as_messages(prompt, "user", pair[0]) + as_messages(completion, "assistant", pair[1])
    used = {*pair, "system", "tools"}
    return chat_body(
        NAME, source, used, system_messages(source) + messages, tools=read_tools(source.get("tools"))
    )


def as_messages(value: Any, role: str, name: str) -> list[Source]:
    """A prompt or an answer as messages.

    Args:
        value: a text, content parts, one message or a list of them.
        role: who says it when the value does not tell.
        name: its key, for a person.
    """
    if isinstance(value, str):
        turns = transcript(value) if role == "user" else None
        return turns or [{"role": role, "content": value}]
    if isinstance(value, dict) and "role" in value:
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return value if all("role" in item for item in value) else [{"role": role, "content": value}]
    raise Refused("bad_message", f"`{name}` is {kind_of(value)}, not text or messages")


def transcript(text: str) -> list[Source] | None:
    """The turns of a transcript with ``Human:`` and ``Assistant:``; ``None`` when the text is none.

    An empty last turn of the assistant, which asks for the completion, is left out.
    """
    pieces = _TURN.split(text)
    if len(pieces) < 3 or pieces[1] != "Human":
        return None
    turns = [
        {"role": "user" if speaker == "Human" else "assistant", "content": said.strip()}
        for speaker, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ]
    if pieces[0].strip():
        turns.insert(0, {"role": "system", "content": pieces[0].strip()})
    if turns[-1] == {"role": "assistant", "content": ""}:
        turns.pop()
    return turns


def _pair(source: Source) -> tuple[str, str] | None:
    for prompt, answer in _PAIRS:
        if isinstance(source.get(prompt), str | list) and isinstance(source.get(answer), str | list | dict):
            return prompt, answer
    return None
