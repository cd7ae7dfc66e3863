"""How workflows and records are filed in the few-shot index."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ..dataset.record import Record, message_text

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


def collection_name(workflow_id: str) -> str:
    """A name that Chroma takes, whatever characters the workflow's id has."""
    return f"records-{hashlib.sha256(workflow_id.encode()).hexdigest()[:40]}"


def embedding_name(embeddings: Embeddings) -> str:
    """What tells the vectors of one model from those of another: class, model name and dimensions."""
    kind = type(embeddings)
    said = (getattr(embeddings, name, None) for name in ("model_name", "model", "dimensions"))
    return ":".join([f"{kind.__module__}.{kind.__qualname__}", *(str(part) for part in said if part)])


def indexed_text(record: Record) -> str:
    """What is embedded: what the user says, or all texts when the user says nothing.

    Turns that were copied from a seed are left out: a hundred variations of one conversation would all be close.
    """
    text = record.written_text("user").strip() or "\n".join(map(message_text, record.messages)).strip()
    return text or "(no text)"


def entry_metadata(record: Record) -> dict[str, Any]:
    """What is filed beside the vector of a record."""
    # No topic is written as an empty one: a topic is never empty.
    usable = record.origin == "real" and record.has_assistant_turn
    return {"topic": record.topic or "", "usable": usable}
