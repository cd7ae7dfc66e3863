"""A job with faults by the command line, its texts and its key marked, for the tests of what is told of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path, sample_topics_path
from finetune_coverage.tools.observability import telemetry

from ..agent.conftest import Command, Outcome, command
from ..agent.endpoint import Endpoint
from ..mock_openai.server import Answer, Fault
from .otlp_receiver import OtlpReceiver

__all__ = ["command"]

RECORD_MARK, ANSWER_MARK, SECRET = "ocelot-in-a-record", "heron-in-an-answer", "sk-badger-in-a-key"
PRICE = {"input": 0.4, "output": 1.6}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    """Somebody who listens, and whom OpenTelemetry's variables name."""
    found = OtlpReceiver()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
    yield found
    telemetry.end()
    found.close()


@dataclass(frozen=True)
class Marked:
    """A dataset, an endpoint and a key whose texts would be recognised wherever they came up."""

    command: Command
    endpoint: Endpoint
    workflow: str = "wf-1"

    def generate(self, count: int) -> Outcome:
        """A job through the command line."""
        arguments = f"-w {self.workflow} --topic technical_issues --count {count} --strategy few_shot"
        outcome = self.command("generate", *arguments.split(), "--yes", "--json")
        assert outcome.code in (0, 3), outcome.out + outcome.err
        return outcome


@pytest.fixture
def marked(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Marked]:
    """Each record says the one mark, each answer and refusal of the endpoint the other and what it was sent."""
    endpoint = Endpoint()
    endpoint.key = SECRET
    endpoint.reply = _with_faults(endpoint.reply)
    prices = tmp_path / "prices.yaml"
    prices.write_text(json.dumps({"endpoints": {endpoint.url: {"mock-model": PRICE}}}))
    monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(prices))
    monkeypatch.setenv("FINETUNE_COVERAGE_EMBEDDING_MODEL", "wordllama")
    monkeypatch.setenv("FINETUNE_COVERAGE_CHECKS__SEMANTIC", "false")
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    dataset = tmp_path / "data.jsonl"
    with sample_path().open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    for record in records:
        record["messages"][-1]["content"] = f"{record['messages'][-1]['content']} {RECORD_MARK}"
    dataset.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    imported = command("import", dataset, "-w", "wf-1", "--topics", sample_topics_path())
    assert imported.code == 0, imported.err
    telemetry.end()  # the import has looked whether anybody listens
    yield Marked(command, endpoint)
    telemetry.end()
    endpoint.close()


def _with_faults(good: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    calls = itertools.count(1)

    def reply(body: dict[str, Any]) -> Answer:
        quoted = f"{ANSWER_MARK} {{authorization}} {body['messages'][-1]['content'][:2000]}"
        faults = {
            3: Fault(429, retry_after=0.01, message=quoted),
            4: Fault(500, message=quoted),
            5: Fault(drop=True),
            6: f"no JSON {ANSWER_MARK}",
            7: Fault(garbage=True, message=quoted),
            8: Fault(400, message=quoted, code="content_filter"),
        }
        return faults.get(next(calls)) or good(body)

    return reply
