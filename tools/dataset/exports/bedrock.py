"""Amazon Bedrock: rows of its Converse API, as Nova and Llama 3.2 are tuned with.

``{"schemaVersion": …, "system": [{"text": …}], "messages": [{"role": "user", "content": [{"text": …}]}, …]}`` with
``toolConfig``, ``toolUse`` and ``toolResult``. Layout:
https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html. A row has no field of its own:
some models take none, so the topic is lost. Reasoning stands as ``reasoningContent``, which Nova 2 Lite takes.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from .chat_turns import (
    EMPTY_BESIDE_CALL,
    Chat,
    Turn,
    after_system,
    arguments_of,
    chat_of,
    drop_fields,
    drop_of_messages,
    picture_in,
    sides,
    tools_of,
)
from .converted import Converted, Unfit

VERSION = "bedrock-conversation-2024"
_FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif", "webp": "webp"}


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as Bedrock reads it.

    Raises:
        Unfit: it has a late system message, arguments that are no object, or pictures that are not in S3.
    """
    chat = chat_of(source, pictures=True)
    prompt, turns = after_system(chat)
    row: dict[str, Any] = {"schemaVersion": VERSION}
    if prompt:
        row["system"] = [{"text": prompt}]
    row["messages"] = [
        {
            "role": "assistant" if is_model else "user",
            "content": [block for turn in side for block in _blocks(turn, chat)],
        }
        for is_model, side in sides(chat, turns)
    ]
    if chat.tools:
        row["toolConfig"] = {"tools": [{"toolSpec": _spec(tool)} for tool in tools_of(chat)]}
    drop_of_messages(chat, "name", "weight")
    drop_fields(chat)
    return Converted(row, frozenset(chat.lost))


def _spec(tool: Any) -> dict[str, Any]:
    described = {} if tool.description is None else {"description": tool.description}
    return {"name": tool.name, **described, "inputSchema": {"json": tool.parameters}}


def _blocks(turn: Turn, chat: Chat) -> list[dict[str, Any]]:
    if turn.role == "tool":
        result = {"toolUseId": turn.answers, "content": [{"text": turn.text or ""}]}
        return [{"toolResult": result}]
    blocks: list[dict[str, Any]] = []
    if turn.reasoning is not None:
        blocks.append({"reasoningContent": {"reasoningText": {"text": turn.reasoning}}})
    if turn.parts:
        blocks += map(_part, turn.parts)
    elif turn.text or not turn.calls:
        blocks.append({"text": turn.text or ""})
    elif turn.text == "":
        chat.lost.add(EMPTY_BESIDE_CALL)
    for call in turn.calls:
        use = {"toolUseId": call.id, "name": call.name, "input": arguments_of(call, chat)}
        blocks.append({"toolUse": use})
    return blocks


def _part(part: dict[str, Any]) -> dict[str, Any]:
    address = picture_in(part)
    if address is None:
        return {"text": str(part.get("text", part.get("refusal", "")))}
    form = _FORMATS.get(PurePosixPath(address).suffix.lstrip(".").lower())
    if not address.startswith("s3://") or form is None:
        raise Unfit(f"the picture {address[:60]!r} is no JPEG, PNG, GIF or WEBP in S3 (s3://…)")
    return {"image": {"format": form, "source": {"s3Location": {"uri": address}}}}
