"""How well each topic's records cover its space: the report, and how it is measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ...dataset.record import Record
from ...dataset.topic_names import unknown_topic
from ...store.records import topic_counts
from ...store.workflows import dataset_version, list_topics
from ..wording import records_of
from .cells import Cell, area_cells, cells_of
from .languages import tells_languages
from .sample import MOST_RECORDS, SEED, sample_topics
from .shapes import shape_of

if TYPE_CHECKING:
    from ...services import Services

OnMeasured = Callable[[int, int], None]

_MOST_EMBEDDED = 2_000
_LEAST_EMBEDDED = 24
_MOST_EMBEDDED_OF_A_TOPIC = 80
_MEMBERS_NAMED = 20


class TopicSpace(BaseModel):
    """One topic's space.

    Attributes:
        topic: its name.
        records: its active records.
        sampled: how many of them were measured.
        cells: every cell with its count; thin ones are marked.
    """

    topic: str
    records: int
    sampled: int
    cells: list[Cell]

    @property
    def thin(self) -> list[Cell]:
        """The thin cells: those that lack most first, beside what they are expected to hold."""
        thin = (cell for cell in self.cells if cell.is_thin)
        return sorted(thin, key=lambda cell: (cell.count / cell.expected, -cell.expected))


class SpaceReport(BaseModel):
    """How well the records of each topic cover the space within it.

    Attributes:
        workflow_id: whose records they are.
        dataset_version: which state of the dataset.
        topics: in the order of the coverage report; a topic without records has no cells.
        seed: of the samples.
        notes: what a reader has to know: samples, what could not be told.
    """

    workflow_id: str
    dataset_version: int
    topics: list[TopicSpace]
    seed: int = SEED
    notes: list[str] = []


def measure_space(
    services: Services,
    workflow_id: str,
    *,
    topics: Collection[str] | None = None,
    most_records: int = MOST_RECORDS,
    on_progress: OnMeasured | None = None,
) -> SpaceReport:
    """Measure the space within topics. About 12,000 records are read at most, and 2,000 of them embedded.

    Args:
        services: store, index and embedding model.
        workflow_id: whose records they are.
        topics: only these are measured; the others are what they are compared with. All when not given.
        most_records: how many records are read, about.
        on_progress: called with the number of topics that are measured, and that of all.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: a topic is neither declared nor has records.
    """
    version = dataset_version(services.store, workflow_id)
    counts = {c.topic: c.records for c in topic_counts(services.store, workflow_id) if c.topic is not None}
    declared = [info.name for info in list_topics(services.store, workflow_id)]
    known = list(dict.fromkeys([*(name for name in declared if name in counts), *counts, *declared]))
    for topic in topics or ():
        if topic not in known:
            raise unknown_topic(workflow_id, topic, known)
    wanted = [topic for topic in known if topics is None or topic in topics]
    samples = sample_topics(services.store, workflow_id, list(counts), most_records)
    shapes = {topic: [shape_of(record) for record in found] for topic, found in samples.items()}
    each = max(_LEAST_EMBEDDED, min(_MOST_EMBEDDED_OF_A_TOPIC, _MOST_EMBEDDED // max(1, len(counts))))
    spaces = []
    for number, topic in enumerate(wanted, start=1):
        own = shapes.get(topic, [])
        others = [shape for name, found in shapes.items() if name != topic for shape in found]
        cells = cells_of(topic, own, others)
        cells += _areas(services, workflow_id, topic, samples.get(topic, []), each)
        spaces.append(TopicSpace(topic=topic, records=counts.get(topic, 0), sampled=len(own), cells=cells))
        if on_progress is not None:
            on_progress(number, len(wanted))
    return SpaceReport(
        workflow_id=workflow_id, dataset_version=version, topics=spaces, notes=_notes(spaces, samples, each)
    )


def _areas(
    services: Services, workflow_id: str, topic: str, found: Sequence[Record], most: int
) -> list[Cell]:
    from .sub_areas import FEWEST_EACH, group, name_areas

    step = max(1, -(-len(found) // most))
    spread = [record for record in found[::step] if record.user_text.strip()]
    if len(spread) < 2 * FEWEST_EACH:
        return []
    services.index.ensure(workflow_id, spread)
    groups = group(services.index.vectors(workflow_id, [record.id for record in spread]))
    names = name_areas([record.user_text for record in spread], groups)
    members = [
        [record.id for record, own in zip(spread, groups, strict=True) if own == number]
        for number in range(len(names))
    ]
    return area_cells(topic, names, [len(ids) for ids in members], [ids[:_MEMBERS_NAMED] for ids in members])


def _notes(spaces: Sequence[TopicSpace], samples: Mapping[str, Sequence[Record]], each: int) -> list[str]:
    notes = []
    cut = [space for space in spaces if space.sampled < space.records]
    if cut:
        total, read = (sum(getattr(space, field) for space in cut) for field in ("records", "sampled"))
        notes.append(
            f"Counts are of a random sample (seed {SEED}): {read:,} of the {records_of(total)} "
            f"of {len(cut)} large topics."
        )
    if any(len(samples.get(space.topic, ())) > each for space in spaces):
        notes.append(f"What records are about is told from at most {each} records a topic.")
    if not tells_languages():
        notes.append(
            "Languages are told by their script only; pip install 'finetune-coverage[languages]' tells them apart."
        )
    return notes
