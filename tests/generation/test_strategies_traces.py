"""What is read from traces: calls, sources of arguments, errors, identifiers, results."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.strategies.chains.argument_values import misread
from finetune_coverage.tools.generation.strategies.chains.chain_model import steps_of
from finetune_coverage.tools.generation.strategies.chains.data_links import Source
from finetune_coverage.tools.generation.strategies.chains.identifiers import identifiers, renumbered
from finetune_coverage.tools.generation.strategies.chains.tool_errors import empty_error_field, is_error
from finetune_coverage.tools.generation.strategies.chains.tool_results import ToolResults
from finetune_coverage.tools.generation.strategies.chains.traces import TracedCall, fit, trace_of
from hypothesis import given
from hypothesis import strategies as st

from .tool_orders import ORDERS, record, tool


def test_sources_tell_where_an_argument_comes_from() -> None:
    find, cancel, mode = steps_of(ORDERS[0])
    assert find.sources[0]["email"].kind == "said"
    assert cancel.sources[0]["order"] == Source("result", "find_order", ("orders", 0, "order"), is_said=False)
    assert mode.sources[0]["mode"].kind == "choice"
    assert [step.after_user for step in (find, cancel, mode)] == [True, False, True]


def test_what_an_earlier_call_was_given_is_taken_from_there() -> None:
    twice = record(
        "r",
        "Where is order 40117?",
        [("cancel_order", {"order": 40117}, '{"order": 40117}')],
        [("cancel_order", {"order": 40117, "reason": "none"}, "{}")],
        "Gone.",
    )
    second = steps_of(twice)[1]
    assert second.sources[0]["order"].kind == "argument"
    assert second.sources[0]["reason"].kind == "unknown"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"response": None, "exception": "The password is incorrect."}, True),
        ({"response": {"id": 3}, "exception": None}, False),
        ({"Item": {"Message": "Reservation Failed"}}, True),
        ({"Item": {"Message": "You must take your medicine 2 times a day before meals."}}, False),
        ({"account": "x", "unlocked": True, "failed_attempts": 21}, False),
        ("Order not found", True),
        ([], False),
    ],
)
def test_errors_are_recognised(value: Any, expected: bool) -> None:
    assert is_error(value) is expected


def test_an_error_field_shows_although_it_is_always_empty() -> None:
    calls = [TracedCall("t", {}, text) for text in ('{"a": 1, "exception": null}', '{"exception": null}')]
    assert empty_error_field(calls) == ("exception",)
    assert empty_error_field([*calls, TracedCall("t", {}, '{"a": null}')]) is None


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)), st.integers())
def test_replay_gives_only_what_a_trace_has_for_exactly_this_call(
    arguments: dict[str, int], seed: int
) -> None:
    real = [TracedCall("t", {"a": n}, json.dumps({"n": n, "m": m})) for n in range(3) for m in range(2)]
    result = ToolResults(real, {}).replay(real[0], arguments, [], random.Random(seed))
    matching = [call.result for call in real if call.arguments == arguments]
    assert result in matching if matching else result is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Invoice INV-204417 of account 351531510", ["INV-204417", "351531510"]),
        ("device d-118 and MAC-7F31-20", ["d-118", "MAC-7F31-20"]),
        ("on 2023-09-12 at 14:00:00, 1.2345 in UTF-8, since 1998, from 192.0.2.44", []),
    ],
)
def test_identifiers_are_told_from_other_numbers(text: str, found: list[str]) -> None:
    assert identifiers(text) == found


@given(st.from_regex(r"[A-Z]{1,3}-[0-9]{3,9}", fullmatch=True), st.integers())
def test_renumbering_keeps_the_form(identifier: str, seed: int) -> None:
    other = renumbered(identifier, random.Random(seed))
    letters = str.maketrans("0123456789", "0" * 10)
    assert other.translate(letters) == identifier.translate(letters)


def test_a_trace_needs_declared_and_answered_calls() -> None:
    ping = tool("ping")
    call = {"id": "1", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
    asks = [
        {"role": "user", "content": "ping it"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    answered = [*asks, {"role": "tool", "tool_call_id": "1", "content": "ok"}]

    def trace(messages: list[Any], tools: list[Any]) -> list[Any]:
        return trace_of(Record(id="r", body=json.dumps({"messages": messages, "tools": tools}), topic="t"))

    assert len(trace(answered, [ping])) == 1
    assert trace(asks, [ping]) == []
    assert trace(answered, []) == []


@pytest.mark.parametrize(
    ("value", "schema", "fitted"),
    [
        (68318931, {"type": "string"}, "68318931"),
        (["Shadyside Inn", 'api.is_equal_to("Shadyside Inn")'], {"type": "string"}, "Shadyside Inn"),
        ("api.is_at_least(43)", {"type": "integer"}, 43),
        ("4.5", {"type": "number"}, 4.5),
        ("4.5", {"type": "integer"}, None),
        ("CHECK", {"type": "string", "enum": ["Check", "Book"]}, "Check"),
        ("other", {"type": "string", "enum": ["Check", "Book"]}, None),
        ("yes", {"type": "boolean"}, None),
        ('api.contains("Park")', {"type": "array", "items": {"type": "string", "enum": ["Park"]}}, ["Park"]),
        (["sea"], {"type": "array", "items": {"type": "string", "enum": ["Park"]}}, None),
    ],
)
def test_values_are_brought_into_the_declared_type(value: Any, schema: dict[str, Any], fitted: Any) -> None:
    assert fit(value, schema) == fitted


@pytest.mark.parametrize("value", [84151, "351531510", "INV-204417"])
def test_a_number_is_mistyped_in_its_own_form(value: Any) -> None:
    for seed in range(20):
        wrong = misread(value, {}, random.Random(seed))
        if wrong is not None:
            assert wrong != value and type(wrong) is type(value) and len(str(wrong)) == len(str(value))


@pytest.mark.parametrize("value", ["2023-09-12", "18:30:00", 12, 4.99, "Ruth", True, [841512]])
def test_what_is_no_number_is_not_mistyped(value: Any) -> None:
    assert misread(value, {}, random.Random(0)) is None
