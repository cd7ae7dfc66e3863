"""The budget of an approval: what is reserved, settled and refused, and which caps hold."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import ApprovalRequired, BudgetExceeded, InternalError
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.money.amounts import NOTHING, PICODOLLARS, Amount, usd_words
from finetune_coverage.tools.generation.money.budget import (
    Budget,
    budget_of,
    open_budget,
    reserve,
    settle,
)
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, delete_workflow, set_topics

from ..forked import Forked


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "coverage.db")
    create_workflow(opened, "wf-1")
    set_topics(opened, "wf-1", [TopicInfo("billing")])
    yield opened
    opened.close()


def approve(store: Store, tokens: int | None = None, usd: float | None = None) -> str:
    """An approved plan with these caps; the id of its approval."""
    item = PlanItem(topic="billing", count=3, strategy="few_shot")
    plan = propose_plan(store, "wf-1", [item], cap_tokens=tokens, cap_usd=usd)
    return approve_plan(store, plan.id, approver="tester", channel="test").id


def standing(store: Store, approval: str) -> Budget:
    with store.read() as connection:
        return budget_of(connection, approval)


def amount(tokens: int, cents: int | None = 0) -> Amount:
    return Amount(tokens, None if cents is None else cents * PICODOLLARS // 100)


def take(store: Store, approval: str, tokens: int, cents: int | None = 0) -> None:
    with store.write() as connection:
        reserve(connection, approval, amount(tokens, cents))


def test_the_caps_that_were_shown_are_those_of_the_approval(store: Store) -> None:
    approval = approve(store, tokens=1_000, usd=0.4)
    budget = standing(store, approval)
    assert (budget.cap_tokens, budget.cap_picodollars) == (1_000, 4 * PICODOLLARS // 10)
    assert (budget.spent_tokens, budget.reserved_tokens) == (0, 0)


@pytest.mark.parametrize(
    ("approved", "set_later", "holds"),
    [(1_000, 2_000, 1_000), (1_000, None, 1_000), (1_000, 300, 300), (None, 300, 300), (None, None, None)],
)
def test_a_cap_set_later_can_only_be_tighter(
    store: Store, approved: int | None, set_later: int | None, holds: int | None
) -> None:
    approval = approve(store, tokens=approved, usd=approved)
    with store.write() as connection:
        open_budget(connection, approval, set_later, set_later)
    assert standing(store, approval).cap_tokens == holds
    assert standing(store, approval).cap_picodollars == (None if holds is None else holds * PICODOLLARS)
    with store.write() as connection:
        open_budget(connection, approval, approved, approved)
    assert standing(store, approval).cap_tokens == holds, "and stays so"


def test_a_reservation_makes_room_for_nobody_else_until_it_is_settled(store: Store) -> None:
    approval = approve(store, tokens=1_000)
    take(store, approval, 600)
    with pytest.raises(BudgetExceeded):
        take(store, approval, 401)
    with store.write() as connection:
        stop = settle(connection, approval, amount(600), amount(250))
    assert stop is None
    take(store, approval, 750)
    budget = standing(store, approval)
    assert (budget.spent_tokens, budget.reserved_tokens) == (250, 750)


def test_a_refusal_says_what_is_spent_and_changes_nothing(store: Store) -> None:
    approval = approve(store, tokens=1_000)
    take(store, approval, 900)
    before = standing(store, approval)
    with pytest.raises(BudgetExceeded) as caught:
        take(store, approval, 200)
    for said in ("1,000", "0 spent", "900 reserved", "need 200", "approve a new plan"):
        assert said in str(caught.value)
    assert standing(store, approval) == before


def test_money_is_capped_like_tokens(store: Store) -> None:
    approval = approve(store, usd=0.4)
    take(store, approval, 10, cents=39)
    with pytest.raises(BudgetExceeded, match=r"\$0\.40 .* \$0\.39 reserved, and the call may cost \$0\.02"):
        take(store, approval, 10, cents=2)
    take(store, approval, 10, cents=1)
    assert standing(store, approval).reserved_picodollars == 4 * PICODOLLARS // 10


def test_a_sum_of_small_amounts_reaches_the_cap_exactly(store: Store) -> None:
    """As floats, ten times a tenth is less than one, and a hundred cents are more."""
    approval = approve(store, usd=1.0)
    for _ in range(100):
        take(store, approval, 1, cents=1)
    with pytest.raises(BudgetExceeded), store.write() as connection:
        reserve(connection, approval, Amount(1, 1))


def test_without_a_price_no_cap_on_money_can_be_kept(store: Store) -> None:
    with pytest.raises(BudgetExceeded, match="price of the model is not known"):
        take(store, approve(store, usd=0.4), 10, cents=None)
    take(store, approve(store, tokens=10), 10, cents=None)


def test_an_answer_beyond_its_reservation_is_written_down_and_stops_the_job(store: Store) -> None:
    approval = approve(store, tokens=1_000, usd=1.0)
    take(store, approval, 500, cents=10)
    with store.write() as connection:
        stop = settle(connection, approval, amount(500, 10), amount(1_200, 30))
    assert stop is not None and "used 1,200 tokens for a call that could take 500" in stop
    assert standing(store, approval).spent_tokens == 1_200
    with pytest.raises(BudgetExceeded):
        take(store, approval, 1)


def test_a_usage_that_nobody_told_counts_as_all_that_was_reserved(store: Store) -> None:
    approval = approve(store, tokens=1_000, usd=1.0)
    take(store, approval, 500, cents=10)
    with store.write() as connection:
        settle(connection, approval, amount(500, 10), None)
    budget = standing(store, approval)
    assert (budget.spent_tokens, budget.spent_picodollars) == (500, PICODOLLARS // 10)
    assert (budget.reserved_tokens, budget.reserved_picodollars) == (0, 0)


def test_a_reservation_is_settled_once(store: Store) -> None:
    approval = approve(store, tokens=1_000)
    take(store, approval, 500)
    with pytest.raises(InternalError, match="settled twice"), store.write() as connection:
        for _ in range(2):
            settle(connection, approval, amount(500), amount(1))
    assert standing(store, approval).reserved_tokens == 500, "the transaction was taken back"


def test_without_an_approval_there_is_no_budget(store: Store) -> None:
    with pytest.raises(ApprovalRequired):
        take(store, "approval-9", 1)
    with pytest.raises(ApprovalRequired), store.write() as connection:
        settle(connection, "approval-9", NOTHING, NOTHING)
    approval = approve(store)
    delete_workflow(store, "wf-1")
    with pytest.raises(ApprovalRequired, match="no budget"):
        take(store, approval, 1)


SPENDER = textwrap.dedent(
    """
    import sys, time
    from finetune_coverage.tools.store.store import Store
    from finetune_coverage.tools.errors import BudgetExceeded
    from finetune_coverage.tools.generation.money.budget import reserve
    from finetune_coverage.tools.generation.money.amounts import Amount

    path, approval, start_at = sys.argv[1:]
    store = Store.open("sqlite:///" + path)
    time.sleep(max(0, float(start_at) - time.time()))
    granted = 0
    try:
        while True:
            with store.write() as connection:
                reserve(connection, approval, Amount(7, 0))
            granted += 1
    except BudgetExceeded:
        print(granted)
    """
)


def test_processes_spend_one_budget_together(store: Store, tmp_path: Path) -> None:
    approval, start_at = approve(store, tokens=2_000), str(time.time() + 1.0)
    running = [Forked.of_text(tmp_path, SPENDER, str(store.path), approval, start_at) for _ in range(3)]
    answers = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], answers
    assert sum(int(out) for out, _ in answers) == 2_000 // 7
    assert standing(store, approval).reserved_tokens == 2_000 // 7 * 7


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0, "$0.00"),
        (0.4, "$0.40"),
        (1234.5, "$1,234.50"),
        (0.9999, "$1.00"),
        (0.12345, "$0.123"),
        (0.00325, "$0.00325"),
        (1e-7, "less than $0.000001"),
    ],
)
def test_amounts_in_words(usd: float, said: str) -> None:
    assert usd_words(usd) == said
