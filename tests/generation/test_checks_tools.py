"""The tool ladder: each rung refuses what it is for, names itself, and lets real ways of speaking pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.answered_calls import AnsweredCalls
from finetune_coverage.tools.generation.checks.form.tool_calls import ToolCalls
from finetune_coverage.tools.generation.checks.form.tool_schema import ToolSchema

from .tool_messages import TOOLS, call, result

Make = Callable[..., Candidate]

USER = {"role": "user", "content": "Please reset device D-77 for me."}
REPLY = {"role": "assistant", "content": "Device D-77 is reset."}


def tool(name: str, **properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


BOOK = [tool("book", hotel={"type": "string", "enum": ["Hilton Hotel", "Hyatt Hotel"]}, at={}, guests={})]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def says(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def real(number: int, *messages: dict[str, Any], tools: Any = BOOK) -> Record:
    source = {"messages": list(messages), "tools": tools}
    return Record(id=f"r{number}", body=json.dumps(source), topic="booking")


@pytest.mark.parametrize(
    ("messages", "rung", "evidence"),
    [
        ([call({"device_id": "D-77"}, name="erase"), result()], "tool_schema", "not declared"),
        ([call("{oops"), result()], "tool_schema", "not JSON"),
        ([call("[1]"), result()], "tool_schema", "not an object"),
        ([call({"device_id": 77}), result()], "tool_schema", "is not of type 'string'"),
        ([call({"wipe": True}), result()], "tool_schema", "'device_id' is a required property"),
        ([call({"device_id": "D-77", "color": "red"}), result()], "tool_schema", "does not declare color"),
        ([call({"device_id": "D-77"})], "answered_calls", "have no answer"),
        ([call({"device_id": "D-77"}), result(call_id="call_9")], "answered_calls", "expected ['call_1']"),
    ],
)
def test_broken_tool_calls(candidate: Make, messages: list[Any], rung: str, evidence: str) -> None:
    rejection = ToolCalls().check(candidate(USER, *messages, REPLY, tools=TOOLS))
    assert rejection is not None
    assert (rejection.check, evidence in rejection.evidence) == (rung, True)


def test_a_good_tool_call_passes(candidate: Make) -> None:
    answer = says("Device D-77 is reset and back in 15 minutes.")
    calls = [call({"device_id": "D-77", "wipe": False}), result('{"minutes": 15}')]
    assert ToolCalls().check(candidate(USER, *calls, answer, tools=TOOLS)) is None


def test_tool_chain_without_a_call(candidate: Make) -> None:
    rejection = ToolCalls().check(candidate(USER, REPLY, strategy="tool_chain"))
    assert rejection is not None and rejection.check == "tool_calls"


def parallel(*ids: str) -> dict[str, Any]:
    message = call({"device_id": "D-77"})
    message["tool_calls"] = [{**message["tool_calls"][0], "id": call_id} for call_id in ids]
    return message


@pytest.mark.parametrize(
    ("calls", "answers", "passes"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["b", "a"], False),
        (["a", "b"], ["a"], False),
        (["a", "b"], ["a", "a"], False),
        (["a"], ["a", "b"], False),
        (["a", "a"], ["a", "a"], False),
    ],
)
def test_parallel_calls_are_answered_once_and_in_order(
    candidate: Make, calls: list[str], answers: list[str], passes: bool
) -> None:
    made = candidate(USER, parallel(*calls), *(result(call_id=one) for one in answers), REPLY)
    assert (AnsweredCalls().check(made) is None) == passes


def test_a_schema_that_the_dataset_does_not_keep(candidate: Make) -> None:
    typed = [tool("pay", pin={"type": "string"}, note={"type": "string"})]
    paid = [
        real(n, user("PIN 1234"), call({"pin": 1234, "session": "x"}, "pay"), result(), REPLY, tools=typed)
        for n in range(3)
    ]
    same = candidate(
        user("PIN 4711"), call({"pin": 4711, "session": "y"}, "pay"), result(), REPLY, tools=typed
    )
    assert ToolSchema(paid).check(same) is None
    assert ToolSchema().check(same) is not None
    other = candidate(user("PIN 4711"), call({"pin": [4711]}, "pay"), result(), REPLY, tools=typed)
    assert ToolSchema(paid).check(other) is not None
    missing = candidate(user("PIN 4711"), call({"note": 4711}, "pay"), result(), REPLY, tools=typed)
    assert ToolSchema(paid).check(missing) is not None


def test_a_broken_schema_is_not_held_against_a_call(candidate: Make) -> None:
    broken = [{"type": "function", "function": {"name": "pay", "parameters": {"type": "no such type"}}}]
    assert ToolSchema().check(candidate(USER, call({"pin": 1}, "pay"), result(), REPLY, tools=broken)) is None


def test_records_that_end_with_the_call(candidate: Make) -> None:
    ending = [real(n, user("For 2"), call({"guests": 2}, "book")) for n in range(3)]
    made = candidate(user("For 2"), call({"guests": 2}, "book"), tools=BOOK)
    assert AnsweredCalls(ending).check(made) is None
    assert AnsweredCalls().check(made) is not None
    gap = candidate(user("For 2"), call({"guests": 2}, "book"), says("Done."), tools=BOOK)
    assert AnsweredCalls(ending).check(gap) is not None
