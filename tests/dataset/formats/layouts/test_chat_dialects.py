"""Messages in the dialects of providers and trainers as OpenAI chat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

from ..sources import FUNCTION, QUESTION, TOOL, answered, calling, said


def test_anthropic() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": "é"}}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
    result = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": [{"type": "text", "text": "r"}],
        "is_error": True,
    }
    source = {
        "system": [{"type": "text", "text": "s"}],
        "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
        "messages": [
            said("user", [{"type": "text", "text": "see"}, picture]),
            said(
                "assistant", [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "wait"}, use]
            ),
            said("user", [result, {"type": "text", "text": "and?"}]),
            said("assistant", "done"),
        ],
        "max_tokens": 10,
    }
    assert read_item(source).body == {
        "messages": [
            said("system", "s"),
            said(
                "user",
                [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                ],
            ),
            calling(("t1", "look", '{"a": "é"}'), content="wait", reasoning_content="hm"),
            answered("t1", "r"),
            said("user", "and?"),
            said("assistant", "done"),
        ],
        "tools": [TOOL],
        "max_tokens": 10,
        "source_format": "anthropic",
        "source_extra": {"messages": {"2": source["messages"][2]}},  # that it was an error
    }


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([{"type": "document", "source": {}}], "neither text, image nor tool use"),
        ([{"type": "tool_use", "id": "t", "input": {}}], "`tool_use` without name"),
        (["x"], "no object"),
    ],
)
def test_refused_anthropic(blocks: list[Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_item({"system": "s", "messages": [said("user", "q"), said("assistant", blocks)]})


def test_llamafactory_parts() -> None:
    call = {"type": "tool_call", "value": '{"name": "look", "arguments": {}}'}
    odd = said(
        "assistant", [{"type": "text", "value": "b"}, {"type": "reasoning", "value": "late"}], loss_weight=0.5
    )
    source = {
        "messages": [
            said("user", [{"type": "text", "value": "q"}], loss_weight=0.0),
            said("assistant", [{"type": "reasoning", "value": "hm"}, call], loss_weight=1.0),
            said("tool", [{"type": "text", "value": "r"}]),
            odd,
        ],
        "tools": "[]",
    }
    assert read_item(source).body == {
        "messages": [
            said("user", "q", weight=0),
            calling(("call_1", "look", "{}"), reasoning_content="hm", weight=1),
            answered("call_1", "r"),
            said("assistant", "b", reasoning_content="late"),
        ],
        "source_format": "llamafactory",
        "source_extra": {"messages": {"3": odd}},
    }


def test_results_of_parallel_calls_in_one_llamafactory_turn() -> None:
    calls = '[{"name": "look", "arguments": {"at": 1}}, {"name": "ask", "arguments": {}}]'
    results = [
        {"tool_call_id": "x", "name": "ask", "content": "yes"},
        {"tool_call_id": "y", "name": "look", "content": {"seen": 2}},
    ]

    def source(results: Any) -> dict[str, Any]:
        value = results if isinstance(results, str) else json.dumps(results)
        turns = [
            said("user", [{"type": "text", "value": "q"}]),
            said("assistant", [{"type": "tool_call", "value": calls}]),
            said("tool", [{"type": "text", "value": value}]),
        ]
        return {"messages": turns}

    body = read_item(source(results)).body
    assert body["messages"][2:] == [
        answered("call_2", "yes", name="ask"),
        answered("call_1", '{"seen": 2}', name="look"),
    ]
    assert body["source_extra"]["messages"]["2"] == source(results)["messages"][2], "nothing is lost"
    # One result alone, as many as are not asked for, and what only looks like a list: the answer to the first call.
    for other in (results[:1], results * 2, [1, 2], "[not quite", [{**results[0], "more": 1}, results[1]]):
        assert len(read_item(source(other)).body["messages"]) == 3


def test_legacy_functions_are_tools() -> None:
    source = {
        "messages": [
            said("user", "q"),
            said("assistant", None, function_call={"name": "look", "arguments": "{}"}),
            said("function", "r", name="look"),
            said("assistant", "done", function_call=None),
        ],
        "functions": [FUNCTION],
    }
    reading = read_item(source)
    assert reading.evidence == "`messages` with functions"
    assert reading.body == {
        "messages": [
            said("user", "q"),
            calling(("call_1", "look", "{}")),
            answered("call_1", "r", name="look"),
            said("assistant", "done"),
        ],
        "tools": [TOOL],
    }


def test_calls_without_ids_and_a_tool_that_is_no_function() -> None:
    interpreter = {"type": "code_interpreter"}
    call = {"function": {"name": "look", "arguments": "x = 1"}}
    source = {
        "messages": [
            said("user", "q"),
            calling(("call_1", "look", "{}")),
            answered("call_1", "r"),
            said("assistant", "", tool_calls=[call, call]),
            said("tool", "r2"),
            said("tool", "r3"),
        ],
        "tools": [TOOL, interpreter],
    }
    body = read_item(source).body
    made = body["messages"][3]["tool_calls"]
    assert [call["id"] for call in made] == ["call_2", "call_3"]
    assert [message["tool_call_id"] for message in body["messages"][4:]] == ["call_2", "call_3"]
    assert (body["tools"], body["source_extra"]) == ([TOOL], {"tools": [TOOL, interpreter]})


def test_tools_in_a_string() -> None:
    body = read_item(
        {"messages": QUESTION, "tools": '[{"type": "function", "function": {"name": "f"}}]'}
    ).body
    assert body["tools"] == [{"type": "function", "function": {"name": "f"}}]


def test_openai_chat_stays_as_it_is() -> None:
    source = {
        "messages": QUESTION,
        "tools": [TOOL],
        "functions": [],
        "images": ["a.png"],
        "anything": {"else": 1},
    }
    assert read_item(source).body is source
