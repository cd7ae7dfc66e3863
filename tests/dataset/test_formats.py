"""Records of each format as OpenAI chat: what becomes of them, and what is kept beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import FORMAT_NAMES, check_format, read_item
from finetune_coverage.tools.errors import InvalidInput

Source = dict[str, Any]
FUNCTION = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
TOOL = {"type": "function", "function": FUNCTION}


def said(role: str, content: Any, **more: Any) -> Source:
    return {"role": role, "content": content, **more}


def calling(*calls: tuple[str, str, str], content: str | None = None, **more: Any) -> Source:
    made = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in calls
    ]
    return said("assistant", content, tool_calls=made, **more)


def answered(call_id: str, content: Any, **more: Any) -> Source:
    return said("tool", content, tool_call_id=call_id, **more)


QUESTION = [said("user", "Hi"), said("assistant", "Hello")]


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}, QUESTION),
        (
            {"conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
            QUESTION,
        ),
        ({"conversations": [{"from": "User", "text": "Hi"}, {"from": "chatgpt", "text": "Hello"}]}, QUESTION),
        ({"conversation": [{"human": "Hi", "assistant": "Hello"}]}, QUESTION),
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


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ({"instruction": "Hi", "input": "", "output": "Hello"}, {"messages": QUESTION}),
        ({"instruction": "Hi", "response": "Hello", "lang": "en"}, {"messages": QUESTION, "lang": "en"}),
        (
            {"instruction": "Add", "input": "1 2", "output": "3"},
            {
                "messages": [said("user", "Add\n1 2"), said("assistant", "3")],
                "source_format": "alpaca",
                "source_extra": {"input": "1 2"},
            },
        ),
        (
            {"instruction": "c", "output": "d", "system": "s", "history": [["a", "b"]]},
            {
                "messages": [
                    said("system", "s"),
                    said("user", "a"),
                    said("assistant", "b"),
                    said("user", "c"),
                    said("assistant", "d"),
                ]
            },
        ),
        (
            {"instruction": "Hi", "instances": [{"input": "", "output": "Hello", "note": 1}]},
            {"messages": QUESTION, "source_format": "alpaca", "source_extra": {"instances": [{"note": 1}]}},
        ),
    ],
)
def test_alpaca(source: Source, body: Source) -> None:
    reading = read_item(source)
    assert (reading.format.name, reading.body) == ("alpaca", body)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"instruction": "a"}, "without an answer"),
        ({"instruction": "a", "output": 7}, "`output` is a number"),
        ({"instruction": "a", "input": [], "output": "b"}, "`input` is a list"),
        ({"instruction": "a", "output": "b", "history": [["x"]]}, "pair 1 of `history`"),
        ({"instruction": "a", "instances": []}, "0 `instances`"),
    ],
)
def test_refused_alpaca(source: Source, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_item(source)


@pytest.mark.parametrize(
    "source",
    [
        {"prompt": "Hi", "completion": "Hello"},
        {"prompt": "Hi", "response": "Hello"},
        {"question": "Hi", "answer": "Hello"},
        {"prompt": QUESTION[:1], "completion": QUESTION[1:]},
        {"prompt": "\n\nHuman: Hi\n\nAssistant:", "completion": "Hello"},
        {"prompt": "Hi", "completion": "Hello", "label": True},
    ],
)
def test_prompt_and_completion(source: Source) -> None:
    reading = read_item(source)
    assert reading.format.name == "prompt_completion"
    assert reading.body["messages"] == QUESTION


def test_an_answer_that_is_not_wanted_is_not_learnt() -> None:
    with pytest.raises(Refused, match="not wanted"):
        read_item({"prompt": "Hi", "completion": "Hello", "label": False})


@pytest.mark.parametrize(
    "source",
    [
        {"prompt": "Hi", "chosen": "Hello", "rejected": "no"},
        {"prompt": QUESTION[:1], "chosen": QUESTION[1:], "rejected": "no"},
        {"prompt": "Hi", "chosen": QUESTION, "rejected": "no"},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "no"},
        {"chosen": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "rejected": "no"},
        {"instruction": "Hi", "chosen": "Hello", "rejected": "no"},
        {
            "conversations": [{"from": "human", "value": "Hi"}],
            "chosen": {"from": "gpt", "value": "Hello"},
            "rejected": "no",
        },
    ],
)
def test_the_chosen_side_of_a_pair(source: Source) -> None:
    reading = read_item(source)
    assert reading.format.name == "preference"
    assert reading.body == {
        "messages": QUESTION,
        "source_format": "preference",
        "source_extra": {"rejected": "no"},
    }


def test_a_prompt_that_the_chosen_side_does_not_repeat_is_kept() -> None:
    body = read_item({"prompt": "Other", "chosen": QUESTION, "rejected": "no"}).body
    assert body["messages"] == QUESTION
    assert body["source_extra"] == {"rejected": "no", "prompt": "Other"}


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


def test_the_preferred_output_of_openai() -> None:
    given = {"messages": QUESTION[:1], "tools": [TOOL], "parallel_tool_calls": True}
    source = {
        "input": given,
        "preferred_output": QUESTION[1:],
        "non_preferred_output": [said("assistant", "no")],
    }
    assert read_item(source).body == {
        "messages": QUESTION,
        "tools": [TOOL],
        "source_format": "preference",
        "source_extra": {
            "non_preferred_output": [said("assistant", "no")],
            "input": {"parallel_tool_calls": True},
        },
    }


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


def test_a_message_tree_gives_its_best_way() -> None:
    def node(role: str, text: str, *replies: Source, rank: int | None = None, **more: Any) -> Source:
        return {
            "message_id": text,
            "role": role,
            "text": text,
            "rank": rank,
            "replies": list(replies),
            **more,
        }

    best = node("assistant", "b", node("prompter", "c", node("assistant", "d")), rank=0)
    gone = node("assistant", "gone", rank=-1, deleted=True)
    tree = node("prompter", "a", node("assistant", "worse", rank=1), best, gone)
    body = read_item(tree).body
    assert [message["content"] for message in body["messages"]] == ["a", "b", "c", "d"]
    assert body["source_extra"] == {"tree": tree}
    tree["replies"] = [node("assistant", "b", node("prompter", "unanswered"))]
    assert [message["content"] for message in read_item(tree).body["messages"]] == ["a", "b"]


def test_prompts() -> None:
    assert read_item({"turns": ["a", "b"], "category": "x"}).body == {
        "messages": [said("user", "a"), said("user", "b")],
        "category": "x",
    }
    assert read_item({"text": "a", "label": 3}, "prompts").body == {
        "messages": [said("user", "a")],
        "label": 3,
    }


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ({"text": "a"}, "--format prompts"),
        ({"prompt": "a"}, "--format prompts"),
        ({"role": "user", "content": "a"}, "nothing tells where a conversation ends"),
        ({"message_id": "a", "role": "prompter", "text": "x"}, "put the tree together first"),
        ({"contents": [{"role": "user", "parts": []}]}, "Gemini"),
        ({"id": 1, "ground_truth": []}, "import the file with the questions"),
        ({"custom_id": "1", "body": {"messages": QUESTION}}, "take the messages out of `body`"),
        ({"data": [{"messages": QUESTION}]}, "a file of its own"),
        ({"conversations": [{"a": 1}]}, "no speaker and text"),
    ],
)
def test_what_no_format_reads_is_named_with_what_to_do(source: Source, advice: str) -> None:
    with pytest.raises(Refused) as caught:
        read_item(source)
    assert caught.value.code == "unsupported_format"
    assert advice in caught.value.reason


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


@pytest.mark.parametrize("name", sorted(set(FORMAT_NAMES) - {"auto"}))
def test_a_named_format_refuses_what_is_in_another(name: str) -> None:
    with pytest.raises(Refused):
        read_item({"a": 1}, name)
    check_format(name)


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InvalidInput, match="'word'") as caught:
        check_format("word")
    assert "sharegpt" in str(caught.value.hint)


def test_every_reading_is_openai_chat() -> None:
    check_chat(read_item({"conversation": [{"human": "Hi", "assistant": "Hello"}]}).body)


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


@pytest.mark.parametrize("record", range(len(WHOLE)))
def test_whatever_stands_somewhere_in_a_record_is_somewhere_in_its_body(record: int) -> None:
    """One more key at a time, in each object of the record: none is lost."""
    for place in range(len(objects_within(WHOLE[record]))):
        source = json.loads(json.dumps(WHOLE[record]))
        objects_within(source)[place]["zz"] = "found me"
        assert "found me" in json.dumps(read_item(source).body), objects_within(source)[place]
