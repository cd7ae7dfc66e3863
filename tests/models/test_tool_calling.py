"""A step of a conversation over HTTP, with servers that take tools in their own way or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.models.answer_room import STEP, AnswerRoom
from finetune_coverage.tools.models.tool_calling import NoTools, ask_with_tools
from finetune_coverage.tools.models.usage import TokenUsage
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from ..mock_openai.server import Fault, MockOpenAI
from .test_structured import model

__all__ = ["model"]


class Count(BaseModel):
    """Counts."""

    to: int = 1


async def ask(model: BaseChatModel, room: AnswerRoom | None = None) -> tuple[AIMessage, TokenUsage]:
    room = room or AnswerRoom()
    return await ask_with_tools(model, room, [HumanMessage("Count.")], (Count,), text_tokens=100)


def calling(*arguments: Any, **more: Any) -> dict[str, Any]:
    calls = [
        {"type": "function", "id": f"c{n}", **more, "function": {"name": "Count", "arguments": given}}
        for n, given in enumerate(arguments)
    ]
    return {"content": None, "tool_calls": calls}


async def test_arguments_beside_those_of_the_tools(model: BaseChatModel, mock_openai: MockOpenAI) -> None:
    mock_openai.queue += [calling('{"to": 3, "language": "German"}'), calling('{"to": 3}')]
    beside = {"language": {"type": "string"}}
    said, _ = await ask_with_tools(
        model, AnswerRoom(), [HumanMessage("Count.")], (Count,), text_tokens=100, beside=beside
    )
    assert said.tool_calls[0]["args"] == {"to": 3, "language": "German"}
    await ask(model)
    with_it, without = (sent.body["tools"][0]["function"]["parameters"] for sent in mock_openai.requests)
    assert with_it["required"] == ["language"] and with_it["properties"].keys() == {"to", "language"}
    assert without["properties"].keys() == {"to"}, "what is kept of a tool is left as it is"


@pytest.mark.parametrize(
    ("arguments", "read"), [('{"to": 3}', {"to": 3}), ({"to": 3}, {"to": 3}), ("", {}), (None, {}), ({}, {})]
)
async def test_arguments_as_servers_send_them(
    model: BaseChatModel, mock_openai: MockOpenAI, arguments: Any, read: dict[str, Any]
) -> None:
    mock_openai.queue.append(calling(arguments))
    said, _ = await ask(model)
    assert [call["args"] for call in said.tool_calls] == [read]


async def test_several_calls_at_once_and_calls_without_an_id(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue += [calling('{"to": 1}', {"to": 2}), calling('{"to": 1}', '{"to": 2}', id=None)]
    for _ in range(2):
        said, _ = await ask(model)
        assert [call["args"]["to"] for call in said.tool_calls] == [1, 2]
        assert len({call["id"] for call in said.tool_calls} - {None}) == 2


async def test_arguments_that_are_no_json_are_told_as_such(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.queue.append(calling('{"to": '))
    said, _ = await ask(model)
    assert not said.tool_calls and said.invalid_tool_calls[0]["args"] == '{"to": '


@pytest.mark.parametrize("text", ["<think>Hm {x}.</think>\n\nOne.", "Hm {x}.</think>One.", "One."])
async def test_thinking_is_no_part_of_what_is_said(
    model: BaseChatModel, mock_openai: MockOpenAI, text: str
) -> None:
    mock_openai.queue.append(text)
    said, _ = await ask(model)
    assert said.text == "One."


@pytest.mark.parametrize("text", ["<think>Hm, well, let me see", "", None])
async def test_an_answer_that_never_began_is_asked_for_once_more_with_more_room(
    model: BaseChatModel, mock_openai: MockOpenAI, text: str | None
) -> None:
    mock_openai.queue += [{"content": text, "finish_reason": "length"}, "One."]
    room = AnswerRoom()
    said, usage = await ask(model, room)
    assert said.text == "One." and room.extra == STEP
    assert [body["max_tokens"] > STEP for body in mock_openai.chats()] == [False, True]
    assert usage.prompt_tokens == 2, "both calls are counted"


@pytest.mark.parametrize(
    "refusal",
    [
        Fault(400, message="mock-model does not support tools"),
        Fault(400, message='"auto" tool choice requires --enable-auto-tool-choice'),
        Fault(404, message="No endpoints found that support tool use."),
        Fault(500, message="tools param requires --jinja flag"),
    ],
)
async def test_servers_without_tools_are_known_by_what_they_say(
    model: BaseChatModel, mock_openai: MockOpenAI, refusal: Fault
) -> None:
    mock_openai.reply = lambda body: refusal
    with pytest.raises(NoTools):
        await ask(model)


async def test_what_is_refused_is_left_out_from_then_on(
    model: BaseChatModel, mock_openai: MockOpenAI
) -> None:
    mock_openai.refused |= {"max_tokens", "temperature"}
    for _ in range(2):
        said, _ = await ask(model)
        assert said.text == "Hello."
    sent = [
        sorted({"max_tokens", "max_completion_tokens", "temperature"} & body.keys())
        for body in mock_openai.chats()
    ]
    assert sent[-2:] == [["max_completion_tokens"]] * 2 and len(sent) == 4
