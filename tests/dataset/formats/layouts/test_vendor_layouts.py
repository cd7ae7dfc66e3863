"""The layouts of vendors, gateways and apps, and text that templates have rendered, are read as the chat they hold."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

from ..sources import QUESTION, Source, said
from .vendor_layouts import ASKED, CHAT, LAYOUTS, RENDERED, SYSTEM, TOLD


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_record_is_read_as_the_conversation_that_it_holds(layout: str) -> None:
    name, source, messages, tools = LAYOUTS[layout]
    reading = read_item({**source, "topic": "parcels"})
    assert (reading.format.name, reading.body["messages"]) == (name, messages)
    assert reading.body.get("tools", []) == tools
    assert reading.body["topic"] == "parcels"


@pytest.mark.parametrize("template", RENDERED)
@pytest.mark.parametrize("key", ["text", "anything"])
def test_rendered_text_is_taken_apart_into_its_turns(template: str, key: str) -> None:
    reading = read_item({key: RENDERED[template], "topic": "parcels"})
    said_before = [SYSTEM] if "Ferry desk." in RENDERED[template] else []
    asked = said("user", "Where is\nK1?") if template == "Alpaca" else ASKED
    assert reading.body == {"messages": [*said_before, asked, TOLD], "topic": "parcels"}
    assert reading.format.name == "rendered"


def test_harmony_has_thoughts_calls_and_results() -> None:
    text = (
        "<|start|>user<|message|>Where is K1?<|end|>"
        "<|start|>assistant<|channel|>analysis<|message|>Look.<|end|>"
        '<|start|>assistant<|channel|>commentary to=functions.find <|constrain|>json<|message|>{"code": "K1"}<|call|>'
        '<|start|>functions.find to=assistant<|channel|>commentary<|message|>{"place": "Ely"}<|end|>'
        "<|start|>assistant<|channel|>final<|message|>In Ely.<|return|>"
    )
    messages = read_item({"text": text}).body["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]
    assert messages[1]["reasoning_content"] == "Look."
    assert messages[1]["tool_calls"][0]["function"] == {"name": "find", "arguments": '{"code": "K1"}'}
    assert messages[2]["content"] == '{"place": "Ely"}'


def test_calls_and_results_between_tags_are_calls_and_results() -> None:
    text = (
        "<|im_start|>user\nWhere is K1?<|im_end|>\n"
        '<|im_start|>assistant\n<tool_call>\n{"name": "find", "arguments": {"code": "K1"}}\n</tool_call><|im_end|>\n'
        '<|im_start|>user\n<tool_response>\n{"place": "Ely"}\n</tool_response><|im_end|>\n'
        "<|im_start|>assistant\nIn Ely.<|im_end|>\n"
    )
    messages = read_item({"text": text}).body["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]
    assert messages[1]["tool_calls"][0]["function"]["name"] == "find"
    assert messages[2]["content"] == '{"place": "Ely"}'


@pytest.mark.parametrize(
    "text",
    [
        "The log said:\nUser: hi\nAgent: hello",
        "User: nobody answers",
        "# Human\n\nA text about [INST] marks.",
        "ASSISTANT: alone",
    ],
)
def test_a_text_that_only_speaks_of_marks_is_no_conversation(text: str) -> None:
    with pytest.raises(Refused):
        read_item({"text": text})


@pytest.mark.parametrize(
    "role", ["Assistant", "MODEL", "bot", "gpt", "Chatbot", " assistant ", "agent", "ai"]
)
@pytest.mark.parametrize(
    ("key", "speaker", "text"), [("messages", "role", "content"), ("conversations", "from", "value")]
)
def test_a_role_may_be_spelled_otherwise(role: str, key: str, speaker: str, text: str) -> None:
    turns = [{speaker: "Human", text: "Hi"}, {speaker: role, text: "Hello"}]
    assert read_item({key: turns}).body["messages"] == QUESTION


def test_pictures_of_vendors_are_pictures() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
    asked = [{"type": "text", "text": "What?"}, picture]
    bedrock = {"image": {"format": "png", "source": {"bytes": "iVBO"}}}
    gemini = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}
    for source in (
        {"messages": [said("user", [{"text": "What?"}, bedrock]), said("assistant", [{"text": "A."}])]},
        {
            "contents": [
                {"role": "user", "parts": [{"text": "What?"}, gemini]},
                {"role": "model", "parts": [{"text": "A."}]},
            ]
        },
    ):
        assert read_item(source).body["messages"] == [said("user", asked), said("assistant", "A.")]


@pytest.mark.parametrize(
    ("source", "said_of_it"),
    [
        ({"a": CHAT, "b": [said("user", "B?"), said("assistant", "B.")]}, "'a' and 'b' are lists of turns"),
        ({"contents": [{"role": "user", "parts": [{"strange": 1}]}]}, "a content part of no known kind"),
        ({"chat_messages": [{"sender": "robot-7", "text": "x"}]}, "unknown speaker 'robot-7'"),
        ({"mapping": {"a": {"children": [], "message": None}}, "current_node": "a"}, "nobody says anything"),
        ({"messages": [said("user", "x"), said("ipython", "4")]}, "message 2 (ipython) is a tool's answer"),
        ({"messages": '[{"role": "user", "content": "x"'}, "`messages` holds text that is not valid JSON"),
        (
            {"messages": [{"from": "Bo", "text": "x"}, {"from": "Al", "text": "y"}]},
            "which of 'Bo', 'Al' is the user",
        ),
        (
            {"payload": [{"sender": {"type": kind}, "content": "x"} for kind in ("contact", "user")]},
            "which of them is the assistant is not known",
        ),
        ({"name": "Bo", "is_user": True, "mes": "x"}, "one message per line"),
        ({"segments": [{"label": True, "text": "x"}]}, "write its turns as `messages`"),
        ({"type": "message", "user": "U1", "text": "x", "ts": "1.0"}, "a message of Slack"),
        ({"question_id": 81, "choices": [{"index": 0, "turns": ["a"]}]}, "join the two by their ids"),
        ({"custom_id": "1", "response": {"body": {"choices": []}}}, "join the two by their ids"),
        ({"query": "x", "tools": "[]", "answers": "[]"}, "calls no tool"),
    ],
)
def test_what_cannot_be_read_is_named(source: Source, said_of_it: str) -> None:
    with pytest.raises(Refused) as caught:
        read_item(source)
    assert said_of_it in caught.value.reason


@pytest.mark.parametrize("blank", [" ", "[]", "", "null", None, []])
def test_blank_tools_are_none(blank: Any) -> None:
    for source in (
        {"messages": QUESTION},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    ):
        body = read_item({**source, "tools": blank}).body
        assert body["messages"] == QUESTION and not body.get("tools")


def test_a_tree_without_current_node_is_followed_to_its_last_child() -> None:
    source = json.loads(json.dumps(LAYOUTS["ChatGPT"][1]))
    del source["current_node"]
    assert read_item(source).body["messages"] == LAYOUTS["ChatGPT"][2]


@pytest.mark.parametrize("key", ["output", "response", "completion", "answer"])
@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Bo"}',
        '["a", "b"]',
        '[{"text": "a"}]',
        '[{"speaker": "customer", "text": "a"}]',
        "[INST] mark",
    ],
)
def test_an_answer_that_is_json_stays_text(key: str, text: str) -> None:
    assert read_item({"prompt": "Hi", key: text}).body["messages"] == [
        said("user", "Hi"),
        said("assistant", text),
    ]


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, item in inner for found in places(item, (*place, key)))]


@pytest.mark.parametrize("damage", [None, [[]], {"type": ["x"], "role": {}}])
def test_a_damaged_record_is_read_or_refused(damage: Any) -> None:
    """Whatever stands anywhere in a record: nothing else than a refusal ever comes of it."""
    for _, source, _, _ in LAYOUTS.values():
        for *way, last in filter(None, places(source)):
            damaged = json.loads(json.dumps(source))
            within = damaged
            for step in way:
                within = within[step]
            within[last] = damage
            with suppress(Refused):
                check_chat(read_item(damaged).body)
