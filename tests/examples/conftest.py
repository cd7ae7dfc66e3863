"""The example's tests use the small dataset and the scripted model of the graph's tests."""

from __future__ import annotations

from ..graph.conftest import dataset, empty_services, model, services, writer, writing

__all__ = ["dataset", "empty_services", "model", "services", "writer", "writing"]
