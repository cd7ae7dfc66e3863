"""A record's messages as plain turns, with the older spellings of OpenAI chat made new, for formats of text."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ..json_within import read_json
from ..record import Message
from ..tool_exchanges import WaitingCalls
from .converted import Unfit

PARTS = "content parts (their texts are joined by line breaks)"
DEVELOPER = "the role developer (becomes system)"
NAMES = "names of speakers"
LEGACY = "functions and function_call (become tools and tool_calls)"

REASONING = "reasoning_content"
"""The key of what an assistant thinks before it answers, as chat templates and servers call it."""

_KNOWN = {"role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", REASONING}
_LEGACY_TOP = ("functions", "function_call")


@dataclass(frozen=True)
class Call:
    """One tool call: its id, the function and the arguments as they were written."""

    id: str | None
    name: str
    arguments: str

    @property
    def parsed(self) -> Any:
        """The arguments as a JSON value; the text itself when it is not JSON."""
        try:
            return read_json(self.arguments)
        except ValueError:
            return self.arguments


@dataclass(frozen=True)
class Turn:
    """One message: ``system``, ``user``, ``assistant`` or ``tool``.

    Attributes:
        role: who speaks.
        text: what is said; ``None`` when the message has no content.
        calls: the assistant's tool calls.
        answers: the id of the call that a tool message answers.
        name: of the speaker or of the function that answers.
        weight: 0 or 1 where the message says so.
        reasoning: what the assistant thinks before it answers.
    """

    role: str
    text: str | None
    calls: tuple[Call, ...] = ()
    answers: str | None = None
    name: str | None = None
    weight: int | None = None
    reasoning: str | None = None


@dataclass
class Chat:
    """A record as turns.

    Attributes:
        turns: in their order.
        tools: the declared tools, each ``{"type": "function", "function": {...}}``.
        extra: the other top-level fields.
        source_format: the format that it was imported from, where that format said more than OpenAI chat can.
        source_extra: what it said more.
        lost: what reading it as turns lost already.
    """

    turns: list[Turn]
    tools: list[dict[str, Any]]
    extra: dict[str, Any]
    source_format: str | None = None
    source_extra: dict[str, Any] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)


def chat_of(source: dict[str, Any]) -> Chat:
    """Read a record as turns.

    Raises:
        Unfit: a message holds something else than text, such as a picture.
    """
    lost: set[str] = set()
    turns = [
        _turn(message, f"message {number}", lost)
        for number, message in enumerate(source["messages"], start=1)
    ]
    tools = list(source.get("tools") or ())
    if source.get("functions"):
        lost.add(LEGACY)
        tools += [{"type": "function", "function": function} for function in source["functions"]]
    dropped = {"messages", "tools", *(key for key in _LEGACY_TOP if source.get(key))}
    if source.get("function_call"):
        lost.add(named(["function_call"]))
    extra = {key: value for key, value in source.items() if key not in dropped}
    chat = Chat(_linked(turns), tools, extra, lost=lost)
    if isinstance(extra.get("source_format"), str) and isinstance(extra.get("source_extra"), dict):
        chat.source_format, chat.source_extra = extra.pop("source_format"), extra.pop("source_extra")
    return chat


def answered_calls(turns: Iterable[Turn]) -> dict[int, tuple[int, int]]:
    """Which call each answer belongs to: index of the answer → index of the turn that calls, number of the call."""
    waiting = WaitingCalls[tuple[int, int]]()
    answered = {}
    for index, turn in enumerate(turns):
        if turn.role == "tool":
            call = waiting.answer(turn.answers, turn.name)
            if call is not None:
                answered[index] = call
        elif turn.role != "assistant":
            waiting.give_up()
        for number, one in enumerate(turn.calls):
            waiting.call((index, number), one.id, one.name)
    return answered


def drop_fields(chat: Chat, kept: Collection[str] = ()) -> None:
    """Note that the other top-level fields are not written, save those that are kept."""
    rest = {*chat.extra, *(["source_extra"] if chat.source_extra else [])} - set(kept)
    if rest:
        chat.lost.add(named(rest))


def named(fields: Iterable[str]) -> str:
    """How lost fields are called."""
    return f"fields: {', '.join(sorted(fields))}"


def _turn(message: Message, where: str, lost: set[str]) -> Turn:
    role = message["role"]
    if role == "developer":
        lost.add(DEVELOPER)
        role = "system"
    calls = tuple(_call(call.get("id"), call["function"]) for call in message.get("tool_calls") or ())
    if message.get("function_call"):
        lost.add(LEGACY)
        calls += (_call(None, message["function_call"]),)
    if role == "function":
        lost.add(LEGACY)
        role = "tool"
    reasoning = message.get(REASONING)
    if not isinstance(reasoning, str):
        reasoning = None
    other = {key for key in message.keys() - _KNOWN if message[key] is not None}
    if reasoning is None and message.get(REASONING) is not None:
        other.add(REASONING)
    if other:
        lost.add(f"{named(other)} of messages")
    text = _text(message.get("content"), where, lost)
    if text is None and not calls and role == "assistant":
        raise Unfit(f"{where} is an answer without text")
    return Turn(
        role,
        text,
        calls,
        answers=message.get("tool_call_id"),
        name=message.get("name"),
        weight=message.get("weight"),
        reasoning=reasoning,
    )


def _call(call_id: str | None, function: dict[str, Any]) -> Call:
    return Call(call_id, function["name"], function.get("arguments") or "")


def _text(content: Any, where: str, lost: set[str]) -> str | None:
    if content is None or isinstance(content, str):
        return content
    for part in content:
        if part.get("type") not in ("text", "refusal"):
            raise Unfit(f"{where} holds {part.get('type')}, which is not text")
    lost.add(PARTS)
    return "\n".join(str(part.get("text", part.get("refusal", ""))) for part in content)


def _linked(turns: list[Turn]) -> list[Turn]:
    """The turns with an id for each call that has none, and for the answer that belongs to it."""
    answered = answered_calls(turns)
    linked: list[Turn] = []
    made = 0
    for index, turn in enumerate(turns):
        calls = []
        for call in turn.calls:
            made += call.id is None
            calls.append(call if call.id is not None else Call(f"call_{made}", call.name, call.arguments))
        answers = turn.answers
        if turn.role == "tool" and answers is None:
            called = answered.get(index)
            answers = "call_0" if called is None else linked[called[0]].calls[called[1]].id
        linked.append(replace(turn, calls=tuple(calls), answers=answers))
    return linked
