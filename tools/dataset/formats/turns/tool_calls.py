"""Tool calls of other formats: reading what is called, and telling which call an answer belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...tool_exchanges import WaitingCalls
from ..json_text.json_line import parse_value
from ..refusal import Refused, kind_of

Source = dict[str, Any]
_CALL_KEYS = ({"name"}, {"name", "arguments"}, {"name", "parameters"})


class OpenCalls:
    """The calls of one conversation that wait for their answers.

    Most formats answer calls in their order and give no ids; OpenAI chat wants one on each call and answer.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start a conversation in which the ids ``taken`` are used already."""
        self._taken = set(taken)
        self._made = 0
        self._waiting = WaitingCalls[str]()

    def __len__(self) -> int:
        """Calls that wait for their answers."""
        return len(self._waiting)

    def next_turn(self) -> None:
        """Someone else than the assistant or a tool speaks."""
        self._waiting.next_turn()

    def call(self, name: str, arguments: str, call_id: str | None = None) -> Source:
        """An OpenAI tool call, with a new id where the source gives none."""
        if call_id is None:
            call_id = self._new_id()
        self._waiting.call(call_id, call_id, name)
        return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}

    def answer(self, where: str, name: Any = None, given: Any = None) -> str:
        """The id of the call that an answer belongs to.

        Args:
            where: the answer, for a person.
            name: the tool that answers, if the source tells.
            given: the id, if the source tells: then it stays, whether a call has it or not.

        Raises:
            Refused: no call waits for an answer.
        """
        named = name if isinstance(name, str) else None
        if isinstance(given, str):
            self._waiting.answer(given, named)
            return given
        found = self._waiting.answer(None, named)
        if found is None:
            raise Refused("bad_message", f"{where} is a tool's answer, and no call before it waits for one")
        return found

    def _new_id(self) -> str:
        while True:
            self._made += 1
            if f"call_{self._made}" not in self._taken:
                return f"call_{self._made}"


def read_calls(text: Any, where: str) -> tuple[list[tuple[str, str]], bool]:
    """The calls in a turn that holds ``{"name": …, "arguments": …}`` or a list of such objects.

    Args:
        text: JSON, or what it stands for.
        where: the turn, for a person.

    Returns:
        Name and arguments (as JSON text) of each call, and whether the turn says no more than that.

    Raises:
        Refused: it is no call.
    """
    value = text
    if isinstance(text, str):
        try:
            value = parse_value(text)
        except Refused as refused:
            raise Refused("bad_message", f"{where} is a tool call that is {refused.reason}") from refused
    calls = value if isinstance(value, list) else [value]
    if not calls:
        raise Refused("bad_message", f"{where} calls no tool")
    return [_name_and_arguments(call, where) for call in calls], all(
        set(call) in _CALL_KEYS for call in calls
    )


def arguments_text(value: Any) -> str:
    """Arguments as OpenAI writes them: JSON in a string. A string is taken to be that already."""
    if value is None:
        return "{}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _name_and_arguments(call: Any, where: str) -> tuple[str, str]:
    if isinstance(call, dict) and isinstance(call.get("function"), dict):
        call = call["function"]
    if not isinstance(call, dict):
        raise Refused(
            "bad_message", f"{where} is a tool call that is {kind_of(call)}, not an object with `name`"
        )
    name = call.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refused("bad_message", f"{where} is a tool call without `name`")
    return name, arguments_text(call.get("arguments", call.get("parameters")))
