"""The bundled sample: customer-support conversations in three unevenly covered topics."""

from __future__ import annotations

from pathlib import Path

from ..store.store import Store
from ..store.workflows import list_topics, set_topics
from .import_report import ImportReport
from .importer import import_files
from .topics_file import read_topics

_FOLDER = Path(__file__).parent / "sample"


def sample_path() -> Path:
    """The sample as OpenAI chat JSONL."""
    return _FOLDER / "customer_support.jsonl"


def sample_topics_path() -> Path:
    """The descriptions of its topics."""
    return _FOLDER / "topics.yaml"


def import_sample(store: Store, workflow_id: str) -> ImportReport:
    """Import the sample, and its topic descriptions unless the workflow has topics of its own."""
    report = import_files(store, workflow_id, [sample_path()])
    if not list_topics(store, workflow_id):
        set_topics(store, workflow_id, read_topics(sample_topics_path()))
    return report
