"""The graph's shape and contracts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import checkpointer, open_checkpointer
from finetune_coverage.graph.state import InputState, OutputState, State
from finetune_coverage.tools.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def edges(source: str) -> set[str]:
    return {edge.target for edge in build_graph().get_graph().edges if edge.source == source}


def test_generation_is_reached_from_an_answer_only() -> None:
    into = {edge.source for edge in build_graph().get_graph().edges if edge.target == "generate"}
    assert into == {"approve", "route"}  # the answer to the interrupt, and one that is typed as a new message
    assert edges("talk") == {"approve", "analyze", "finish"}
    assert edges("generate") == {"reanalyze", "approve"}


def test_state_keys_are_the_contract() -> None:
    assert set(OutputState.__annotations__) == {
        "messages", "workflow_id", "coverage_before", "coverage_after", "rounds", "next_step", "record_ids",
        "rejected", "cost",
    }  # fmt: skip
    assert set(InputState.__annotations__) == {
        "messages", "workflow_id", "focus_topics", "target_score", "minimum_per_topic", "max_rounds", "budget_tokens",
        "budget_usd",
    }  # fmt: skip
    graph = build_graph()
    assert set(graph.get_input_jsonschema()["properties"]) == set(InputState.__annotations__)
    assert set(graph.get_output_jsonschema()["properties"]) == set(OutputState.__annotations__)


async def test_the_state_is_json_and_holds_no_record(chat: Any) -> None:
    await chat.new("hi")
    await chat.answer("4")
    values = {key: value for key, value in (await chat.values()).items() if key != "messages"}
    assert set(values) <= set(State.__annotations__) | set(InputState.__annotations__) | set(
        OutputState.__annotations__
    )
    text = json.dumps(values)
    assert '"messages"' not in text and len(text) < 20_000


@pytest.mark.slow
def test_importing_the_graph_loads_nothing_heavy_and_opens_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, finetune_coverage.graph.build, finetune_coverage.graph.conversations.checkpoints;"
        "print([m for m in ('sklearn', 'chromadb', 'openai', 'onnxruntime', 'xllamacpp') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "home").exists()


async def test_conversations_are_kept_in_the_data_folder(tmp_path: Path) -> None:
    async with open_checkpointer(Settings(home=tmp_path / "deep" / "home")) as saver:
        assert [item async for item in saver.alist(None)] == []
    assert (tmp_path / "deep" / "home" / "conversations.db").exists()
    async with checkpointer():
        assert (tmp_path / "home" / "conversations.db").exists()


def test_langgraph_json_names_what_exists() -> None:
    config = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    assert config["graphs"] == {"coverage": "finetune_coverage.graph.build:graph"}
    assert config["checkpointer"] == {
        "path": "finetune_coverage.graph.conversations.checkpoints.checkpointer"
    }


def test_the_drawing_is_that_of_the_graph() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = page.split("```mermaid\n")[1].split("```")[0]
    assert drawn == build_graph().get_graph().draw_mermaid(with_styles=False)


def test_nodes_say_what_they_do() -> None:
    folder = ROOT / "graph" / "nodes"
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert names == set(build_graph().get_graph().nodes) - {"__start__", "__end__"}
    for name in names:
        node = getattr(importlib.import_module(f"finetune_coverage.graph.nodes.{name}"), name)
        assert node.__doc__, name
