"""The replies to a draft's requests: how they are journalled, and how they are put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...models.json_reply import parse_json
from ..strategies.written_record import written_messages
from .draft import Draft, UnusableAnswer

Call = tuple[str, str]
"""Name of a tool, and the arguments as JSON."""


def joined(draft: Draft, replies: Sequence[str], results: Sequence[Sequence[str]] = ()) -> str:
    """The replies so far, as the journal keeps them; with the results of the user's own tools where these answer."""
    if draft.tool_rounds is not None:
        return json.dumps({"replies": list(replies), "results": list(results)}, ensure_ascii=False)
    return replies[0] if len(draft.requests) == 1 else json.dumps(list(replies), ensure_ascii=False)


def split(draft: Draft, response: str) -> tuple[list[str], list[list[str]]]:
    """The replies in what the journal kept, and the results of the user's own tools between them."""
    if draft.tool_rounds is not None:
        kept = json.loads(response) if response.startswith('{"replies": ') else {}
        return kept.get("replies", [response]), kept.get(
            "results", []
        )  # else: of a job begun without own tools
    if len(draft.requests) == 1:
        return [response], []
    replies: list[str] = json.loads(response)
    return replies, []


def answer_in(draft: Draft, response: str) -> tuple[Any, bool]:
    """The parsed answer to a draft (the fields of all replies together), and whether it is whole.

    Raises:
        ValueError: a reply holds no JSON, or not what was asked for.
    """
    replies, results = split(draft, response)
    if draft.tool_rounds is not None:
        return answer_of_parts(replies, results), True
    if len(draft.requests) == 1:
        return parse_json(response), True
    answer: dict[str, Any] = dict(draft.stand_in)
    for request, reply in zip(draft.requests, replies, strict=False):
        parsed = parse_json(reply)
        if not isinstance(parsed, dict):
            raise ValueError(f"expected a JSON object, got {type(parsed).__name__}")
        # A field that is missing must not be filled by its stand-in.
        answer |= {key: parsed.get(key) for key in request.schema["properties"]}
    return answer, len(replies) == len(draft.requests)


def part_in(reply: str) -> Any:
    """A parsed reply to its first message that calls tools: what the model wrote beyond, it could not know yet."""
    answer = parse_json(reply)
    if not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
        return answer
    messages: list[Any] = answer["messages"]
    calling = [isinstance(one, dict) and bool(one.get("tool_calls")) for one in messages]
    return {**answer, "messages": messages[: calling.index(True) + 1]} if any(calling) else answer


def calls_to_answer(draft: Draft, reply: str) -> list[Call]:
    """What a reply calls of the user's own tools; none where it ends the record, or is none that can be read."""
    if draft.tool_rounds is None:
        return []
    try:
        last = written_messages(part_in(reply))[-1]
    except (UnusableAnswer, ValueError):
        return []
    calls = [call["function"] for call in last.get("tool_calls") or ()]
    return [(call["name"], call["arguments"]) for call in calls]


def answer_of_parts(replies: Sequence[str], results: Sequence[Sequence[str]]) -> Any:
    """The answer that parts make together: each to its calls, then their results.

    Raises:
        ValueError: a part is not of the form that was asked for.
    """
    answer, *others = map(part_in, replies)
    if not others and not results:
        return answer
    messages: list[Any] = []
    for number, part in enumerate([answer, *others]):
        if not isinstance(part, dict) or not isinstance(part.get("messages"), list):
            raise ValueError("expected a list under 'messages'")
        returned = results[number] if number < len(results) else []
        messages += [*part["messages"], *({"role": "tool", "content": one} for one in returned)]
    return {**answer, "messages": messages}
