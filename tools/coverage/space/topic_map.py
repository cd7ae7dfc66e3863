"""A flat map of a dataset: records that read alike lie close together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...dataset.record import Record
from ...errors import InvalidInput
from ...index.index_entries import embedding_name
from ...index.spread import Vectors
from ...store.records import topic_counts
from ...store.workflows import dataset_state
from .cached import space_of
from .sample import sample_topics

if TYPE_CHECKING:
    from ...services import Services

Stage = Literal["topics", "records"]
OnPlaced = Callable[[Stage, int, int], None]

MOST_POINTS = 1_500
_FEWEST_POINTS = 5
_PERPLEXITY = 30


@dataclass(frozen=True)
class MapTopic:
    """One topic on the map.

    Attributes:
        name: the topic.
        records: all its active records, on the map or not.
        points: the places of those that are drawn, shape (n, 2), in no unit.
        thin: which of them are in a group of the topic that has few records, shape (n,).
    """

    name: str
    records: int
    points: Vectors
    thin: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def centre(self) -> tuple[float, float]:
        """The drawn record in the middle of the topic: the one nearest to all others."""
        distances = np.linalg.norm(self.points[:, None] - self.points[None], axis=2).sum(axis=1)
        x, y = self.points[int(distances.argmin())]
        return float(x), float(y)


@dataclass(frozen=True)
class TopicMap:
    """The map, largest topic first.

    Attributes:
        drawn: how many records are on it.
        records: how many have a topic.
    """

    topics: list[MapTopic]
    drawn: int
    records: int


def map_topics(services: Services, workflow_id: str, on_progress: OnPlaced | None = None) -> TopicMap:
    """Place records on a plane by t-SNE (van der Maaten and Hinton, 2008) of their embeddings.

    About 1,500 records are drawn, of each topic in proportion, and the records of thin groups. The same dataset
    gives the same map. The first time records are embedded, which may take minutes; later it takes seconds, and where
    this process has drawn the same dataset already, none.

    Args:
        services: store, index and embedding model.
        workflow_id: whose records they are.
        on_progress: told how many topics were looked at for thin groups, then how many records were embedded, and of
            how many.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: fewer than five records have a topic and a user who says something.
    """
    state = dataset_state(services.store, workflow_id)
    key = ("map", *state, embedding_name(services.embeddings_of(workflow_id)))
    return services.read_of_datasets.once(key, partial(_mapped, services, workflow_id, on_progress))


def _mapped(services: Services, workflow_id: str, on_progress: OnPlaced | None) -> TopicMap:
    counts = {c.topic: c.records for c in topic_counts(services.store, workflow_id) if c.topic is not None}
    report = space_of(
        services, workflow_id, on_progress=partial(on_progress, "topics") if on_progress else None
    )
    thin = {
        record_id
        for space in report.topics
        for cell in space.thin
        if cell.facet == "sub_area"
        for record_id in cell.record_ids
    }
    chosen = _chosen(sample_topics(services.store, workflow_id, list(counts)), counts, thin)
    drawn = [record for found in chosen.values() for record in found]
    if len(drawn) < _FEWEST_POINTS:
        raise InvalidInput(
            f"A map needs {_FEWEST_POINTS} records with a topic, and there are {len(drawn)}.",
            hint="Give records topics first: `finetune-coverage topics`.",
        )
    services.index.ensure(
        workflow_id, drawn, (lambda done: on_progress("records", done, len(drawn))) if on_progress else None
    )
    places = iter(_flat(services.index.vectors(workflow_id, [record.id for record in drawn])))
    topics = [
        MapTopic(
            name=topic,
            records=counts[topic],
            points=np.array([next(places) for _ in found]),
            thin=np.array([record.id in thin for record in found], dtype=np.bool_),
        )
        for topic, found in chosen.items()
        if found
    ]
    topics.sort(key=lambda topic: -topic.records)
    return TopicMap(topics, len(drawn), sum(counts.values()))


def _chosen(
    samples: Mapping[str, Sequence[Record]], counts: Mapping[str, int], thin: set[str]
) -> dict[str, list[Record]]:
    share = min(1.0, MOST_POINTS / max(1, sum(counts.values())))
    chosen = {}
    for topic, found in samples.items():
        said = [record for record in found if record.user_text.strip()]
        step = max(1.0, len(said) / max(1, math.ceil(counts[topic] * share)))
        evenly = {int(number * step) for number in range(int(len(said) / step))}
        chosen[topic] = [
            record for number, record in enumerate(said) if number in evenly or record.id in thin
        ]
    return chosen


def _flat(rows: Vectors) -> Vectors:
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
    flat = TSNE(2, perplexity=perplexity, metric="cosine", init="pca", random_state=0, max_iter=500)
    return np.asarray(flat.fit_transform(rows))
