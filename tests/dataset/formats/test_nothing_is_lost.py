"""Whatever a record holds beside the conversation is kept beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.registry import read_item

from .layouts.vendor_layouts import LAYOUTS
from .sources import FUNCTION, QUESTION, TOOL, Source, said


def test_what_a_turn_says_besides_is_kept() -> None:
    turns = [
        {"from": "human", "value": "Hi", "content": "hidden"},
        {"from": "gpt", "value": "Hello", "mood": "glad"},
    ]
    assert read_item({"conversations": turns}).body == {
        "messages": [said("user", "Hi"), said("assistant", "Hello", mood="glad")],
        "source_format": "sharegpt",
        "source_extra": {"messages": {"0": turns[0]}},
    }
    both = [[said("user", "a"), said("user", "b")], [said("user", "c")]]
    assert read_item({"question": both}).body["source_extra"] == {"question": both}
    api = {"role": "API", "api_name": "f", "param_dict": {}, "result": "r", "note": 1}
    body = read_item({"dialogue": [{"role": "User", "text": "q"}, api]}).body
    assert body["source_extra"] == {"messages": {"1": api}}
    spoken = {"index": 0, "role": "user", "text": "q", "tone": "low"}
    body = read_item({"conversation": [spoken], "apis_used": []}).body
    assert body["source_extra"] == {"messages": {"0": spoken}}


def test_keys_of_a_source_that_are_taken_are_kept_aside() -> None:
    source = {
        "instruction": "Hi",
        "output": "Hello",
        "tools": "hammer",
        "source_extra": 1,
        "source_format": 2,
    }
    assert read_item(source).body == {
        "messages": QUESTION,
        "source_format": "alpaca",
        "source_extra": {"tools": "hammer", "source_extra": 1, "source_format": 2},
    }


WHOLE: list[Source] = [
    {
        "conversations": [
            {"from": "human", "value": "a"},
            {"from": "function_call", "value": {"name": "f", "arguments": {"x": {}}}},
            {"from": "observation", "value": "b"},
            {"from": "function_call", "value": {"name": "f"}},
            {"from": "function_call", "value": [{"name": "g", "arguments": {}}]},
            {"from": "gpt", "value": '<tool_call>{"name": "f", "zz": 1}</tool_call>'},
        ],
        "tools": [{"name": "f", "parameters": {}}],
    },
    {"conversation": [{"human": "a", "assistant": "b"}]},
    {"instruction": "a", "input": "b", "output": "c", "history": [["d", "e"]], "system": "s"},
    {"instruction": "a", "instances": [{"input": "b", "output": "c"}]},
    {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]},
    {"prompt": "a", "chosen": QUESTION, "rejected": QUESTION, "question": "b"},
    {"instruction": "a", "chosen": "b", "rejected": {}, "output": "c"},
    {
        "conversations": [{"from": "human", "value": "a"}],
        "chosen": {"from": "gpt", "value": "b"},
        "rejected": {},
    },
    {
        "input": {"messages": QUESTION[:1], "tools": [TOOL]},
        "preferred_output": QUESTION[1:],
        "non_preferred_output": QUESTION[1:],
    },
    {
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            said(
                "user",
                [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "r"}]}],
            ),
            said(
                "assistant",
                [
                    {"type": "thinking", "thinking": "h"},
                    {"type": "text", "text": "b"},
                    {"type": "tool_use", "id": "t", "name": "f", "input": {}},
                ],
            ),
            said(
                "user",
                [{"type": "image", "source": {"type": "url", "url": "u"}}, {"type": "text", "text": "c"}],
            ),
        ],
        "tools": [{"name": "f", "input_schema": {}}],
    },
    {
        "messages": [
            said("user", [{"type": "image_url", "value": "u"}, {"type": "text", "value": "a"}]),
            said(
                "assistant",
                [{"type": "reasoning", "value": "h"}, {"type": "text", "value": "b"}],
                loss_weight=1.0,
            ),
        ],
    },
    {
        "messages": [
            said("assistant", None, function_call={"name": "f", "arguments": "{}"}),
            said("function", "r", name="f"),
        ],
        "functions": [FUNCTION],
        "tools": [{"type": "code_interpreter"}],
    },
    {
        "conversation": [
            {
                "index": 0,
                "role": "assistant",
                "text": "a",
                "apis": [{"request": {"api_name": "f", "parameters": {}}, "response": {}, "exception": None}],
            }
        ],
        "apis_used": [],
    },
    {
        "dialogue": [
            {"role": "User", "text": "a"},
            {"role": "API", "api_name": "f", "param_dict": {}, "result": {}},
        ]
    },
    {"original": [["agent", "a"], ["customer", "b"]], "scenario": {}},
    {
        "role": "prompter",
        "text": "a",
        "replies": [{"role": "assistant", "text": "b", "replies": [], "rank": 0}],
    },
    {"prompt": {"role": "prompter", "text": "a", "replies": []}},
    {"turns": ["a"]},
    {"question": [[said("user", "a")], []]},
]


def objects_within(value: Any) -> list[Source]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict) else []) + [
        found for item in inner for found in objects_within(item)
    ]


WHOLE += [LAYOUTS[name][1] for name in LAYOUTS]


@pytest.mark.parametrize("record", range(len(WHOLE)))
def test_whatever_stands_somewhere_in_a_record_is_somewhere_in_its_body(record: int) -> None:
    """One more key at a time, in each object of the record: none is lost."""
    for place in range(len(objects_within(WHOLE[record]))):
        source = json.loads(json.dumps(WHOLE[record]))
        objects_within(source)[place]["zz"] = "found me"
        assert "found me" in json.dumps(read_item(source).body), objects_within(source)[place]
