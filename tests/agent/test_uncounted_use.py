"""An endpoint that does not tell what its calls took: nobody is told that they took nothing."""

from __future__ import annotations

import io
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.store import Store

from .conftest import Command
from .endpoint import Endpoint
from .mcp_clients import WANTED, call, in_process, proposed
from .test_generate import generate

pytestmark = pytest.mark.slow

Uncounted = Callable[..., None]


@pytest.fixture
def uncounted(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uncounted:
    """Leaves usage out of the endpoint's answers, of all or of some calls; its price may be known."""
    written, calls = endpoint.reply, itertools.count(1)

    def make(leaves_out: Callable[[int], bool] = lambda _: True, *, is_priced: bool = True) -> None:
        def reply(body: dict[str, Any]) -> Any:
            answer = written(body)
            if not isinstance(answer, str):
                return answer  # a reading of what was typed
            return {"content": answer, **({"usage": None} if leaves_out(next(calls)) else {})}

        endpoint.reply = reply
        if is_priced:
            prices = tmp_path / "prices.yaml"
            prices.write_text(f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: 2, output: 8}}}}}}")
            monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(prices))

    return make


def charged(command: Command) -> Budget:
    """The budget of the only approval."""
    (plan,) = command("plans", "--all", "--json").document["plans"]
    store = Store.open(Settings().store_url)
    with store.read() as connection:
        found = connection.exec_driver_sql("SELECT id FROM approvals WHERE plan_id = ?", (plan["id"],))
        budget = budget_of(connection, found.scalar_one())
    store.close()
    return budget


def test_use_that_was_not_told_is_said_to_be_the_worst_case(
    command: Command, small: str, endpoint: Endpoint, uncounted: Uncounted
) -> None:
    uncounted()
    told = generate(command, small, "--yes").out
    budget, (job,) = charged(command), command("jobs", "--json").document["jobs"]
    assert budget.spent_tokens > 0 and budget.reserved_tokens == 0
    assert (job["tokens"], job["uncounted_tokens"]) == (budget.spent_tokens, budget.spent_tokens)
    assert job["uncounted_calls"] == endpoint.calls
    assert job["usd"] == budget.spent_picodollars / 10**12 > 0
    said = (
        rf"at most {job['tokens']:,} tokens, at most \$[\d.]+ "
        r"\(charged to the budget; the endpoint did not tell what the calls took\)"
    )
    for out in (told, command("jobs", "show", job["id"]).out, job["used"]):
        assert re.search(said, out), out
        assert not re.search(r"\b0 tokens|\$0\.00\b", out), out


def test_a_cost_that_nobody_knows_is_not_nothing(
    command: Command, small: str, endpoint: Endpoint, uncounted: Uncounted
) -> None:
    uncounted(is_priced=False)
    out = generate(command, small, "--yes").out
    (job,) = command("jobs", "--json").document["jobs"]
    assert job["usd"] is None
    assert f"at most {job['tokens']:,} tokens, cost not known (charged to the budget;" in out


def test_calls_without_usage_among_others_are_named(
    command: Command, small: str, endpoint: Endpoint, uncounted: Uncounted
) -> None:
    uncounted(lambda number: number == 2)
    out = generate(command, small, "--yes").out
    (job,) = command("jobs", "--json").document["jobs"]
    assert 0 < job["uncounted_tokens"] < job["tokens"] == charged(command).spent_tokens
    assert (
        f"(of which 1 call without usage count at their worst case, {job['uncounted_tokens']:,} tokens)"
        in out
    )


def test_what_the_endpoint_counts_is_said_as_before(command: Command, small: str, endpoint: Endpoint) -> None:
    out = generate(command, small, "--yes").out
    (job,) = command("jobs", "--json").document["jobs"]
    assert f"Used: {job['tokens']:,} tokens, cost not known\n" in out
    assert (job["uncounted_calls"], job["uncounted_tokens"]) == (0, 0)


async def test_mcp_clients_are_told_too(
    command: Command, small: str, endpoint: Endpoint, uncounted: Uncounted
) -> None:
    uncounted()
    async with in_process() as client:
        command("plans", "approve", "--yes", await proposed(client))
        cost = (await call(client, "generate_synthetic_data", **WANTED))["generation"]["cost"]
        assert cost["tokens"] == cost["uncounted_tokens"] == charged(command).spent_tokens > 0
        assert cost["used"].startswith(f"at most {cost['tokens']:,} tokens, at most $")
        (job,) = (await call(client, "list_jobs"))["jobs"]
        assert job["used"] == cost["used"]


def test_a_conversation_says_so_wherever_it_tells_what_was_used(
    command: Command, small: str, endpoint: Endpoint, uncounted: Uncounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncounted()
    typed = (
        "do 3 for technical with topic description\nyes\nwhat did it cost so far?\nwhat did the last round add?\n"
        "undo the last round\nno\nstop\n"
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    out = command("chat", "-w", small, "--yes").out
    (job,) = command("jobs", "--json").document["jobs"]
    said = job["used"].replace("$", r"\$")
    for begins in ("Used: ", "The round so far used ", "It used ", "What it used stays spent: "):
        assert begins + said in out or begins + job["used"] in out, begins
    assert not re.search(r"\b0 tokens|\$0\.00\b", out), out
