"""The whole workflow in any order, with faults and kills: what is counted, approved, spent and exported stays true.

Import, analysis, approval, generation in a process of its own (which may be killed), resumption, undo, review, merging
of topics, export; all by the functions that commands and chats call.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.approved_items import approved_item
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_attempts, list_jobs, slot_records
from finetune_coverage.tools.generation.jobs.undo_jobs import undo_job
from finetune_coverage.tools.generation.lessons.lessons import reject_records
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records, topic_counts
from finetune_coverage.tools.topics.discover import merge_topics
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ..mock_openai.server import Answer, Fault, MockOpenAI
from .test_engine_endpoint import texts
from .test_several_processes import Machine

CAP = 400_000
FAULTS: tuple[Answer, ...] = (Fault(500), Fault(429, retry_after=0.01), Fault(drop=True), "no json")
STRATEGIES = ("few_shot", "topic_description", "scenario_expansion")
FIRST_TOPICS = ("billing_questions", "technical_issues", "account_management")


class Workflow(RuleBasedStateMachine):
    """One workflow of a store that earlier runs have used, too."""

    services: ClassVar[Services]
    machines: ClassVar[list[Machine]]
    endpoint: ClassVar[MockOpenAI]
    folder: ClassVar[Path]
    lines: ClassVar[list[str]]
    runs: ClassVar[Any]

    @initialize()
    def begin(self) -> None:
        self.id = f"wf-{next(self.runs)}"
        self.left = iter(self.lines)
        self.files = itertools.count()
        self.imported = 0
        self.approvals: list[str] = []
        self.import_more(40)

    @property
    def store(self) -> Any:
        return self.services.store

    @rule(count=st.integers(1, 5))
    def import_more(self, count: int) -> None:
        lines = list(itertools.islice(self.left, count))
        if not lines:
            return
        path = self.folder / f"{self.id}.{next(self.files)}.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
        self.imported += import_files(self.store, self.id, [path]).added

    @rule(data=st.data(), count=st.integers(1, 3), strategy=st.sampled_from(STRATEGIES))
    def approve(self, data: st.DataObject, count: int, strategy: Any) -> None:
        topic = data.draw(st.sampled_from(self.topics()))
        item = PlanItem(topic=topic, count=count, strategy=strategy)
        plan = propose_plan(self.store, self.id, [item], cap_tokens=CAP)
        self.approvals.append(approve_plan(self.store, plan.id, approver="tester", channel="test").id)

    @rule(data=st.data(), faults=st.lists(st.sampled_from(FAULTS), max_size=3), is_killed=st.booleans())
    def generate(self, data: st.DataObject, faults: list[Answer], is_killed: bool) -> None:
        """Carry an approval out, or go on with it, or have its answer once more."""
        if not self.approvals:
            return
        approval = data.draw(st.sampled_from(self.approvals))
        machine = data.draw(st.sampled_from(self.machines))
        with self.endpoint.lock:
            self.endpoint.queue[:] = faults
        worker = machine.work(approval)
        if is_killed:
            for line in worker.lines():
                if line.startswith("accepted "):
                    break
            worker.kill()
            worker.communicate()
            return
        out, err = worker.communicate()
        assert worker.returncode == 0 and "Traceback" not in err, err
        answer = json.loads(out.splitlines()[-1])
        codes = (
            "topic_not_found",
            "invalid_input",
            "busy",
        )  # merged away meanwhile; or whoever died has its lease
        assert answer["success"] or answer["error"]["code"] in codes, answer

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        jobs = list_jobs(self.store, self.id)
        ended = [job.id for job in jobs if job.status != "running" and job.undone_at is None]
        if ended:
            undo_job(self.store, data.draw(st.sampled_from(ended)))

    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        ids = [record.id for record in load_records(self.store, self.id) if record.origin == "synthetic"]
        if ids:
            reject_records(self.store, self.id, [data.draw(st.sampled_from(ids))], "not what people say")

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        topics = self.topics()
        if len(topics) == len(FIRST_TOPICS):  # once: something is to be left
            one, into = data.draw(st.permutations(topics))[:2]
            before = self.counts()
            merge_topics(self.services, self.id, {one: into})
            assert self.counts() == {topic: n for topic, n in before.items() if topic != one} | {
                into: before[one] + before[into]
            }

    @rule()
    def export(self) -> None:
        path = self.folder / "export.jsonl"
        export_records(self.store, self.id, path, include_all=True, overwrite=True)
        written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        kept = [json.loads(record.body) for record in load_records(self.store, self.id)]
        assert [one["messages"] for one in written] == [one["messages"] for one in kept]
        assert [one["topic"] for one in written] == [
            record.topic for record in load_records(self.store, self.id)
        ]

    @invariant()
    def all_is_counted(self) -> None:
        records = list(load_records(self.store, self.id))
        counts = self.counts()
        assert sum(counts.values()) == len(records)
        assert all(counts[topic] == sum(one.topic == topic for one in records) for topic in counts)
        coverage = analyze(self.services, self.id)
        assert coverage.total_records == len(records)
        assert sum(record.origin == "real" for record in records) == self.imported

    @invariant()
    def all_that_was_generated_was_approved_and_paid(self) -> None:
        covered = set()
        for listed in list_jobs(self.store, self.id):
            job, attempts = get_job(self.store, listed.id), list_attempts(self.store, listed.id)
            item = approved_item(self.store, job.approval_id, 0)
            assert (job.topic, job.count, job.strategy) == (item.topic, item.count, item.strategy)
            filled = [record for record in slot_records(self.store, job.id).values() if record]
            accepted = sum(attempt.status == "accepted" for attempt in attempts)
            assert listed.accepted == len(filled) == len(set(filled)) == accepted <= job.count
            assert (listed.status == "complete") <= (accepted == job.count)
            covered |= set(filled)
            with self.store.read() as connection:
                budget = budget_of(connection, job.approval_id)
            assert sum(attempt.tokens for attempt in attempts) <= budget.spent_tokens
            assert budget.spent_tokens + budget.reserved_tokens <= CAP
        made = {record.id for record in load_records(self.store, self.id) if record.origin == "synthetic"}
        assert made <= covered

    def topics(self) -> list[str]:
        return sorted(self.counts())

    def counts(self) -> dict[str, int]:
        return {count.topic: count.records for count in topic_counts(self.store, self.id) if count.topic}


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_order_of_what_people_do_breaks_the_books(
    database: str, tmp_path: Path, mock_openai: MockOpenAI, request: pytest.FixtureRequest
) -> None:
    address = f"sqlite:///{tmp_path / 'shared.db'}"
    if database == "postgresql":
        address = str(request.getfixturevalue("postgresql_url"))
    mock_openai.reply = texts()
    with sample_path().open(encoding="utf-8") as file:
        found = sorted(file, key=len)  # short ones: many are read again and again

    class Here(Workflow):
        services = Services(
            Settings(
                home=tmp_path / "home", database_url=address, embedding_model="wordllama", model="embedded"
            )
        )
        machines: ClassVar[list[Machine]] = [
            Machine(tmp_path / name, address, mock_openai) for name in ("a", "b")
        ]
        endpoint = mock_openai
        folder = tmp_path
        lines = found
        runs = itertools.count()

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


EXAMPLES = 2
