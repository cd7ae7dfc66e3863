"""Jobs that an older version began and could not end: they go on, and nothing that was paid for is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.answer_spool import spool_path
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import WORKFLOW, no_meaning, services_for, texts

__all__ = ["no_meaning"]

HERE = Path(__file__).parent


CALLS_TOOLS = "f748f867513b6ecf2dc5-1"
"""The one record of the topic that calls tools; no example for a small model any more."""


def stopped_in_version_7(home: Path, *, is_spoken: bool = True) -> None:
    """A job of 20 records of a priced model: "A call … was settled twice", with the last answer in its spool.

    Args:
        home: the data folder to make.
        is_spoken: whether no record calls tools, so that examples are drawn as they were.
    """
    home.mkdir()
    file = sqlite3.connect(home / "coverage.db")
    file.execute("PRAGMA journal_mode = WAL")
    file.executescript((HERE / "stopped_in_version_7.sql").read_text())
    (job,) = file.execute("SELECT id FROM jobs").fetchone()
    (held,) = file.execute("SELECT reserved_picodollars FROM budgets").fetchone()
    (owed,) = file.execute(
        "SELECT sum(reserved_usd) * 1e12 FROM attempts WHERE status = 'calling'"
    ).fetchone()
    assert held < owed, "which is why it could not be settled"
    if is_spoken:
        ((body,),) = file.execute("SELECT body FROM records WHERE id = ?", (CALLS_TOOLS,)).fetchall()
        messages = [one for one in json.loads(body)["messages"] if one["content"] and one["role"] != "tool"]
        spoken = (json.dumps({"messages": messages, "topic": "technical_issues"}), CALLS_TOOLS)
        file.execute("UPDATE records SET uses_tools = 0, body = ? WHERE id = ?", spoken)
        file.commit()
    file.close()
    spool = spool_path(home, job, 0)
    spool.parent.mkdir()
    spool.write_bytes((HERE / "stopped_in_version_7.jsonl").read_bytes())


async def test_a_job_that_version_7_could_not_settle_goes_on(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    home, prices = tmp_path / "home", tmp_path / "prices.yaml"
    stopped_in_version_7(home)
    mock_openai.reply = texts()
    prices.write_text(f"endpoints: {{'{mock_openai.url}': {{mock-model: {{input: 0.4, output: 1.6}}}}}}")
    services = services_for(mock_openai, home, prices=prices)
    (job,) = list_jobs(services.store, WORKFLOW)
    assert (job.status, job.accepted) == ("running", 19)
    with services.store.read() as connection:
        before = budget_of(connection, approval_in(home))
    generation = (await run_approved_item(services, approval_in(home), 0))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 20)
    assert mock_openai.chats() == [], "the answer that was paid for is the twentieth record"
    with services.store.read() as connection:
        after = budget_of(connection, approval_in(home))
    assert after.reserved_picodollars == after.reserved_tokens == 0
    assert after.spent_tokens > before.spent_tokens
    paid = sum(attempt.picodollars or 0 for attempt in list_attempts(services.store, job.id))
    assert after.spent_picodollars == pytest.approx(paid, abs=40), (
        "two roundings of version 7 a call, no more"
    )


def approval_in(home: Path) -> str:
    file = sqlite3.connect(home / "coverage.db")
    (approval,) = file.execute("SELECT id FROM approvals").fetchone()
    file.close()
    return str(approval)


async def test_an_answer_to_what_is_not_asked_any_more_is_paid_and_written_anew(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    stopped_in_version_7(home, is_spoken=False)
    good = texts()

    def others(body: dict[str, Any]) -> str:  # than the job has had
        return good(body).replace("Archive", "Pantry").replace("Firmware", "Cellar").replace("Login", "Attic")

    mock_openai.reply = others
    services = services_for(mock_openai, home)
    (job,) = list_jobs(services.store, WORKFLOW)
    generation = (await run_approved_item(services, approval_in(home), 0))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 20)
    assert generation["rejected"]["changed_draft"] == 1
    (lost,) = (one for one in list_attempts(services.store, job.id) if one.check == "changed_draft")
    assert lost.tokens > 0 and "another version of the program" in (lost.evidence or "")
    with services.store.read() as connection:
        after = budget_of(connection, approval_in(home))
    assert after.reserved_picodollars == after.reserved_tokens == 0
