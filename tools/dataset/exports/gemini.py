"""Gemini on Vertex AI: ``{"systemInstruction": …, "contents": [{"role": "user", "parts": [{"text": …}]}, …]}``.

With ``functionCall``, ``functionResponse`` and ``functionDeclarations``. Layout:
https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare and
https://cloud.google.com/vertex-ai/generative-ai/docs/models/tune-function-calling; schemas are Google's OpenAPI:
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Schema. Readers join the texts of a turn as they stand, so
messages in a row have an empty line between them.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Sequence
from typing import Any

from ..json_within import read_json
from .chat_turns import (
    EMPTY_BESIDE_CALL,
    IDS,
    SPACING,
    Chat,
    Turn,
    after_system,
    answered_calls,
    arguments_of,
    chat_of,
    drop_fields,
    drop_of_messages,
    in_order_of_calls,
    picture_in,
    sides,
    tools_of,
)
from .converted import Converted, Unfit

OUTPUT = "results of tools that are no JSON objects (stand under `output`)"
SCHEMAS = "words of schemas that Gemini does not know"
_SCHEMA_WORDS = """
type format title description nullable default items minItems maxItems enum properties propertyOrdering required
minProperties maxProperties minimum maximum minLength maxLength pattern example anyOf
"""


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as Gemini reads it.

    Raises:
        Unfit: it has a late system message, arguments that are no object, a result of no call, or pictures of no
            known kind.
    """
    chat = chat_of(source, pictures=True)
    drop_of_messages(chat, "weight", "reasoning")
    chat.turns = list(in_order_of_calls(chat))
    prompt, turns = after_system(chat)
    names = _names_of_answers(turns)
    row: dict[str, Any] = {}
    if prompt:
        row["systemInstruction"] = {"role": "system", "parts": [{"text": prompt}]}
    row["contents"] = [
        {"role": "model" if is_model else "user", "parts": _parts(side, chat, names)}
        for is_model, side in sides(chat, turns)
    ]
    if chat.tools:
        row["tools"] = [{"functionDeclarations": [_declaration(tool, chat) for tool in tools_of(chat)]}]
    chat.turns = [turn for turn in chat.turns if turn.role != "tool"]  # their names are written
    drop_of_messages(chat, "name")
    drop_fields(chat)
    return Converted(row, frozenset(chat.lost))


def _names_of_answers(turns: Sequence[Turn]) -> dict[int, str]:
    """The function that each answer comes from, by the identity of its turn."""
    calls = answered_calls(turns)
    return {id(turns[index]): turns[caller].calls[number].name for index, (caller, number) in calls.items()}


def _parts(side: list[Turn], chat: Chat, names: dict[int, str]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for turn in side:
        made = _parts_of(turn, chat, names)
        if parts and "text" in parts[-1] and made and "text" in made[0]:
            made[0] = {"text": f"{parts.pop()['text']}\n\n{made[0]['text']}"}
        parts += made
    return parts


def _parts_of(turn: Turn, chat: Chat, names: dict[int, str]) -> list[dict[str, Any]]:
    if turn.role == "tool":
        name = names.get(id(turn))
        if name is None:
            raise Unfit("a tool's result answers no call, and Gemini wants the name of its function")
        return [{"functionResponse": {"name": name, "response": _response(turn.text or "", chat)}}]
    parts: list[dict[str, Any]] = []
    if turn.parts:
        parts += map(_part, turn.parts)
    elif turn.text or not turn.calls:
        parts.append({"text": turn.text or ""})
    elif turn.text == "":
        chat.lost.add(EMPTY_BESIDE_CALL)
    for call in turn.calls:
        chat.lost.add(IDS)
        parts.append({"functionCall": {"name": call.name, "args": arguments_of(call, chat)}})
    return parts


def _response(text: str, chat: Chat) -> dict[str, Any]:
    try:
        value = read_json(text)
    except ValueError:
        value = None
    if isinstance(value, dict):
        if text != json.dumps(value, ensure_ascii=False):
            chat.lost.add(SPACING)
        return value
    chat.lost.add(OUTPUT)
    return {"output": text}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    address = picture_in(part)
    if address is None:
        return {"text": str(part.get("text", part.get("refusal", "")))}
    if address.startswith("data:image/") and ";base64," in address:
        kind, _, data = address.removeprefix("data:").partition(";base64,")
        return {"inlineData": {"mimeType": kind, "data": data}}
    guessed, _ = mimetypes.guess_type(address)
    if address.startswith(("gs://", "https://")) and (guessed or "").startswith("image/"):
        return {"fileData": {"mimeType": guessed, "fileUri": address}}
    raise Unfit(
        f"the picture {address[:60]!r} is neither in the record (data:image/…) nor at gs:// or https://"
    )


def _declaration(tool: Any, chat: Chat) -> dict[str, Any]:
    described = {} if tool.description is None else {"description": tool.description}
    return {"name": tool.name, **described, "parameters": _schema(tool.parameters, chat)}


def _schema(schema: Any, chat: Chat) -> Any:
    """A JSON Schema in Google's words: types in capitals, and what it does not know left out."""
    if not isinstance(schema, dict):
        chat.lost.add(f"{SCHEMAS} ({str(schema).lower()})")
        return {}
    made: dict[str, Any] = {}
    for word, value in schema.items():
        if word not in _SCHEMA_WORDS.split() or (word == "type" and not isinstance(value, str)):
            chat.lost.add(f"{SCHEMAS} ({word})")
        elif word == "type":
            made[word] = value.upper()
        elif word == "properties" and isinstance(value, dict):
            made[word] = {name: _schema(inner, chat) for name, inner in value.items()}
        elif word == "items":
            made[word] = _schema(value, chat)
        elif word == "anyOf" and isinstance(value, list):
            made[word] = [_schema(inner, chat) for inner in value]
        else:
            made[word] = value
    return made
