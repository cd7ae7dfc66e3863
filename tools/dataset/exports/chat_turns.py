"""A record's messages as plain turns, with the older spellings of OpenAI chat made new, for formats of text."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

from ..json_within import read_json
from ..record import Message
from ..tool_exchanges import WaitingCalls
from .converted import Unfit

PARTS = "content parts (their texts are joined by line breaks)"
DEVELOPER = "the role developer (becomes system)"
NAMES = "names of speakers"
LEGACY = "functions and function_call (become tools and tool_calls)"
IDS = "ids of tool calls (answers follow the order of the calls)"
LOOSE = "which call an answer belongs to, where calls and answers do not match"
EMPTY_BESIDE_CALL = "empty text beside a tool call"
IN_A_ROW = "the bounds between messages of one speaker in a row"
NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}
NO_DESCRIPTION = "tools without description (get an empty one)"
FILLED = "tools without parameters (get an object without properties)"
TYPES = "tools that are written in another way than {type: function, function: …}"
SPACING = "spacing of tool arguments (equal as JSON)"
EMPTY_SYSTEM = "an empty system prompt"

REASONING = "reasoning_content"
"""The key of what an assistant thinks before it answers, as chat templates and servers call it."""
_REASONING_ELSEWHERE = ("reasoning", "thinking")
"""What some servers and datasets call it."""

_KNOWN = {"role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", REASONING}
_OF_TOOLS = {"name", "description", "parameters"}
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
        parts: the content as OpenAI chat has it, where it is a list with pictures; ``text`` has its texts.
    """

    role: str
    text: str | None
    calls: tuple[Call, ...] = ()
    answers: str | None = None
    name: str | None = None
    weight: int | None = None
    reasoning: str | None = None
    parts: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Tool:
    """A declared tool: its name, what it does, and the JSON Schema of its arguments."""

    name: str
    description: str | None
    parameters: dict[str, Any]


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


def chat_of(source: dict[str, Any], *, pictures: bool = False) -> Chat:
    """Read a record as turns.

    Args:
        source: the record.
        pictures: whether the format holds pictures.

    Raises:
        Unfit: a message holds what is neither text nor such a picture.
    """
    lost: set[str] = set()
    turns = [
        _turn(message, f"message {number}", lost, pictures)
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


def in_order_of_calls(chat: Chat) -> Iterator[Turn]:
    """The turns, with the answers to parallel calls in the order of the calls: for formats without their ids."""
    answered = answered_calls(chat.turns)
    waiting: list[tuple[int, int]] = []
    answers: dict[int, Turn] = {}
    unanswered = False
    for index, turn in enumerate([*chat.turns, None]):
        if turn is not None and turn.role == "tool":
            answers[index] = turn
            continue
        if {answered.get(one) for one in answers} == set(waiting):
            answers = {one: answers[one] for one in sorted(answers, key=lambda one: answered[one])}
        else:
            unanswered = True
        # A call without an answer is plain to see, until answers to other calls come after it.
        follows_call = turn is not None and bool(waiting and turn.calls and not answers)
        if unanswered and (answers or follows_call):
            chat.lost.add(LOOSE)
        yield from answers.values()
        if turn is not None:
            yield turn
            waiting, answers = [(index, number) for number in range(len(turn.calls))], {}


def after_system(chat: Chat) -> tuple[str, list[Turn]]:
    """The system prompt and the turns after it, for formats in which it stands at the beginning or beside them.

    Raises:
        Unfit: a system message comes later, or nobody else speaks.
    """
    first = next((index for index, turn in enumerate(chat.turns) if turn.role != "system"), len(chat.turns))
    prompts = [turn.text or "" for turn in chat.turns[:first]]
    rest = chat.turns[first:]
    if not rest:
        raise Unfit("nobody speaks but the system")
    if any(turn.role == "system" for turn in rest):
        raise Unfit("a system message comes after the beginning")
    if prompts and not any(prompt.strip() for prompt in prompts):
        chat.lost.add(EMPTY_SYSTEM)
        prompts = []
    if len(prompts) > 1:
        chat.lost.add(IN_A_ROW)
    return "\n\n".join(prompts), rest


def sides(chat: Chat, turns: Sequence[Turn]) -> Iterator[tuple[bool, list[Turn]]]:
    """The turns as user and model take them in turn, for formats in which these two alternate.

    Results of tools are the user's, before what else the user says. What one side says in several messages becomes one
    turn, and the bounds between them are lost.

    Yields:
        Whether it is the model's side, and its turns.
    """
    for is_model, group in groupby(turns, key=lambda turn: turn.role == "assistant"):
        together = list(group)
        said = [turn for turn in together if turn.role != "tool"]
        if len(said) > 1 or (said and together[-1].role == "tool"):
            chat.lost.add(IN_A_ROW)
        yield is_model, together


def arguments_of(call: Call, chat: Chat) -> dict[str, Any]:
    """The arguments of a call as an object; raises `Unfit` where they are none."""
    parsed = call.parsed
    if not isinstance(parsed, dict):
        raise Unfit(f"the arguments of a call of {call.name} are no JSON object")
    if json.dumps(parsed, ensure_ascii=False) != call.arguments:
        chat.lost.add(SPACING)
    return parsed


def function_of(tool: dict[str, Any], chat: Chat) -> dict[str, Any]:
    """A declared tool without its wrapping: name, description, parameters."""
    function: dict[str, Any] = tool["function"]
    if tool != {"type": "function", "function": function}:
        chat.lost.add(TYPES)
    return function


def tools_of(chat: Chat) -> list[Tool]:
    """The declared tools, each with parameters; what else is declared is noted as lost."""
    tools = []
    for function in (function_of(tool, chat) for tool in chat.tools):
        other = {key for key in function.keys() - _OF_TOOLS if function[key] is not None}
        chat.lost.update(f"{named([key])} of tools" for key in other)
        given = function.get("parameters") or {}
        if not NO_PARAMETERS.keys() <= given.keys():
            chat.lost.add(FILLED)
        tools.append(Tool(function["name"], function.get("description"), NO_PARAMETERS | given))
    return tools


def drop_of_messages(chat: Chat, *attributes: Literal["name", "weight", "reasoning"]) -> None:
    """Note that these attributes of turns are not written."""
    lost = {
        "name": NAMES,
        "weight": f"{named(['weight'])} of messages",
        "reasoning": f"{named([REASONING])} of messages",
    }
    for attribute in attributes:
        if any(getattr(turn, attribute) is not None for turn in chat.turns):
            chat.lost.add(lost[attribute])


def drop_fields(chat: Chat, kept: Collection[str] = ()) -> None:
    """Note that the other top-level fields are not written, save those that are kept."""
    rest = {*chat.extra, *(["source_extra"] if chat.source_extra else [])} - set(kept)
    chat.lost.update(named([name]) for name in rest)


def named(fields: Iterable[str]) -> str:
    """How lost fields are called."""
    return f"fields: {', '.join(sorted(fields))}"


def _turn(message: Message, where: str, lost: set[str], pictures: bool) -> Turn:
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
    reasoning, said_as = _reasoning(message)
    other = {key for key in message.keys() - _KNOWN if message[key] is not None and key != said_as}
    if reasoning is None and message.get(REASONING) is not None:
        other.add(REASONING)
    if said_as not in (None, REASONING):
        lost.add(f"the name {said_as} (becomes {REASONING})")
    lost.update(f"{named([key])} of messages" for key in other)
    content = message.get("content")
    parts = _parts_with_pictures(content) if pictures else ()
    text = _text(content, where, lost, has_pictures=bool(parts))
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
        parts=parts,
    )


def _reasoning(message: Message) -> tuple[str | None, str | None]:
    """What the assistant thinks, and the key that says it."""
    for key in (REASONING, *_REASONING_ELSEWHERE):
        if isinstance(message.get(key), str):
            return message[key], key
    return None, None


def _call(call_id: str | None, function: dict[str, Any]) -> Call:
    return Call(call_id, function["name"], function.get("arguments") or "")


def _parts_with_pictures(content: Any) -> tuple[dict[str, Any], ...]:
    """The parts of a content with pictures; nothing where it has none."""
    parts = tuple(content) if isinstance(content, list) else ()
    return parts if any(picture_in(part) is not None for part in parts) else ()


def picture_in(part: dict[str, Any]) -> str | None:
    """The address of the picture that a content part is, or its data as a ``data:`` address; else ``None``."""
    picture = part.get("image_url") if part.get("type") == "image_url" else None
    address = picture.get("url") if isinstance(picture, dict) else picture
    return address if isinstance(address, str) else None


def _text(content: Any, where: str, lost: set[str], *, has_pictures: bool) -> str | None:
    if content is None or isinstance(content, str):
        return content
    texts = []
    for part in content:
        if part.get("type") in ("text", "refusal"):
            texts.append(str(part.get("text", part.get("refusal", ""))))
        elif not (has_pictures and picture_in(part) is not None):
            raise Unfit(f"{where} holds {part.get('type')}, which is not text")
    if not has_pictures:
        lost.add(PARTS)
    return "\n".join(texts)


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
