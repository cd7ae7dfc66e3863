"""Readers of the export formats, written from their descriptions alone: what a trainer would see of a record."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
_ROLES = {"system": "system", "human": "user", "gpt": "assistant", "observation": "tool"}


def from_sharegpt(row: Json) -> Json:
    """A ShareGPT row as an OpenAI chat record; calls and answers are numbered in their order."""
    messages: list[Json] = []
    calls = answers = 0
    for turn in row["conversations"]:
        message: Json = {"role": _ROLES.get(turn["from"], "assistant"), "content": turn["value"]}
        if turn["from"] == "function_call":
            answers = calls
            value = json.loads(turn["value"])
            message = {"role": "assistant", "content": None, "tool_calls": []}
            for call in value if isinstance(value, list) else [value]:
                calls += 1
                message["tool_calls"].append(call_of(f"call_{calls}", call["name"], call["arguments"]))
        if turn["from"] == "observation":
            answers += 1
            message["tool_call_id"] = f"call_{answers}"
        messages.append(
            message | {key: turn[key] for key in ("name", "weight", "reasoning_content") if key in turn}
        )
    record = {key: value for key, value in row.items() if key not in ("conversations", "tools")}
    record["messages"] = messages
    if row.get("tools"):
        record["tools"] = [
            {"type": "function", "function": function} for function in json.loads(row["tools"])
        ]
    return record


def from_alpaca(row: Json) -> Json:
    """An Alpaca row as an OpenAI chat record."""
    record = {
        key: value for key, value in row.items() if key not in ("instruction", "input", "output", "system")
    }
    messages = [{"role": "system", "content": row["system"]}] if "system" in row else []
    asked = "\n".join(text for text in (row["instruction"], row["input"]) if text)
    messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": row["output"]}]
    return record | {"messages": messages}


def from_chat_row(row: Json) -> Json:
    """A row of TRL or Axolotl as an OpenAI chat record."""
    record: Json = {"messages": [_message(message) for message in row["messages"]]}
    tools = json.loads(row["tools"]) if isinstance(row["tools"], str) else row["tools"]
    if tools:
        record["tools"] = tools
    if row["topic"] is not None:
        record["topic"] = row["topic"]
    return record


def call_of(call_id: str | None, name: str, arguments: Any) -> Json:
    """A tool call; arguments as a JSON value, or as text when they are none."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def _message(message: Json) -> Json:
    plain = {key: value for key, value in message.items() if key not in ("train", "tool_calls")}
    if "train" in message:
        plain["weight"] = int(message["train"])
    if "tool_calls" in message:
        plain["content"] = message["content"] or None
        plain["tool_calls"] = [
            call_of(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in message["tool_calls"]
        ]
    return plain
