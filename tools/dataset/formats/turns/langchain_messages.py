"""LangChain messages: ``{"type": "human", "data": {"content": …}}``, ``{"lc": 1, "type": "constructor", "kwargs": …}``.

What ``messages_to_dict``, ``dumps`` and ``model_dump`` write of a message; calls are ``{"name", "args", "id"}``.
Layout: https://python.langchain.com/api_reference/core/messages.html and
https://python.langchain.com/docs/how_to/serialization/.
"""

from __future__ import annotations

from typing import Any

Source = dict[str, Any]
_WRAPPING = (
    {"type", "data"},
    {"lc", "type", "id", "kwargs"},
    {"lc", "type", "id", "kwargs", "name", "graph"},
)


def is_langchain(turn: Any) -> bool:
    """Whether an object is a message as LangChain writes it."""
    if not isinstance(turn, dict) or "role" in turn:
        return False
    return _held(turn) is not None or (turn.get("type") in ("human", "ai") and "content" in turn)


def opened(turn: Source) -> tuple[Source, bool]:
    """A LangChain message as one object with ``role``, any other turn as it is; and whether that is all of it."""
    if not is_langchain(turn):
        return turn, True
    held = _held(turn)
    if held is None:
        return _with_calls(turn), True
    name = turn.get("type")
    if name == "constructor" and isinstance(turn.get("id"), list) and turn["id"]:
        name = turn["id"][-1]
    beside = {key: value for key, value in held.items() if key not in ("type", "role")}
    return {"role": held.get("role", name), **_with_calls(beside)}, set(turn) in _WRAPPING


def _held(turn: Source) -> Source | None:
    held = turn["data"] if "data" in turn else turn.get("kwargs")
    return held if isinstance(held, dict) and "content" in held else None


def _with_calls(message: Source) -> Source:
    """Calls may stand once more in ``additional_kwargs``, as the vendor of the model writes them."""
    extra = message.get("additional_kwargs")
    rest = {key: value for key, value in message.items() if key != "example" or value}
    if isinstance(extra, dict) and isinstance(extra.get("tool_calls"), list):
        rest["additional_kwargs"] = {key: value for key, value in extra.items() if key != "tool_calls"}
        rest["tool_calls"] = message.get("tool_calls") or extra["tool_calls"]
    return rest
