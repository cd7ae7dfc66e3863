"""Workers on one database: they carry out what was approved and handed over, and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan, revoke_plan
from finetune_coverage.tools.generation.approvals.plans import list_plans, propose_plan
from finetune_coverage.tools.generation.attempts.journal import request_cancel
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.generation.workers.following import NO_WORKER, WAITS, handed_over
from finetune_coverage.tools.generation.workers.queue import queue_item, waiting_items
from finetune_coverage.tools.generation.workers.worker import Worker, living_workers
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.journal_tables import approval_items
from finetune_coverage.tools.store.leases import is_held
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from pydantic import SecretStr
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError

from ..forked import Forked
from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import TOPIC, WORKFLOW, texts
from .test_several_processes import (
    CAP,
    PLACES,
    Machine,
    approved,
    check_books,
    database,
    let_leases_run_out,
    store,
    unread_answers,
)

__all__ = ["database", "store"]  # fixtures

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops and kills processes; needs no Windows"),
    pytest.mark.slow,
]
ON_SERVER = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
WITH_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
COMMON = {
    "model": "mock-model",
    "model_profile": "small",
    "embedding_model": "wordllama",
    "max_concurrency": PLACES,
    "verifier_share": 0,
}


def services_at(home: Path, database: str, endpoint: MockOpenAI, **more: Any) -> Services:
    given = {"openai_api_key": SecretStr(endpoint.key), **COMMON, **more}
    checks = CheckSettings(semantic=False)
    return Services(
        Settings(home=home, database_url=database, openai_base_url=endpoint.url, checks=checks, **given)
    )


Opening = Callable[..., Services]


@pytest.fixture
def opened(tmp_path: Path, database: str, mock_openai: MockOpenAI) -> Iterator[Opening]:
    """Services of a machine of their own."""
    every: list[Services] = []

    def open_one(name: str, **more: Any) -> Services:
        every.append(services_at(tmp_path / name, database, mock_openai, **more))
        return every[-1]

    yield open_one
    for services in every:
        services.close()


@asynccontextmanager
async def working(*machines: Services) -> AsyncIterator[list[str]]:
    """Workers, until the block ends; gives the lines that they say."""
    until, said = asyncio.Event(), list[str]()
    tasks = [asyncio.create_task(Worker(services, said.append).run(until)) for services in machines]
    try:
        yield said
    finally:
        until.set()
        await asyncio.gather(*tasks)


async def eventually(holds: Callable[[], bool], seconds: float = 100) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it takes too long")


@WITH_BOTH
async def test_two_workers_share_a_plan_and_what_the_endpoint_bears(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.05
    approval = approved(store, ("few_shot", 12), ("topic_description", 12))
    chat = opened("chat", run_jobs="workers")
    told: list[Progress] = []
    async with working(opened("a"), opened("b")) as said:
        await eventually(lambda: len(living_workers(store)) == 2)
        async with handed_over(chat, approval):
            answers = [
                await run_approved_item(chat, approval, number, on_progress=told.append) for number in (0, 1)
            ]
            assert waiting_items(store) == []
    assert [answer["generation"]["accepted"] for answer in answers] == [12, 12], answers
    assert {line.split(":")[0] for line in said if " takes " in line} == {"worker 1", "worker 2"}
    last = next(one for one in reversed(told) if one.job_id == answers[0]["generation"]["job_id"])
    assert (last.accepted, last.note) == (12, "") and told[0].note in (WAITS, "")
    assert mock_openai.peak <= PLACES, "they share the places at the endpoint"
    check_books(store, approval)
    assert living_workers(store) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_worker_that_is_to_end_before_it_began_says_nothing(store: Store, opened: Opening) -> None:
    said: list[str] = []
    (until := asyncio.Event()).set()
    await Worker(opened("late"), said.append).run(until)
    assert said == [] and living_workers(store) == []
    async with working(opened("in time")) as heard:
        await eventually(lambda: bool(living_workers(store)))
    assert heard == ["worker 1: waits for approved jobs", "worker 1: ends"]


@ON_SERVER
async def test_nothing_is_carried_out_without_a_yes(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    item = PlanItem(topic=TOPIC, count=2, strategy="few_shot")
    pending = propose_plan(store, WORKFLOW, [item])
    with pytest.raises(IntegrityError):
        queue_item(store, "approval-of-nobody", 0)
    approval = approved(store, ("few_shot", 3))
    revoked = approve_plan(store, pending.id, approver="a person", channel="test").id
    queue_item(store, revoked, 0)
    revoke_plan(store, pending.id, by="a person")
    changed = approved(store, ("few_shot", 4))
    queue_item(store, changed, 0)
    with store.write() as connection:  # by somebody who can write to the store
        connection.execute(delete(approval_items).where(approval_items.c.approval_id == changed))
        row = {"topic": TOPIC, "strategy": "few_shot", "workflow_id": WORKFLOW, "number": 0}
        connection.execute(insert(approval_items).values(approval_id=changed, count=400, **row))
    queue_item(store, changed, 0)
    async with working(opened("a")) as said:
        await eventually(lambda: not waiting_items(store))
        await asyncio.sleep(0.2)
    assert mock_openai.chats() == [] and list_jobs(store, WORKFLOW) == []
    assert len([line for line in said if " gives " in line]) == 2
    assert any("was revoked" in line for line in said) and any(
        "not what its plan says" in line for line in said
    )
    chat = opened("chat", run_jobs="workers")
    refused = await run_approved_item(chat, revoked, 0)
    assert refused["error"]["code"] == "approval_required"
    assert approval, "a yes alone hands nothing over"


@ON_SERVER
async def test_what_a_worker_cannot_do_is_a_persons_again(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply = texts()
    approval = approved(store, ("few_shot", 3))
    chat = opened("chat", run_jobs="workers")
    async with working(opened("a", openai_api_key=SecretStr("wrong"))):
        failed = await run_approved_item(chat, approval, 0)
        assert failed["error"]["code"] == "endpoint_error" and "key" in failed["error"]["message"]
        await asyncio.sleep(1.2)
        (job,) = list_jobs(store, WORKFLOW)
        assert job.status == "running" and waiting_items(store) == [], "it is not tried again and again"
    told: list[Progress] = []
    going_on = asyncio.create_task(run_approved_item(chat, approval, 0, on_progress=told.append))
    await eventually(lambda: bool(told))
    assert told[0].note == NO_WORKER and "finetune-coverage worker" in told[0].remark
    await eventually(lambda: len(told) > 1)
    assert not told[1].remark, "it is told once"
    async with working(opened("b")):
        assert (await going_on)["generation"]["accepted"] == 3


@ON_SERVER
async def test_who_stops_following_takes_the_job_back_and_a_server_that_ends_does_not(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.5
    approval = approved(store, ("few_shot", 60))
    chat, page = opened("chat", run_jobs="workers"), opened("page", run_jobs="workers")

    async def follow_until(services: Services, accepted: int) -> None:
        enough = asyncio.Event()

        def look(progress: Progress) -> None:
            if progress.accepted >= accepted:
                enough.set()

        following = asyncio.create_task(run_approved_item(services, approval, 0, on_progress=look))
        await enough.wait()
        following.cancel()
        await asyncio.wait([following])

    async with working(opened("a")) as said:
        await follow_until(chat, 1)
        await eventually(lambda: any(" leaves " in line for line in said))
        (job,) = list_jobs(store, WORKFLOW)
        assert job.status == "running" and 1 <= job.accepted < 60
        assert len(mock_openai.chats()) == job.accepted, "what was under way is finished, and kept"
        page.ending.set()
        await follow_until(page, job.accepted)
        done = await run_approved_item(chat, approval, 0)
    assert done["generation"]["accepted"] == 60
    assert len(mock_openai.chats()) == 60
    check_books(store, approval)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_a_person_ended_for_good_waits_for_no_worker(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.3
    approval = approved(store, ("few_shot", 30), ("topic_description", 5))
    chat, told = opened("chat", run_jobs="workers"), list[Progress]()
    begun = asyncio.create_task(run_approved_item(chat, approval, 0))
    async with working(opened("a")):
        await eventually(lambda: any(job.accepted for job in list_jobs(store, WORKFLOW)))
    waiting = asyncio.create_task(run_approved_item(chat, approval, 1, on_progress=told.append))
    await eventually(lambda: bool(told))
    asked = len(mock_openai.chats())
    (plan,) = list_plans(store, status="approved")
    (job_id,) = revoke_plan(store, plan.id, by="a person")
    request_cancel(store, job_id)
    ended, never = await asyncio.wait_for(asyncio.gather(begun, waiting), 60)
    assert ended["generation"]["status"] == "short" and 1 <= ended["generation"]["accepted"] < 30
    assert never["error"]["code"] == "approval_required"
    assert len(mock_openai.chats()) == asked
    check_books(store, approval)


@dataclass
class WorkerMachine(Machine):
    """Starts `finetune-coverage worker` with a data folder of its own."""

    started: list[Forked] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """All variables of its workers."""
        settings = {f"FINETUNE_COVERAGE_{name.upper()}": str(value) for name, value in COMMON.items()}
        return {
            **os.environ,
            **self.endpoint.environment,
            **settings,
            "FINETUNE_COVERAGE_HOME": str(self.folder / "home"),
            "FINETUNE_COVERAGE_DATABASE_URL": self.database,
            "FINETUNE_COVERAGE_CHECKS__SEMANTIC": "false",
            "FINETUNE_COVERAGE_RUN_JOBS": "workers",  # as for a whole fleet: it is the one that does it
            "ANONYMIZED_TELEMETRY": "False",
        }

    def start(self) -> Forked:
        self.folder.mkdir(exist_ok=True)
        self.started.append(Forked(self.folder, None, "worker", environment=self.environment))
        return self.started[-1]


Machines = Callable[[str], WorkerMachine]


@pytest.fixture
def machine(tmp_path: Path, database: str, mock_openai: MockOpenAI) -> Iterator[Machines]:
    made: dict[str, WorkerMachine] = {}
    yield lambda name: made.setdefault(name, WorkerMachine(tmp_path / name, database, mock_openai))
    for one in made.values():
        for worker in one.started:
            if worker.returncode is None:
                worker.kill()
            worker.communicate()


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


def accepted(store: Store) -> int:
    return sum(job.accepted for job in list_jobs(store, WORKFLOW))


@ON_SERVER
def test_sigterm_finishes_what_is_under_way_and_a_second_one_stops_at_once(
    store: Store, machine: Machines, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.3
    approval = approved(store, ("few_shot", 40))
    queue_item(store, approval, 0)
    first = machine("a").start()
    wait_until(lambda: accepted(store) >= 2)
    first.send_signal(signal.SIGTERM)
    out, err = first.communicate()
    assert first.returncode == 0 and "Traceback" not in err, err
    assert "takes 40 technical_issues by few_shot" in out and "worker 1: ends" in out
    had = accepted(store)
    assert 2 <= had < 40 and len(mock_openai.chats()) == had, "every call was answered, and its record kept"
    (job,) = list_jobs(store, WORKFLOW)
    assert living_workers(store) == [] and waiting_items(store)[0].job_id == job.id
    assert not [one for one in list_attempts(store, job.id) if one.status == "calling"]

    # Elsewhere, and at once: the lease was given back.
    mock_openai.latency = 20.0
    second = machine("b").start()
    wait_until(lambda: len(mock_openai.chats()) > had)
    (living,) = living_workers(store)
    assert (living.name, living.job_id) == ("worker 1", job.id) and f"process {second.pid} " in living.holder
    second.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert second.returncode is None
    began = time.monotonic()
    second.send_signal(signal.SIGTERM)
    _, err = second.communicate()
    assert time.monotonic() - began < 15, "it did not wait for its calls"
    assert second.returncode == 130 and "Traceback" not in err, err
    assert living_workers(store) == []
    check_books(store, approval)


@ON_SERVER
@pytest.mark.parametrize(
    ("workers", "items", "kills"),
    [(1, 1, 2), pytest.param(3, 4, 12, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_the_work_of_killed_workers_is_taken_over(
    store: Store,
    machine: Machines,
    mock_openai: MockOpenAI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    items: int,
    kills: int,
) -> None:
    """kill -9; the next worker is the same machine's, at once, or another one's, after the lease.

    Of several workers each job has several parts.
    """
    if workers > 1:
        monkeypatch.setenv("FINETUNE_COVERAGE_RECORDS_PER_PART", "20")
    mock_openai.reply, mock_openai.latency = texts(), 0.05
    chance = random.Random(kills)
    count = 20 * max(1, kills // items)
    strategies = ("few_shot", "topic_description")
    approvals = [approved(store, (strategies[number % 2], count)) for number in range(items)]
    for approval in approvals:
        queue_item(store, approval, 0)
    running = {name: machine(name).start() for name in "abc"[:workers]}
    kept: set[str] = set()
    left_behind = 0
    for kill in range(kills):
        enough = len(kept) + chance.randint(2, 8)
        wait_until(lambda: accepted(store) >= enough)  # noqa: B023 - called at once
        name = chance.choice(sorted(running))
        killed = running.pop(name)
        killed.kill()
        killed.communicate()
        there = {record.id for record in load_records(store, WORKFLOW, origin="synthetic")}
        assert kept <= there, f"kill {kill} lost a record"
        kept = there
        if workers == 1:
            (job,) = list_jobs(store, WORKFLOW)
            home = machine(name).folder / "home"
            assert [is_held(store, home, f"job {job.id}") for _ in range(2)] == [False, False]
            assert is_held(store, tmp_path, f"job {job.id}"), "elsewhere nobody knows"
        if workers == 1 and kill == 1:
            let_leases_run_out(store)  # of the one that is killed: nobody else has one
            left_behind += unread_answers(store, machine(name))
            name = "z"
        running[name] = machine(name).start()
    wait_until(lambda: accepted(store) == count * items, 600)
    wait_until(lambda: not waiting_items(store))
    for worker in running.values():
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate()
        assert worker.returncode == 0 and "Traceback" not in err, err
    jobs = list_jobs(store, WORKFLOW)
    assert [(job.status, job.accepted) for job in jobs] == [("complete", count)] * items
    made = [record.id for record in load_records(store, WORKFLOW, origin="synthetic")]
    assert len(made) == len(set(made)) == count * items and kept <= set(made)
    assert all(job.rejected.keys() <= {"interrupted"} for job in jobs)
    assert len(mock_openai.chats()) <= count * items + kills * PLACES + left_behind
    for approval in approvals:
        check_approval(store, approval)


def check_approval(store: Store, approval: str) -> None:
    """`check_books` of one of several approvals."""
    with store.read() as connection:
        budget = budget_of(connection, approval)
    assert budget.spent_tokens + budget.reserved_tokens <= CAP
