"""What an action adds to the conversation: words beside the offer, a notice, a tool call with its result."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from ..offers.offer import Offer, read_offer
from ..state import as_json
from ..wording.inspections import HOW_TO_JUDGE
from ..wording.markdown import escape
from ..wording.plan_words import brief_reminder, reminder
from ..wording.tool_results import brief


def said_beside(offer: Offer, said: str, *, briefly: bool = False) -> dict[str, Any]:
    """The update of the state: what is said, then what lies on the table; ``briefly`` where the screen is full."""
    return shown(f"{said}\n\n{brief_reminder(offer) if briefly else reminder(offer)}", offer)


def shown(text: str, offer: Offer, calls: Sequence[AnyMessage] = ()) -> dict[str, Any]:
    """The update with the offer under another text, all of which the person reads, after the tools called for it."""
    return {
        "offer": as_json(offer.model_copy(update={"text": text})),
        "reply": None,
        "messages": [*calls, AIMessage(text)],
    }


def said_first(done: Mapping[str, Any], said: str) -> dict[str, Any]:
    """An action's update with something more, said before all else."""
    if done.get("notice") or not done.get("messages"):
        return {**done, "notice": f"{said} {done.get('notice') or ''}".strip()}
    *calls, last = done["messages"]
    text = f"{said}\n\n{last.text}"
    return {**done, "messages": [*calls, AIMessage(text)], "offer": {**done["offer"], "text": text}}


def said_after(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Two actions' updates as one: what the first says, without what lay on the table under it, and all of the other.

    Args:
        first: the update of an action that only said something.
        then: that of the next one.
    """
    *calls, last = first["messages"]
    offer, text = read_offer(first["offer"]), last.text
    for table in (reminder(offer), brief_reminder(offer)):
        text = text.removesuffix(table).rstrip()
    if any(HOW_TO_JUDGE in message.text for message in then.get("messages", [])):
        text = text.removesuffix(HOW_TO_JUDGE)
    joined = said_first(then, text.strip()) if text.strip() else dict(then)
    return {**first, **joined, "messages": [*calls, *joined.get("messages", [])]}


def noticed(offer: Offer | None, notice: str) -> dict[str, Any]:
    """The update after a change of the dataset: it is said at the beginning of the next report."""
    return {"offer": as_json(offer) if offer is not None else None, "reply": None, "notice": notice}


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
