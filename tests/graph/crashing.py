"""A process for the crash tests: runs one step of a conversation and may be killed at any moment.

Usage: crashing.py HOME DATASET (new TEXT | resume TEXT | go-on) [SECONDS]
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from langgraph.types import Command


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


writing = load("graph_writer", Path(__file__).with_name("writer.py"))
readings = load("readings", Path(__file__).parents[1] / "readings.py")
home, dataset, action, text = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
delay = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
log = home / "calls.log"


class SlowWriter:
    """Writes one line into a file for each record that is asked for, so that a test can count across processes."""

    def __call__(self, messages: Any) -> Any:
        async def answer() -> Any:
            if messages[0].text.startswith(readings.READS):
                return readings.scripted_reading(messages)
            if not writing.asks_for_record(messages[0].text):
                return writing.Writer()(messages)
            with log.open("a") as file:
                file.write("called\n")
            await asyncio.sleep(delay)
            return str(writing.Writer(first=99 + len(log.read_text().splitlines()))(messages))

        return answer()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    model = ScriptedChatModel(default=SlowWriter())
    services = Services(
        Settings(home=home, model="scripted", max_concurrency=1),
        make_chat_model=lambda _: model,
        make_embeddings=lambda _: writing.WordEmbeddings(),
    )
    import_files(services.store, "wf-1", [dataset])
    what: Any = {"new": {"messages": [("user", text)]}, "resume": Command(resume=text), "go-on": None}[action]
    config: Any = {"configurable": {"thread_id": "crash"}}
    async with open_checkpointer(services.settings) as saver:
        graph = build_graph(services, checkpointer=saver)
        async for mode, event in graph.astream(
            what, config, stream_mode=["custom", "updates"], durability="sync"
        ):
            if mode == "custom" and event["type"] == "progress":
                say(f"accepted {event['accepted']}")
        state = await graph.aget_state(config)
        said = [m.text for m in state.values["messages"] if m.type == "ai" and m.text]
        waits = [i.value["action_requests"][0]["name"] for i in state.interrupts]
        ids = state.values.get("record_ids")
        say(json.dumps({"said": said, "waits": waits, "next": list(state.next), "ids": ids}))
    services.store.close()


home.mkdir(parents=True, exist_ok=True)
asyncio.run(main())
