"""The language of a dataset, by which its embedding model is chosen."""

from __future__ import annotations

from collections import Counter

from ..coverage.space.languages import language_of
from ..store.records import load_records
from ..store.store import Store

READ = 300
"""Records."""
_CHUNK = 400
"""Characters that are read at once: single messages are too short to tell."""


def dataset_language(store: Store, workflow_id: str) -> str | None:
    """The language that most of a workflow's real records are in, in English words; None where none can be told."""
    said = " ".join(
        record.user_text[:_CHUNK] for record in load_records(store, workflow_id, origin="real", limit=READ)
    )
    found = Counter(
        language
        for start in range(0, len(said), _CHUNK)
        if (language := language_of(said[start : start + _CHUNK]))
    )
    return found.most_common(1)[0][0] if found else None
