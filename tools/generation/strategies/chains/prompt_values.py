"""What a prompt shows of a chain: the calls with their results, the facts, and how the real conversation began."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....dataset.record import Message, Record
from ..attributes import Attributes
from ..prompt import transcript
from .chain import WrittenStep
from .chain_model import Step
from .chain_script import Script

LONGEST_RESULT = 600
"""Characters of a result that a prompt shows."""
_FEWEST_WORDS = 6
"""Of a request, beside two for each fact that it names."""


def chain_values(script: Script) -> dict[str, Any]:
    """Facts, calls and open arguments, under the names that the templates use."""
    return {
        "facts": script.chain.facts,
        "calls": [_shown(steps) for steps in _by_turn(script)],
        "calls_after": _shown(script.chain.steps[-1:]),
        "to_write": list(script.chain.to_write),
        "details": any(turn.field == "user_reply" for turn in script.spoken),
        **script.values,
    }


def _by_turn(script: Script) -> list[list[WrittenStep]]:
    """The steps that serve each request; after a correction, the last step is shown apart."""
    steps = list(script.chain.steps)
    if script.values.get("corrected"):
        return [steps[:-1]]
    return [[step for step in steps if step.turn == turn] for turn in range(len(script.chain.facts))]


def _shown(steps: Sequence[WrittenStep]) -> list[dict[str, Any]]:
    return [
        {
            "tool": call.name,
            "arguments": {key: value for key, value in call.arguments.items() if value is not None},
            "result": call.result[:LONGEST_RESULT],
        }
        for step in steps
        for call in step.calls
    ]


def conversation_before_calls(
    steps: Sequence[Step], facts: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """The end of a real conversation before its calls, with the new values in place of those of the trace.

    Shown the old ones, small models name them; shown none, they forget the new ones. What the user is not to say
    stands as a gap.
    """
    known = {key: value for said in reversed(facts) for key, value in said.items()}
    # The first calls last: where a value comes again, theirs counts.
    replaced = {
        text.lower(): str(known.get(key, "…"))
        for step in reversed(steps)
        for call in step.calls
        for key, value in call.arguments.items()
        if not isinstance(value, (bool, list, dict)) and len(text := str(value).strip()) >= 2
    }
    turns = transcript(_before_calls(steps[0].record), last=4, longest=200)
    if not replaced:
        return turns
    longest_first = sorted(replaced, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return [
        {**turn, "text": pattern.sub(lambda match: replaced[match.group().lower()], turn["text"])}
        for turn in turns
    ]


def words_of_request(drawn: Attributes, script: Script) -> int:
    """Words of the request: as drawn, and enough for the facts if it has to name them."""
    asked = any(turn.field == "user_reply" for turn in script.spoken) and "forgotten" not in script.values
    named = 0 if asked else len(script.chain.facts[0])
    return max(drawn.words, _FEWEST_WORDS + 2 * named)


def _before_calls(record: Record) -> list[Message]:
    first = next(index for index, message in enumerate(record.messages) if message.get("tool_calls"))
    return record.messages[:first]


def asks_before_calls(record: Record) -> bool:
    """Whether the assistant of the real record asks before it calls."""
    roles = [message["role"] for message in _before_calls(record)]
    return roles.count("user") >= 2 and "assistant" in roles
