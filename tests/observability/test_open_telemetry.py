"""Spans and metrics as they arrive at a receiver of OpenTelemetry's protocol, of jobs and of a conversation."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import pytest
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_attempts, list_jobs
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.observability import telemetry
from finetune_coverage.tools.services import Services

from .conftest import ANSWER_MARK, RECORD_MARK, SECRET, Marked
from .otlp_receiver import OtlpReceiver

pytestmark = pytest.mark.slow


def test_a_job_is_told_as_it_was(marked: Marked, receiver: OtlpReceiver) -> None:
    marked.endpoint.latency = 0.02
    generation = marked.generate(8).document["generation"]
    telemetry.end()
    services = Services.from_settings()
    (listed,) = list_jobs(services.store)
    job = get_job(services.store, listed.id)
    every = list_attempts(services.store, job.id)
    attempts = [one for one in every if one.number >= 0]  # before them the topic's cases were planned
    with services.store.read() as connection:
        budget = budget_of(connection, job.approval_id)
    assert generation["accepted"] == 8

    # What was accepted and refused, by which check.
    total = receiver.total
    assert total("finetune_coverage.attempts", finetune_coverage__status="accepted") == 8
    refused: dict[str, int] = generation["rejected"]
    assert set(refused) >= {"parse", "endpoint", "content_filter"}
    for check, count in refused.items():
        assert total("finetune_coverage.attempts", finetune_coverage__check=check) == count
    assert len(receiver.named("attempt")) == len(attempts)
    # What it cost, and took.
    assert total("finetune_coverage.cost") == pytest.approx(budget.spent_picodollars / 1e12, rel=1e-6)
    assert budget.spent_picodollars
    tokens = sum(attempt.prompt_tokens + attempt.completion_tokens for attempt in every)
    assert total("gen_ai.client.token.usage") == tokens > 0
    kinds = {
        kind: total("gen_ai.client.token.usage", gen_ai__token__type=kind) for kind in ("input", "output")
    }
    assert sum(kinds.values()) == tokens and min(kinds.values()) > 0
    # Each call, with what became of it.
    calls = receiver.named("chat mock-model")
    assert len(calls) == len(marked.endpoint.chats())
    seconds = receiver.points["gen_ai.client.operation.duration"].values()
    assert sum(point.count for point in seconds) == len(calls)
    assert (
        sum(point.count for point in seconds if "error.type" in point.attributes)
        == sum(call.is_error for call in calls)
        == 5
    )
    asked = next(call for call in calls if not call.is_error).attributes
    assert (asked["gen_ai.operation.name"], asked["gen_ai.provider.name"]) == ("chat", "openai")
    assert f"http://{asked['server.address']}:{asked['server.port']}/v1" == marked.endpoint.url
    assert asked["gen_ai.request.model"] == "mock-model" and asked["gen_ai.output.type"] == "json"
    assert asked["gen_ai.request.max_tokens"] > 0 and asked["gen_ai.usage.input_tokens"] > 0
    assert asked["gen_ai.response.finish_reasons"] == ["stop"]
    # They are parts of the job.
    (run,) = receiver.named("generate few_shot")
    assert {call.parent for call in calls} == {run.id}
    assert run.attributes["finetune_coverage.job.id"] == job.id
    assert total("finetune_coverage.jobs", finetune_coverage__status="complete") == 1
    # Where it stood meanwhile.
    assert receiver.largest["finetune_coverage.endpoint.limit"] == 2
    assert 1 <= receiver.largest["finetune_coverage.endpoint.in_use"] <= 2
    assert receiver.largest["finetune_coverage.owed"] >= 1 and "finetune_coverage.queue" in receiver.largest
    assert 0 <= receiver.largest["finetune_coverage.lease.age"] < 30
    assert all(one["service.name"] == "finetune-coverage" for one in receiver.resources)
    _nothing_is_said(receiver)


def test_a_turn_is_told_with_its_steps(
    marked: Marked, receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(f"what do billing records look like\n{SECRET} stop\n"))
    assert marked.command("chat", "-w", marked.workflow, "--yes").code == 0
    telemetry.end()
    turns = receiver.named("invoke_agent finetune-coverage")
    (timed,) = receiver.points["gen_ai.invoke_agent.duration"].values()
    assert timed.count == len(turns) >= 2 and not any(turn.is_error for turn in turns)
    assert len({turn.attributes["gen_ai.conversation.id"] for turn in turns}) == 1
    ids = {turn.id for turn in turns}
    steps = {span.name for span in receiver.spans if span.parent in ids}
    assert {"route", "analyze", "recommend", "approve", "talk"} <= steps
    # A question is no failure.
    assert not any(span.is_error for span in receiver.named("approve"))
    talks = {span.id for span in receiver.named("talk")}
    assert any(call.parent in talks for call in receiver.named("chat mock-model"))
    _nothing_is_said(receiver)


def test_nothing_is_loaded_where_nobody_asked_for_it(tmp_path: Any) -> None:
    program = textwrap.dedent(
        """
        import sys
        from finetune_coverage.tools.generation.jobs import job
        from finetune_coverage.tools.observability import telemetry
        from finetune_coverage.tools.services import Services
        Services.from_settings().store
        assert not telemetry.is_on()
        loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
        assert not loaded, loaded
        assert "finetune_coverage.tools.observability.open_telemetry" not in sys.modules
        assert "finetune_coverage.tools.observability.log_lines" not in sys.modules
        # LangSmith's client, which LangGraph brings, loads the SDK by itself; nobody loads what sends.
        from finetune_coverage.graph import build
        assert not [name for name in sys.modules if name.startswith("opentelemetry") and "exporter" in name]
        """
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def _nothing_is_said(receiver: OtlpReceiver) -> None:
    for mark in (RECORD_MARK, ANSWER_MARK, SECRET):
        assert not any(mark.encode() in content for content in receiver.raw), mark
