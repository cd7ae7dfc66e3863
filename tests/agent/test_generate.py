"""`generate`, `plans` and `jobs` against a model endpoint on the loopback."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generation.jobs import job as job_module
from finetune_coverage.tools.generation.jobs.measured import Measured

from ..forked import Forked
from .conftest import Command, Outcome
from .endpoint import Endpoint

pytestmark = pytest.mark.slow

WANTED = ("--topic", "technical", "--count", "3", "--strategy", "topic_description")


def generate(command: Command, workflow: str, *more: str) -> Outcome:
    return command("generate", "-w", workflow, *WANTED, *more)


def test_yes_approves_and_generates(command: Command, small: str, endpoint: Endpoint) -> None:
    outcome = generate(command, small, "--yes", "--json")
    assert outcome.code == 0, outcome.err
    generation = outcome.document["generation"]
    assert (generation["status"], generation["requested"], generation["accepted"]) == ("complete", 3, 3)
    assert generation["coverage_before"]["topic_distribution"]["technical"] == 1
    assert generation["coverage_after"]["topic_distribution"]["technical"] == 4
    assert "technical: 3 of 3 accepted" in outcome.err

    (plan,) = command("plans", "--all", "--json").document["plans"]
    assert plan["status"] == "approved"
    written = command("review", "-w", small, "--synthetic", "--json").document["records"]
    assert {record["id"] for record in written} == set(generation["record_ids"])
    assert {record["provenance"]["strategy"] for record in written} == {"topic_description"}


def test_the_report_for_a_person(command: Command, small: str, endpoint: Endpoint) -> None:
    out = generate(command, small, "--yes").out
    assert "topic_description" in out and "as you asked" in out
    assert "Balance score: 0.27 → 0.84" in out
    assert "It stops and asks after 20 drafts refused for one reason, or at" in out
    assert "3 of 3 records accepted" in out


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_without_a_yes_nothing_is_generated(
    command: Command, small: str, endpoint: Endpoint, as_json: list[str]
) -> None:
    outcome = generate(command, small, *as_json)
    assert outcome.code == 4
    assert endpoint.calls == 0
    assert "plans approve plan-" in outcome.err
    if as_json:
        assert outcome.document["error"]["code"] == "approval_required"
    assert command("review", "-w", small, "--synthetic", "--json").document["records"] == []


def test_what_would_be_asked_is_told_in_a_document(command: Command, small: str, endpoint: Endpoint) -> None:
    plan_id = generate(command, small, "--json").document["plan_id"]
    refused = command("plans", "approve", plan_id, "--json")
    assert refused.code == 4 and refused.document["error"]["code"] == "approval_required"
    assert command("plans", "--json").document["plans"][0]["status"] == "pending"


def test_nobody_is_asked_about_an_outdated_plan(command: Command, small: str, endpoint: Endpoint) -> None:
    plan_id = generate(command, small, "--json").document["plan_id"]
    command("topics", "describe", "technical", "Something else.", "-w", small)
    listed = command("plans")
    assert " outdated " in listed.out and "nobody can say yes" in listed.err
    assert command("plans", "--json").document["plans"][0]["outdated"] is True
    refused = command("plans", "approve", plan_id)
    assert refused.code == 1 and "changed after plan" in refused.err and "Balance score" not in refused.out


def test_a_yes_can_be_taken_back(command: Command, small: str, endpoint: Endpoint) -> None:
    plan_id = generate(command, small, "--json").document["plan_id"]
    assert command("plans", "revoke", plan_id).code == 1, "nobody has said yes"
    assert command("plans", "approve", "--yes", plan_id).code == 0
    assert f"The approval of {plan_id} is revoked" in command("plans", "revoke", plan_id).out
    assert generate(command, small).code == 4
    assert endpoint.calls == 0
    assert "revoked" in command("plans", "--all").out


def test_a_plan_is_approved_then_generated_once(command: Command, small: str, endpoint: Endpoint) -> None:
    plan_id = generate(command, small, "--json").document["plan_id"]
    assert plan_id in command("plans").out
    approved = command("plans", "approve", "--yes", plan_id)
    assert approved.code == 0
    assert "finetune-coverage generate -w wf-small --topic technical --count 3" in approved.out
    listed = command("plans")
    assert "No plan waits" in listed.out and f"Approved, and not begun: {plan_id}" in listed.err
    assert command("plans", "approve", "--yes", plan_id).code == 1, "the first answer wins"

    assert generate(command, small).code == 0
    calls = endpoint.calls
    assert plan_id not in command("plans").err
    used_up = command("plans", "revoke", plan_id)
    assert used_up.code == 1 and "has been carried out" in used_up.err and "jobs undo job-" in used_up.err
    again = generate(command, small)
    assert again.code == 4, "an approval is used once"
    assert endpoint.calls == calls


def test_caps_are_shown_and_go_with_the_approval(command: Command, small: str, endpoint: Endpoint) -> None:
    outcome = generate(command, small, "--max-tokens", "50000")
    assert "(at most 50,000 tokens)" in outcome.out
    (plan,) = command("plans", "--json").document["plans"]
    assert (plan["cap_tokens"], plan["cap_usd"]) == (50_000, None)
    assert "at most 50,000 tokens." in command("plans", "approve", "--yes", plan["id"]).out


def test_a_cap_on_money_needs_a_price(
    command: Command,
    small: str,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = generate(command, small, "--max-usd", "0.4", "--yes", "--json")
    assert refused.code == 1
    assert refused.document["error"]["code"] == "budget_exceeded"
    hint = refused.document["error"]["hint"]
    assert "FINETUNE_COVERAGE_PRICES" in hint and "set FINETUNE_COVERAGE_MODEL to" in hint
    assert command("plans", "--all", "--json").document["plans"] == [], "nothing to approve"

    prices = tmp_path / "prices.yaml"
    prices.write_text(f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: 2, output: 8}}}}}}")
    monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(prices))
    assert "(at most $0.40)" in generate(command, small, "--max-usd", "0.4").out
    assert endpoint.calls == 0


@pytest.mark.parametrize("usd", ["0", "-1", "nan", "inf"])
def test_a_cap_that_is_none_is_wrong_usage(command: Command, small: str, usd: str) -> None:
    assert generate(command, small, "--max-usd", usd).code == 2


def test_another_count_needs_another_yes(command: Command, small: str, endpoint: Endpoint) -> None:
    plan_id = generate(command, small, "--json").document["plan_id"]
    command("plans", "approve", "--yes", plan_id)
    changed = ("--topic", "technical", "--count", "4", "--strategy", "topic_description")
    assert command("generate", "-w", small, *changed).code == 4
    assert endpoint.calls == 0


def test_the_strategy_is_chosen_and_its_reason_is_said(
    command: Command, small: str, endpoint: Endpoint
) -> None:
    command("generate", "-w", small, "--topic", "technical", "--count", "2")
    (plan,) = command("plans", "--json").document["plans"]
    assert plan["items"] == [{"topic": "technical", "count": 2, "strategy": "scenario_expansion"}]
    assert "Only 1 of its records" in plan["details"]["reason"]


def test_wrong_names(command: Command, small: str, endpoint: Endpoint) -> None:
    assert (
        command("generate", "-w", small, "--topic", "technical", "--count", "1", "--strategy", "magic").code
        == 2
    )
    unknown = command("generate", "-w", small, "--topic", "nonsense", "--count", "1", "--json")
    assert unknown.code == 1
    assert unknown.document["error"]["code"] == "topic_not_found"
    assert command("generate", "-w", "wf-9", "--topic", "a", "--count", "1", "--yes").code == 1
    assert endpoint.calls == 0


def start(*arguments: str, typed: str | None = "") -> Forked:
    """A command in a process of its own.

    Args:
        arguments: of `finetune-coverage`.
        typed: what stands on its standard input; None keeps it open with nothing on it.
    """
    folder = Path(os.environ["FINETUNE_COVERAGE_HOME"]).parent
    return Forked(folder, None, *arguments, typed=typed)


def wait_until_accepted(command: Command, count: int, seconds: float = 90.0) -> dict[str, Any]:
    """The one job, as soon as it has so many accepted records."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for job in command("jobs", "--json").document["jobs"]:
            if job["accepted"] >= count:
                return job  # type: ignore[no-any-return]
        time.sleep(0.2)
    raise AssertionError(f"no job had {count} accepted records after {seconds} s")


def texts_of(command: Command, workflow: str) -> list[str]:
    records = command("review", "-w", workflow, "--synthetic", "--json").document["records"]
    return [json.dumps(record["record"]["messages"]) for record in records]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT; needs no Windows")
@pytest.mark.parametrize(
    ("how", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.slow)],
)
def test_stopped_in_the_middle_and_resumed(
    command: Command, small: str, endpoint: Endpoint, how: signal.Signals, code: int
) -> None:
    endpoint.latency = 0.5
    count = ("--topic", "technical", "--count", "8", "--strategy", "topic_description")
    process = start("generate", "-w", small, *count, "--yes")
    job = wait_until_accepted(command, 2)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    if how == signal.SIGINT:
        assert f"finetune-coverage jobs resume {job['id']}" in err
        assert "Traceback" not in err

    endpoint.latency = 0.0
    kept = texts_of(command, small)
    assert 2 <= len(kept) < 8
    resumed = command("jobs", "resume", job["id"], "--json")
    assert resumed.code == 0, resumed.err
    assert resumed.document["generation"]["accepted"] == 8
    after = texts_of(command, small)
    assert after[: len(kept)] == kept, "nothing that was accepted is lost"
    assert len(set(after)) == len(after) == 8, "and nothing is doubled"
    assert len(command("plans", "--all", "--json").document["plans"]) == 1


def test_an_evaluation_set_is_read_before_anything_is_paid_for(
    command: Command, small: str, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing.jsonl"
    outcome = generate(command, small, "--yes", "--json", "--eval-set", str(missing))
    assert outcome.code == 1 and "missing.jsonl" in outcome.err
    monkeypatch.setenv("FINETUNE_COVERAGE_EVAL_SET", str(missing))
    assert generate(command, small, "--yes").code == 1
    assert endpoint.calls == 0
    assert command("plans", "--all", "--json").document["plans"] == []

    missing.write_text('{"text": "Where is my parcel? It was sent last week."}\n', encoding="utf-8")
    generation = generate(command, small, "--yes", "--json").document["generation"]
    (first,) = [
        one
        for one in command("review", "-w", small, "--synthetic", "--json").document["records"]
        if one["id"] == generation["record_ids"][0]
    ]
    assert "decontamination" in first["provenance"]["checks"]


PILOT = ("--topic", "billing", "--count", "5", "--pilot", "2", "--strategy", "few_shot")


def test_a_pilot_that_falls_short_stops_for_another_yes(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "measure_job", lambda *_: Measured(worth=0.1))
    outcome = command("generate", "-w", small, *PILOT, "--yes", "--json")
    assert outcome.code == 4, outcome.err
    document = outcome.document
    assert document["generation"]["accepted"] == 2 and "are worth 0.1" in document["rest"]["why"]
    calls = endpoint.calls
    assert (
        command("generate", "-w", small, "--topic", "billing", "--count", "3", "--strategy", "few_shot").code
        == 4
    )
    assert endpoint.calls == calls, "the first yes is none to the rest"
    assert command("plans", "approve", "--yes", document["rest"]["plan_id"]).code == 0
    rest = command("generate", "-w", small, "--topic", "billing", "--count", "3", "--strategy", "few_shot")
    assert rest.code == 0 and "3 of 3 records accepted" in rest.out


def test_a_pilot_that_holds_is_followed_by_the_rest(
    command: Command, small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "measure_job", lambda *_: Measured(worth=2.0))
    plan_id = command("generate", "-w", small, *PILOT, "--json").document["plan_id"]
    (plan,) = command("plans", "--json").document["plans"]
    assert plan["items"][0]["pilot"] == 2 and plan["details"]["pilots"][0]["records"] == 2
    approved = command("plans", "approve", "--yes", plan_id).out
    assert "--count 2 --strategy few_shot" in approved and "--count 3 --strategy few_shot" in approved
    out = command("generate", "-w", small, *PILOT).out
    assert "5 of 5 records accepted" in out and "worth 4 real ones" in out
    assert [one["count"] for one in command("jobs", "--json").document["jobs"]] == [3, 2]
