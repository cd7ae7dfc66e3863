"""Workers that reserve, settle, crash and resume in any order never get past a cap of the approval, to the picodollar.

They go through `Spending`, as jobs do: groups of calls are reserved together and settled in other groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import BudgetExceeded
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.money.amounts import NOTHING, Amount, cap_picodollars
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.generation.money.prices import Price
from finetune_coverage.tools.generation.money.spending import Spending
from finetune_coverage.tools.models.usage import TokenUsage
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, set_topics
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

STEPS = 40
WORKERS = 3

usages = st.builds(TokenUsage, st.integers(0, 2_000), st.integers(0, 900))
rates = st.floats(0, 60, allow_nan=False)
prices = st.builds(
    lambda sent, cached, written, discount: Price(
        input=sent, cached_input=sent * cached, output=written, batch_discount=discount
    ),
    rates,
    st.floats(0, 1),
    rates,
    st.floats(0, 1),
)
caps_of_tokens = st.none() | st.integers(1, 20_000)
caps_of_usd = st.none() | st.floats(0.000001, 0.5)
shares = st.floats(0, 1)
workers = st.integers(0, WORKERS - 1)


@dataclass(frozen=True)
class Call:
    """A call under way, and what it will truly use, which the budget does not know before it ends."""

    worker: int
    life: int
    reserved: Amount
    true: Amount


class SpendingOfWorkers(RuleBasedStateMachine):
    """One approval, several workers, each with its own connections, as processes have."""

    calls = Bundle("calls")
    stores: ClassVar[list[Store]]

    @initialize(price=prices, in_batches=st.booleans(), tokens=caps_of_tokens, usd=caps_of_usd)
    def approve(self, price: Price, in_batches: bool, tokens: int | None, usd: float | None) -> None:
        item = PlanItem(topic="billing", count=3, strategy="few_shot")
        plan = propose_plan(self.stores[0], "wf-1", [item], cap_tokens=tokens, cap_usd=usd)
        self.approval = approve_plan(self.stores[0], plan.id, approver="tester", channel="test").id
        self.spending = Spending(self.approval, price, in_batches=in_batches)
        self.cap_tokens: float = tokens or math.inf
        self.cap_money: float = cap_picodollars(usd) if usd else math.inf
        self.lives = [0] * WORKERS
        self.used = NOTHING  # as the endpoint's own bill has it, lost calls included
        self.held = NOTHING
        # What was granted before a cap was lowered is granted.
        self.granted = NOTHING

    def budget(self) -> Budget:
        with self.stores[0].read() as connection:
            return budget_of(connection, self.approval)

    @rule(
        target=calls,
        worker=workers,
        worst=st.lists(usages, min_size=1, max_size=5),
        shares=st.lists(st.tuples(shares, shares, shares), min_size=5, max_size=5),
    )
    def call(self, worker: int, worst: list[TokenUsage], shares: list[tuple[float, float, float]]) -> object:
        before = self.budget()
        amounts = [self.spending.cost(one) for one in worst]
        with self.stores[worker].write() as connection:
            allowed, refusal = self.spending.reserve(connection, amounts)
        made = []
        for one, reserved, share in list(zip(worst, amounts, shares, strict=False))[:allowed]:
            prompt = int(one.prompt_tokens * share[0])
            written, cached = int(one.completion_tokens * share[1]), int(prompt * share[2])
            true = self.spending.cost(TokenUsage(prompt, written, cached_tokens=cached))
            self.held += reserved
            self.used += true
            made.append(Call(worker, self.lives[worker], reserved, true))
        if allowed < len(amounts):
            assert refusal is not None
            after = self.held + amounts[allowed]
            assert after.tokens > self.cap_tokens or (after.picodollars or 0) > self.cap_money, (
                "refused without need"
            )
            assert allowed or self.budget() == before
        return multiple(*made)

    @rule(ended=st.lists(consumes(calls), min_size=1, max_size=4, unique_by=id))
    def end(self, ended: list[Call]) -> None:
        alive = [call for call in ended if call.life == self.lives[call.worker]]  # others died meanwhile
        with self.stores[0].write() as connection:
            stop = self.spending.settle(connection, [(call.reserved, call.true) for call in alive])
        assert stop is None
        for call in alive:
            self.held = self.held - call.reserved + call.true

    @rule(worker=workers)
    def crash(self, worker: int) -> None:
        """Its calls are never settled."""
        self.lives[worker] += 1

    @rule(worker=workers, worst=usages)
    def crash_before_the_commit(self, worker: int, worst: TokenUsage) -> None:
        before = self.budget()
        try:
            with self.stores[worker].write() as connection:
                self.spending.reserve(connection, [self.spending.cost(worst)])
                raise KeyboardInterrupt
        except (KeyboardInterrupt, BudgetExceeded):
            self.lives[worker] += 1
        assert self.budget() == before

    @rule(worker=workers, tokens=caps_of_tokens, usd=caps_of_usd)
    def resume_with_other_settings(self, worker: int, tokens: int | None, usd: float | None) -> None:
        with self.stores[worker].write() as connection:
            self.spending.open(connection, tokens, usd)
        self.cap_tokens = min(self.cap_tokens, tokens or math.inf)
        self.cap_money = min(self.cap_money, cap_picodollars(usd) if usd else math.inf)
        self.granted = self.held

    @invariant()
    def no_cap_is_passed_and_nothing_is_lost(self) -> None:
        budget = self.budget()
        counted = Amount(
            budget.spent_tokens + budget.reserved_tokens,
            budget.spent_picodollars + budget.reserved_picodollars,
        )
        assert counted == self.held, "to the last picodollar"
        assert counted.tokens <= max(self.cap_tokens, self.granted.tokens)
        assert (counted.picodollars or 0) <= max(self.cap_money, self.granted.picodollars or 0)
        assert self.used.fits(counted), "what the endpoint bills is never more than what is counted"


@pytest.mark.parametrize("runs", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_no_order_of_events_passes_a_cap(tmp_path: Path, runs: int) -> None:
    stores = [Store.open(tmp_path / "coverage.db") for _ in range(WORKERS)]
    create_workflow(stores[0], "wf-1")
    set_topics(stores[0], "wf-1", [TopicInfo("billing")])

    class Here(SpendingOfWorkers):
        pass

    Here.stores = stores
    try:
        run_state_machine_as_test(
            Here, settings=settings(max_examples=runs, stateful_step_count=STEPS, deadline=None)
        )
    finally:
        for store in stores:
            store.close()
