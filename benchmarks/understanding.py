"""How much of what people say is read rightly, by grammar and embedded model: ``python -m benchmarks.understanding``.

The embedded model is loaded and asked for every utterance that the grammar leaves open. ``--readings FILE`` also
writes its readings down, for the fast test that replays them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from finetune_coverage.graph.offers.offer import Reply
from finetune_coverage.graph.reading import by_small_model as model_reading
from finetune_coverage.graph.reading.grammar.sentence import read_reply
from finetune_coverage.tools.models.answer_room import json_with_room
from finetune_coverage.tools.models.structured import parse_json
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import EMBEDDED_MODEL_NAME, Settings

from .table import markdown_table
from .utterances import (
    FIFTH,
    FOURTH,
    FRESH,
    HELD_OUT,
    SIXTH,
    TUNING,
    Utterance,
    is_false_yes,
    load_utterances,
    mistake,
)

SETS = {
    "sixth, looked at since": SIXTH,
    "fifth, looked at since": FIFTH,
    "first, used while mending": TUNING,
    "second, looked at since": HELD_OUT,
    "third, looked at since": FRESH,
    "fourth, looked at since": FOURTH,
}
Read = Callable[[Utterance], tuple[Reply, bool]]


def reader(services: Services, readings: dict[str, dict[str, str]]) -> Read:
    """Reads an utterance as the graph does; what the model answers is kept in ``readings``."""

    async def keeping(*arguments: Any, **named: Any) -> Any:
        said, usage = await json_with_room(*arguments, **named)
        kept.append(said)
        return said, usage

    kept: list[str] = []
    setattr(model_reading, "json_with_room", keeping)  # noqa: B010  # it only imports the name

    def read(said: Utterance) -> tuple[Reply, bool]:
        reply = read_reply(said.say, said.offer)
        if not reply.is_open:
            return reply, False
        by_model, _ = asyncio.run(model_reading.read_by_model(said.say, said.offer, services))
        if kept:
            readings[said.say] = parse_json(kept.pop())
        return by_model or reply, True

    return read


def measure(title: str, utterances: list[Utterance], read: Read) -> tuple[list[object], list[str]]:
    """A row of figures, and what was read wrongly."""
    right = asked = false_yeses = 0
    seconds, wrong = 0.0, []
    for said in utterances:
        began = time.perf_counter()
        reply, by_model = read(said)
        seconds += (time.perf_counter() - began) if by_model else 0.0
        problem = mistake(said, reply)
        asked, right = asked + by_model, right + (problem is None)
        false_yeses += is_false_yes(said, reply)
        if problem:
            wrong.append(f"- {title}, {said.lang}, at `{said.at}`: “{said.say}” was read as {problem}")
    others = [said for said in utterances if said.lang != "en"]
    share, each = right / len(utterances), seconds / max(1, asked)
    row: list[object] = [
        title,
        len(utterances),
        len(others),
        asked,
        f"{share:.3f}",
        false_yeses,
        f"{each:.1f} s",
    ]
    return row, wrong


def main() -> None:
    """Measure all sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readings", type=Path)
    arguments = parser.parse_args()
    services, readings = Services(Settings(model="embedded")), dict[str, dict[str, str]]()
    read = reader(services, readings)
    _ = services.chat_model  # loaded before the clock runs
    rows, mistakes = [], []
    for title, path in SETS.items():
        row, wrong = measure(title, load_utterances(path), read)
        rows.append(row)
        mistakes += wrong
        sys.stderr.write(f"{row}\n")  # it takes long: what is known is said at once
        if arguments.readings:
            text = yaml.safe_dump(readings, allow_unicode=True, width=200)
            arguments.readings.write_text(text, encoding="utf-8")
    header = [
        "utterances",
        "number",
        "not English",
        "read by the model",
        "intent and arguments right",
        "false yeses",
        "a reading",
    ]
    print(markdown_table(header, rows))
    print(f"\nThe grammar reads first, {EMBEDDED_MODEL_NAME} what the grammar leaves open.\n")
    print("\n".join(mistakes))


if __name__ == "__main__":
    main()
