"""Fields beside the turns that carry the conversation too, in whatever layout: what they say goes into it.

``system_prompt`` and ``system_message`` stand in any layout and become the system message. Where a record asks once
(an instruction, a prompt, a question), ``history`` holds the turns before it, and ``input`` and ``context`` are what
the user asks about: they follow the question on a line of their own, as ``input`` does in Alpaca. Where all turns are
given already, what such fields mean is not known: they stay where they are, and the import says so.
"""

from __future__ import annotations

from typing import Any

from ...record import message_text
from ..json_text.json_line import parse_value
from ..refusal import Refused, kind_of
from .chat_body import EXTRA_KEY, FORMAT_KEY

Source = dict[str, Any]
SYSTEM_KEYS = ("system_prompt", "system_message")
ASKED_ABOUT = ("input", "context")
CARRYING = frozenset((*SYSTEM_KEYS, *ASKED_ABOUT, "history"))
"""Fields that may carry a part of the conversation."""
_FIRST_ROLES = ("system", "developer")


def with_system(body: Source) -> Source:
    """The body with the system message that stands beside its turns; the body itself where there is none to add."""
    messages = body.get("messages")
    for key in SYSTEM_KEYS:
        said = body.get(key)
        if not messages or not isinstance(said, str) or not said.strip():
            continue
        if messages[0].get("role") in _FIRST_ROLES:
            return body
        rest = {name: value for name, value in body.items() if name not in (key, "messages")}
        return {"messages": [{"role": "system", "content": said}, *messages], **rest}
    return body


def with_question(body: Source, format_name: str) -> Source:
    """The body of a record that asks once, with the turns before and what the question is about.

    What is asked about is kept beside the record as well: where it began cannot be told from the turn.
    """
    messages = list(body["messages"])
    asking = [index for index, message in enumerate(messages) if message.get("role") == "user"]
    left = dict(body)
    moved: Source = {}
    for key in ASKED_ABOUT if len(asking) == 1 else ():
        text = text_or_texts(left.get(key))
        if text and not _is_said(text, messages):
            messages[asking[0]] = _with_text(messages[asking[0]], text)
            moved[key] = left.pop(key)
    if left.get("history"):
        try:
            before = history_turns(left["history"])
        except Refused:
            pass  # something else that is called so
        else:
            first = sum(message.get("role") in _FIRST_ROLES for message in messages[:1])
            messages[first:first] = before
            del left["history"]
    if len(left) == len(body):
        return body
    left["messages"] = messages
    if moved:
        left |= {FORMAT_KEY: format_name, EXTRA_KEY: {**left.get(EXTRA_KEY, {}), **moved}}
    return left


def left_beside(body: Source) -> list[str]:
    """The fields that may carry a part of the conversation and whose text is not in it."""
    return [
        key
        for key in sorted(CARRYING.intersection(body))
        if body[key] and not (isinstance(body[key], str) and _is_said(body[key].strip(), body["messages"]))
    ]


def history_turns(value: Any) -> list[Source]:
    """The turns that ``history`` gives: pairs of question and answer, or chat messages; as a list or as its JSON.

    Raises:
        Refused: it is something else.
    """
    if isinstance(value, str) and value.strip():
        value = parse_value(value)  # a cell of a table
    if not value:
        return []
    if not isinstance(value, list):
        raise Refused("bad_message", f"`history` is {kind_of(value)}, not a list")
    turns: list[Source] = []
    for number, item in enumerate(value, start=1):
        if isinstance(item, dict) and isinstance(item.get("role"), str) and "content" in item:
            turns.append(item)
        elif isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item):
            turns += [{"role": "user", "content": item[0]}, {"role": "assistant", "content": item[1]}]
        else:
            raise Refused("bad_message", f"pair {number} of `history` is no pair of texts")
    return turns


def text_or_texts(value: Any) -> str:
    """A text, or a list of texts one below the other; nothing for what is neither."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "\n".join(value)
    return value if isinstance(value, str) and value.strip() else ""


def _is_said(text: str, messages: list[Source]) -> bool:
    return any(text in message_text(message) for message in messages)


def _with_text(message: Source, text: str) -> Source:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": f"{content}\n{text}"}
    return {**message, "content": [*content, {"type": "text", "text": text}]}
