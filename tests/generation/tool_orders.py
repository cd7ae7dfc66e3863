"""Records with tool calls of a small shop, for tests of tool chains, and a model's part in writing more of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import TopicContext

Messages = list[dict[str, Any]]


def tool(name: str, required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TEXT = {"type": "string"}
TOOLS = [
    tool("find_order", ["email"], email=TEXT),
    tool("cancel_order", ["order"], order={"type": "integer", "minimum": 1, "maximum": 99999}, reason=TEXT),
    tool("set_mode", ["mode"], mode={"type": "string", "enum": ["day", "night"]}),
]


def record(name: str, *turns: str | list[tuple[str, dict[str, Any], str]], tools: Any = TOOLS) -> Record:
    """A record of texts (user and assistant in turn) and of parallel calls (tool, arguments, result)."""
    messages: Messages = []
    for turn in turns:
        if isinstance(turn, str):
            is_user = not messages or messages[-1]["role"] == "assistant"
            messages.append({"role": "user" if is_user else "assistant", "content": turn})
            continue
        calls = [
            {
                "id": f"{len(messages)}_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments, _) in enumerate(turn)
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        for call, (_, _, result) in zip(calls, turn, strict=True):
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    return Record(id=name, body=json.dumps({"messages": messages, "tools": tools}), topic="orders")


def order_record(name: str, email: str, order: int, mode: str = "day") -> Record:
    return record(
        name,
        f"Please cancel my order, I am {email}.",
        [("find_order", {"email": email}, json.dumps({"orders": [{"order": order}], "error": None}))],
        [
            (
                "cancel_order",
                {"order": order},
                json.dumps({"order": order, "cancelled": True, "error": None}, separators=(",", ":")),
            )
        ],
        f"Order {order} is cancelled.",
        f"Now {mode} mode.",
        [("set_mode", {"mode": mode}, json.dumps({"mode": mode, "error": None}))],
        "Done.",
    )


ORDERS = [
    order_record("a", "ann@example.com", 40117),
    order_record("b", "bob@example.com", 51128, "night"),
    order_record("c", "cyd@example.com", 62139),
    record(
        "d",
        "Day mode please.",
        [("set_mode", {"mode": "day"}, '{"mode": "day", "error": null}')],
        "It is on. Anything else?",
        "Cancel order 73140.",
        [("cancel_order", {"order": 73140}, '{"order":73140,"cancelled":true,"error":null}')],
        "Cancelled.",
    ),
    record(
        "e",
        "I do not want order 84151 any longer.",
        [("cancel_order", {"order": 84151}, '{"order":84151,"cancelled":true,"error":null}')],
        "Cancelled.",
    ),
]


def orders() -> TopicContext:
    return TopicContext("orders", "", {}, list(ORDERS), profile="small")
