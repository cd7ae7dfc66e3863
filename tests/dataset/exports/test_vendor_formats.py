"""The files of vendors: rows as their documentation shows them, what they lose by name, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.dataset.exports import (
    bedrock,
    cohere,
    gemini,
    llamafactory,
    mistral,
    openai_upload,
    together,
)
from finetune_coverage.tools.dataset.exports.converted import Unfit

Json = dict[str, Any]
SCHEMA: Json = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}
PICTURE = "data:image/png;base64,iVBORw0="


def call(call_id: str, name: str, arguments: str = "{}") -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


PARCEL: Json = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where are K1 and the depot?"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "Look both up.",
            "tool_calls": [call("call_1", "find_parcel", '{"code": "K1"}'), call("call_2", "find_depot")],
        },
        {"role": "tool", "tool_call_id": "call_2", "content": "York"},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"place": "Leeds"}'},
        {"role": "assistant", "content": "In Leeds; the depot is in York.", "weight": 1},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "find_parcel", "description": "Finds it.", "parameters": SCHEMA},
        },
        {"type": "function", "function": {"name": "find_depot", "strict": True}},
    ],
    "topic": "parcels",
}
LOST = {"fields: topic", "fields: strict of tools", "tools without parameters"}


def asked(content: Any) -> Json:
    return {"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "A jar."}]}


def lost(done: Any) -> set[str]:
    return {loss.partition(" (")[0] for loss in done.lost}


def test_bedrock() -> None:
    done = bedrock.convert(PARCEL, "parcels")
    assert done.row == {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "Where are K1 and the depot?"}]},
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Look both up."}}},
                    {"toolUse": {"toolUseId": "call_1", "name": "find_parcel", "input": {"code": "K1"}}},
                    {"toolUse": {"toolUseId": "call_2", "name": "find_depot", "input": {}}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "call_2", "content": [{"text": "York"}]}},
                    {"toolResult": {"toolUseId": "call_1", "content": [{"text": '{"place": "Leeds"}'}]}},
                ],
            },
            {"role": "assistant", "content": [{"text": "In Leeds; the depot is in York."}]},
        ],
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "find_parcel",
                        "description": "Finds it.",
                        "inputSchema": {"json": SCHEMA},
                    }
                },
                {
                    "toolSpec": {
                        "name": "find_depot",
                        "inputSchema": {"json": {"type": "object", "properties": {}}},
                    }
                },
            ]
        },
    }
    assert lost(done) == LOST | {"fields: weight of messages"}


def test_gemini() -> None:
    done = gemini.convert(PARCEL, "parcels")
    assert done.row == {
        "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Where are K1 and the depot?"}]},
            {
                "role": "model",
                "parts": [
                    {"functionCall": {"name": "find_parcel", "args": {"code": "K1"}}},
                    {"functionCall": {"name": "find_depot", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "find_parcel", "response": {"place": "Leeds"}}},
                    {"functionResponse": {"name": "find_depot", "response": {"output": "York"}}},
                ],
            },
            {"role": "model", "parts": [{"text": "In Leeds; the depot is in York."}]},
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "find_parcel",
                        "description": "Finds it.",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {"code": {"type": "STRING"}},
                            "required": ["code"],
                        },
                    },
                    {"name": "find_depot", "parameters": {"type": "OBJECT", "properties": {}}},
                ]
            }
        ],
    }
    assert lost(done) == LOST | {
        "fields: weight of messages",
        "fields: reasoning_content of messages",
        "ids of tool calls",
        "results of tools that are no JSON objects",
    }


def test_mistral_gets_ids_of_nine_letters_or_digits_and_keeps_those_that_are() -> None:
    record = {**PARCEL, "messages": [*PARCEL["messages"]]}
    record["messages"][2] = {
        **PARCEL["messages"][2],
        "tool_calls": [call("Xk29dlq0Z", "find_parcel", '{"code": "K1"}'), call("call_2", "find_depot")],
    }
    record["messages"][4] = {**PARCEL["messages"][4], "tool_call_id": "Xk29dlq0Z"}
    done = mistral.convert(record, None)
    calling, depot, parcel, answer = done.row["messages"][2:]
    assert [one["id"] for one in calling["tool_calls"]] == ["Xk29dlq0Z", "call00001"]
    assert (depot["tool_call_id"], parcel["tool_call_id"]) == ("call00001", "Xk29dlq0Z")
    assert answer["weight"] == 1 and set(done.row) == {"messages", "tools"}
    assert done.row["tools"][1]["function"] == {
        "name": "find_depot",
        "description": "",
        "parameters": {"type": "object", "properties": {}},
    }
    assert "ids of tool calls that are not nine letters or digits, or stand twice" in lost(done)


def test_together_has_the_fields_that_it_documents_and_no_other() -> None:
    done = together.convert({**PARCEL, "meta": 1}, "parcels")
    assert set(done.row) == {"messages", "tools"}
    assert done.row["messages"][2]["reasoning_content"] == "Look both up."
    assert done.row["messages"][5]["weight"] == 1
    assert lost(done) == {"fields: meta", "fields: topic"}


def test_cohere() -> None:
    record = {"messages": [{"role": "system", "content": "Hi."}, *asked("Bonjour?")["messages"]]}
    assert cohere.convert(record, "t").row["messages"] == [
        {"role": "System", "content": "Hi."},
        {"role": "User", "content": "Bonjour?"},
        {"role": "Chatbot", "content": "A jar."},
    ]
    with pytest.raises(Unfit, match="tools"):
        cohere.convert(PARCEL, None)


def test_function_names_that_openai_refuses_do_not_fit_into_its_upload() -> None:
    assert openai_upload.convert(PARCEL, "parcels").row["tools"] == PARCEL["tools"]
    called = {"role": "assistant", "content": None, "tool_calls": [call("call_3", "uber.ride")]}
    with pytest.raises(Unfit, match=r"function name 'uber\.ride'"):
        openai_upload.convert({**PARCEL, "messages": [*PARCEL["messages"], called]}, "parcels")
    dotted = {"type": "function", "function": {"name": "stock_price.get"}}
    with pytest.raises(Unfit, match=r"'stock_price\.get'"):
        openai_upload.convert({**PARCEL, "tools": [*PARCEL["tools"], dotted]}, "parcels")


def test_messages_in_a_row_become_one_turn_and_that_is_said() -> None:
    record = asked("One?")
    record["messages"].insert(1, {"role": "user", "content": "Two?"})
    for module, key in ((bedrock, "messages"), (gemini, "contents")):
        done = module.convert(record, None)
        assert len(done.row[key]) == 2
        assert lost(done) == {"the bounds between messages of one speaker in a row"}
    assert bedrock.convert(record, None).row["messages"][0]["content"] == [{"text": "One?"}, {"text": "Two?"}]
    assert gemini.convert(record, None).row["contents"][0]["parts"] == [{"text": "One?\n\nTwo?"}]


def test_pictures_go_where_the_vendor_can_see_them() -> None:
    def shown(url: str) -> Json:
        return asked(
            [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
        )

    row = bedrock.convert(shown("s3://shop/1.JPG"), None).row
    image = {"format": "jpeg", "source": {"s3Location": {"uri": "s3://shop/1.JPG"}}}
    assert row["messages"][0]["content"] == [{"text": "What is it?"}, {"image": image}]
    with pytest.raises(Unfit, match="in S3"):
        bedrock.convert(shown(PICTURE), None)
    parts = gemini.convert(shown(PICTURE), None).row["contents"][0]["parts"]
    assert parts[1] == {"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}}
    parts = gemini.convert(shown("gs://shop/1.png"), None).row["contents"][0]["parts"]
    assert parts[1] == {"fileData": {"mimeType": "image/png", "fileUri": "gs://shop/1.png"}}
    with pytest.raises(Unfit, match="neither in the record"):
        gemini.convert(shown("1.png"), None)
    messages = together.convert(shown(PICTURE), None).row["messages"]
    assert messages[0]["content"][1]["image_url"]["url"] == PICTURE
    assert messages[1]["content"] == [{"type": "text", "text": "A jar."}]
    row = llamafactory.convert(shown("1.png"), None).row
    assert row["conversations"][0]["value"] == "What is it?<image>" and row["images"] == ["1.png"]
    with pytest.raises(Unfit, match="<image>"):
        llamafactory.convert(asked("What is <image>?"), None)


@pytest.mark.parametrize("convert", [bedrock.convert, gemini.convert])
@pytest.mark.parametrize("arguments", ["{x", "[1]", ""])
def test_arguments_that_are_no_object_do_not_fit(convert: Any, arguments: str) -> None:
    record = asked("x")
    record["messages"][1] = {"role": "assistant", "content": None, "tool_calls": [call("a", "f", arguments)]}
    with pytest.raises(Unfit, match="arguments of a call of f"):
        convert(record, None)


def test_words_of_schemas_that_gemini_does_not_know_are_named() -> None:
    parameters = {"type": "object", "properties": {"a": {"type": ["string", "null"], "oneOf": []}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    done = gemini.convert(asked("x") | {"tools": [tool]}, None)
    declared = done.row["tools"][0]["functionDeclarations"][0]["parameters"]
    assert declared == {"type": "OBJECT", "properties": {"a": {}}}
    assert done.lost == {f"{gemini.SCHEMAS} (type)", f"{gemini.SCHEMAS} (oneOf)"}


@pytest.mark.parametrize("convert", [bedrock.convert, gemini.convert, mistral.convert])
def test_a_late_system_message_does_not_fit(convert: Any) -> None:
    record = asked("x")
    record["messages"].insert(1, {"role": "system", "content": "late"})
    with pytest.raises(Unfit, match="after the beginning"):
        convert(record, None)
