r"""A prompt and its answer: ``{"prompt": …, "completion": …}``, ``prompt``/``response``, ``question``/``answer``.

Prompt and answer are texts, content parts, or lists of chat messages (TRL's conversational form). A prompt that a
template has rendered (`rendered_text`) is taken apart into its turns. Aya calls them ``inputs`` and ``targets``,
Firefly ``input`` and ``target``, Pangu ``context`` (one text, or texts of user and assistant in turn) and ``target``.
Layouts: https://huggingface.co/docs/trl/dataset_formats, https://huggingface.co/datasets/CohereForAI/aya_dataset,
https://huggingface.co/datasets/YeungNLP/firefly-train-1.1M,
https://support.huaweicloud.com/usermanual-pangulm/pangulm_04_0117.html.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of
from ..turns.chat_body import chat_body, system_messages
from ..turns.content_parts import plain_text
from ..turns.conversation import Conversation, are_turns
from ..turns.roles import role_of
from ..turns.tool_declarations import read_tools
from .rendered_text import turns_of_prompt, without_ends
from .text_lists import alternating

Source = dict[str, Any]
NAME = "prompt_completion"
_PAIRS = tuple(
    (prompt, answer)
    for prompt, answers in (
        ("prompt", "completion response output answer generation target chosen_response"),
        ("question", "answer response output"),
        ("query", "response answer output"),
        ("input", "output target response answer expected_output expectedoutput expected ideal"),
        ("inputs", "targets outputs"),
        ("input_text", "output_text"),
        ("text_input", "output"),
        ("source", "target"),
        ("context", "target"),
        ("user", "assistant"),
        ("human", "assistant"),
        ("problem", "solution"),
    )
    for answer in answers.split()
)
"""Names of a prompt and of its answer; the first pair that an item has is read."""


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
    if isinstance(prompt, str) and isinstance(completion, str) and turns_of_prompt(prompt):
        completion = without_ends(completion)
    messages = as_messages(prompt, "user", pair[0]) + as_messages(completion, "assistant", pair[1])
    used = {*pair, "system", "tools"}
    return chat_body(
        NAME, source, used, system_messages(source) + messages, tools=read_tools(source.get("tools"))
    )


def as_messages(value: Any, role: str, name: str) -> list[Source]:
    """A prompt or an answer as messages.

    Args:
        value: a text, content parts, one message or a list of them; texts of user and assistant in turn.
        role: who says it when the value does not tell.
        name: its key, for a person.
    """
    if isinstance(value, str):
        turns = turns_of_prompt(value) if role == "user" else None
        return _read(turns) if turns else [{"role": role, "content": value}]
    if isinstance(value, dict) and "role" in value:
        return [_with_known_role(value)]
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        if all("role" in item for item in value):
            return [_with_known_role(item) for item in value]
        return (
            _read(value) if are_turns(value) else [{"role": role, "content": plain_text(value, f"`{name}`")}]
        )
    if isinstance(value, list) and len(value) % 2 and all(isinstance(item, str) for item in value):
        return alternating(value) if role == "user" else [{"role": role, "content": value[0]}]
    raise Refused("bad_message", f"`{name}` is {kind_of(value)}, not text or messages")


def _read(turns: list[Source]) -> list[Source]:
    conversation = Conversation()
    for turn in turns:
        conversation.add(turn)
    return conversation.messages


def _with_known_role(message: Source) -> Source:
    role = role_of(message["role"])
    return message if role in (None, "call", message["role"]) else {**message, "role": role}


def _pair(source: Source) -> tuple[str, str] | None:
    names = {key.lower(): key for key in source}
    for prompt, answer in _PAIRS:
        asked, said = names.get(prompt, ""), names.get(answer, "")
        if isinstance(source.get(asked), str | list) and isinstance(source.get(said), str | list | dict):
            return asked, said
    return None
