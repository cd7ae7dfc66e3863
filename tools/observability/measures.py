"""The metrics: their names, units and buckets.

Those that begin with ``gen_ai`` are OpenTelemetry's (https://github.com/open-telemetry/semantic-conventions-genai,
docs/gen-ai/gen-ai-metrics.md), the others our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PREFIX = "finetune_coverage"


@dataclass(frozen=True)
class Measure:
    """One metric.

    Attributes:
        name: as OpenTelemetry writes it.
        kind: what is done with its values.
        unit: in UCUM; what stands in braces is a word for what is counted.
        description: for whoever reads a dashboard.
        buckets: upper bounds of a histogram's.
    """

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    description: str
    buckets: tuple[float, ...] = ()


CALL_SECONDS = Measure(
    "gen_ai.client.operation.duration",
    "histogram",
    "s",
    "How long a call to a model took.",
    tuple(0.01 * 2**power for power in range(14)),
)
TOKENS = Measure(
    "gen_ai.client.token.usage",
    "histogram",
    "{token}",
    "Tokens of a call to a model, as its endpoint counted them.",
    tuple(4.0**power for power in range(14)),
)
TURN_SECONDS = Measure(
    "gen_ai.invoke_agent.duration",
    "histogram",
    "s",
    "How long the agent took for its part of a conversation's turn.",
    tuple(0.1 * 2**power for power in range(13)),
)
ATTEMPTS = Measure(
    f"{PREFIX}.attempts",
    "counter",
    "{attempt}",
    "Attempts that ended, by outcome and the check that refused.",
)
COST = Measure(f"{PREFIX}.cost", "counter", "{USD}", "What budgets counted, where the price is known.")
JOBS = Measure(f"{PREFIX}.jobs", "counter", "{job}", "Jobs that ended here, by how.")
LIMIT = Measure(
    f"{PREFIX}.endpoint.limit", "gauge", "{request}", "Requests that may be at an endpoint at once."
)
IN_USE = Measure(f"{PREFIX}.endpoint.in_use", "gauge", "{request}", "Places at an endpoint that are taken.")
QUEUE = Measure(f"{PREFIX}.queue", "gauge", "{attempt}", "Attempts that are ready and wait for a place.")
OWED = Measure(f"{PREFIX}.owed", "gauge", "{record}", "Records that running jobs owe and nobody writes yet.")
LEASE_AGE = Measure(
    f"{PREFIX}.lease.age", "gauge", "s", "The longest time since a lease held here was renewed."
)

MEASURES = (
    CALL_SECONDS,
    TOKENS,
    TURN_SECONDS,
    ATTEMPTS,
    COST,
    JOBS,
    LIMIT,
    IN_USE,
    QUEUE,
    OWED,
    LEASE_AGE,
)
