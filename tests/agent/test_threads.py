"""Conversations: named, continued where they stood, deleted, held by one program at a time, and small on disk."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.chat.conversation import Conversation
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from finetune_coverage.graph.conversations.compression import Compression
from finetune_coverage.graph.conversations.thread_lock import hold_thread
from finetune_coverage.tools.errors import Busy
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings, load_settings
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from .conftest import Chat, Command
from .endpoint import Endpoint
from .test_generate import start

pytestmark = pytest.mark.slow


@pytest.fixture(params=["file", "server"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where conversations are kept; named by a test before what puts something there."""
    if request.param == "server":
        monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", request.getfixturevalue("postgresql_url"))
    return str(request.param)


def test_a_named_conversation_is_continued_by_its_name(
    kept: str, command: Command, small: str, chat: Chat
) -> None:
    chat("-w", small, "--thread", "t-1")
    assert command("threads", "rename", "t-1", "  Support data ").code == 0
    (thread,) = command("threads", "--json").document["threads"]
    assert (thread["id"], thread["name"]) == ("t-1", "Support data")
    again = chat("--thread", "Support data")
    assert again.code == 0 and "Conversation t-1" in again.out
    assert len(command("threads", "--json").document["threads"]) == 1
    assert command("threads", "rename", "Support data", "Other").code == 0, "a name is as good as the id"
    assert chat("--thread", "Support data").code == 1
    assert command("threads", "delete", "Other", "--yes").code == 0
    assert command("threads", "--json").document["threads"] == []
    assert chat("--thread", "Other").code == 1


def test_names_that_cannot_be(kept: str, command: Command, small: str, chat: Chat) -> None:
    chat("-w", small, "--thread", "t-1")
    chat("-w", small, "--thread", "t-2")
    assert command("threads", "rename", "t-1", "mine").code == 0
    for thread, name in [("t-2", "mine"), ("t-2", "t-1"), ("t-2", " "), ("t-2", "a\nb"), ("t-2", "x" * 101)]:
        refused = command("threads", "rename", thread, name, "--json")
        assert refused.document["error"]["code"] == "invalid_input", name
    assert command("threads", "rename", "t-9", "x").code == 1
    names = {one["id"]: one["name"] for one in command("threads", "--json").document["threads"]}
    assert names == {"t-1": "mine", "t-2": None}


def test_on_return_it_says_where_things_stand(
    kept: str,
    command: Command,
    small: str,
    chat: Chat,
    endpoint: Endpoint,
    write_dataset: Callable[..., Path],
) -> None:
    first = chat("-w", small, "--thread", "t-1")
    assert "waits for your answer" not in first.out, "a new conversation has nothing to come back to"
    waiting = chat("--thread", "t-1").out
    assert "wf-small: 7 records, balance score 0.27 (poor)." in waiting
    (plan,) = command("plans", "--json").document["plans"]
    (item,) = plan["items"]
    assert f"A plan waits for your answer: {item['count']} technical ({item['strategy']})." in waiting

    made = chat("--thread", "t-1", typed="do 2 for technical with topic description\nyes\n")
    assert "Last generated" not in made.out
    back = chat("--thread", "t-1").out
    assert "wf-small: 9 records" in back
    assert "Last generated: 2 of 2 for technical by topic_description, score 0.27 → " in back

    command("workflows", "delete", small, "--yes")
    assert "was deleted" in chat("--thread", "t-1").out


def test_on_return_it_names_the_unfinished_job(
    command: Command, small: str, chat: Chat, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MAX_CONCURRENCY", "1")
    endpoint.refuse = 2
    chat("-w", small, "--thread", "t-1", typed="do 3 for technical with topic description\nyes\n")
    (job,) = command("jobs", "--json").document["jobs"]
    assert job["status"] == "running"
    line = f"Unfinished: {job['accepted']} of 3 for technical by topic_description (job {job['id']})"
    assert line in chat("--thread", "t-1").out


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL; needs no Windows")
def test_a_second_program_is_told_who_has_the_conversation(
    kept: str, command: Command, small: str, chat: Chat
) -> None:
    first = start("chat", "-w", small, "--thread", "t-1", typed=None)
    try:
        # Until the plan is shown, and it waits for an answer.
        assert any(line.startswith("1. ") for line in first.lines())
        told = chat("--thread", "t-1", typed="yes\n")
        assert told.code == 1
        assert f"open in another program: chat, process {first.pid} on " in told.err
        assert command("threads", "delete", "t-1", "--yes").code == 1
        assert chat("-w", small, "--thread", "t-2").code == 0, "another conversation is free"
        assert {plan["status"] for plan in command("plans", "--all", "--json").document["plans"]} == {
            "pending"
        }
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert chat("--thread", "t-1").code == 0, "a killed program holds nothing"


def test_the_lock_is_free_after_an_error_and_fits_any_id(kept: str) -> None:
    settings = load_settings()
    for thread_id in ("../../etc/passwd", "ä/\\:*?", "x" * 500):
        with pytest.raises(ZeroDivisionError), hold_thread(settings, thread_id, "a test"):
            with pytest.raises(Busy, match="a test"), hold_thread(settings, thread_id, "another"):
                pass
            raise ZeroDivisionError
        with hold_thread(settings, thread_id, "again"):
            pass
    if kept == "file":
        assert {path.parent for path in settings.home.rglob("*.lock")} == {settings.home / "locks"}
    else:
        assert list(settings.home.rglob("*.lock")) == [], "a lease leaves nothing"


def talking(services: Services, saver: BaseCheckpointSaver[Any], thread_id: str) -> Conversation:
    return Conversation(
        build_graph(services, checkpointer=saver),
        thread_id,
        context={"channel": "chat", "approver": "a person"},
        on_message=lambda text: None,
        on_start=lambda line: None,
        on_progress=lambda job: None,
    )


async def size(saver: AsyncSqliteSaver) -> tuple[int, int]:
    """Steps kept, and their bytes with the values written between them."""
    query = (
        "SELECT (SELECT COUNT(*) FROM checkpoints), (SELECT SUM(LENGTH(checkpoint)) FROM checkpoints) "
        "+ (SELECT SUM(LENGTH(value)) FROM writes)"
    )
    async with saver.conn.execute(query) as cursor:
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


ASKED = ("what does message variation do?", "make it 2", "make it 3")


async def test_a_long_conversation_stays_small(small: str, endpoint: Endpoint, tmp_path: Path) -> None:
    services = Services.from_settings()
    plain_file = str(tmp_path / "plain.db")
    async with (
        open_checkpointer(services.settings) as small_saver,
        AsyncSqliteSaver.from_conn_string(plain_file) as plain_saver,
    ):
        for saver in (small_saver, plain_saver):
            conversation = talking(services, saver, f"t-{type(saver).__name__}")
            await conversation.begin(small)
            for turn in range(20):
                await conversation.reply(ASKED[turn % len(ASKED)])
        (steps, ours), (plain_steps, plain) = await size(small_saver), await size(plain_saver)
        assert steps == plain_steps, "nothing is forgotten yet"
        assert ours < plain / 3


async def test_a_long_conversation_fits_the_models_context(small: str, endpoint: Endpoint) -> None:
    services = Services.from_settings()
    async with open_checkpointer(services.settings) as saver:
        conversation = talking(services, saver, "t-1")
        await conversation.begin(small)
        sent = []
        for turns in (0, 20):
            for turn in range(turns):
                await conversation.reply(ASKED[turn % len(ASKED)])
            await conversation.reply("Könntest du das vielleicht irgendwie anders anpacken?")
            sent.append(len(str(endpoint.chats()[-1])))
        assert sent[1] < sent[0] * 1.2


async def test_only_the_latest_steps_are_kept_and_each_can_be_gone_back_to(
    kept: str, small: str, endpoint: Endpoint
) -> None:
    services = Services.from_settings()
    async with open_checkpointer(services.settings) as saver:
        other = talking(services, saver, "t-other")
        await other.begin(small)
        saver.kept_steps = 12
        conversation = talking(services, saver, "t-1")
        await conversation.begin(small)
        for turn in range(12):
            await conversation.reply(ASKED[turn % len(ASKED)])
        graph = build_graph(services, checkpointer=saver)
        history = [state async for state in graph.aget_state_history({"configurable": {"thread_id": "t-1"}})]
        assert len(history) == 12
        assert len(history[0].values["messages"]) > 12, "what was said is all there"
        assert (await other.place()).waits, "and other conversations are as they were"

        # Forked at the oldest place that waited for the person, it goes on from there.
        oldest = [state for state in history if state.interrupts][-1]
        said = len(oldest.values["messages"])
        forked = await graph.ainvoke(
            {"messages": [("human", "what does few shot do?")]}, oldest.config, durability="sync"
        )
        assert said < len(forked["messages"]) <= said + 4


async def test_what_an_older_version_wrote_is_read(small: str, endpoint: Endpoint) -> None:
    services = Services.from_settings()
    settings: Settings = services.settings
    async with AsyncSqliteSaver.from_conn_string(str(settings.checkpoint_path)) as plain:
        await talking(services, plain, "t-1").begin(small)
    async with open_checkpointer(settings) as saver:
        conversation = talking(services, saver, "t-1")
        assert (await conversation.place()).waits
        await conversation.reply("make it 2")
        assert "2" in ((await conversation.place()).question or "")


@given(st.binary())
def test_compression_gives_back_what_it_got(value: bytes) -> None:
    name, small_value = Compression().encrypt(value)
    assert Compression().decrypt(name, small_value) == value
