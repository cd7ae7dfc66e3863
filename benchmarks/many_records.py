"""Chat records by the million, about 500 bytes each: real texts recombined, several turns, some with tool calls."""

from __future__ import annotations

import json
import random
from pathlib import Path

from .crowd_of_records import TOPICS, turns

_SHARE_WITH_TOOLS = 0.1
_LEAST_OF_UNEVEN = 6
"""Records of each of the uneven topics, so that all have enough for the label check."""
_LONGEST_TURN = 120
"""Characters; longer real turns are left out, so that a record has about 500 bytes."""


def write_records(
    path: Path, count: int, *, seed: int = 1, uneven_topics: int | None = None, by_topic: bool = False
) -> int:
    """Write a JSONL file of labelled records; the same seed gives the same file.

    Args:
        path: the file.
        count: how many records.
        seed: of all that is chosen by chance.
        uneven_topics: spread them unevenly over so many topics; evenly over `TOPICS` when not given.
        by_topic: what users say is of the topic, so that it can be told; else every topic says the same. Alike are
            neighbours in the real datasets, which are sorted by intent.

    Returns:
        Its size in bytes.
    """
    rng = random.Random(seed)
    asked, told = ([text for text in texts if len(text) <= _LONGEST_TURN] for texts in turns())
    of_each = -(-len(asked) // TOPICS)
    of_topics = [asked[start : start + of_each] for start in range(0, len(asked), of_each)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            topic: int | None
            if by_topic:
                topic = rng.randrange(TOPICS)
            elif uneven_topics is None:
                topic = None
            elif number < _LEAST_OF_UNEVEN * uneven_topics:
                topic = number % uneven_topics
            else:
                topic = int(uneven_topics * rng.random() ** 3)
            said = of_topics[topic] if by_topic and topic is not None else asked
            file.write(_line(rng, said, told, number, topic))
    return path.stat().st_size


def _line(rng: random.Random, asked: list[str], told: list[str], number: int, topic: int | None) -> str:
    messages: list[dict[str, object]] = []
    for _ in range(rng.choice((2, 2, 2, 3))):
        messages.append({"role": "user", "content": rng.choice(asked)})
        messages.append({"role": "assistant", "content": rng.choice(told)})
    if rng.random() < _SHARE_WITH_TOOLS:
        arguments = json.dumps({"customer": f"c-{number:07d}", "since": "2024-01-01"})
        call = {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": "look_up", "arguments": arguments},
        }
        messages[1:1] = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": json.dumps({"open": number % 7})},
        ]
    # A name makes every record another one: real texts alone would repeat now and then.
    record = {
        "messages": messages,
        "topic": f"topic_{rng.randrange(TOPICS) if topic is None else topic:02d}",
        "source": f"chat-{number}",
    }
    return json.dumps(record, ensure_ascii=False) + "\n"
