"""What is an OpenAI chat record, what is not, and what it is then."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused

USER = {"role": "user", "content": "Hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [USER, USER, {"role": "assistant", "content": ""}],
        [{"role": "system", "content": "s"}, {"role": "developer", "content": "d"}, USER],
        [USER, {"role": "assistant", "tool_calls": [CALL]}],
        [USER, {"role": "assistant", "content": None, "tool_calls": [CALL, CALL]}],
        [USER, {"role": "assistant", "content": "x", "tool_calls": None, "function_call": None}],
        [USER, {"role": "assistant", "content": "x", "tool_calls": []}],
        [USER, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "not json"}}]}],
        [USER, {"role": "tool", "tool_call_id": "c1", "content": None}],
        [USER, {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}],
        [USER, {"role": "function", "name": "f", "content": "result"}],
        [USER, {"role": "assistant", "content": None, "refusal": "I cannot."}],
        [
            {
                "role": "user",
                "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {}}],
            }
        ],
        [{"role": "user", "content": "x", "weight": 0, "name": "ann", "anything": {"else": 1}}],
    ],
)
def test_accepts(messages: list[Any]) -> None:
    check_chat({"messages": messages, "tools": [TOOL], "unknown": [1]})
    check_chat({"messages": messages, "tools": None})
    check_chat({"messages": messages, "tools": []})


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Hi!", "message 2 is a string, not an object"),
        (None, "message 2 is null"),
        ({"content": "x"}, "message 2 has no role"),
        ({"Role": "user", "content": "x"}, "has no role"),
        ({"role": "User", "content": "x"}, "unknown role 'User'"),
        ({"role": ["user"], "content": "x"}, "unknown role"),
        ({"role": "user"}, "message 2 (user) has no content"),
        ({"role": "user", "content": None}, "has no content"),
        ({"role": "user", "content": 12}, "`content` is a number"),
        ({"role": "assistant", "content": {"text": "x"}}, "`content` is an object"),
        ({"role": "assistant"}, "neither content nor tool calls"),
        ({"role": "assistant", "content": None, "tool_calls": []}, "neither content nor tool calls"),
        ({"role": "user", "content": ["x"]}, "part 1 of message 2 is a string"),
        ({"role": "user", "content": [{"text": "x"}]}, "part 1 of message 2 has no type"),
        ({"role": "user", "content": [{"type": "text"}]}, "part 1 of message 2 has no text"),
        ({"role": "user", "content": "x", "tool_calls": [CALL]}, "tool calls by the role user"),
        ({"role": "assistant", "tool_calls": {"a": 1}}, "`tool_calls` is an object"),
        ({"role": "assistant", "tool_calls": ["look"]}, "call 1 of message 2 is a string"),
        ({"role": "assistant", "tool_calls": [{"id": "c"}]}, "call 1 of message 2 has no `function`"),
        ({"role": "assistant", "tool_calls": [{**CALL, "type": "custom"}]}, "type 'custom'"),
        ({"role": "assistant", "tool_calls": [{**CALL, "id": 7}]}, "`id` is a number"),
        ({"role": "assistant", "tool_calls": [{"function": {"arguments": ""}}]}, "names no function"),
        (
            {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
            "`arguments` is an object, not a string of JSON",
        ),
        ({"role": "assistant", "function_call": {"name": "f"}}, "`arguments` is null"),
        ({"role": "tool", "content": "x"}, "without `tool_call_id`"),
        ({"role": "assistant", "content": "x", "weight": 2}, "weight '2'"),
    ],
)
def test_refuses_a_message(message: Any, said: str) -> None:
    with pytest.raises(Refused) as caught:
        check_chat({"messages": [USER, message]})
    assert caught.value.code == "bad_message"
    assert said in caught.value.reason


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        ({"name": "f"}, "`tools` is an object"),
        (["f"], "tool 1 is no function tool"),
        ([TOOL, {"name": "f", "parameters": {}}], "tool 2 is no function tool"),
        ([{"type": "function", "function": {"name": ""}}], "tool 1 has no name"),
        ([{"type": "function", "function": {"name": "f", "parameters": "{}"}}], "`parameters` is a string"),
    ],
)
def test_refuses_tools(tools: Any, said: str) -> None:
    with pytest.raises(Refused) as caught:
        check_chat({"messages": [USER], "tools": tools})
    assert caught.value.code == "bad_tools"
    assert said in caught.value.reason


@pytest.mark.parametrize("source", [{}, {"a": 1}, {"messages": []}, {"messages": "Hi"}, {"messages": None}])
def test_no_messages(source: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        check_chat(source)
    assert caught.value.code == "no_messages"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"conversations": [{"from": "human", "value": "x"}], "tools": "[]"}, "ShareGPT"),
        ({"messages": [{"from": "human", "value": "x"}]}, "ShareGPT"),
        ({"instruction": "x", "input": "", "output": "y"}, "Alpaca"),
        ({"instruction": "x", "response": "y"}, "Alpaca"),
        ({"prompt": "x", "completion": "y"}, "prompt and completion"),
        ({"system": "s", "messages": [USER]}, "Anthropic"),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f"}]}]},
            "Anthropic",
        ),
        ({"input": {"messages": [USER]}, "preferred_output": [], "non_preferred_output": []}, "preference"),
        ({"prompt": "x", "chosen": "y", "rejected": "z"}, "preference"),
        ({"text": "x"}, "plain text"),
        ({"data": [{"messages": [USER]}]}, "whole dataset in one object"),
        ({"role": "user", "content": "x"}, "one message per line"),
        ({"contents": [{"role": "user", "parts": []}]}, "Gemini"),
        ({"custom_id": "1", "body": {"messages": [USER]}}, "batch"),
        ({"messages": [USER], "tools": "[]"}, "`tools` is a string"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "value": "x"}]}]}, "LLaMA-Factory"),
    ],
)
def test_names_other_shapes(source: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused) as caught:
        check_chat(source)
    assert caught.value.code == "unsupported_format"
    assert named in caught.value.reason
