"""Fifty conversations at once in one process: how long a turn without a model call takes, and what memory does.

``python -m benchmarks.conversations [TURNS]``: each conversation has the bundled sample as a dataset of its own; the
person asks for more of the report. Nothing of that asks a model; there is none.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any

from finetune_coverage.agent.chat.conversation import Conversation
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

from .one_job import resident_bytes
from .table import markdown_table

AT_ONCE = 50
TURNS = 1_000
SAID = ("more", "details")
GOAL_SECONDS = 0.3
GOAL_GROWTH = 5e6
READS_SECONDS = 10.0
"""How long a person reads before they write again, on average: with fifty that is five turns a second."""
WARM_UP = 5
"""Turns of each conversation that are not counted: what is imported and read for the first time."""


async def measure(home: Path, turns: int) -> dict[str, Any]:
    """Hold the conversations; seconds of each turn, and the memory before, after half of them and at the end."""
    services = Services(Settings(home=home, model="none", openai_base_url="http://127.0.0.1:9/v1"))
    for number in range(AT_ONCE):
        import_sample(services.store, f"wf-{number}")
    took: list[float] = []
    memory: list[int] = []
    async with open_checkpointer(services.settings) as saver:
        graph = build_graph(services, checkpointer=saver)
        talks = [
            Conversation(
                graph,
                f"chat-{number}",
                context={"channel": "chat", "approver": "benchmark"},
                on_message=lambda text: None,
                on_start=lambda text: None,
                on_progress=lambda progress: None,
            )
            for number in range(AT_ONCE)
        ]
        await asyncio.gather(*(talk.begin(f"wf-{number}") for number, talk in enumerate(talks)))
        for lap in range(WARM_UP):
            await asyncio.gather(*(talk.reply(SAID[lap % 2]) for talk in talks))
        gc.collect()
        memory.append(resident_bytes())

        async def person(talk: Conversation, chance: random.Random) -> None:
            says = cycle(SAID)
            while len(took) < turns:
                await asyncio.sleep(chance.uniform(0, 2 * READS_SECONDS))
                began = time.perf_counter()
                await talk.reply(next(says))
                took.append(time.perf_counter() - began)
                if len(took) in (turns // 2, turns):  # a collection stops every turn that is under way
                    gc.collect()
                    memory.append(resident_bytes())

        await asyncio.gather(*(person(talk, random.Random(number)) for number, talk in enumerate(talks)))
    services.close()
    return {"took": took, "memory": memory}


def report(found: dict[str, Any]) -> str:
    """The figures in Markdown."""
    cuts = quantiles(found["took"], n=100)
    memory = found["memory"]
    growth = memory[-1] - memory[1]
    rows = [
        ("turns", f"{len(found['took']):,}", "", ""),
        ("a turn, median", f"{cuts[49] * 1000:.0f} ms", "", ""),
        (
            "a turn, 95 of 100",
            f"{cuts[94] * 1000:.0f} ms",
            f"< {GOAL_SECONDS * 1000:.0f} ms",
            _met(cuts[94] < GOAL_SECONDS),
        ),
        ("memory at the beginning", f"{memory[0] / 1e6:.0f} MB", "", ""),
        ("memory at the end", f"{memory[-1] / 1e6:.0f} MB", "", ""),
        (
            "more in the second half",
            f"{growth / 1e6:.1f} MB",
            f"< {GOAL_GROWTH / 1e6:.0f} MB",
            _met(growth < GOAL_GROWTH),
        ),
    ]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{markdown_table([f'{AT_ONCE} conversations at once', 'measured', 'goal', ''], rows)}\n\nEach reads for "
        f"{READS_SECONDS:.0f} s on average before the next line: one process, SQLite, conversations kept. "
        f"Load of the machine at the end: {load} on {os.cpu_count()} cores."
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        print(
            report(asyncio.run(measure(Path(folder) / "home", int(sys.argv[1]) if sys.argv[1:] else TURNS)))
        )
