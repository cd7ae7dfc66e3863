"""ShareGPT and its dialects as OpenAI chat: speakers, tool calls, tools, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

from ..sources import FUNCTION, QUESTION, TOOL, Source, answered, calling, said


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, QUESTION),
        (
            {"conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
            QUESTION,
        ),
        ({"conversations": [{"from": "User", "text": "Hi"}, {"from": "chatgpt", "text": "Hello"}]}, QUESTION),
        ({"messages": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, QUESTION),
        (
            {
                "system": "Be kind",
                "conversations": [
                    {"from": "human", "value": "Hi"},
                    {"from": "gpt", "value": "Hello", "weight": 0},
                ],
            },
            [said("system", "Be kind"), said("user", "Hi"), said("assistant", "Hello", weight=0)],
        ),
        ({"system": "", "conversations": [{"from": "system", "value": "s"}]}, [said("system", "s")]),
    ],
)
def test_sharegpt_dialects(source: Source, messages: list[Source]) -> None:
    reading = read_item({**source, "id": "x1", "topic": "a"})
    assert reading.body == {"messages": messages, "id": "x1", "topic": "a"}
    assert reading.format.name == "sharegpt"


def test_sharegpt_tools() -> None:
    body = read_item(
        {
            "conversations": [
                {"from": "human", "value": "q"},
                {"from": "function_call", "value": '{"name": "look", "arguments": {"é": [1, 2.50]}}'},
                {"from": "observation", "value": "r1"},
                {"from": "function_call", "value": '[{"name": "a"}, {"name": "b", "arguments": "{}"}]'},
                {"from": "function_call", "value": '{"name": "c", "parameters": {}}'},
                {"from": "observation", "value": "r2"},
                {"from": "observation", "value": "r3", "name": "c"},
                {"from": "observation", "value": "r4"},
                {"from": "gpt", "value": "done"},
            ],
            "tools": '[{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}]',
        }
    ).body
    assert body == {
        "messages": [
            said("user", "q"),
            calling(("call_1", "look", '{"é": [1, 2.5]}')),
            answered("call_1", "r1"),
            calling(("call_2", "a", "{}"), ("call_3", "b", "{}"), ("call_4", "c", "{}")),
            answered("call_2", "r2"),
            answered("call_4", "r3", name="c"),
            answered("call_3", "r4"),
            said("assistant", "done"),
        ],
        "tools": [TOOL],
    }


def test_openai_messages_under_another_name() -> None:
    call = {"function": {"name": "look", "arguments": "{}"}}
    turns = [said("user", "q"), said("assistant", None, tool_calls=[call]), said("tool", "r", name="look")]
    assert read_item({"conversations": turns, "tools": [FUNCTION]}).body == {
        "messages": [
            said("user", "q"),
            calling(("call_1", "look", "{}")),
            answered("call_1", "r", name="look"),
        ],
        "tools": [TOOL],
    }


def test_calls_between_tags_are_calls_and_the_turn_is_kept() -> None:
    turns = [
        {"from": "human", "value": "q"},
        {
            "from": "gpt",
            "value": 'I look.\n<tool_call>\n{"name": "look", "arguments": {"a": 1}}\n</tool_call>',
        },
        {"from": "tool", "value": "<tool_response>\n{}\n</tool_response>"},
        {"from": "gpt", "value": "One writes <tool_call>like this</tool_call>."},
    ]
    assert read_item({"conversations": turns}).body == {
        "messages": [
            said("user", "q"),
            calling(("call_1", "look", '{"a": 1}'), content="I look."),
            answered("call_1", "{}"),
            said("assistant", turns[3]["value"]),
        ],
        "source_format": "sharegpt",
        "source_extra": {"messages": {"1": turns[1], "2": turns[2]}},
    }


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (
            [{"from": "human", "value": "q"}, {"from": "robot", "value": "x"}],
            "the unknown speaker 'robot'",
        ),
        ([{"from": "human", "value": "q"}, {"from": "gpt"}], "message 2 has no speaker and text"),
        ([{"from": "human", "value": "q"}, "x"], "message 2 is a string"),
        ([{"from": "human", "value": "q"}, {"from": "observation", "value": "x"}], "no call before it"),
        (
            [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{"}],
            "tool call that is not valid",
        ),
        (
            [{"from": "human", "value": "q"}, {"from": "function_call", "value": "{}"}],
            "a tool call without `name`",
        ),
        ([{"from": "human", "value": "q"}, {"from": "function_call", "value": "[]"}], "calls no tool"),
        ([{"from": "human", "value": 7}], "`content` is a number"),
    ],
)
def test_refused_sharegpt(turns: list[Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_item({"conversations": turns})


@pytest.mark.parametrize("tools", ["[", "7", '["look"]', '[{"name": 7}]', {"a": 1}, 7])
def test_refused_tools(tools: Any) -> None:
    turns = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]
    with pytest.raises(Refused) as caught:
        read_item({"conversations": turns, "tools": tools})
    assert caught.value.code == "bad_tools"


def test_a_result_belongs_to_the_call_before_it_not_to_one_that_was_never_answered() -> None:
    turns = [
        {"from": "human", "value": "a"},
        {"from": "function_call", "value": '{"name": "look", "arguments": {}}'},
        {"from": "human", "value": "b"},
        {"from": "function_call", "value": '{"name": "look", "arguments": {}}'},
        {"from": "observation", "value": "seen"},
    ]
    messages = read_item({"conversations": turns}).body["messages"]
    assert messages[4]["tool_call_id"] == messages[3]["tool_calls"][0]["id"]
    assert messages[4]["tool_call_id"] != messages[1]["tool_calls"][0]["id"]
