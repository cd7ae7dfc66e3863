"""Who works on a store, as anybody who opens it sees: on both databases, and in the words of `doctor --fleet`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.agent.cli import main
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts.concurrency import AdaptiveLimit
from finetune_coverage.tools.generation.attempts.endpoint_shares import EndpointShare
from finetune_coverage.tools.generation.money.amounts import Amount
from finetune_coverage.tools.generation.money.budget import reserve
from finetune_coverage.tools.generation.workers.queue import queue_item
from finetune_coverage.tools.inspection.fleet import look_at_fleet
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.leases import Lease
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, set_topics
from sqlalchemy import update

ENDPOINT = "http://models.example.com/v1"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'fleet.db'}"


def test_workers_shares_budgets_and_jobs_that_nobody_has(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(address)
    create_workflow(store, "wf-1")
    set_topics(store, "wf-1", [TopicInfo("billing")])
    strategies = ("few_shot", "topic_description", "scenario_expansion")
    items = [PlanItem(topic="billing", count=5, strategy=name) for name in strategies]  # type: ignore[arg-type]
    plan = propose_plan(store, "wf-1", [*items], cap_tokens=9_000)
    approval = approve_plan(store, plan.id, approver="tester", channel="test").id
    jobs = [take_item(store, approval, number, days=7, model="m", coverage_before={}).id for number in (0, 1)]
    queue_item(store, approval, 2)
    with store.write() as connection:
        reserve(connection, approval, Amount(1_200, None))
    living = Lease.take(store, tmp_path / "one", f"job {jobs[0]}", "a worker", seconds=60)
    lost = Lease.take(store, tmp_path / "two", "conversation c-1", "a page", seconds=60)
    Lease.take(store, tmp_path / "one", "conversation c-2", "a chat", seconds=60).release()
    EndpointShare(store, living, ENDPOINT, 8, AdaptiveLimit(8)).negotiate(0)
    EndpointShare(store, lost, ENDPOINT, 8, AdaptiveLimit(8)).negotiate(0)
    with store.write() as connection:
        connection.execute(update(leases).where(leases.c.name == lost.name).values(until=1.0))

    fleet = look_at_fleet(Services(Settings(home=tmp_path / "home", database_url=address)))
    dead, alive = fleet.leases
    assert (alive.name, alive.is_living, alive.number) == (living.name, True, 1)
    assert alive.holder.startswith("a worker, process ") and 0 <= alive.age_seconds < 30
    assert (dead.name, dead.is_living) == ("conversation c-1", False) and dead.age_seconds > 1e6
    (endpoint,) = fleet.endpoints
    assert (endpoint.endpoint, endpoint.shares) == (ENDPOINT, {living.name: 8})
    (budget,) = fleet.budgets
    assert (budget.cap_tokens, budget.spent_tokens, budget.reserved_tokens) == (9_000, 0, 1_200)
    assert [(job.job_id, job.requested, len(job.holders)) for job in fleet.jobs] == [
        (jobs[0], 5, 1),
        (jobs[1], 5, 0),
    ]
    (queued,) = fleet.queue
    assert (queued.approval_id, queued.number, queued.strategy) == (approval, 2, "scenario_expansion")
    assert 0 <= queued.waits_seconds < 30

    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", address)
    assert main(["doctor", "--fleet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["endpoints"][0]["shares"] == {living.name: 8}
    monkeypatch.setenv("COLUMNS", "240")
    assert main(["doctor", "--fleet"]) == 0
    shown = capsys.readouterr().out
    for words in (
        living.name,
        "may be taken over",
        "nobody",
        ENDPOINT,
        "1,200",
        "9,000",
        "0 of 5",
        "5 billing",
    ):
        assert words in shown, words
    living.release()
    lost.release()
    store.close()


def test_nobody_works_on_an_empty_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_HOME", str(tmp_path / "home"))
    assert main(["doctor", "--fleet"]) == 0
    assert "Nobody works on this store" in capsys.readouterr().out
