"""What a model at an endpoint answers in tests when it is asked for a whole record, or for the cases of a topic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_WRITES = "You write records for fine-tuning"
_PLANS = "You plan which records"
_TURNS = re.compile(r"last one of the messages ([\d, ]+) that")


def whole_answer(system: str, task: str, exchange: Callable[[], tuple[str, str]]) -> str | None:
    """The JSON that a prompt of the full profile asks for; None when it is another prompt.

    Args:
        system: the first message.
        task: the last one.
        exchange: gives what the user says next, and the reply.
    """
    if system.startswith(_PLANS):
        cases = [
            {"area": f"area {n % 5}", "situation": f"situation {n}", "user": "a user"} for n in range(30)
        ]
        return json.dumps({"cases": cases})
    if not system.startswith(_WRITES):
        return None
    user, reply = exchange()
    answer: dict[str, object] = {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
    }
    if turns := _TURNS.search(task):
        answer["turn"] = int(turns.group(1).split(", ")[-1])
    return json.dumps(answer)
