"""Who speaks when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..record import Message
from .rules import Finding

_SYSTEM = ("system", "developer")


def check_roles(messages: Sequence[Message]) -> Iterator[Finding]:
    """Findings about the order of speakers."""
    roles = [str(message["role"]) for message in messages]
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        yield Finding("no_assistant_turn", f"roles: {', '.join(dict.fromkeys(roles))}")
    elif all(message.get("weight") == 0 for message in answers):
        yield Finding("nothing_weighted", f"weight 0 on all {len(answers)} assistant turns")
    if "user" not in roles:
        yield Finding("no_user_turn", f"roles: {', '.join(dict.fromkeys(roles))}")
    if answers and roles[-1] != "assistant":
        yield Finding("does_not_end_with_assistant", f"message {len(roles)} is by {roles[-1]}")
    spoken = [number for number, role in enumerate(roles, start=1) if role not in _SYSTEM]
    if spoken and roles[spoken[0] - 1] == "assistant":
        yield Finding("starts_with_assistant", f"message {spoken[0]}")
    for number in range(2, len(roles) + 1):
        role, before = roles[number - 1], roles[number - 2]
        if role in _SYSTEM:
            yield Finding("system_not_first", f"message {number} ({role}) follows {before}")
        elif role == before and role in ("user", "assistant"):
            yield Finding("roles_do_not_alternate", f"messages {number - 1} and {number} are by {role}")
