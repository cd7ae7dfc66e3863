"""What the records of a job are worth and what they bring, measured when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ...coverage import recognition, worth
from ...coverage.recognition import Sample
from ...coverage.space.sample import sample_topics
from ...coverage.uplift import Uplift
from ...dataset.record import Record, message_text
from ...index.index_entries import indexed_text
from ...index.spread import unit_rows
from ...store.records import load_records, note_worth, records_with_ids, topic_counts
from .ledger import Job

if TYPE_CHECKING:
    from ...index.spread import Vectors
    from ...services import Services

MOST_COMPARED = 2_000
"""Real records of the topic, and earlier synthetic ones, that are compared with."""
_MOST_USUAL = 400
MOST_TOPICS = 100
"""The largest topics, among which the nearest are looked for."""


Indexed = Mapping[str, "Vectors"]
"""The unit vector of each record in the index, by its id."""


class Measured(BaseModel):
    """What a job's records are worth together, and what they bring.

    Attributes:
        worth: from 0 to their number; ``None`` where no vectors are wanted.
        uplift: ``None`` where the topic has too few real records, or there is no other topic.
        why_not: why something is not known.
    """

    worth: float | None
    uplift: Uplift | None = None
    why_not: str | None = None


def measure_job(services: Services, job: Job) -> Measured:
    """Measure the records of a job, and note with each what it is worth.

    Vectors come from the index. What is not in it yet is embedded: the records of the job, which the next one compares
    with, and up to 30 of each of six topics, once.
    """
    added = list(load_records(services.store, job.workflow_id, job_id=job.id))
    if not added:
        return Measured(worth=0.0)
    if not services.settings.checks.semantic:
        return Measured(worth=None, why_not="vectors are switched off")
    beside = _beside(services, job, added)
    worths = {r.id: round(float(w), 3) for r, w in zip(added, beside.worths, strict=True)}
    note_worth(services.store, job.workflow_id, worths)
    total = round(worth.together(beside.worths), 1)
    if len(beside.topic.sources) < recognition.LEAST_REAL:
        return Measured(worth=total, why_not=f"it takes {recognition.LEAST_REAL} real records of the topic")
    if not beside.neighbours:
        return Measured(worth=total, why_not=f"no other topic has {recognition.LEAST_REAL} real records")
    measured = recognition.recognise(beside.topic, beside.neighbours, [beside.new], beside.before)
    return Measured(worth=total, uplift=recognition.uplift_of(measured))


def worth_so_far(services: Services, job: Job) -> tuple[int, float] | None:
    """How many records a job that still runs has, and what they are worth together; nothing is noted.

    Returns:
        None where there are none yet, or no vectors are wanted.
    """
    added = list(load_records(services.store, job.workflow_id, job_id=job.id))
    if not added or not services.settings.checks.semantic:
        return None
    return len(added), round(worth.together(_beside(services, job, added).worths), 1)


class _Beside(NamedTuple):
    """Records of a job beside those that they are compared with."""

    topic: Sample
    new: Sample
    before: Sample
    neighbours: list[Sample]
    worths: NDArray[Any]


def _beside(services: Services, job: Job, added: Sequence[Record]) -> _Beside:
    workflow_id = job.workflow_id
    synthetic = load_records(services.store, workflow_id, topic=job.topic, origin="synthetic")
    others = (record for record in synthetic if (record.provenance or {}).get("job") != job.id)
    real, earlier = _with_seeds(services, job, added), list(islice(others, MOST_COMPARED))
    around = _neighbours(services, job, real)
    indexed = _indexed(services, workflow_id, [*real, *added, *earlier, *chain.from_iterable(around)])
    topic, new, before = (
        _whole(services, workflow_id, records, indexed) for records in (real, added, earlier)
    )
    neighbours = [_whole(services, workflow_id, records, indexed) for records in around]
    is_elsewhere = recognition.elsewhere(topic, neighbours, new.vectors)
    views = _views(services, workflow_id, added, [*real, *earlier], [real, *around], indexed)
    return _Beside(topic, new, before, neighbours, worth.worths(views, is_elsewhere))


def _with_seeds(services: Services, job: Job, added: Sequence[Record]) -> list[Record]:
    """Real records of the topic, those among them from which the job's were made."""
    found = load_records(services.store, job.workflow_id, topic=job.topic, origin="real", limit=MOST_COMPARED)
    real = {record.id: record for record in found if record.user_text.strip()}
    seeds = sorted({seed for record in added for seed in _sources(record)} - real.keys())
    for record in records_with_ids(services.store, job.workflow_id, seeds):
        if record.topic == job.topic:
            real[record.id] = record
    return list(real.values())


def _neighbours(services: Services, job: Job, real: Sequence[Record]) -> list[list[Record]]:
    """Real records of the topics whose texts are most like the topic's, 30 of each."""
    counted = sorted(topic_counts(services.store, job.workflow_id), key=lambda count: -count.records)
    names = [count.topic for count in counted if count.topic and count.topic != job.topic][:MOST_TOPICS]
    samples = {
        name: [record for record in found if record.origin == "real" and record.user_text.strip()]
        for name, found in sample_topics(services.store, job.workflow_id, names, most_records=0).items()
    }
    known = {name: found for name, found in samples.items() if len(found) >= recognition.LEAST_REAL}
    if not real or not known:
        return []
    centres = {name: _centre(found) for name, found in {**known, job.topic: real[:MOST_TOPICS]}.items()}
    return [known[name] for name in recognition.nearest_topics(centres, job.topic)]


def _centre(records: Sequence[Record]) -> Vectors:
    rows = worth.letters([record.user_text for record in records])
    centre: Vectors = unit_rows(np.asarray(rows.mean(axis=0)))[0]
    return centre


def _whole(services: Services, workflow_id: str, records: Sequence[Record], indexed: Indexed) -> Sample:
    """All that the users of records say: in the index is only what was not copied from a seed."""
    vectors = _vectors(records, indexed)
    if varied := [row for row, record in enumerate(records) if record.first_written]:
        texts = [records[row].user_text for row in varied]
        vectors[varied] = unit_rows(services.embeddings_of(workflow_id).embed_documents(texts))
    return Sample(vectors, [frozenset(_sources(record)) for record in records])


def _indexed(services: Services, workflow_id: str, records: Sequence[Record]) -> Indexed:
    services.index.ensure(workflow_id, records)
    ids = list(dict.fromkeys(record.id for record in records))
    return dict(zip(ids, services.index.vectors(workflow_id, ids), strict=True))


def _vectors(records: Sequence[Record], indexed: Indexed) -> Vectors:
    return np.array([indexed[record.id] for record in records]) if records else np.empty((0, 0), np.float32)


def _views(
    services: Services,
    workflow_id: str,
    added: Sequence[Record],
    known: Sequence[Record],
    real: Sequence[Sequence[Record]],
    indexed: Indexed,
) -> list[worth.View]:
    """What was written anew beside whole records, and beside the turn of a seed in whose place it was written."""
    # The likeness among few records is that of chance: those of the topics around count with them then.
    usual = [records[:_MOST_USUAL] for records in (real[:1] if len(real[0]) >= worth.FEWEST else real)]
    turns = _varied_turns(added, known)
    texts = [*map(indexed_text, known), *turns]
    vectors = _vectors(known, indexed)
    if turns:
        embedded = services.embeddings_of(workflow_id).embed_documents(turns)
        vectors = np.vstack([vectors, unit_rows(embedded)])
    meaning = [worth.nearest(_vectors(records, indexed)) for records in usual]
    letters = [worth.letters([*map(indexed_text, records)]) for records in (added, *usual)]
    writing = [worth.nearest(rows) for rows in letters[1:]]
    new = _vectors(added, indexed)
    return [
        worth.View(new, vectors, np.concatenate(meaning), worth.MEANING),
        worth.View(letters[0], worth.letters(texts), np.concatenate(writing), worth.WRITING),
    ]


def _varied_turns(added: Iterable[Record], known: Sequence[Record]) -> list[str]:
    by_id = {record.id: record for record in known}
    places = {
        (seed, record.first_written) for record in added if record.first_written for seed in _sources(record)
    }
    return [
        text
        for seed, place in sorted(places)
        if seed in by_id
        and (
            text := "\n".join(
                message_text(m) for m in by_id[seed].messages[place:] if m.get("role") == "user"
            )
        )
    ]


def _sources(record: Record) -> set[str]:
    """The real records that a synthetic one was made from; of a real one itself."""
    if record.origin == "real":
        return {record.id}
    return {str(seed) for seed in (record.provenance or {}).get("seeds") or []}
