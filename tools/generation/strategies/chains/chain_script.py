"""The course of a conversation with tool calls: who says what, and where the calls stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ....dataset.record import Message
from ...topic_style import TopicStyle
from ..answer import text_field
from .chain import Chain, WrittenStep

STAND_IN = "That is done for you now."
"""What stands for the last answer until it is written."""
_ROOM = {"user": 120, "assistant": 100}
"""Characters of a turn beside the facts or results that it has to name."""
_OPEN_ARGUMENT = (8, 200)
"""Shortest and longest text of an argument that the model writes."""


@dataclass(frozen=True)
class Spoken:
    """A turn that the model writes: who says it, the field of the answer, and how long its text may be.

    Attributes:
        usual: characters that there is room for; a longest text is rare.
    """

    role: Literal["user", "assistant"]
    field: str
    shortest: int
    usual: int
    longest: int


@dataclass(frozen=True)
class Part:
    """One request to the model: the template of its prompt, and the fields that it is asked for."""

    template: str
    fields: Sequence[str]


@dataclass(frozen=True)
class Script:
    """A conversation to be written around a chain.

    Attributes:
        template: name of the prompt template.
        chain: what is called.
        turns: in order; a number stands for the calls of that step of the chain.
        values: for the template, beside those that every template gets.
        negative: what the record shows, in words for its details; empty for a plain chain.
        later: turns that a second request asks for, with what stands for them until then; its template ends in
            ``_reply``. A small model that sees a value lets the user say it too early.
    """

    template: str
    chain: Chain
    turns: Sequence[Spoken | int]
    values: Mapping[str, Any] = field(default_factory=dict)
    negative: Mapping[str, Any] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)

    @property
    def spoken(self) -> list[Spoken]:
        """The turns that the model writes."""
        return [turn for turn in self.turns if isinstance(turn, Spoken)]

    @property
    def parts(self) -> list[Part]:
        """The requests to the model: open arguments first, then the spoken turns in order."""
        now = [turn.field for turn in self.spoken if turn.field not in self.later]
        first = Part(self.template, [*self.chain.to_write, *now])
        return [first, Part(f"{self.template}_reply", list(self.later))] if self.later else [first]

    def characters(self, part: Part) -> int:
        """Characters that there is room for in the answer to a part."""
        usual = {turn.field: turn.usual for turn in self.spoken}
        return sum(usual.get(name, _OPEN_ARGUMENT[1]) for name in part.fields)

    def schema(self, part: Part) -> dict[str, Any]:
        """JSON Schema of the answer to a part."""
        limits = self._limits(part)
        return {
            "type": "object",
            "properties": {
                name: {"type": "string", "minLength": least, "maxLength": most}
                for name, (least, most) in limits.items()
            },
            "required": list(limits),
            "additionalProperties": False,
        }

    def _limits(self, part: Part) -> dict[str, tuple[int, int]]:
        spoken = {turn.field: (turn.shortest, turn.longest) for turn in self.spoken}
        return {name: spoken.get(name, _OPEN_ARGUMENT) for name in part.fields}

    def messages(self, answer: Any) -> list[Message]:
        """The conversation that an answer makes.

        Raises:
            UnusableAnswer: a part is missing.
        """
        steps = _filled(self.chain, answer)
        numbers = _first_numbers(steps)
        messages: list[Message] = []
        for turn in self.turns:
            if isinstance(turn, Spoken):
                messages.append({"role": turn.role, "content": text_field(answer, turn.field)})
            else:
                messages.extend(_call_messages(steps[turn], numbers[turn]))
        return messages


class Turns:
    """Makes spoken turns as long as the topic's style and what they have to name allow.

    Args:
        style: of the topic.
        chain: what the user and the assistant have to name.
    """

    def __init__(self, style: TopicStyle, chain: Chain) -> None:
        self._style = style
        self._facts = max((len(json.dumps(said)) for said in chain.facts), default=0) + _ROOM["user"]

    def user(self, name: str) -> Spoken:
        """A turn of the user."""
        style = self._style
        usual, longest = max(style.usual_user, self._facts), max(style.longest_user, self._facts)
        shortest = 5 if name in ("user_reply", "correction", "follow_up") else 15
        return Spoken("user", name, min(shortest, style.shortest_user), usual, longest)

    def assistant(self, name: str) -> Spoken:
        """A turn of the assistant."""
        style, least = self._style, 2 * _ROOM["assistant"]
        usual, longest = max(style.usual_reply, least), max(style.longest_reply, least)
        return Spoken("assistant", name, min(15, style.shortest_reply), usual, longest)


def _filled(chain: Chain, answer: Any) -> list[WrittenStep]:
    """The steps with the arguments that the model wrote."""
    steps = [replace(step, calls=list(step.calls)) for step in chain.steps]
    for name, places in chain.to_write.items():
        for step, call, key in places:
            calls = list(steps[step].calls)
            arguments = {**calls[call].arguments, key: text_field(answer, name)}
            calls[call] = replace(calls[call], arguments=arguments)
            steps[step] = replace(steps[step], calls=calls)
    return steps


def _first_numbers(steps: Sequence[WrittenStep]) -> list[int]:
    """The number of each step's first call, counted from 1 over the conversation."""
    numbers, number = [], 1
    for step in steps:
        numbers.append(number)
        number += len(step.calls)
    return numbers


def _call_messages(step: WrittenStep, first: int) -> list[Message]:
    """The assistant message with its calls (parallel ones together) and the tool messages that answer them."""
    numbered = list(enumerate(step.calls, first))
    calls = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for number, call in numbered
    ]
    answers = [
        {"role": "tool", "tool_call_id": f"call_{number}", "content": call.result}
        for number, call in numbered
    ]
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *answers]
