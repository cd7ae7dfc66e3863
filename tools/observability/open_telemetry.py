"""Spans and metrics over OpenTelemetry (extra ``[otel]``); imported by those only whose environment asks for it.

A program that has set providers up itself (`opentelemetry-instrument`, a host) has them used. Otherwise they are made
here, and send OTLP over HTTP to where OpenTelemetry's variables say; these are read by its SDK.
"""

from __future__ import annotations

import importlib.util
import os
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from . import measures
from .measures import Measure
from .telemetry import (
    AGENT,
    CHECK,
    ERROR,
    JOB,
    STATUS,
    STRATEGY,
    EndedAttempt,
    Operation,
    Standing,
    Value,
    standings,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter, MeterProvider, Observation
    from opentelemetry.trace import TracerProvider

_ALIKE = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "server.address",
    "server.port",
)
"""Attributes of a call that its metrics have, too: few values each."""


def is_installed() -> bool:
    """Whether the extra is there; other packages bring parts of it."""
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def observer_if_installed() -> OpenTelemetry | None:
    """Whoever sends spans and metrics off; None without the extra."""
    return OpenTelemetry(*_providers()) if is_installed() else None


class OpenTelemetry:
    """Makes spans and metrics of what it is told.

    Args:
        tracers: where spans go.
        meters: where metrics go.
        close: called at the end.
    """

    def __init__(
        self, tracers: TracerProvider, meters: MeterProvider, close: Callable[[], None] = lambda: None
    ) -> None:
        self._tracer = tracers.get_tracer(AGENT, version(AGENT))
        meter = meters.get_meter(AGENT, version(AGENT))
        self._close = close
        self._call_seconds = _histogram(meter, measures.CALL_SECONDS)
        self._tokens = _histogram(meter, measures.TOKENS)
        self._turn_seconds = _histogram(meter, measures.TURN_SECONDS)
        self._attempts = _counter(meter, measures.ATTEMPTS)
        self._cost = _counter(meter, measures.COST)
        self._jobs = _counter(meter, measures.JOBS)
        _gauge(meter, measures.LIMIT, lambda found: _by_endpoint(found, 1))
        _gauge(meter, measures.IN_USE, lambda found: _by_endpoint(found, 2))
        _gauge(meter, measures.QUEUE, lambda found: {"": sum(one.waiting for one in found)})
        _gauge(meter, measures.OWED, lambda found: {"": sum(one.owed for one in found)})
        _gauge(
            meter,
            measures.LEASE_AGE,
            lambda found: {"": max(one.lease_age for one in found)} if found else {},
        )

    @contextmanager
    def observe(self, operation: Operation) -> Iterator[None]:
        """See `Observer`."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        began = time.perf_counter()
        kind = SpanKind.CLIENT if operation.kind == "chat" else SpanKind.INTERNAL
        # What an error says may quote a record: its kind is told, and no more.
        with self._tracer.start_as_current_span(
            operation.name,
            kind=kind,
            attributes=dict(operation.attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                if operation.failed(error):
                    span.set_status(Status(StatusCode.ERROR))
                raise
            finally:
                span.set_attributes(dict(operation.attributes))
                self._count(operation, time.perf_counter() - began)

    def _count(self, operation: Operation, seconds: float) -> None:
        found = operation.attributes
        failed = {ERROR: found[ERROR]} if ERROR in found else {}
        if operation.kind == "chat":
            self._call_seconds.record(seconds, _some(found, _ALIKE) | failed)
            self.answered_in_batch(found)
        elif operation.kind == "turn":
            self._turn_seconds.record(seconds, _some(found, ("gen_ai.agent.name",)) | failed)
        elif operation.kind == "job":
            self._jobs.add(1, {STATUS: found.get(STATUS, "stopped")} | _some(found, (STRATEGY,)))

    def answered_in_batch(self, attributes: Mapping[str, Value]) -> None:
        """See `Observer`."""
        for kind in ("input", "output"):
            if (tokens := attributes.get(f"gen_ai.usage.{kind}_tokens")) is not None:
                self._tokens.record(tokens, _some(attributes, _ALIKE) | {"gen_ai.token.type": kind})

    def attempt_ended(self, attempt: EndedAttempt) -> None:
        """See `Observer`."""
        how: dict[str, Value] = {STATUS: attempt.status, STRATEGY: attempt.strategy}
        if attempt.check is not None:
            how[CHECK] = attempt.check
        self._attempts.add(1, how)
        told: dict[str, Value] = {JOB: attempt.job_id, f"{measures.PREFIX}.attempt": attempt.number}
        told[f"{measures.PREFIX}.tokens"] = attempt.tokens
        if attempt.usd is not None:
            told[f"{measures.PREFIX}.usd"] = attempt.usd
        self._tracer.start_span("attempt", start_time=attempt.began_at, attributes=how | told).end()

    def spent(self, usd: float, model: str, strategy: str) -> None:
        """See `Observer`."""
        self._cost.add(usd, {"gen_ai.request.model": model, STRATEGY: strategy})

    def close(self) -> None:
        """See `Observer`."""
        self._close()


def _providers() -> tuple[TracerProvider, MeterProvider, Callable[[], None]]:
    from opentelemetry import metrics, trace
    from opentelemetry.sdk import metrics as sdk_metrics
    from opentelemetry.sdk import trace as sdk_trace

    tracers: Any = trace.get_tracer_provider()
    meters: Any = metrics.get_meter_provider()
    own: list[Any] = []
    if isinstance(tracers, trace.ProxyTracerProvider):
        tracers = sdk_trace.TracerProvider(resource=_resource())
        own.append(tracers)
        if _is_sent("TRACES"):
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if not isinstance(meters, sdk_metrics.MeterProvider):
        readers = []
        if _is_sent("METRICS"):
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        meters = sdk_metrics.MeterProvider(readers, resource=_resource())
        own.append(meters)

    def close() -> None:
        for provider in own:
            provider.shutdown()

    return tracers, meters, close


def _is_sent(signal: str) -> bool:
    return os.environ.get(f"OTEL_{signal}_EXPORTER", "").strip() != "none"


def _resource() -> Any:
    from opentelemetry.sdk.resources import Resource

    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own: dict[str, str | int] = {"service.version": version(AGENT), "process.pid": os.getpid()}
    if not os.environ.get("OTEL_SERVICE_NAME") and "service.name=" not in given:
        own["service.name"] = AGENT
    if "service.instance.id=" not in given:
        # Without it the figures of one worker would overwrite those of another; in a container each has the same pid.
        own["service.instance.id"] = str(uuid.uuid4())
    return Resource.create(own)


def _histogram(meter: Meter, measure: Measure) -> Any:
    return meter.create_histogram(
        measure.name,
        measure.unit,
        measure.description,
        explicit_bucket_boundaries_advisory=list(measure.buckets),
    )


def _counter(meter: Meter, measure: Measure) -> Any:
    return meter.create_counter(measure.name, measure.unit, measure.description)


def _gauge(meter: Meter, measure: Measure, read: Callable[[list[Standing]], dict[str, int | float]]) -> None:
    from opentelemetry.metrics import Observation

    def look(_options: object) -> Iterable[Observation]:
        for address, value in read(standings()).items():
            yield Observation(value, {"server.address": address} if address else {})

    meter.create_observable_gauge(measure.name, [look], measure.unit, measure.description)


def _by_endpoint(found: list[Standing], figure: int) -> dict[str, int | float]:
    """A figure of each endpoint, of all jobs of this process together."""
    sums: dict[str, int | float] = defaultdict(int)
    for standing in found:
        for endpoint in standing.endpoints:
            sums[endpoint[0]] += int(endpoint[figure])
    return sums


def _some(attributes: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
    return {name: attributes[name] for name in names if name in attributes}
