"""A tool that code called, as the conversation keeps it; and a tool's failure in words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from ..wording.markdown import escape


def tool_messages(name: str, args: dict[str, Any], result: Mapping[str, Any]) -> list[AnyMessage]:
    """A tool call, made by code, and its result, as they belong into the conversation."""
    call_id = f"call-{uuid.uuid4().hex[:12]}"
    call = AIMessage(
        content="", tool_calls=[{"name": name, "args": args, "id": call_id, "type": "tool_call"}]
    )
    status = "success" if result.get("success") else "error"
    content = json.dumps(result, ensure_ascii=False)
    return [call, ToolMessage(content=content, tool_call_id=call_id, name=name, status=status)]


def error_words(result: Mapping[str, Any]) -> str:
    """A tool's failure for a person: what, and what to do."""
    error = result["error"]
    return escape(f"{error['message']} {error['hint']}".strip())
