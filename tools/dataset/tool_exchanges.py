"""Which tool message answers which tool call: the one place that says so.

Ids alone do not tell: real data gives every call the same one, or begins to count again with each turn. So a result
belongs to the nearest turn of the assistant before it that has a call waiting with the result's id; within that turn
to the one that the result names, else to the first that waits. Once the user speaks again, nothing answers what was
called before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from .record import Message

Key = TypeVar("Key")


class _Waiting(NamedTuple, Generic[Key]):
    key: Key
    id: str | None
    name: str | None


class WaitingCalls(Generic[Key]):
    """The calls of one conversation that wait for their results, while it is read from its beginning.

    Calls are known by a key of the caller's choice. All that the assistant says in a row is one turn.
    """

    def __init__(self) -> None:
        self._turns: list[list[_Waiting[Key]]] = []
        self._goes_on = False

    def call(self, key: Key, call_id: str | None, name: str | None) -> None:
        """The assistant calls a tool; the id is ``None`` where the source gives none."""
        if not self._goes_on:
            self._turns.append([])
            self._goes_on = True
        self._turns[-1].append(_Waiting(key, call_id, name))

    def next_turn(self) -> None:
        """Someone else than the assistant speaks; what waits goes on waiting."""
        self._goes_on = False

    def give_up(self) -> None:
        """The conversation goes on without what waits."""
        self.next_turn()
        self._turns.clear()

    def answer(self, call_id: str | None, name: str | None = None) -> Key | None:
        """A tool answers.

        Args:
            call_id: the id that the result gives, if it gives one: then only a call with it, or with none, is meant.
            name: of the tool, if the result gives it.

        Returns:
            The key of the call, which waits no longer; ``None`` when no call waits for this.
        """
        self.next_turn()
        nearest_first = self._turns[::-1]
        with_its_id = [[one for one in turn if one.id == call_id is not None] for turn in nearest_first]
        without = [[one for one in turn if None in (one.id, call_id)] for turn in nearest_first]
        fitting = next(filter(None, with_its_id + without), None)
        if fitting is None:
            return None
        found = next((one for one in fitting if one.name == name is not None), fitting[0])
        next(turn for turn in nearest_first if found in turn).remove(found)
        return found.key

    def __len__(self) -> int:
        """How many calls wait."""
        return sum(map(len, self._turns))


@dataclass(frozen=True)
class ToolExchange:
    """A tool call and what answers it.

    Attributes:
        message: index of the message that calls.
        number: of the call within that message, from 0.
        call: the call as the message has it.
        answer: index of the tool message that answers it; ``None`` when none does.
    """

    message: int
    number: int
    call: dict[str, Any]
    answer: int | None = None

    @property
    def id(self) -> Any:
        """Its id, if it has one."""
        return self.call.get("id")

    @property
    def name(self) -> str:
        """The tool; empty when the call names none."""
        function = self.call.get("function")
        return str(function.get("name") or "") if isinstance(function, dict) else ""


def exchanges(messages: Sequence[Message]) -> list[ToolExchange]:
    """All tool calls of a conversation in their order, each with its answer; see the head of the file for the rule."""
    waiting = WaitingCalls[tuple[int, int]]()
    calls: list[ToolExchange] = []
    answers: dict[tuple[int, int], int] = {}
    for index, message in enumerate(messages):
        role = message.get("role")
        if role == "tool":
            key = waiting.answer(message.get("tool_call_id"), message.get("name"))
            if key is not None:
                answers[key] = index
        elif role != "assistant":
            waiting.give_up()
        for number, call in enumerate(message.get("tool_calls") or ()):
            exchange = ToolExchange(index, number, call)
            calls.append(exchange)
            waiting.call((index, number), exchange.id, exchange.name)
    return [
        ToolExchange(one.message, one.number, one.call, answers.get((one.message, one.number)))
        for one in calls
    ]


def with_unique_ids(messages: Sequence[Message]) -> list[Message]:
    """The messages with an id of its own for each call: a call whose id came before gets a new one, as its answer does.

    Messages in which nothing has to change are the same objects; real records are left as they are, generated ones
    that copy from them are not to pass the fault on.
    """
    taken = {exchange.id for exchange in exchanges(messages)}
    changed = list(messages)
    seen: set[Any] = set()
    made = 0
    for exchange in exchanges(messages):
        if exchange.id is None or exchange.id not in seen:
            seen.add(exchange.id)
            continue
        while f"call_{(made := made + 1)}" in taken:
            pass
        calls = list(changed[exchange.message]["tool_calls"])
        calls[exchange.number] = {**exchange.call, "id": f"call_{made}"}
        changed[exchange.message] = {**changed[exchange.message], "tool_calls": calls}
        if exchange.answer is not None:
            changed[exchange.answer] = {**changed[exchange.answer], "tool_call_id": f"call_{made}"}
    return changed
