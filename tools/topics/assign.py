"""Topics for the records of a workflow that nobody labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..index.spread import Vectors
from ..store.workflows import TopicInfo, list_topics
from .assignments import Assignment, write_run
from .evidence import Evidence
from .features import TopicFeatures
from .judge import Judgement, carried, judge
from .material import JudgedText, embedded, read_material, vectors_of

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from ..services import Services

DEFAULT_CONFIDENCE = 0.6
"""Records below it stay uncategorized, for a person."""
MOST_TOGETHER = 20_000
"""Records that are judged together; beyond, a sample is, and the rest by their likeness to it."""
REST_AT_ONCE = 2_000


@dataclass(frozen=True)
class AssignReport:
    """What an assignment did.

    Attributes:
        run: its number; 0 when nothing was written.
        method: ``examples`` or ``descriptions``.
        judged: records that had no topic from a person or the source.
        assigned: those that got one, by topic.
        uncategorized: those left for review.
        expected_right: of those assigned, the share expected to be right; ``None`` when there are none.
        labelled: records that were learnt from.
    """

    run: int
    method: str
    judged: int
    assigned: dict[str, int]
    uncategorized: int
    expected_right: float | None
    labelled: int


def assign_topics(
    services: Services,
    workflow_id: str,
    *,
    at_least: float = DEFAULT_CONFIDENCE,
    on_progress: Callable[[int], None] | None = None,
) -> AssignReport:
    """Judge every record without a topic of its own, and write the topics that are sure enough.

    What was assigned before is judged again, so that corrections are learnt from; topics that came with the
    dataset or from a person stay as they are.

    Args:
        services: store, index and embedding model.
        workflow_id: whose records they are.
        at_least: the confidence from which a record gets its topic; 0 decides every record.
        on_progress: called with the number of records that have been read and embedded.

    Raises:
        InvalidInput: there are fewer than two topics to choose from, or the confidence is not from 0 to 1.
        WorkflowNotFound: there is no such workflow.
    """
    require_confidence(at_least)
    declared = list_topics(services.store, workflow_id)
    material = read_material(services, workflow_id, on_progress)
    infos = topics_to_choose_from(declared, (text.topic for text in material if text.is_label), workflow_id)
    wanted = [text for text in material if not text.is_label]
    labelled = len(material) - len(wanted)
    if not wanted:
        return nothing_judged(labelled)
    judgement = judge_material(services, workflow_id, material, infos)
    decided = _decide(wanted, judgement, [info.name for info in infos], at_least)
    run = write_run(services.store, workflow_id, decided, method=judgement.method)
    sure = [one for one in decided if one.topic is not None]
    return AssignReport(
        run=run,
        method=judgement.method,
        judged=len(decided),
        assigned=dict(Counter(str(one.topic) for one in sure).most_common()),
        uncategorized=len(decided) - len(sure),
        expected_right=float(np.mean([one.confidence for one in sure])) if sure else None,
        labelled=labelled,
    )


def require_confidence(at_least: float) -> None:
    """Raise `InvalidInput` unless this can be a confidence."""
    if not 0 <= at_least <= 1:
        raise InvalidInput(f"The confidence is {at_least}.", hint="It is a number from 0 to 1.")


def nothing_judged(labelled: int) -> AssignReport:
    """The report where every record has a label."""
    return AssignReport(0, "none", 0, {}, 0, None, labelled)


def topics_to_choose_from(
    declared: Sequence[TopicInfo], labels: Iterable[str | None], workflow_id: str
) -> list[TopicInfo]:
    """The declared topics but for those that only have topics under them, and those that labelled records have.

    Raises:
        InvalidInput: they are fewer than two.
    """
    parents = {info.parent for info in declared}
    infos = {info.name: info for info in declared if info.name not in parents}
    for topic in labels:
        if topic is not None:
            infos.setdefault(topic, TopicInfo(topic))
    if len(infos) < 2:
        raise InvalidInput(
            f"{workflow_id!r} has fewer than two topics to choose from.",
            hint="Declare them (`topics assign --topics FILE`), or find some: `topics discover`.",
        )
    return list(infos.values())


@dataclass(frozen=True)
class LearntTopics:
    """What further records are judged by.

    Attributes:
        maker: makes rows of texts.
        rows: those of the records that were judged together.
        chances: what was found for these, shape (n, topics).
        method: ``examples`` or ``descriptions``.
    """

    maker: TopicFeatures
    rows: Vectors
    chances: NDArray[np.float64]
    method: str

    def of_further(self, vectors: Vectors, texts: Sequence[str]) -> NDArray[np.float64]:
        """The chances of further records, by their likeness to those that were judged together."""
        return np.asarray(carried(self.maker.rows(vectors, texts), self.rows, self.chances))


def learn_topics(
    embeddings: Embeddings, together: Sequence[JudgedText], vectors: Vectors, infos: Sequence[TopicInfo]
) -> LearntTopics:
    """Judge some records together.

    Args:
        embeddings: the model of the workflow's records.
        together: the records; those that have a label are learnt from.
        vectors: their embeddings.
        infos: the topics.
    """
    numbers = {info.name: number for number, info in enumerate(infos)}
    examples = [(text, numbers[info.name]) for info in infos for text in info.examples]
    described = [described_text(info) for info in infos]
    texts = [text.text for text in together]
    shown = embedded(embeddings, [text for text, _ in examples] + described)
    maker, words = TopicFeatures.learnt_from([*texts, *(text for text, _ in examples), *described])
    judged = len(texts) + len(examples)
    records = Evidence.of(np.vstack([vectors, shown[: len(examples)]]), words[:judged])
    labels = [numbers[text.topic] if text.is_label and text.topic else -1 for text in together]
    known = np.array(labels + [number for _, number in examples], dtype=np.int64)
    by_description = Evidence.of(shown[len(examples) :], words[judged:])
    judgement = judge(records, known, by_description)
    return LearntTopics(maker, records.rows, judgement.chances, judgement.method)


def judge_material(
    services: Services, workflow_id: str, material: Sequence[JudgedText], infos: Sequence[TopicInfo]
) -> Judgement:
    """The chances of every topic for those records that have no label, in their order."""
    together, rest = (
        [material[row] for row in rows]
        for rows in rows_together(np.array([text.is_label for text in material], np.bool_))
    )
    learnt = learn_topics(
        services.embeddings_of(workflow_id), together, vectors_of(services, workflow_id, together), infos
    )
    chances = {
        text.id: row
        for text, row in zip(together, learnt.chances[: len(together)], strict=True)
        if not text.is_label
    }
    for start in range(0, len(rest), REST_AT_ONCE):
        part = rest[start : start + REST_AT_ONCE]
        further = learnt.of_further(vectors_of(services, workflow_id, part), [text.text for text in part])
        chances |= zip((text.id for text in part), further, strict=True)
    wanted = [chances[text.id] for text in material if not text.is_label]
    return Judgement(np.array(wanted).reshape(-1, len(infos)), learnt.method)


def described_text(info: TopicInfo) -> str:
    """What stands for a topic: its name as words, and its description."""
    name = info.name.replace("_", " ")
    return f"{name}. {info.description}" if info.description else name


def rows_together(is_label: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which records are judged together, labelled ones first, and which are the unlabelled rest; the same every time.

    Args:
        is_label: of each record of the dataset, in their order.
    """
    if len(is_label) <= MOST_TOGETHER:
        return np.arange(len(is_label)), np.empty(0, np.intp)
    shuffled = np.random.default_rng(0).permutation(len(is_label))
    labelled = shuffled[is_label[shuffled]][: MOST_TOGETHER // 2]
    unlabelled = shuffled[~is_label[shuffled]]
    room = MOST_TOGETHER - len(labelled)
    return np.concatenate([labelled, unlabelled[:room]]), unlabelled[room:]


def _decide(
    wanted: Sequence[JudgedText], judgement: Judgement, names: Sequence[str], at_least: float
) -> list[Assignment]:
    likeliest = judgement.chances.argmax(axis=1)
    confidence = judgement.chances.max(axis=1)
    doubts, closeness = doubts_of(judgement.chances)
    telling = informative(doubts, closeness, Counter(doubts))
    return [
        Assignment(
            record_id=text.id,
            topic=names[topic] if sure >= at_least else None,
            likeliest=names[topic],
            confidence=float(sure),
            previous_topic=text.topic,
            informative=one,
        )
        for text, topic, sure, one in zip(wanted, likeliest, confidence, telling, strict=True)
    ]


Doubt = tuple[int, int]
"""The two topics, by number, between which a record lies."""


def doubts_of(chances: NDArray[np.float64]) -> tuple[list[Doubt], NDArray[np.float64]]:
    """The two likeliest topics of each record, and how close they are."""
    order = np.argsort(-chances, axis=1)[:, :2]
    rows = np.arange(len(chances))
    closeness = 1 - (chances[rows, order[:, 0]] - chances[rows, order[:, 1]])
    return [(first, second) for first, second in np.sort(order, axis=1).tolist()], closeness


def informative(
    doubts: Sequence[Doubt], closeness: NDArray[np.float64], shared: Mapping[Doubt, int]
) -> list[float]:
    """How close the two likeliest topics are, times how many records share that doubt: one answer helps them all."""
    counts = np.array([shared[doubt] for doubt in doubts])
    found: list[float] = (closeness * np.log1p(counts)).tolist()
    return found
