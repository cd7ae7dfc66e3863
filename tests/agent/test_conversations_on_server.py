"""Conversations in a PostgreSQL database: what goes wrong is said, and two programs do not write into one."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from finetune_coverage.agent.chat.conversation import Conversation
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from finetune_coverage.graph.conversations.thread_lock import hold_thread
from finetune_coverage.graph.conversations.threads import list_threads
from finetune_coverage.tools.errors import Busy
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.leases import Lease
from finetune_coverage.tools.store.records import load_records
from langgraph.checkpoint.base import BaseCheckpointSaver
from sqlalchemy import update

from ..postgresql_server import PostgresqlServer
from .conftest import Chat, Command, Outcome
from .endpoint import Endpoint
from .mcp_clients import WANTED, call, in_process, proposed
from .test_terminal_chat import thread_in

pytestmark = pytest.mark.slow


@pytest.fixture
def database(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", postgresql_url)
    return postgresql_url


@pytest.fixture
def talked(database: str, small: str, chat: Chat) -> str:
    """A dataset and a conversation."""
    assert chat("-w", small, "--thread", "t-1").code == 0
    return small


def is_said(outcome: Outcome, words: str) -> None:
    assert outcome.code == 1 and words in outcome.err, outcome
    assert "should not happen" not in outcome.err and "Traceback" not in outcome.err


def test_a_damaged_conversation_is_named_and_others_begin(
    database: str, talked: str, command: Command, chat: Chat
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE checkpoint_blobs SET blob = substr(blob, 1, length(blob) - 9)")
    is_said(chat("--thread", "t-1"), "is damaged: a malformed value")
    assert command("analyze", "-w", talked).code == 0
    assert chat("-w", talked, "--thread", "t-2").code == 0
    aside = command("threads", "set-aside", "--json")
    assert aside.document["set_aside"] is None, "there is no file"


def test_a_user_who_may_only_read_is_told(
    database: str,
    talked: str,
    command: Command,
    chat: Chat,
    postgresql_server: PostgresqlServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = database.partition("@/")[2].partition("?")[0]
    reader = f"reader_of_{name}"
    postgresql_server.sql(f"CREATE ROLE {reader} LOGIN PASSWORD 'x'")
    postgresql_server.sql(f"GRANT pg_read_all_data TO {reader}")
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", postgresql_server.url(name, reader, "x"))
    assert [one["id"] for one in command("threads", "--json").document["threads"]] == ["t-1"]
    is_said(chat("--thread", "t-1"), "may not be used like this by its user")


def test_a_wrong_password_is_said_and_not_shown(
    database: str, command: Command, monkeypatch: pytest.MonkeyPatch, postgresql_server: PostgresqlServer
) -> None:
    wrong = postgresql_server.url("postgres", password="hidden-word")
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", wrong)
    outcome = command("threads")
    is_said(outcome, "user or password is wrong")
    assert "hidden-word" not in outcome.err


def test_a_conversation_is_forked(
    database: str, small: str, endpoint: Endpoint, command: Command, chat: Chat
) -> None:
    wanted = "for technical with topic description\nyes\n"
    thread = thread_in(chat("-w", small, typed=f"do 2 {wanted}stop\n").out)
    forked = chat("--thread", thread, "--fork-at", "2", typed=f"do 3 {wanted}")
    assert forked.code == 0, forked.err
    assert f"{thread}~at-2 goes on from there with {small}~at-2" in forked.out
    assert "Technical: 1 → 4 records" in forked.out, "without the two of the other one"
    listed = {one["id"] for one in command("threads", "--json").document["threads"]}
    assert listed == {thread, f"{thread}~at-2"}


async def test_an_mcp_client_generates_after_a_yes(
    database: str, small: str, endpoint: Endpoint, command: Command
) -> None:
    async with in_process() as client:
        plan_id = await proposed(client)
        refused = await call(client, "generate_synthetic_data", **WANTED)
        assert refused["error"]["code"] == "approval_required"
        assert command("plans", "approve", "--yes", plan_id).code == 0
        done = await call(client, "generate_synthetic_data", **WANTED)
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", 3)
    services = Services.from_settings()
    assert len(list(load_records(services.store, small, origin="synthetic"))) == 3
    services.close()


def talking(services: Services, saver: BaseCheckpointSaver[Any], thread_id: str) -> Conversation:
    return Conversation(
        build_graph(services, checkpointer=saver),
        thread_id,
        context={"channel": "chat", "approver": "me"},
        on_message=lambda text: None,
        on_start=lambda line: None,
        on_progress=lambda standing: None,
    )


async def test_two_chats_generate_for_one_dataset_at_once(
    database: str, small: str, endpoint: Endpoint
) -> None:
    """Each with a store and connections of its own, as programs have."""

    async def talk(thread_id: str) -> None:
        services = Services.from_settings()
        async with open_checkpointer(services.settings) as saver:
            conversation = talking(services, saver, thread_id)
            await conversation.begin(small)
            await conversation.reply("do 2 for technical with topic description")
            await conversation.reply("yes")
        services.close()

    await asyncio.gather(talk("t-1"), talk("t-2"))
    services = Services.from_settings()
    jobs = list_jobs(services.store, small)
    assert [(job.status, job.accepted) for job in jobs] == [("complete", 2)] * 2
    made = [record.written_text("user") for record in load_records(services.store, small, origin="synthetic")]
    assert len(made) == len(set(made)) == 4
    assert {thread.id for thread in await list_threads(services.settings)} == {"t-1", "t-2"}


async def test_a_program_that_lost_its_conversation_writes_nothing_more_into_it(
    talked: str, endpoint: Endpoint
) -> None:
    services = Services.from_settings()
    settings = services.settings
    with hold_thread(settings, "t-1", "a test"):
        async with open_checkpointer(settings) as saver:
            conversation = talking(services, saver, "t-1")
            await conversation.reply("what does \0 few shot do?")
            with services.store.write() as connection:
                connection.execute(update(leases).values(until=1.0))
            other = Lease.take(services.store, settings.home, "conversation t-1", "another", seconds=60)
            before = await list_threads(settings)
            with pytest.raises(Busy, match="Conversation t-1 was taken over by another"):
                await conversation.reply("make it 2")
            assert await list_threads(settings) == before
    other.release()
