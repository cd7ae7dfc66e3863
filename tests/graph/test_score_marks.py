"""✓ is a higher score, "Improved" is nearer to the target, and a plan that lowers the score says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.services import Services
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow

LOWER = "(⚠️ lower than now)"


@pytest.fixture
def chat_on(empty_services: Services, dataset: Callable[..., Path], make_chat: Any) -> Callable[..., Any]:
    """A conversation about a dataset with these sizes."""

    def start(billing: int, technical: int, account: int) -> Any:
        sizes = {
            "billing_questions": billing,
            "technical_issues": technical,
            "account_management": account,
        }
        import_files(empty_services.store, "wf-1", [dataset(sizes)])
        return make_chat(build_graph(empty_services, checkpointer=InMemorySaver()))

    return start


def row_of(title: str, said: str) -> str:
    return next(line for line in said.splitlines() if line.startswith(f"| {title} |"))


async def test_a_plan_that_lowers_the_score_says_so_before_it_is_offered(chat_on: Any) -> None:
    chat = chat_on(24, 24, 24)
    await chat.new("hi")
    said = await chat.answer("20 for technical issues, few-shot")
    assert f"That makes Technical Issues 24 → 44, balance score 0.76 {LOWER}." in said
    said = await chat.answer("what happens if I say yes?")
    assert f"balance score 0.76 {LOWER}" in said

    said = await chat.answer("yes")
    assert re.search(r"- Balance Score: 1\.00 → 0\.76\n", said), "no mark on a lower score"
    assert row_of("Technical Issues", said).endswith("| ⚠️ Further from balance |")
    assert "✓" not in said and "The dataset is less balanced than before." in said


async def test_a_topic_that_stays_under_represented_is_not_done(chat_on: Any) -> None:
    chat = chat_on(24, 8, 48)
    await chat.new("hi")
    await chat.answer("2 for technical issues, few-shot")
    said = await chat.answer("yes")
    assert row_of("Technical Issues", said).endswith("| ✓ Improved, still under-represented |")
    assert row_of("Billing Questions", said).endswith("|  |")


async def test_numbers_beside_a_mark_differ(
    empty_services: Services, tmp_path: Path, make_chat: Any, writing: Any
) -> None:
    path = tmp_path / "large.jsonl"
    sizes = {"technical_issues": 40, "billing_questions": 1500, "account_management": 3000}
    lines = [json.dumps(writing.record(topic, n)) for topic, size in sizes.items() for n in range(size)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_files(empty_services.store, "wf-1", [path])
    chat = make_chat(build_graph(empty_services, checkpointer=InMemorySaver()))
    await chat.new("hi")
    await chat.answer("1 for technical issues, few-shot")
    said = await chat.answer("yes")
    change = re.search(r"Balance Score: (\S+) → (\S+) ✓", said)
    assert change is not None and float(change[1]) < float(change[2]), said
