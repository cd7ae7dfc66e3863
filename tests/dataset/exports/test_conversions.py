"""What single formats make of a record: what they lose, keep elsewhere, or refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exports import alpaca, axolotl, cohere, llamafactory, sharegpt, trl
from finetune_coverage.tools.dataset.exports.chat_turns import LOOSE
from finetune_coverage.tools.dataset.exports.converted import Unfit

from .test_round_trips import Json

CALLS: Json = {
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "Both?", "name": "Ann"},
        {
            "role": "assistant",
            "content": "One moment.",
            "weight": 0,
            "tool_calls": [
                {"id": "b", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "second"},
        {"role": "tool", "tool_call_id": "b", "content": "first"},
        {"role": "assistant", "content": [{"type": "text", "text": "Done."}], "mood": "glad"},
    ],
    "functions": [{"name": "f"}],
    "meta": 1,
}


def test_sharegpt_names_all_that_it_loses() -> None:
    done = sharegpt.convert(CALLS, None)
    assert [turn["from"] for turn in done.row["conversations"]] == [
        "system", "human", "gpt", "function_call", "observation", "observation", "gpt",
    ]  # fmt: skip
    assert json.loads(done.row["conversations"][3]["value"]) == [
        {"name": "f", "arguments": {"x": 1}},
        {"name": "f", "arguments": {}},
    ]
    assert [turn["value"] for turn in done.row["conversations"][4:6]] == ["first", "second"]
    assert json.loads(done.row["tools"]) == [{"name": "f"}]
    assert done.row["meta"] == 1 and done.row["conversations"][2]["weight"] == 0
    assert {loss.partition(" (")[0] for loss in done.lost} == {
        "content parts", "fields: mood of messages", "functions and function_call", "ids of tool calls",
        "spacing of tool arguments", "text beside a tool call", "the role developer",
    }  # fmt: skip


def test_reasoning_goes_where_each_trainer_looks_for_it() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_content": "Look it up."},
        {"role": "tool", "tool_call_id": "a", "content": "y"},
        {"role": "assistant", "content": "Yes.", "reasoning_content": "So it is y."},
    ]
    record = {"messages": messages}
    for convert in (trl.convert, axolotl.convert):
        row = convert(record, None).row
        assert [message.get("reasoning_content") for message in row["messages"]] == [
            None, "Look it up.", None, "So it is y.",
        ]  # fmt: skip
    done = llamafactory.convert(record, None)
    values = [turn["value"] for turn in done.row["conversations"]]
    assert values[1] == '<think>\nLook it up.\n</think>\n\n{"name": "f", "arguments": {}}'
    assert values[3] == "<think>\nSo it is y.\n</think>\n\nYes."
    assert {loss for loss in done.lost if "reasoning" in loss} == set()
    short = {"messages": [messages[0], messages[3]]}
    assert alpaca.convert(short, None).lost == {"fields: reasoning_content of messages"}


def test_what_a_record_brought_from_its_format_goes_back_there() -> None:
    messages = [{"role": "user", "content": "Translate.\nBonjour"}, {"role": "assistant", "content": "Hello"}]
    record = {"messages": messages, "source_format": "alpaca", "source_extra": {"input": "Bonjour"}}
    done = alpaca.convert(record, None)
    assert done.row == {"instruction": "Translate.", "input": "Bonjour", "output": "Hello"} and not done.lost
    assert sharegpt.convert(record, None).lost == {"fields: source_extra"}
    record = {"messages": messages, "source_format": "sharegpt", "source_extra": {"tools": "none"}}
    done = sharegpt.convert(record, None)
    assert done.row["tools"] == "none" and not done.lost
    assert trl.convert(record, None).lost == {"fields: source_extra"}


@pytest.mark.parametrize("answered", [[], ["b"], ["b", "a"], ["x"]])
def test_answers_that_a_reader_could_give_to_another_call_are_named(answered: list[str]) -> None:
    def calling(*ids: str) -> Json:
        function = {"name": "f", "arguments": "{}"}
        calls = [{"id": one, "type": "function", "function": function} for one in ids]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    messages = [
        {"role": "user", "content": "x"},
        calling("a", "b"),
        *({"role": "tool", "tool_call_id": one, "content": one} for one in answered),
        {"role": "user", "content": "y"},
        calling("c"),
    ]
    loose = answered in (["b"], ["x"])
    assert (LOOSE in sharegpt.convert({"messages": messages}, None).lost) == loose
    messages.append({"role": "tool", "tool_call_id": "c", "content": "c"})
    done = sharegpt.convert({"messages": messages}, None)
    assert (LOOSE in done.lost) == (answered != ["b", "a"])


def test_trainers_rows_have_their_documented_shapes() -> None:
    # Some chat templates (gpt-oss) stop at tools without description or parameters.
    parameters = {"type": "object", "properties": {}}
    function = {"name": "f", "description": "", "parameters": parameters}
    row = trl.convert(CALLS, "billing").row
    assert row["topic"] == "billing" and "meta" not in row
    assert row["tools"] == [{"type": "function", "function": function}]
    assert row["messages"][2]["tool_calls"][0]["function"] == {"name": "f", "arguments": {"x": 1}}
    row = axolotl.convert(CALLS, None).row
    assert row["messages"][2]["train"] is False and "train" not in row["messages"][5]
    assert row["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"x":1}'
    assert json.loads(row["tools"]) == [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("convert", "messages", "reason"),
    [
        (alpaca.convert, ["user", "assistant", "user", "assistant"], "2 user, 2 assistant"),
        (alpaca.convert, ["system", "system", "user", "assistant"], "1 system, 1 user, 1 assistant"),
        (llamafactory.convert, ["user", "user", "assistant"], "human follows human"),
        (llamafactory.convert, ["assistant", "user"], "gpt follows the start"),
        (llamafactory.convert, ["user", "assistant", "user"], "does not end with an answer"),
    ],
)
def test_a_refusal_says_why(convert: Any, messages: list[str], reason: str) -> None:
    record = {"messages": [{"role": role, "content": "x"} for role in messages]}
    with pytest.raises(Unfit, match=reason):
        convert(record, None)


def test_pictures_and_bad_arguments_are_refused_by_formats_of_text() -> None:
    picture = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}]}
    for convert in (sharegpt.convert, alpaca.convert, trl.convert, axolotl.convert, cohere.convert):
        with pytest.raises(Unfit, match="message 1 holds image_url"):
            convert(picture, None)
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{x"}}
    broken = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]}
    for convert in (axolotl.convert, llamafactory.convert):
        with pytest.raises(Unfit, match="arguments of a call of f"):
            convert(broken, None)
    assert trl.convert(broken, None).row["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{x"


def test_answers_to_calls_under_one_id_follow_the_order_of_the_calls() -> None:
    def called(given: str, name: str) -> Json:
        return {"id": given, "type": "function", "function": {"name": name, "arguments": "{}"}}

    messages = [
        {"role": "user", "content": "q"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [called("x", "f"), called("y", "g"), called("x", "h")],
        },
        *({"role": "tool", "tool_call_id": given, "content": given + n} for given, n in ("x1", "x2", "y1")),
        {"role": "assistant", "content": "a"},
    ]
    row = sharegpt.convert({"messages": messages}, None).row
    assert [turn["value"] for turn in row["conversations"] if turn["from"] == "observation"] == [
        "x1",
        "y1",
        "x2",
    ]
