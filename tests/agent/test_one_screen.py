"""What the agent says first, and after a round, fits on a terminal of 80 × 24 with the line to type in below it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.chat.markdown import ChatMarkdown
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from rich.cells import cell_len
from rich.console import Console

from ..readings import READS, scripted_reading

pytestmark = pytest.mark.slow

COLUMNS, LINES = 80, 24
PROMPT = 2
"""The empty line and the one to type in."""
LONG = "refund_for_a_subscription_that_was_renewed_although_it_had_been_cancelled_in_time"
WIDE = "アカウント管理とパスワードの再設定についての質問"
SIZES: dict[str, dict[str | None, int]] = {
    "sample": {"billing_questions": 45, "technical_issues": 15, "account_management": 90},
    "two": {"billing": 5, "technical": 60},
    "even": {"billing": 50, "technical": 50},
    "six": {"a": 3, "b": 50, "c": 80, "d": 12, "e": 40, "f": 150},
    "without a topic": {"a": 3, "b": 50, "c": 80, "d": 12, "e": 40, None: 15},
    "long names": {LONG: 4, f"{WIDE} {WIDE}": 40, "c": 60, f"another_{LONG}": 30, "e": 20},
    "fifteen": {f"topic number {n}": 2 + 9 * n for n in range(15)},
    "77": {f"card_payment_wrong_exchange_rate_{n}": 2 + (n * 7) % 23 for n in range(77)},
    "2,000": {f"topic_{n:04}": 1 + (n * 7) % 5 for n in range(2000)},
}


def _model(messages: Any) -> Any:
    return (
        scripted_reading(messages) if messages[0].text.startswith(READS) else "As an AI, I would rather not."
    )


@pytest.fixture
def say(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Says something in a conversation about a dataset, None at first, and gives the agent's answer."""
    services = Services(
        Settings(home=tmp_path / "home", model="scripted", refusals_in_a_row=3),
        make_chat_model=lambda _: ScriptedChatModel(default=_model),
    )
    graph = build_graph(services, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "thread-1"}}

    async def answer(text: str | None, path: Path | None = None) -> str:
        if path is not None:
            import_files(services.store, "wf-1", [path])
        what = {"messages": [], "workflow_id": "wf-1"} if text is None else Command(resume=text)
        await graph.ainvoke(what, config, durability="sync")
        messages = (await graph.aget_state(config)).values["messages"]
        return next(m.text for m in reversed(messages) if isinstance(m, AIMessage) and m.text)

    yield answer
    if "_index" in vars(services):
        services.index.close()
    services.store.close()


def dataset(path: Path, sizes: dict[str | None, int], words: int = 6, system: str = "") -> Path:
    lines = []
    for topic, size in sizes.items():
        for number in range(size):
            said = " ".join(f"{topic}w{(number * 7 + word) % 50}" for word in range(words))
            turns = [{"role": "user", "content": said}, {"role": "assistant", "content": f"Here: {said}."}]
            turns = [{"role": "system", "content": system}, *turns] if system else turns
            lines.append(json.dumps({"messages": turns} | ({"topic": topic} if topic else {})))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def shown(text: str) -> list[str]:
    drawn = io.StringIO()
    Console(file=drawn, width=COLUMNS).print(ChatMarkdown(text))
    lines = drawn.getvalue().rstrip("\n").split("\n")
    assert max(map(cell_len, lines)) <= COLUMNS
    return lines


def fits(text: str) -> bool:
    return len(shown(text)) + PROMPT <= LINES


@pytest.mark.parametrize("name", SIZES)
async def test_the_first_message_fits(name: str, say: Any, tmp_path: Path) -> None:
    sizes = SIZES[name]
    said = await say(None, dataset(tmp_path / "data.jsonl", sizes))
    assert fits(said), "\n".join(shown(said))
    headings = (
        "**Coverage Analysis**",
        "**Balance Score:**",
        "**Topic Distribution:**",
        "**Recommendation:**",
    )
    assert [said.index(heading) for heading in headings] == sorted(
        said.index(heading) for heading in headings
    )
    assert ("more topics |" in said) == (len(sizes) > 4)
    if "**Plan**" in said:
        assert "Cost: about" in said and "stops and asks at" in said and "price, time not known" in said


async def test_more_shows_what_was_left_out(say: Any, tmp_path: Path) -> None:
    sizes = SIZES["77"] | {"the_largest": 900}
    await say(None, dataset(tmp_path / "data.jsonl", sizes))
    said = await say("more")
    assert all(f"Exchange Rate {n} |" in said for n in range(77))
    for part in ("| Plan A |", "Message Variation", "60% accepted (assumed, since", "model calls", " by "):
        assert part in said, part


async def test_a_round_fits(say: Any, tmp_path: Path) -> None:
    await say(None, dataset(tmp_path / "data.jsonl", SIZES["fifteen"]))
    said = await say("1")
    assert "**Generation Ended Short**" in said and fits(said), "\n".join(shown(said))


async def test_records_come_one_screen_at_a_time_and_without_their_system_prompt(
    say: Any, tmp_path: Path
) -> None:
    sizes: dict[str | None, int] = {"billing": 40, "technical": 9}
    await say(None, dataset(tmp_path / "data.jsonl", sizes, words=60, system="You are Ada of Example Inc."))
    seen = 0
    for answer in ("4", "more", "next"):
        said = await say(answer)
        assert fits(said), "\n".join(shown(said))
        assert f"**Record {seen + 1}**" in said and "Example Inc" not in said
        seen += said.count("**Record ")
    assert "You are Ada of Example Inc." in await say("show 2 in full")


async def test_the_first_message_about_a_real_dataset_fits(say: Any, shared_data: Path) -> None:
    said = await say(None, shared_data / "intents" / "banking77_train.jsonl")
    assert "more topics |" in said and fits(said), "\n".join(shown(said))
