"""LLaMA-Factory: ShareGPT rows that its converter takes, and the entry of ``dataset_info.json``.

Its converter (llamafactory/data/converter.py, SharegptDatasetConverter, 0.9.5) skips with a warning whatever does not
go human or observation, gpt or function_call, and so on, with an answer at the end. So such a record is refused here.
Answers of parallel calls become one observation, joined as its converter of OpenAI data joins them. Pictures stand in
``images``, and ``<image>`` in the text where each belongs; a record that came so, and with videos or sounds, goes so.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from .chat_turns import FILLED, NO_PARAMETERS, Chat, Turn, chat_of, drop_fields, function_of, picture_in
from .converted import Converted, Unfit
from .sharegpt import turns_of

JOINED = "the bounds of answers to parallel calls (one observation)"

_MEDIA = {"images": "<image>", "videos": "<video>", "audios": "<audio>"}
"""The columns of media, and what stands for each file in the texts."""
_SEPARATOR = "\n</tool_response>\n<tool_response>\n"
_ASKS, _ANSWERS = ("human", "observation"), ("gpt", "function_call")


def convert(source: dict[str, Any], topic: str | None) -> Converted:
    """A record as LLaMA-Factory reads it: ``conversations``, ``tools`` as text, ``topic``, and its media.

    Raises:
        Unfit: LLaMA-Factory would skip it or stop at it.
    """
    chat = chat_of(source, pictures=True)
    media = _media(chat)
    for turn in chat.turns:
        for call in turn.calls:
            if not isinstance(call.parsed, dict):
                raise Unfit(f"the arguments of a call of {call.name} are no JSON object")
        if turn.calls and turn.text:
            raise Unfit("a message has text beside its tool call")
    turns = _joined(list(turns_of(chat, plain=True)), chat.lost)
    _check_order(turns)
    row: dict[str, Any] = {"conversations": turns}
    functions = [function_of(tool, chat) for tool in chat.tools]
    # Its templates read the properties of every tool's parameters.
    if any(not NO_PARAMETERS.keys() <= (function.get("parameters") or {}).keys() for function in functions):
        chat.lost.add(FILLED)
    filled = [
        function | {"parameters": NO_PARAMETERS | (function.get("parameters") or {})}
        for function in functions
    ]
    row["tools"] = json.dumps(filled, ensure_ascii=False) if filled else ""
    row["topic"] = topic
    row |= media
    drop_fields(chat, kept=["topic", *media])
    return Converted(row, frozenset(chat.lost))


def dataset_entry(file_name: str, columns: Collection[str]) -> dict[str, Any]:
    """The description of a file in ``dataset_info.json``; a tag that is left out would count as none.

    Args:
        file_name: of the data.
        columns: the keys of its rows.
    """
    media = {column: column for column in _MEDIA if column in columns}
    return {
        "file_name": file_name,
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "tools": "tools", **media},
        "tags": {
            "role_tag": "from",
            "content_tag": "value",
            "user_tag": "human",
            "assistant_tag": "gpt",
            "observation_tag": "observation",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    }


def _media(chat: Chat) -> dict[str, list[Any]]:
    """The files of each kind, by their column; a picture that is a content part gets its tag in the text."""
    media = {column: _listed(chat.extra.get(column)) for column in _MEDIA}
    if any(turn.parts for turn in chat.turns):
        if media["images"] or any(_MEDIA["images"] in (turn.text or "") for turn in chat.turns):
            raise Unfit("it has pictures both as content parts and as <image>")
        chat.turns = [_tagged(turn, media["images"]) for turn in chat.turns]
    for column, tag in _MEDIA.items():
        tags = sum((turn.text or "").count(tag) for turn in chat.turns)
        if tags != len(media[column]):
            raise Unfit(f"its texts have {tag} {tags} times, for {len(media[column])} {column}")
    return {column: files for column, files in media.items() if files}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _tagged(turn: Turn, images: list[Any]) -> Turn:
    """A turn with tags for its pictures, whose addresses are added to the others."""
    said = []
    for part in turn.parts:
        address = picture_in(part)
        if address is not None:
            images.append(address)
        said.append(str(part.get("text", part.get("refusal", ""))) if address is None else _MEDIA["images"])
    return replace(turn, text="".join(said)) if said else turn


def _joined(turns: list[dict[str, Any]], lost: set[str]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for turn in turns:
        if joined and turn["from"] == joined[-1]["from"] == "observation":
            lost.add(JOINED)
            joined[-1] = joined[-1] | {"value": joined[-1]["value"] + _SEPARATOR + turn["value"]}
        else:
            joined.append(turn)
    return joined


def _check_order(turns: list[dict[str, Any]]) -> None:
    spoken = turns[1:] if turns[0]["from"] == "system" else turns
    for number, turn in enumerate(spoken):
        if turn["from"] not in (_ANSWERS if number % 2 else _ASKS):
            before = spoken[number - 1]["from"] if number else "the start"
            raise Unfit(f"{turn['from']} follows {before}")
    if len(spoken) % 2 or not spoken:
        raise Unfit("it does not end with an answer")
