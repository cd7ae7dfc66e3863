"""A tool that code called, as the conversation keeps it; and a tool's failure in words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from ..wording.markdown import escape
from ..wording.tool_results import brief


def tool_messages(
    name: str, args: dict[str, Any], result: Mapping[str, Any], said: AIMessage | None = None
) -> list[AnyMessage]:
    """A tool call, made by code, and its result, as they belong into the conversation.

    Args:
        name: of the tool.
        args: of the call.
        result: all that the tool returned; the conversation keeps it in `brief`.
        said: the message that makes the call, where it says something.
    """
    call_id = f"call-{uuid.uuid4().hex[:12]}"
    call = {"name": name, "args": args, "id": call_id, "type": "tool_call"}
    status = "success" if result.get("success") else "error"
    content = json.dumps(brief(result), ensure_ascii=False)
    calls = (said or AIMessage("")).model_copy(update={"tool_calls": [call]})
    return [calls, ToolMessage(content=content, tool_call_id=call_id, name=name, status=status)]


def error_words(result: Mapping[str, Any]) -> str:
    """A tool's failure for a person: what, and what to do."""
    error = result["error"]
    return escape(f"{error['message']} {error['hint']}".strip())
