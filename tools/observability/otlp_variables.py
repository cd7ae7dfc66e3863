"""Whether OpenTelemetry is set up, by its own variables; looked at without importing anything of it."""

from __future__ import annotations

import os

EXTRA = "pip install 'finetune-coverage[otel]'"
VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
)
"""One of them at least says that somebody listens: the SDK alone would talk to localhost:4318 by itself."""


def are_set() -> bool:
    """Whether anything is to be told over OpenTelemetry."""
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not is_off and any(os.environ.get(name, "").strip() not in ("", "none") for name in VARIABLES)
