"""Several processes on one database, each with a data folder of its own, as on machines of their own."""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts.answer_spool import left_spools, spooled_answers
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.leases import Lease, LeaseTaken
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow
from sqlalchemy import update

from ..forked import Forked
from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import TOPIC, WORDS, WORKFLOW, texts

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="stops and kills processes; needs no Windows"),
    pytest.mark.slow,
]

SCRIPT = Path(__file__).with_name("working.py")
PLACES = 4
CAP = 1_000_000


WITH_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
# What is the same in a file is tested there without processes (`test_leased_journal`), and for its kills in
# `tests/graph/test_crash.py`.
WITH_SERVER = pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True
)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'shared.db'}"


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store.open(database)
    create_workflow(opened, WORKFLOW)
    import_sample(opened, WORKFLOW)
    yield opened
    opened.close()


def approved(store: Store, *items: tuple[str, int]) -> str:
    plan = propose_plan(
        store,
        WORKFLOW,
        [PlanItem.model_validate({"topic": TOPIC, "count": n, "strategy": name}) for name, n in items],
        cap_tokens=CAP,
    )
    return approve_plan(store, plan.id, approver="a person", channel="test").id


@dataclass
class Machine:
    """Starts workers with a data folder of their own."""

    folder: Path
    database: str
    endpoint: MockOpenAI

    def work(self, approval: str, number: int = 0) -> Forked:
        self.folder.mkdir(exist_ok=True)
        order = {
            "home": str(self.folder / "home"),
            "database": self.database,
            "endpoint": self.endpoint.url,
            "key": self.endpoint.key,
            "places": PLACES,
            "approval": approval,
            "number": number,
        }
        environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
        return Forked(self.folder, SCRIPT, json.dumps(order), environment=environment)


@pytest.fixture
def machines(tmp_path: Path, database: str, mock_openai: MockOpenAI) -> list[Machine]:
    return [Machine(tmp_path / name, database, mock_openai) for name in ("a", "b")]


def answer_of(worker: Forked) -> dict[str, Any]:
    out, err = worker.communicate()
    assert worker.returncode == 0, err
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert "Traceback" not in err, err
    return answer


def wait_for(worker: Forked, accepted: int) -> None:
    for line in worker.lines():
        if line.startswith("accepted ") and int(line.split()[1]) >= accepted:
            return
    raise AssertionError(f"it ended before {accepted} were accepted: {worker.communicate()}")


def let_leases_run_out(store: Store) -> None:
    """As if the time had passed."""
    with store.write() as connection:
        connection.execute(update(leases).where(leases.c.until > 0).values(until=1.0))


def taken_over(store: Store, home: Path, name: str) -> Lease:
    """A lease that has run out; its holder, who is alive, may renew it in between."""
    while True:
        let_leases_run_out(store)
        with suppress(LeaseTaken):
            return Lease.take(store, home, name, "a worker", seconds=60)


def unread_answers(store: Store, machine: Machine) -> int:
    """Answers that lie on a machine whose disk nobody else reads, and are in no journal."""
    (job,) = list_jobs(store, WORKFLOW)
    spools = left_spools(machine.folder / "home", job.id).values()
    spooled = {number for spool in spools for number in spooled_answers(spool)}
    return sum(
        one.number in spooled and one.response is None
        for one in list_attempts(store, job.id)
        if one.status == "calling"
    )


def check_books(store: Store, approval: str) -> None:
    """Nothing doubled, and what was spent and may have been is in the budget, to the token."""
    made = list(load_records(store, WORKFLOW, origin="synthetic"))
    said = Counter(record.written_text("user") for record in made)
    assert max(said.values()) == 1, "a text is there twice"
    jobs = list_jobs(store, WORKFLOW)
    assert len(made) == sum(job.accepted for job in jobs)
    attempts = [one for job in jobs for one in list_attempts(store, job.id)]
    lost = [one.details["may_be_charged"] for one in attempts if "may_be_charged" in one.details]
    with store.read() as connection:
        budget = budget_of(connection, approval)
    open_ones = sum(one.reserved_tokens for one in attempts if one.status in ("calling", "judging"))
    assert budget.reserved_tokens == open_ones + sum(one["tokens"] for one in lost)
    assert budget.spent_tokens == sum(one.tokens for one in attempts)
    assert budget.spent_tokens + budget.reserved_tokens <= CAP


@WITH_BOTH
def test_two_workers_and_an_import_share_one_database(
    store: Store, machines: list[Machine], mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    mock_openai.latency = 0.05
    number = itertools.count()

    def alike(body: dict[str, Any]) -> str:
        rng = random.Random(next(number) // 2)
        user = " ".join(rng.choices(WORDS, k=12)).capitalize()
        exchanges = body["response_format"]["json_schema"]["schema"]["properties"]["exchanges"]["minItems"]
        reply = " ".join(rng.choices(WORDS, k=14)).capitalize()
        return json.dumps({"exchanges": [{"user": f"{user}.", "assistant": f"{reply}."}] * exchanges})

    mock_openai.reply = alike
    approval = approved(store, ("few_shot", 12), ("topic_description", 12))
    workers = [machine.work(approval, item) for item, machine in enumerate(machines)]
    lines = [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"Where is invoice {n}?"},
                    {"role": "assistant", "content": f"Invoice {n} is in your inbox."},
                ],
                "topic": "billing_questions",
            }
        )
        for n in range(300)
    ]
    file = tmp_path / "more.jsonl"
    file.write_text("\n".join(lines))
    wait_for(workers[0], 1)
    import_files(store, WORKFLOW, [file])
    for answer in map(answer_of, workers):
        assert answer.get("generation", answer).get("accepted") == 12, answer
        assert answer["generation"]["rejected"].keys() <= {"exact_duplicate", "near_duplicate"}
    assert mock_openai.peak <= PLACES, "they share the places at the endpoint"
    assert len(list(load_records(store, WORKFLOW, topic="billing_questions", origin="real"))) == 45 + 300
    check_books(store, approval)


@WITH_SERVER
def test_a_worker_whose_lease_was_taken_writes_nothing_more(
    store: Store, machines: list[Machine], mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    """It is alive, as one that was away for too long, and has answers to write down."""
    mock_openai.reply = texts()
    approval = approved(store, ("few_shot", 30))
    here, elsewhere = machines
    late = here.work(approval)
    mock_openai.latency = 0.02
    wait_for(late, 3)
    mock_openai.latency = 2.0
    refused = answer_of(elsewhere.work(approval))["error"]
    assert refused["code"] == "busy" and f"process {late.pid} on " in refused["message"]
    (job,) = list_jobs(store, WORKFLOW)
    taken = taken_over(store, tmp_path, f"job {job.id}")
    accepted = len(list(load_records(store, WORKFLOW, origin="synthetic")))
    lost = answer_of(late)["error"]
    assert lost["code"] == "busy" and "was taken over by a worker" in lost["message"]
    assert len(list(load_records(store, WORKFLOW, origin="synthetic"))) == accepted < 30
    taken.release()
    mock_openai.latency = 0.0
    done = answer_of(elsewhere.work(approval))
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", 30)
    check_books(store, approval)


@pytest.mark.parametrize(
    ("database", "kills"),
    [
        ("postgresql", 3),
        *(
            pytest.param(database, 10, marks=[pytest.mark.slow, pytest.mark.timeout(600)])
            for database in ("sqlite", "postgresql")
        ),
    ],
    indirect=["database"],
)
def test_killed_again_and_again(
    store: Store, machines: list[Machine], mock_openai: MockOpenAI, kills: int
) -> None:
    """kill -9 at random moments; a worker on this machine or another one goes on each time."""
    mock_openai.reply, mock_openai.latency = texts(), 0.03
    count, moments = 8 * kills, random.Random(kills)
    approval = approved(store, ("few_shot", count))
    kept: set[str] = set()
    left_behind = 0
    turns = [moments.choice(machines) for _ in range(kills + 1)]
    for kill, (machine, following) in enumerate(itertools.pairwise(turns)):
        more = moments.randint(1, 5)
        if len(kept) + more > count:
            break  # on a busy machine a kill comes late, and nothing is left to be killed at
        worker = machine.work(approval)
        wait_for(worker, len(kept) + more)
        time.sleep(moments.uniform(0, 0.05))
        worker.kill()
        worker.communicate()
        let_leases_run_out(store)
        there = {record.id for record in load_records(store, WORKFLOW, origin="synthetic")}
        assert kept <= there, f"kill {kill} lost a record"
        kept = there
        left_behind += 0 if following is machine else unread_answers(store, machine)
    done = answer_of(turns[-1].work(approval))
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", count), done
    assert kept <= set(done["generation"]["record_ids"])
    assert done["generation"]["rejected"].keys() <= {"interrupted"}
    check_books(store, approval)
    assert len(mock_openai.chats()) <= count + kills * PLACES + left_behind
