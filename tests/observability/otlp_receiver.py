"""A receiver of OpenTelemetry's protocol over HTTP on the loopback, which reads what it is sent."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ReceivedSpan:
    """A span, and the resource that it is of."""

    name: str
    id: bytes
    parent: bytes
    attributes: dict[str, Any]
    is_error: bool
    seconds: float


@dataclass(frozen=True)
class Point:
    """A value of a metric with its attributes; of a histogram its sum and count."""

    attributes: dict[str, Any]
    value: float
    count: int = 1


@dataclass
class OtlpReceiver:
    """Collects; a metric's points are those that came last for its attributes.

    Attributes:
        raw: everything that came, as it came.
    """

    spans: list[ReceivedSpan] = field(default_factory=list)
    points: dict[str, dict[str, Point]] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def named(self, name: str) -> list[ReceivedSpan]:
        return [span for span in self.spans if span.name == name]

    def total(self, metric: str, **attributes: Any) -> float:
        """The sum of a metric's points that have these attributes, dots written as two underscores."""
        wanted = {name.replace("__", "."): value for name, value in attributes.items()}
        points = self.points.get(metric, {}).values()
        return sum(point.value for point in points if wanted.items() <= point.attributes.items())

    def take_traces(self, content: bytes) -> None:
        for of_resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            self.resources.append(_plain(of_resource.resource.attributes))
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    assert not span.events, "an exception's message may quote a record"
                    self.spans.append(
                        ReceivedSpan(
                            span.name,
                            span.span_id,
                            span.parent_span_id,
                            _plain(span.attributes),
                            span.status.code == 2,
                            (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                        )
                    )

    def take_metrics(self, content: bytes) -> None:
        for of_resource in ExportMetricsServiceRequest.FromString(content).resource_metrics:
            self.resources.append(_plain(of_resource.resource.attributes))
            for of_scope in of_resource.scope_metrics:
                for metric in of_scope.metrics:
                    self._take(metric)

    def _take(self, metric: Any) -> None:
        kind = metric.WhichOneof("data")
        found = self.points.setdefault(metric.name, {})
        for point in getattr(metric, kind).data_points:
            attributes = _plain(point.attributes)
            if kind == "histogram":
                value, count = point.sum, point.count
            else:
                value, count = getattr(point, point.WhichOneof("value")), 1
            found[str(sorted(attributes.items()))] = Point(attributes, value, count)
            self.largest[metric.name] = max(value, self.largest.get(metric.name, value))


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind)


def _handler(receiver: OtlpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            receiver.raw.append(content)
            take = {"/v1/traces": receiver.take_traces, "/v1/metrics": receiver.take_metrics}[self.path]
            take(content)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
