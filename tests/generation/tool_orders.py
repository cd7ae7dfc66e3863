"""Records with tool calls of a small shop, for tests of tool chains, and a model's part in writing more of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft, TopicContext
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings

Messages = list[dict[str, Any]]

PLAIN = ToolChainSettings(negative_share=0, recombined_share=0, replayed_share=0)
REPLAYED = ToolChainSettings(negative_share=0, recombined_share=0, replayed_share=1)
RECOMBINED = ToolChainSettings(negative_share=0, recombined_share=1, replayed_share=0)
NEGATIVE = ToolChainSettings(negative_share=1, recombined_share=0, replayed_share=0)


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


def orders(settings: ToolChainSettings = PLAIN, seeds: Sequence[Record] = ORDERS) -> TopicContext:
    return TopicContext("orders", "", {}, list(seeds), tool_chain=settings)


def drafts(context: TopicContext, number: int) -> list[tuple[Draft, Candidate]]:
    """Drafts with the records that a model makes of them that says what it should."""
    strategy = make_strategy("tool_chain")
    made = (strategy.draft(context, n, random.Random(f"job:{n}")) for n in range(number))
    return [(draft, strategy.build(draft, spoken(draft))) for draft in made]


def spoken(draft: Draft) -> dict[str, str]:
    """What a model says that names every fact where it belongs."""
    script = draft.plan[0]
    fields = [name for request in draft.requests for name in request.schema["properties"]]
    answer = dict.fromkeys(fields, "as soon as you can, for the two of us")
    answer["request"] = f"I need help: {named(script.chain.facts[0])}, {answer['request']}."
    if "user_reply" in fields:
        facts = script.values.get("forgotten", script.chain.facts[0])
        answer |= {"question": "What else do I need?", "user_reply": f"That is {named(facts)}."}
    if "follow_up" in fields:
        answer["follow_up"] = f"Now to the next one: {named(script.chain.facts[1])}."
    if "correction" in fields:
        answer["problem"] = "I cannot find that. Could you check it?"
        answer["correction"] = f"Oh, it is {named(script.values['right'])}."
    replies = {"answer": "I am sorry, that is all.", "answer_2": "That is done."}
    return {name: replies.get(name, answer[name]) for name in fields}


def named(facts: dict[str, Any]) -> str:
    return ", ".join(f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items())


def steps(messages: Messages) -> list[tuple[str, ...]]:
    return [
        tuple(call["function"]["name"] for call in message["tool_calls"])
        for message in messages
        if message.get("tool_calls")
    ]


def written_calls(candidate: Candidate) -> list[tuple[str, dict[str, Any], str]]:
    """Tool, arguments and result of each call of a written record."""
    results = {m["tool_call_id"]: m["content"] for m in candidate.messages if m["role"] == "tool"}
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]), results[call["id"]])
        for message in candidate.messages
        for call in message.get("tool_calls") or []
    ]
