"""Very many realistic records: texts of real datasets where these are at hand, recombined until there are enough."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.record import Record, message_text

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_INTENTS = ("intents/banking77_train.jsonl", "intents/clinc150_imbalanced_train.jsonl")
_DIALOGUES = "support/star_support.jsonl"
TOPICS = 24
"""As many as STAR has tasks: a job looks at a twenty-fourth of the records by meaning, at all of them by words."""


def source_name() -> str:
    """Where the texts come from, for the report."""
    return "Banking77, CLINC150 and STAR" if SHARED_DATA.is_dir() else "the bundled sample"


def crowd(count: int, *, seed: int = 1) -> Iterator[Record]:
    """Single exchanges: one or two real user turns, and a real reply. The same seed gives the same records."""
    rng = random.Random(seed)
    asked, told = turns()
    for number in range(count):
        # The first ones are the real texts; then two go together, which seldom repeats.
        user = asked[number] if number < len(asked) else " ".join(rng.sample(asked, 2))
        yield exchange(f"r{number:06d}", user, rng.choice(told), f"topic_{number % TOPICS:02d}")


def exchange(record_id: str, user: str, assistant: str, topic: str) -> Record:
    """A record of one exchange."""
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return Record(record_id, json.dumps({"messages": messages, "topic": topic}), topic)


def dialogues() -> list[Record]:
    """The real conversations of several turns; the bundled sample where the STAR dataset is not at hand."""
    path = SHARED_DATA / _DIALOGUES if SHARED_DATA.is_dir() else sample_path()
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Record(f"d{number:05d}", line, "support") for number, line in enumerate(lines)]


def turns() -> tuple[list[str], list[str]]:
    """The user turns that say something and the replies of the real datasets, each once."""
    asked: dict[str, None] = {}
    told: dict[str, None] = {}
    for record in [*_intents(), *dialogues()]:
        for message in record.messages:
            text = message_text(message)
            if len(text.split()) >= 5:
                (asked if message["role"] == "user" else told)[text] = None
    return list(asked), list(told)


def _intents() -> Iterator[Record]:
    if SHARED_DATA.is_dir():
        for name in _INTENTS:
            for line in (SHARED_DATA / name).read_text(encoding="utf-8").splitlines():
                yield Record("", line, None)
