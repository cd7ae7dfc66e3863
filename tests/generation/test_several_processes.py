"""Several processes on one database, each with a data folder of its own, as on machines of their own."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow
from sqlalchemy import update

from ..forked import Forked
from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import TOPIC, WORDS, WORKFLOW, texts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops and kills processes; needs no Windows")

SCRIPT = Path(__file__).with_name("working.py")
PLACES = 4
CAP = 1_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
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


def check_books(store: Store, approval: str, *, interruptions: int) -> None:
    """Nothing doubled, and what was spent and may have been is in the budget, to the token."""
    made = list(load_records(store, WORKFLOW, origin="synthetic"))
    said = Counter(record.written_text("user") for record in made)
    assert max(said.values()) == 1, "a text is there twice"
    jobs = list_jobs(store, WORKFLOW)
    assert len(made) == sum(job.accepted for job in jobs)
    attempts = [one for job in jobs for one in list_attempts(store, job.id)]
    lost = [one.details["may_be_charged"] for one in attempts if "may_be_charged" in one.details]
    # Those that were ready to go out count as if they had: nobody saw it.
    assert sum(one["calls"] for one in lost) <= interruptions * 2 * PLACES
    with store.read() as connection:
        budget = budget_of(connection, approval)
    open_ones = sum(one.reserved_tokens for one in attempts if one.status in ("calling", "judging"))
    assert budget.reserved_tokens == open_ones
    assert budget.spent_tokens == sum(one.tokens for one in attempts) + sum(one["tokens"] for one in lost)
    assert budget.spent_tokens + budget.reserved_tokens <= CAP


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
    check_books(store, approval, interruptions=0)


def test_a_worker_that_was_only_away_finds_its_job_taken_over(
    store: Store, machines: list[Machine], mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.05
    approval = approved(store, ("few_shot", 30))
    here, elsewhere = machines
    away = here.work(approval)
    wait_for(away, 3)
    away.send_signal(signal.SIGSTOP)
    refused = answer_of(elsewhere.work(approval))["error"]
    assert refused["code"] == "busy" and f"process {away.pid} on " in refused["message"]
    let_leases_run_out(store)
    done = answer_of(elsewhere.work(approval))
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", 30)
    away.send_signal(signal.SIGCONT)
    lost = answer_of(away)["error"]
    assert lost["code"] == "busy" and "was taken over by a worker" in lost["message"]
    check_books(store, approval, interruptions=1)


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_killed_again_and_again(
    store: Store, machines: list[Machine], mock_openai: MockOpenAI, kills: int
) -> None:
    """kill -9 at random moments; a worker on this machine or another one goes on each time."""
    mock_openai.reply, mock_openai.latency = texts(), 0.03
    count, moments = 8 * kills, random.Random(kills)
    approval = approved(store, ("few_shot", count))
    kept: set[str] = set()
    for kill in range(kills):
        machine = machines[moments.random() < 0.5]
        worker = machine.work(approval)
        wait_for(worker, len(kept) + moments.randint(1, 5))
        time.sleep(moments.uniform(0, 0.05))
        worker.kill()
        worker.communicate()
        let_leases_run_out(store)
        there = {record.id for record in load_records(store, WORKFLOW, origin="synthetic")}
        assert kept <= there, f"kill {kill} lost a record"
        kept = there
    done = answer_of(machines[0].work(approval))
    assert (done["generation"]["status"], done["generation"]["accepted"]) == ("complete", count), done
    assert kept <= set(done["generation"]["record_ids"])
    assert done["generation"]["rejected"].keys() <= {"interrupted"}
    check_books(store, approval, interruptions=kills)
    assert len(mock_openai.chats()) <= count + kills * PLACES
