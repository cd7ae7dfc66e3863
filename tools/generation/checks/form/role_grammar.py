"""Role grammar: who speaks when, and that everybody says something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits

_MAY_FOLLOW = {
    "start": {"system", "developer", "user"},
    "system": {"user"},
    "developer": {"user"},
    "user": {"assistant", "calls"},
    "assistant": {"user"},
    "calls": {"tool"},
    "tool": {"tool", "assistant", "calls"},
}


HABIT = 0.01
"""Share of the real records that break one rule, from which the dataset does not keep it: agents who write two messages
in a row, dialogues that end with the user's thanks."""


class RoleGrammar:
    """Written turns alternate, tool calls are followed by their results, the assistant has the last word.

    Only the written turns and the step into them are judged: what is copied from a real record stays as it is.
    """

    name = "role_grammar"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages, 0))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first step that breaks the grammar."""
        found = self._habits.first_unexcused(_findings(candidate.messages, candidate.first_written))
        return Rejection(self.name, found.evidence) if found else None


def _findings(messages: Sequence[Message], first: int) -> Iterator[Finding]:
    before = _kind(messages[first - 1]) if first else "start"
    for index in range(first, len(messages)):
        message = messages[index]
        kind = _kind(message)
        if kind not in _MAY_FOLLOW.get(before, set()):
            yield Finding(
                f"message {index + 1}: {kind} after {before}", (Excuse((kind, before), None, HABIT),)
            )
        if kind != "calls" and not message_text(message).strip():
            yield Finding(f"message {index + 1}: the {kind} says nothing", (Excuse((kind, ""), None, HABIT),))
        before = kind
    if before != "assistant":
        evidence = f"the last message is by {before}, not by the assistant"
        yield Finding(evidence, (Excuse(("last", before), None, HABIT),))


def _kind(message: dict[str, object]) -> str:
    return "calls" if message.get("tool_calls") else str(message["role"])
