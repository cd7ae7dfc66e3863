"""Several workers on one PostgreSQL: how much of the endpoint they use, and what kill -9 costs them.

``python -m benchmarks.fleet [RECORDS [KILLS]]``. The workers are processes of `finetune-coverage worker` with one data
folder, as on one machine; whichever is killed is started again at once, as a container is. They share an endpoint of
64 slots, which answers 429 above. Each of four datasets has a plan of two items with a cap.

The endpoint's log is the witness. Utilisation is the time that the asked records' answers take at the endpoint, by the
time of all its slots from the first call until the last record: answers that were lost in a kill, calls refused, the
start of workers and of jobs, and their ends, when not all slots are needed, count against it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.generation.workers.queue import queue_approval, waiting_items
from finetune_coverage.tools.store.journal_tables import slots
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow
from sqlalchemy import func, select

from .endpoint import MODEL, TOPIC, Behaviour
from .kills import GRACE, Kill, in_spools, journalled, kill
from .postgresql_server import PostgresqlServer
from .running_endpoint import Running, running_endpoint
from .table import markdown_table

WORKERS = 4
SLOTS = 64
LATENCY = 2.0
COUNT = 20_000
KILLS = 20
WORKFLOWS = tuple(f"bench-{number}" for number in range(4))
STRATEGIES = ("few_shot", "topic_description")
TOKENS_PER_RECORD = 5_000
"""What a plan may use for each record; a call takes about 3,600 here."""
SET_ASIDE = 2_500_000
"""What a plan may use beside that: of a call under way, or lost in a kill, the worst case counts, 16,000 tokens."""
LONGEST, START = 4, 1_800
"""Times the ideal, and seconds beside that, after which a run is given up."""


@dataclass
class Fleet:
    """The workers, and how they are killed."""

    folder: Path
    database: str
    endpoint: Running

    def __post_init__(self) -> None:
        self.workers = [self._start() for _ in range(WORKERS)]
        self.kills: list[Kill] = []
        self.spooled: set[str] = set()

    def kill_one(self, chance: random.Random) -> None:
        """Kill one, and start another in its place."""
        place = chance.randrange(WORKERS)
        killed = kill(self.workers[place].pid, self.endpoint.port)
        self.workers[place].wait()
        written = in_spools(self.folder / "home")  # before anybody takes them in
        self.workers[place] = self._start()
        if killed is not None:
            self.kills.append(killed)
            self.spooled |= written | journalled(self.folder / "home", self.database)["answers"]

    def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        return [worker.wait() for worker in self.workers]

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "HOME": str(self.folder / "home"),
            "DATABASE_URL": self.database,
            "MODEL": MODEL,
            "EMBEDDING_MODEL": "wordllama",
            "MAX_CONCURRENCY": str(SLOTS),
            "VERIFIER_SHARE": "0",
        }
        environment = {f"FINETUNE_COVERAGE_{name}": value for name, value in settings.items()}
        # As an installed program runs, with its modules compiled; images of containers often forbid that.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"OPENAI_BASE_URL": self.endpoint.url, "OPENAI_API_KEY": "sk-mock"}
        with (self.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "finetune_coverage.agent.cli", "worker"],
                env=kept | environment,
                stdout=log,
                stderr=log,
            )


def approved(store: Store, count: int) -> list[str]:
    """The datasets, and a yes to a plan for each; all of it is queued."""
    each = count // (len(WORKFLOWS) * len(STRATEGIES))
    approvals = []
    for workflow in WORKFLOWS:
        create_workflow(store, workflow)
        import_sample(store, workflow)
        items = [PlanItem(topic=TOPIC, count=each, strategy=name) for name in STRATEGIES]  # type: ignore[arg-type]
        cap = TOKENS_PER_RECORD * each * len(items) + SET_ASIDE
        plan = propose_plan(store, workflow, items, cap_tokens=cap)
        approvals.append(approve_plan(store, plan.id, approver="benchmark", channel="benchmark").id)
    for approval in approvals:
        queue_approval(store, approval, days=1)
    return approvals


def measure(count: int = COUNT, kills: int = KILLS) -> dict[str, Any]:
    """One run."""
    server = PostgresqlServer(is_durable=True)
    try:
        database = server.url(server.new_database())
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
            running_endpoint(Behaviour(latency=LATENCY, slots=SLOTS)) as endpoint,
        ):
            return _run(Path(name), database, endpoint, count, kills)
    finally:
        server.remove()


def _run(folder: Path, database: str, endpoint: Running, count: int, kills: int) -> dict[str, Any]:
    store = Store.open(database)
    approvals = approved(store, count)
    ideal = count * LATENCY / SLOTS
    chance = random.Random(count)
    fleet = Fleet(folder, database, endpoint)
    try:
        while not _accepted(store):
            time.sleep(0.2)
        began = time.time()
        # By records and not by time, so that they fall among the work on a slow machine too.
        marks = sorted(chance.uniform(0.02, 0.95) * count for _ in range(kills))
        while waiting_items(store) and time.time() - began < LONGEST * ideal + START:
            if marks and _accepted(store) >= marks[0]:
                marks.pop(0)
                fleet.kill_one(chance)
            time.sleep(0.2)
        load = os.getloadavg()
    finally:
        codes = fleet.stop()
    figures = _counted(store, approvals, folder, database, endpoint, fleet)
    store.close()
    log = (folder / "workers.log").read_text()
    return {
        **figures,
        "asked": count,
        "utilisation": ideal / figures["seconds"],
        "exit_codes": codes,
        "kills": len(fleet.kills),
        "taken": log.count(" takes "),
        "tracebacks": log.count("Traceback"),
        "given_back": [line for line in log.splitlines() if " gives " in line],
        "load": load[1],
    }


def _accepted(store: Store) -> int:
    with store.read() as connection:
        query = select(func.count()).where(slots.c.record_id.is_not(None))
        return int(connection.execute(query).scalar_one())


def _counted(
    store: Store, approvals: list[str], folder: Path, database: str, endpoint: Running, fleet: Fleet
) -> dict[str, Any]:
    after = journalled(folder / "home", database)
    log = endpoint.log()
    calls = [one for one in log["requests"] if one["text"] is not None]
    gone = [one for one in calls if one["sent"] is not None and one["text"] not in after["answers"]]
    ages = [(one, _before_its_kill(one, fleet.kills)) for one in gone]
    # One that was sent to a worker that had stopped was under way at its kill.
    ages = [(one, age) for one, age in ages if age is None or age[0] >= 0]
    with store.read() as connection:
        budgets = [budget_of(connection, approval) for approval in approvals]
    jobs = list_jobs(store)
    charged = sum(one["prompt_tokens"] + one["completion_tokens"] for one in calls)
    return {
        "accepted": len(after["records"]),
        "doubled": sum(len(after[name]) - len(set(after[name])) for name in ("records", "slots")),
        "statuses": sorted({job.status for job in jobs}),
        "refused": sum(sum(job.rejected.values()) for job in jobs),
        "calls": len(calls),
        "refused_calls": log["counts"].get("full", 0),
        "peak": log["peak"],
        "repeated": len(calls) - len(after["answers"]),
        "written_and_lost": len(fleet.spooled - after["answers"]),
        "answered_and_lost": len(ages),
        "certainly": sum(age is None or (age[0] >= GRACE and one["port"] not in age[1]) for one, age in ages),
        "oldest": max((age[0] for _, age in ages if age is not None), default=0.0),
        "cap": sum(budget.cap_tokens or 0 for budget in budgets),
        "spent": sum(budget.spent_tokens for budget in budgets),
        "reserved": sum(budget.reserved_tokens for budget in budgets),
        "charged": charged,
        "is_cap_held": all(
            budget.spent_tokens + budget.reserved_tokens <= (budget.cap_tokens or 0) for budget in budgets
        )
        and charged <= sum(budget.spent_tokens + budget.reserved_tokens for budget in budgets),
        "seconds": max(one["sent"] or 0.0 for one in calls) - min(one["arrived"] for one in calls),
    }


def _before_its_kill(request: dict[str, Any], kills: list[Kill]) -> tuple[float, frozenset[int]] | None:
    """So long before the kill of the worker that had asked an answer had been sent, and what was not read then.

    None where no worker was killed that had its connection.
    """
    own = [one for one in kills if one.moment >= request["arrived"] and request["port"] in one.ports]
    return (own[0].moment - request["sent"], own[0].unread) if own else None


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    rows = [
        ("records accepted", f"{figures['accepted']:,} of {figures['asked']:,}"),
        ("jobs", ", ".join(figures["statuses"])),
        ("utilisation of the endpoint's slots", f"{figures['utilisation']:.3f}"),
        ("from the first call to the last answer", f"{figures['seconds']:.0f} s"),
        ("most requests at once", f"{figures['peak']} of {SLOTS}; {figures['refused_calls']:,} answered 429"),
        ("workers killed", figures["kills"]),
        ("jobs taken up", figures["taken"]),
        ("records doubled", figures["doubled"]),
        ("drafts refused, calls lost in kills among them", f"{figures['refused']:,}"),
        ("calls, and of them repeated", f"{figures['calls']:,}, {figures['repeated']:,}"),
        ("answers written down before a kill and asked again", figures["written_and_lost"]),
        (
            f"answered {GRACE * 1000:.0f} ms or more before a kill, read, and asked again",
            figures["certainly"],
        ),
        (
            "sent before a kill and lost; the oldest",
            f"{figures['answered_and_lost']}; {figures['oldest'] * 1000:.1f} ms",
        ),
        (
            "tokens: used, set aside for lost calls, cap",
            f"{figures['spent']:,}, {figures['reserved']:,}, {figures['cap']:,}",
        ),
        ("tokens that the endpoint counted", f"{figures['charged']:,}"),
        ("cap held", "yes" if figures["is_cap_held"] else "NO"),
        ("exit codes after SIGTERM", ", ".join(map(str, figures["exit_codes"]))),
        ("tracebacks in the workers' log", figures["tracebacks"]),
        ("given back to a person", "; ".join(figures["given_back"]) or "nothing"),
    ]
    return (
        f"{markdown_table(['', ''], rows)}\n\n{WORKERS} workers with one data folder, one PostgreSQL (durable), an "
        f"endpoint of {SLOTS} slots and {LATENCY:g} s an answer, {len(WORKFLOWS)} plans of {len(STRATEGIES)} items. "
        f"Load of the machine at the end, over five minutes: {figures['load']:.1f} on {os.cpu_count()} cores."
    )


if __name__ == "__main__":
    print(report(measure(*map(int, sys.argv[1:]))))
