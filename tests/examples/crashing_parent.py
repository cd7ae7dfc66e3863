"""A process that runs the example's parent and may be killed at any moment; every call for a record is logged.

Usage: crashing_parent.py HOME DATASET (shared_keys | wrapped) SECONDS_PER_CALL ANSWER...
Without a checkpoint it begins; otherwise it goes on where it was. Then it gives the answers, one after the other.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

from finetune_coverage import ScriptedChatModel, Services, Settings
from finetune_coverage.examples.fine_tune_agent import parent
from finetune_coverage.examples.fine_tune_agent.steps import Steps
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from langgraph.types import Command


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


writing = load("graph_writer", Path(__file__).parents[1] / "graph" / "writer.py")
readings = load("readings", Path(__file__).parents[1] / "readings.py")
home, dataset, embedding, delay, answers = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5], sys.argv[5:]
log = home / "calls.log"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write(messages: Any) -> Any:
    async def answer() -> Any:
        if messages[0].text.startswith(readings.READS):
            return readings.scripted_reading(messages)
        if not writing.asks_for_record(messages[0].text):
            return writing.Writer()(messages)
        with log.open("a") as file:
            file.write("called\n")
        await asyncio.sleep(float(delay))
        number = len(log.read_text().splitlines())
        say(f"called {number}")
        return str(writing.Writer(first=99 + number)(messages))

    return answer()


def few_fail(texts: Any, topics: Any) -> dict[str, float]:
    return {topic: float(size >= 12) for topic, size in Counter(topics).items()}


async def main() -> None:
    services = Services(
        Settings(home=home, model="scripted", max_concurrency=1),
        make_chat_model=lambda _: ScriptedChatModel(default=write),
        make_embeddings=lambda _: writing.WordEmbeddings(),
    )
    config: Any = {"configurable": {"thread_id": "crash"}}
    async with open_checkpointer(services.settings) as saver:
        embed = getattr(parent, embedding)
        graph = embed(services, Steps(services, dataset, few_fail), saver)
        begun = (await graph.aget_state(config)).next
        first: Any = None if begun else {"messages": [("user", "Prepare my dataset.")]}
        state: Any = await graph.ainvoke(first, config, durability="sync")
        for answer in answers:
            state = await graph.ainvoke(Command(resume=answer), config, durability="sync")
        waits = [i.value["action_requests"][0] for i in state.get("__interrupt__", [])]
        kept = {
            name: state.get(name) for name in ("next_step", "record_ids", "data", "dry_runs", "pass_rates")
        }
        say(json.dumps({**kept, "waits": waits}))
    services.store.close()


home.mkdir(parents=True, exist_ok=True)
asyncio.run(main())
