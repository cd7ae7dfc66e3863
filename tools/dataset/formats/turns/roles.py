"""Who speaks in a turn, whatever a dataset calls them: one table for all layouts, read in any case."""

from __future__ import annotations

from typing import Any, Literal

Role = Literal["system", "developer", "user", "assistant", "call", "tool"]
"""OpenAI chat's roles, and ``call``: a turn in which the assistant only calls tools."""

_NAMES: dict[Role, str] = {
    "system": "system system_instruction preamble",
    "developer": "developer",
    "user": "user human humanmessage humanmessagechunk prompter customer client visitor end_user enduser usr "
    "lead contact consumer caller student patient guest incoming inbound",
    "assistant": "assistant gpt model bot ai aimessage aimessagechunk chatgpt bing bard chatbot agent claude gemini "
    "llm machine assistant_response ai_assistant virtual_agent automated_agent human_agent virtual_assistant admin "
    "business custom_bot operator support representative salesman advisor teacher doctor tutor therapist "
    "outgoing outbound",
    "call": "function_call tool_call tool_call_invocation",
    "tool": "tool function observation tool_response function_response tool_result tool_output tool_call_result "
    "ipython environment toolmessage functionmessage api",
}
_ROLES: dict[str, Role] = {name: role for role, names in _NAMES.items() for name in names.split()}
NAMES_BEFORE_TEXT = sorted(
    name for name, role in _ROLES.items() if role in ("user", "assistant") and name.isalpha()
)
"""Names of the two sides that may stand before what they say, as in ``Human: …``; English ones."""
_ROLES |= {"systemmessage": "system", "developermessage": "developer"}


def role_of(name: Any) -> Role | None:
    """The role that a speaker has: ``Human``, ``AI``, ``tool-call``, …; ``None`` when it is not known."""
    if not isinstance(name, str):
        return None
    return _ROLES.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
