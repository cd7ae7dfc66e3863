"""The records of a workflow as they are judged: their texts, their vectors, and whose label is to be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset.record import Record
from ..index.spread import Vectors
from ..store.records import load_records
from ..store.shards import refuse_sharded
from .assignments import current_assignments
from .text import judged_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.embeddings import Embeddings

    from ..services import Services

_BATCH = 500


@dataclass(frozen=True)
class JudgedText:
    """A record as it is judged.

    Attributes:
        id: the record's id.
        text: what user and assistant say, see `judged_text`.
        topic: the topic that it has.
        is_label: whether a person or the source gave it that topic, so that it can be learnt from.
    """

    id: str
    text: str
    topic: str | None
    is_label: bool


def read_material(
    services: Services, workflow_id: str, on_progress: Callable[[int], None] | None = None
) -> list[JudgedText]:
    """The active records in their order; their vectors are in the index afterwards.

    Args:
        services: store, index and embedding model.
        workflow_id: whose records they are.
        on_progress: called with the number of records that have their vectors.
    """
    with services.store.read() as connection:
        refuse_sharded(connection, workflow_id, "one process cannot read them all")
    given = current_assignments(services.store, workflow_id)
    material = []
    for batch in _batches(load_records(services.store, workflow_id)):
        services.index.ensure(workflow_id, batch)
        for record in batch:
            material.append(as_judged(record, given))
        if on_progress is not None:
            on_progress(len(material))
    return material


def as_judged(record: Record, given: Mapping[str, Any]) -> JudgedText:
    """A record as it is judged.

    Args:
        record: the record.
        given: the assignments so far, as `current_assignments` has them.
    """
    row = given.get(record.id)
    by_model = row is not None and row.decided_by == "model" and row.topic == record.topic
    is_label = record.topic is not None and not by_model
    return JudgedText(record.id, judged_text(record), record.topic, is_label)


def vectors_of(services: Services, workflow_id: str, material: Sequence[JudgedText]) -> Vectors:
    """The embeddings of records, shape (n, dimensions)."""
    return services.index.vectors(workflow_id, [text.id for text in material])


def embedded(embeddings: Embeddings, texts: Sequence[str]) -> Vectors:
    """The embeddings of texts that are no records, by the model of a workflow's records."""
    return np.asarray(embeddings.embed_documents(list(texts)), dtype=np.float32)


def _batches(found: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(found, _BATCH)):
        yield batch
