"""Messages with tool calls, for the tests of checks."""

from __future__ import annotations

import json
from typing import Any

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "reset_device",
            "parameters": {
                "type": "object",
                "properties": {"device_id": {"type": "string"}, "wipe": {"type": "boolean"}},
                "required": ["device_id"],
            },
        },
    }
]


def call(arguments: Any, name: str = "reset_device", call_id: str = "call_1") -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def result(content: str = '{"state": "ok"}', call_id: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}
