"""Workers that reserve, settle, crash and resume in any order never get past a cap of the approval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.store import Store
from finetune_coverage.tools.dataset.workflows import TopicInfo, create_workflow, set_topics
from finetune_coverage.tools.errors import BudgetExceeded
from finetune_coverage.tools.generation.approval import approve_plan
from finetune_coverage.tools.generation.budget import Budget, budget_of, open_budget, reserve, settle
from finetune_coverage.tools.generation.plans import propose_plan
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

RUNS = 200
STEPS = 40
WORKERS = 3
ROUNDING = 1e-9
"""USD by which the test's own sums of floats may be off."""

tokens_of = st.integers(0, 600)
usd_of = st.floats(0, 0.05, allow_nan=False)
caps_of_tokens = st.none() | st.integers(1, 5_000)
caps_of_usd = st.none() | st.floats(0.001, 0.5)
shares = st.floats(0, 1)


@dataclass(frozen=True)
class Call:
    """A call under way, and what it will truly use, which the budget does not know before it ends."""

    worker: int
    life: int
    tokens: int
    usd: float
    true_tokens: int
    true_usd: float


class Spending(RuleBasedStateMachine):
    """One approval, several workers, each with its own connections, as processes have."""

    calls = Bundle("calls")
    stores: ClassVar[list[Store]]

    @initialize(tokens=caps_of_tokens, usd=caps_of_usd)
    def approve(self, tokens: int | None, usd: float | None) -> None:
        item = PlanItem(topic="billing", count=3, strategy="few_shot")
        plan = propose_plan(self.stores[0], "wf-1", [item], cap_tokens=tokens, cap_usd=usd)
        self.approval = approve_plan(self.stores[0], plan.id, approver="tester", channel="test").id
        self.cap_tokens, self.cap_usd = tokens or math.inf, usd or math.inf
        self.lives = [0] * WORKERS
        self.used_tokens, self.used_usd = 0, 0.0  # as the endpoint's own bill has it, lost calls included
        self.held_tokens, self.held_usd = 0, 0.0
        # What was granted before a cap was lowered is granted.
        self.granted_tokens, self.granted_usd = 0, 0.0

    def budget(self) -> Budget:
        with self.stores[0].read() as connection:
            return budget_of(connection, self.approval)

    @rule(
        target=calls,
        worker=st.integers(0, WORKERS - 1),
        tokens=tokens_of,
        usd=usd_of,
        true_tokens=shares,
        true_usd=shares,
    )
    def call(self, worker: int, tokens: int, usd: float, true_tokens: float, true_usd: float) -> object:
        before = self.budget()
        try:
            with self.stores[worker].write() as connection:
                reserve(connection, self.approval, tokens=tokens, usd=usd)
        except BudgetExceeded:
            assert self.budget() == before
            too_many = self.held_tokens + tokens > self.cap_tokens
            assert too_many or self.held_usd + usd > self.cap_usd - ROUNDING, "refused without need"
            return multiple()
        self.held_tokens += tokens
        self.held_usd += usd
        made = Call(worker, self.lives[worker], tokens, usd, int(tokens * true_tokens), usd * true_usd)
        self.used_tokens += made.true_tokens
        self.used_usd += made.true_usd
        return made

    @rule(call=consumes(calls))
    def end(self, call: Call) -> None:
        self._settle(call, call.true_tokens, call.true_usd)

    @rule(call=consumes(calls))
    def end_without_telling_the_usage(self, call: Call) -> None:
        self._settle(call, None, None)

    def _settle(self, call: Call, tokens: int | None, usd: float | None) -> None:
        if call.life != self.lives[call.worker]:
            return  # its worker has died meanwhile
        with self.stores[call.worker].write() as connection:
            stop = settle(
                connection,
                self.approval,
                reserved_tokens=call.tokens,
                reserved_usd=call.usd,
                used_tokens=tokens,
                used_usd=usd,
            )
        assert stop is None
        if tokens is not None and usd is not None:
            self.held_tokens -= call.tokens - tokens
            self.held_usd -= call.usd - usd

    @rule(worker=st.integers(0, WORKERS - 1))
    def crash(self, worker: int) -> None:
        """Its calls are never settled."""
        self.lives[worker] += 1

    @rule(worker=st.integers(0, WORKERS - 1), tokens=tokens_of)
    def crash_before_the_commit(self, worker: int, tokens: int) -> None:
        before = self.budget()
        try:
            with self.stores[worker].write() as connection:
                reserve(connection, self.approval, tokens=tokens, usd=0.0)
                raise KeyboardInterrupt
        except (KeyboardInterrupt, BudgetExceeded):
            self.lives[worker] += 1
        assert self.budget() == before

    @rule(worker=st.integers(0, WORKERS - 1), tokens=caps_of_tokens, usd=caps_of_usd)
    def resume_with_other_settings(self, worker: int, tokens: int | None, usd: float | None) -> None:
        with self.stores[worker].write() as connection:
            open_budget(connection, self.approval, tokens, usd)
        self.cap_tokens = min(self.cap_tokens, tokens or math.inf)
        self.cap_usd = min(self.cap_usd, usd or math.inf)
        self.granted_tokens, self.granted_usd = self.held_tokens, self.held_usd

    @invariant()
    def no_cap_is_passed_and_nothing_is_lost(self) -> None:
        budget = self.budget()
        self._is_within_the_caps(budget)
        assert budget.spent_tokens + budget.reserved_tokens == self.held_tokens
        assert math.isclose(budget.spent_usd + budget.reserved_usd, self.held_usd, abs_tol=ROUNDING)

    def _is_within_the_caps(self, budget: Budget) -> None:
        tokens = budget.spent_tokens + budget.reserved_tokens
        usd = budget.spent_usd + budget.reserved_usd
        assert tokens <= max(self.cap_tokens, self.granted_tokens)
        assert usd <= max(self.cap_usd, self.granted_usd) + ROUNDING
        assert self.used_tokens <= tokens, "what the endpoint bills is never more than what is counted"
        assert self.used_usd <= usd + ROUNDING


def test_no_order_of_events_passes_a_cap(tmp_path: Path) -> None:
    stores = [Store.open(tmp_path / "coverage.db") for _ in range(WORKERS)]
    create_workflow(stores[0], "wf-1")
    set_topics(stores[0], "wf-1", [TopicInfo("billing")])

    class Here(Spending):
        pass

    Here.stores = stores
    try:
        run_state_machine_as_test(
            Here, settings=settings(max_examples=RUNS, stateful_step_count=STEPS, deadline=None)
        )
    finally:
        for store in stores:
            store.close()
