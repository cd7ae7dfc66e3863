"""Role grammar: who speaks when, and that everybody says something."""

from __future__ import annotations

from ...dataset.record import message_text
from ..draft import Candidate, Rejection

_MAY_FOLLOW = {
    "start": {"system", "developer", "user"},
    "system": {"user"},
    "developer": {"user"},
    "user": {"assistant", "calls"},
    "assistant": {"user"},
    "calls": {"tool"},
    "tool": {"tool", "assistant", "calls"},
}


class RoleGrammar:
    """Written turns alternate, tool calls are followed by their results, the assistant has the last word.

    Only the written turns and the step into them are judged: what is copied from a real record stays as it is.
    """

    name = "role_grammar"

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first step that breaks the grammar."""
        messages = candidate.messages
        first = candidate.first_written
        before = _kind(messages[first - 1]) if first else "start"
        for index in range(first, len(messages)):
            message = messages[index]
            kind = _kind(message)
            if kind not in _MAY_FOLLOW.get(before, set()):
                return Rejection(self.name, f"message {index + 1}: {kind} after {before}")
            if kind != "calls" and not message_text(message).strip():
                return Rejection(self.name, f"message {index + 1}: the {kind} says nothing")
            before = kind
        if before != "assistant":
            return Rejection(self.name, f"the last message is by {before}, not by the assistant")
        return None


def _kind(message: dict[str, object]) -> str:
    return "calls" if message.get("tool_calls") else str(message["role"])
