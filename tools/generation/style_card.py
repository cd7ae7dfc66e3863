"""How the real records of a topic are written, measured, in words that a prompt can say in any language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..coverage.space.languages import language_of
from ..dataset.record import Record, message_text

_MARKDOWN = re.compile(r"(?m)^\s{0,3}(?:#{1,6} |[-*+] |\d{1,3}[.)] |```|\|.{0,200}\|$)|\*\*\S")
_MEASURED = 500
MOSTLY = 0.8
"""Share of texts from which a language is the topic's."""


def style_card(records: Sequence[Record]) -> list[str]:
    """Some sentences: length in characters, turns, markdown, how records end, tool calls. Empty without records."""
    records = records[:_MEASURED]
    users = _texts(records, "user")
    replies = _texts(records, "assistant")
    if not users:
        return []
    turns = sorted(len(record.user_turns) for record in records)
    sentences = [
        f"In a record the user speaks {_spread(turns)}.",
        f"A message of the user has {_spread(sorted(map(len, users)), 'characters')}.",
    ]
    if replies:
        marked = sum(bool(_MARKDOWN.search(text[:5_000])) for text in replies)
        sentences += [
            f"A message of the assistant has {_spread(sorted(map(len, replies)), 'characters')}.",
            f"{_percent(marked, len(replies))} of the assistant's messages use markdown or lists.",
        ]
    ends = Counter(record.messages[-1]["role"] for record in records)
    role, number = ends.most_common(1)[0]
    sentences.append(f"{_percent(number, len(records))} of the records end with a message of the {role}.")
    calls = [sum(len(message.get("tool_calls") or ()) for message in record.messages) for record in records]
    if any(calls):
        calling = sorted(number for number in calls if number)
        sentences.append(
            f"In {_percent(len(calling), len(records))} of the records the assistant calls tools, {_spread(calling)}."
        )
    return sentences


def language_of_records(records: Sequence[Record]) -> str | None:
    """The language in which nearly all of the users write, in English words; None when it cannot be told."""
    # One text is often too short to tell: what a few users say together is not.
    texts = [record.user_text for record in records[:_MEASURED] if record.user_text.strip()]
    joined = ["\n".join(texts[at : at + 3]) for at in range(0, len(texts), 3)]
    told = [language for text in joined if (language := language_of(text)) is not None]
    if not told:
        return None
    language, number = Counter(told).most_common(1)[0]
    return language if number >= MOSTLY * len(told) else None


def _texts(records: Sequence[Record], role: str) -> list[str]:
    said = (message_text(m).strip() for record in records for m in record.messages if m.get("role") == role)
    return [text for text in said if text]


def _spread(counts: Sequence[int], unit: str = "times") -> str:
    low, middle, high = (counts[min(len(counts) - 1, int(share * len(counts)))] for share in (0.1, 0.5, 0.9))
    if low == high:
        return "once" if (low, unit) == (1, "times") else f"{low} {unit}"
    return f"mostly {low} to {high} {unit} (median {middle})"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}"
