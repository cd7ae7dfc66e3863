"""The Grafana dashboard names metrics and labels that there are, as Prometheus gets them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.observability.measures import MEASURES
from finetune_coverage.tools.observability.open_telemetry import OpenTelemetry
from finetune_coverage.tools.observability.telemetry import (
    EndedAttempt,
    Operation,
    Standing,
    standing_known,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "dashboards" / "grafana.json"
WORD = re.compile(r"[a-zA-Z_:][\w:]*")
NOT_OURS = {"le", "job", "instance"}
"""Labels that Prometheus gives by itself."""


def expressions() -> list[str]:
    board = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [
        *queries,
        *(one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"),
    ]


@pytest.fixture
def exposed() -> tuple[set[str], set[str]]:
    """Names of series and of labels as Prometheus would read them, when everything was told once."""
    prometheus = pytest.importorskip("opentelemetry.exporter.prometheus")
    import prometheus_client

    registry = prometheus_client.CollectorRegistry()
    meters = MeterProvider([prometheus.PrometheusMetricReader(registry=registry)])
    told = OpenTelemetry(TracerProvider(), meters)
    model: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 3,
    }
    with told.observe(Operation("chat", "chat m", model)):
        pass
    with pytest.raises(ValueError), told.observe(Operation("chat", "chat m", dict(model))):
        raise ValueError
    with told.observe(Operation("turn", "invoke_agent", {"gen_ai.agent.name": "a"})):
        pass
    with told.observe(Operation("job", "generate", {"finetune_coverage.strategy": "few_shot"})):
        pass
    told.attempt_ended(EndedAttempt("job-1", 0, "few_shot", "rejected", "parse", 3, 0.1, 0))
    told.spent(0.1, "m", "few_shot")
    with standing_known(lambda: Standing([("models.example.com", 8, 3)], 2, 5, 0.4)):
        text = prometheus_client.generate_latest(registry).decode()
    meters.shutdown()
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    names = {re.split(r"[{ ]", sample)[0] for sample in samples}
    return names, {label for sample in samples for label in re.findall(r"(\w+)=\"", sample)}


def test_every_metric_and_label_is_one_that_we_emit(exposed: tuple[set[str], set[str]]) -> None:
    names, labels = exposed
    for expression in expressions():
        asked = {
            word for word in WORD.findall(expression) if word.startswith(("finetune_coverage", "gen_ai"))
        }
        series = set(re.findall(r"((?:finetune_coverage|gen_ai)\w*)(?=\{|, job\))", expression))
        assert series and series <= names, (series - names, names)
        by = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        matched = set(re.findall(r"[{ ](\w+)(?==~|=\"|!=)", expression))
        assert (by | matched) - NOT_OURS <= labels, (expression, by | matched, labels)
        assert asked <= names | labels


def test_every_metric_is_shown(exposed: tuple[set[str], set[str]]) -> None:
    shown = " ".join(expressions())
    for measure in MEASURES:
        assert measure.name.replace(".", "_") in shown, measure.name
