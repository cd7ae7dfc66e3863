"""Workers that take jobs, lose them, die and write in any order: only who holds a job writes, and all is counted once.

They go through the journal, as jobs do; the answers and the passing of time are the test's.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts import journal
from finetune_coverage.tools.generation.attempts.draft import Rejection
from finetune_coverage.tools.generation.attempts.journal_entries import Accepted, Paid, Refused
from finetune_coverage.tools.generation.checks.form.exact_duplicate import text_key
from finetune_coverage.tools.generation.jobs.ledger import Attempt, Job, list_attempts, slot_records
from finetune_coverage.tools.generation.money.amounts import NOTHING, Amount
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.generation.money.spending import Spending
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.leases import Lease, LeaseLost, LeaseTaken, held
from finetune_coverage.tools.store.records import NewRecord, insert_records, load_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, set_topics
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

pytestmark = pytest.mark.slow

WORKERS, COUNT, CAP = 3, 4, 1_500
WORST, USED = Amount(100, None), Amount(60, None)
workers = st.integers(0, WORKERS - 1)
jobs = st.integers(0, 1)
texts = st.sampled_from(["red", "green", "blue", "white", "black"])


@dataclass
class Hold:
    """A lease that a worker took, whether it still counts or not."""

    worker: int
    job: int
    lease: Lease
    is_dead: bool = False
    seen: int = 0
    calling: list[int] = field(default_factory=list)


class Workers(RuleBasedStateMachine):
    """Two jobs of one approval; the first two workers share a machine, the third has one of its own."""

    stores: ClassVar[list[Store]]
    homes: ClassVar[list[Path]]
    runs: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        type(self).runs += 1
        self.workflow = f"wf-{self.runs}"
        create_workflow(self.stores[0], self.workflow)
        set_topics(self.stores[0], self.workflow, [TopicInfo("billing")])
        items = [
            PlanItem(topic="billing", count=COUNT, strategy=name)
            for name in ("few_shot", "topic_description")
        ]
        plan = propose_plan(self.stores[0], self.workflow, items, cap_tokens=CAP)
        self.approval = approve_plan(self.stores[0], plan.id, approver="tester", channel="test").id
        self.jobs: list[Job] = [
            take_item(self.stores[0], self.approval, number, days=7, model="m", coverage_before={})
            for number in (0, 1)
        ]
        self.spending = Spending(self.approval, None)
        self.holds: list[Hold] = []
        self.latest: dict[int, Hold | None] = {0: None, 1: None}  # by job; None: let go of
        self.has_run_out = [True, True]
        self.accepted: dict[str, int] = {}
        self.imported: set[str] = set()
        self.reserved = self.spent = 0

    @rule(worker=workers, job=jobs, waits=st.booleans())
    def take(self, worker: int, job: int, waits: bool) -> None:
        if waits:
            self.time_passes(job)
        store, before = self.stores[worker], self.latest[job]
        is_free = (
            before is None
            or self.has_run_out[job]
            or (before.is_dead and self.homes[before.worker] == self.homes[worker])
        )
        try:
            name = f"job {self.jobs[job].id}"
            lease = Lease.take(store, self.homes[worker], name, f"worker {worker}", seconds=600)
        except LeaseTaken:
            assert not is_free
            return
        assert is_free
        assert lease.number == sum(hold.job == job for hold in self.holds) + 1
        hold = Hold(worker, job, lease)
        with held(lease):  # as a job that is taken up: calls whose end nobody saw stay set aside
            lost = [one.number for one in list_attempts(store, self.jobs[job].id) if one.status == "calling"]
            refused = [Refused(number, Rejection("interrupted", ""), failed=True) for number in lost]
            journal.end_attempts(store, self.jobs[job], [], refused, self.spending)
        self.holds.append(hold)
        self.latest[job], self.has_run_out[job] = hold, False

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        hold = self._alive(data)
        if hold is None:
            return
        if self.latest[hold.job] is hold:
            hold.lease.renew()
            self.has_run_out[hold.job] = False
        else:
            with pytest.raises(LeaseLost):
                hold.lease.renew()

    @rule(data=st.data())
    def let_go(self, data: st.DataObject) -> None:
        hold = self._alive(data)
        if hold is None:
            return
        hold.lease.release()
        hold.is_dead = True
        if self.latest[hold.job] is hold:
            self.has_run_out[hold.job] = True

    @rule(job=jobs)
    def time_passes(self, job: int) -> None:
        with self.stores[0].write() as connection:
            this = leases.c.name == f"job {self.jobs[job].id}"
            connection.execute(update(leases).where(this, leases.c.until > 0).values(until=1.0))
        self.has_run_out[job] = True

    @rule(worker=workers)
    def die(self, worker: int) -> None:
        for hold in self.holds:
            if hold.worker == worker and not hold.is_dead:
                hold.is_dead = True
                hold.lease._lock.release()  # what the operating system does

    @rule()
    def write_too_late(self) -> None:
        """Whoever is alive and has lost a job writes what they have."""
        for hold in self.holds:
            if hold.is_dead or self.latest[hold.job] is hold:
                continue
            job, store = self.jobs[hold.job], self.stores[hold.worker]
            begun = Attempt(len(list_attempts(store, job.id)), 0, "calling")
            slots = {one.number: one.slot for one in list_attempts(store, job.id)}
            paid, settled = Paid("late", 40, 20, None), (WORST, USED)
            late = [
                Accepted(number, slots[number], record_of("late"), None, {}, paid, settled)
                for number in hold.calling[-1:]
            ]
            with held(hold.lease):
                with pytest.raises(LeaseLost):
                    journal.begin_attempts(store, job, [(begun, WORST)], self.spending)
                with pytest.raises(LeaseLost):
                    journal.end_attempts(store, job, late, [], self.spending, seen=hold.seen)
            assert hold.lease.is_lost

    @rule(data=st.data())
    def call(self, data: st.DataObject) -> None:
        hold = self._alive(data)
        if hold is None or self.latest[hold.job] is not hold:
            return
        job, store = self.jobs[hold.job], self.stores[hold.worker]
        owed = [slot for slot, record in slot_records(store, job.id).items() if record is None]
        if not owed:
            return
        number = len(list_attempts(store, job.id))
        with held(hold.lease):
            begun, refusal = journal.begin_attempts(
                store, job, [(Attempt(number, owed[0], "calling"), WORST)], self.spending
            )
        assert begun == (self.reserved + self.spent + WORST.tokens <= CAP), refusal
        self.reserved += begun * WORST.tokens
        hold.calling += [number] * begun

    @rule(data=st.data(), text=texts)
    def answer(self, data: st.DataObject, text: str) -> None:
        hold = self._alive(data)
        if hold is None or not hold.calling or self.latest[hold.job] is not hold:
            return
        job, store, number = self.jobs[hold.job], self.stores[hold.worker], hold.calling[-1]
        slot = next(one.slot for one in list_attempts(store, job.id) if one.number == number)
        if slot_records(store, job.id)[slot] is not None:
            return
        one = Accepted(
            number, slot, record_of(text), text_key(text), {}, Paid(text, 40, 20, None), (WORST, USED)
        )
        with held(hold.lease):
            ended = journal.end_attempts(store, job, [one], [], self.spending, seen=hold.seen)
            if ended.unseen:
                theirs = {said for said, owner in self.accepted.items() if owner != hold.job}
                assert {record.written_text("user") for record in ended.unseen} <= theirs
                hold.seen = ended.seen
                ended = journal.end_attempts(store, job, [one], [], self.spending, seen=hold.seen)
        assert not ended.unseen and bool(ended.twins) == (text in self.accepted or text in self.imported)
        hold.seen = ended.seen
        hold.calling.remove(number)
        self.reserved, self.spent = self.reserved - WORST.tokens, self.spent + USED.tokens
        if not ended.twins:
            self.accepted[text] = hold.job

    @rule(data=st.data(), is_charged=st.booleans())
    def refuse(self, data: st.DataObject, is_charged: bool) -> None:
        hold = self._alive(data)
        if hold is None or not hold.calling or self.latest[hold.job] is not hold:
            return
        used = USED if is_charged else NOTHING
        paid = Paid("bad", 40, 20, None) if is_charged else None
        refused = Refused(hold.calling.pop(), Rejection("parse", "bad"), paid=paid, settled=(WORST, used))
        with held(hold.lease):
            journal.end_attempts(self.stores[hold.worker], self.jobs[hold.job], [], [refused], self.spending)
        self.reserved, self.spent = self.reserved - WORST.tokens, self.spent + used.tokens

    @rule(worker=workers, text=texts)
    def import_one(self, worker: int, text: str) -> None:
        with self.stores[worker].write(self.workflow) as connection:
            insert_records(connection, self.workflow, [NewRecord(record_of(text, origin="real"))])
        if text not in self.accepted:
            self.imported.add(text)

    @invariant()
    def all_is_counted_once(self) -> None:
        store = self.stores[0]
        with store.read() as connection:
            budget = budget_of(connection, self.approval)
        assert (budget.reserved_tokens, budget.spent_tokens) == (self.reserved, self.spent)
        said = [record.written_text("user") for record in load_records(store, self.workflow)]
        assert sorted(said) == sorted([*self.accepted, *self.imported])
        for number, job in enumerate(self.jobs):
            filled = [record for record in slot_records(store, job.id).values() if record]
            assert len(set(filled)) == len(filled) == sum(own == number for own in self.accepted.values())

    def teardown(self) -> None:
        for hold in getattr(self, "holds", []):
            with suppress(Exception):
                hold.lease.release()

    def _alive(self, data: st.DataObject) -> Hold | None:
        alive = [hold for hold in self.holds if not hold.is_dead]
        return data.draw(st.sampled_from(alive)) if alive else None


def record_of(text: str, **more: Any) -> Record:
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]
    body = json.dumps({"messages": messages, "topic": "billing"})
    return Record(id=f"rec-{text}", body=body, topic="billing", **({"origin": "synthetic"} | more))


@pytest.mark.parametrize("runs", [5, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_order_of_events_loses_or_doubles_anything(
    database: str, runs: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else tmp_path / "shared.db"
    opened = [Store.open(url) for _ in range(WORKERS)]
    homes_of = [tmp_path / "one", tmp_path / "one", tmp_path / "two"]

    class Here(Workers):
        stores, homes = opened, homes_of

    try:
        run_state_machine_as_test(
            Here, settings=settings(max_examples=runs, stateful_step_count=20, deadline=None)
        )
    finally:
        for store in opened:
            store.close()


async def test_what_was_held_can_be_let_go_of_by_another_task(tmp_path: Path) -> None:
    """As a page's server does; who had it before may then write other things."""
    store, stack = Store.open(tmp_path / "store.db"), ExitStack()
    lease = Lease.take(store, tmp_path, "conversation c", "a page", seconds=60)
    stack.enter_context(held(lease))

    async def end() -> None:
        stack.close()
        lease.release()

    await asyncio.create_task(end())
    Lease.take(store, tmp_path, "conversation c", "another", seconds=60).release()
    create_workflow(store, "wf-1")
    store.close()
