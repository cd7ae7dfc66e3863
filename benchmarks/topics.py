"""Topics for unlabelled records, and labels that contradict the text: ``python -m benchmarks.topics``.

The data are by others. No label of a test set is used for anything but counting what is right. Embeddings are kept in
a folder for the next run (``FINETUNE_COVERAGE_BENCHMARK_CACHE``, by default in the temporary folder).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.dataset.topics_file import read_topics
from finetune_coverage.tools.topics.assign import DEFAULT_CONFIDENCE, described_text
from finetune_coverage.tools.topics.evidence import Evidence
from finetune_coverage.tools.topics.features import TopicFeatures
from finetune_coverage.tools.topics.judge import carried, judge
from finetune_coverage.tools.topics.text import judged_text
from numpy.typing import NDArray

from .cached_embeddings import embedded
from .planted_labels import planted_labels
from .table import markdown_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DRAWS = 10
BINS = 15


@dataclass(frozen=True)
class Texts:
    """Records of one file.

    Attributes:
        judged: what user and assistant say.
        vectors: embeddings of what the user says.
        topics: the topics, as the file or its key has them.
    """

    judged: list[str]
    vectors: NDArray[np.float32]
    topics: list[str]

    def taken(self, rows: NDArray[np.int64]) -> Texts:
        """Some of them."""
        return Texts(
            [self.judged[row] for row in rows], self.vectors[rows], [self.topics[row] for row in rows]
        )


@dataclass(frozen=True)
class Figures:
    """What one run came to: shares of the records, and the expected calibration error."""

    right: float
    decided: float
    right_of_decided: float
    macro_f1: float
    calibration_error: float
    confidence: float


@cache
def texts_of(name: str, key: str | None = None) -> Texts:
    """The records of a file, with their topics from a key when they do not carry them."""
    lines = (DATA / name).read_text(encoding="utf-8").split("\n")
    records = [Record(str(number), line, None) for number, line in enumerate(lines) if line]
    topics = [record.source.get("topic", "") for record in records]
    if key is not None:
        with (DATA / key).open(encoding="utf-8") as file:
            topics = [row["topic"] for row in csv.DictReader(file)]
    vectors = embedded([record.user_text for record in records])
    return Texts([judged_text(record) for record in records], vectors, topics)


def measured(
    labelled: Texts,
    unlabelled: Texts,
    descriptions: dict[str, str],
    tested: slice,
    later: Texts | None = None,
) -> Figures:
    """Judge records from a few labelled ones, or from descriptions alone, and compare.

    Args:
        labelled: what is learnt from; may be empty.
        unlabelled: the other records of the workflow.
        descriptions: what stands for each topic.
        tested: those of ``unlabelled`` that are counted.
        later: records that come when these are judged, which are counted instead.
    """
    names = sorted(descriptions)
    said = [descriptions[name] for name in names]
    judged = labelled.judged + unlabelled.judged
    maker, words = TopicFeatures.learnt_from([*judged, *said])
    records = Evidence.of(np.vstack([labelled.vectors, unlabelled.vectors]), words[: len(judged)])
    labels = np.full(len(judged), -1)
    labels[: len(labelled.topics)] = [names.index(topic) for topic in labelled.topics]
    chances = judge(records, labels, Evidence.of(embedded(said), words[len(judged) :])).chances
    if later is None:
        chances, counted = chances[len(labelled.topics) :][tested], unlabelled.topics[tested]
    else:
        rows = maker.rows(later.vectors, later.judged)
        chances, counted = carried(rows, records.rows, chances), later.topics
    return compared(chances, np.array([names.index(topic) for topic in counted]))


def compared(chances: NDArray[np.float64], truth: NDArray[np.int64]) -> Figures:
    """Chances beside the truth."""
    from sklearn.metrics import f1_score

    said, confidence = chances.argmax(axis=1), chances.max(axis=1)
    is_right, is_decided = said == truth, confidence >= DEFAULT_CONFIDENCE
    return Figures(
        right=float(is_right.mean()),
        decided=float(is_decided.mean()),
        right_of_decided=float(is_right[is_decided].mean()),
        macro_f1=float(f1_score(truth, said, average="macro")),
        calibration_error=calibration_error(confidence, is_right),
        confidence=float(confidence.mean()),
    )


def calibration_error(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """Expected calibration error over 15 bins of equally many records."""
    order = np.argsort(confidence, kind="stable")
    return sum(
        len(part) / len(order) * abs(float(confidence[part].mean()) - float(is_right[part].mean()))
        for part in np.array_split(order, BINS)
    )


def drawn(texts: Texts, each: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of so many records of each topic, and the other rows."""
    rng = np.random.default_rng(seed)
    topics = np.array(texts.topics)
    picked = [
        rng.choice(np.flatnonzero(topics == topic), each, replace=False) for topic in sorted(set(topics))
    ]
    rows = np.concatenate(picked)
    return rows, np.setdiff1d(np.arange(len(topics)), rows)


def few_examples() -> list[Figures]:
    """STAR's 300 unlabelled dialogues, five labelled ones of each topic."""
    support = texts_of("support/star_support.jsonl")
    test = texts_of("support/star_unlabeled.jsonl", "support/star_unlabeled.key.csv")
    names = {topic: topic.replace("_", " ") for topic in sorted(set(support.topics))}
    return [
        measured(support.taken(drawn(support, 5, seed)[0]), test, names, slice(None)) for seed in range(DRAWS)
    ]


def descriptions_only(described: bool) -> list[Figures]:
    """STAR's 300 unlabelled dialogues, and not one labelled; and halves of them, to see how steady it is."""
    test = texts_of("support/star_unlabeled.jsonl", "support/star_unlabeled.key.csv")
    infos = read_topics(Path(__file__).with_name("star_topics.yaml"))
    said = {info.name: described_text(info) if described else info.name.replace("_", " ") for info in infos}
    nothing = test.taken(np.arange(0))
    whole = measured(nothing, test, said, slice(None))
    parts = [
        np.sort(np.random.default_rng(seed).permutation(len(test.topics))[:200]) for seed in range(DRAWS)
    ]
    return [whole, *(measured(nothing, test.taken(part), said, slice(None)) for part in parts)]


def banking(*, test_is_known: bool) -> list[Figures]:
    """Banking77, ten labelled of each intent, the rest of the training set unlabelled; the test set is counted.

    Args:
        test_is_known: whether the test set is among the unlabelled records, as it is in a workflow; otherwise it is
            judged afterwards by its likeness to them.
    """
    train, test = texts_of("intents/banking77_train.jsonl"), texts_of("intents/banking77_test.jsonl")
    names = {topic: topic.replace("_", " ") for topic in sorted(set(train.topics))}
    figures = []
    for seed in range(DRAWS // 2):
        rows, rest = drawn(train, 10, seed)
        labelled, others = train.taken(rows), train.taken(rest)
        if test_is_known:
            others = Texts(
                test.judged + others.judged,
                np.vstack([test.vectors, others.vectors]),
                test.topics + others.topics,
            )
            figures.append(measured(labelled, others, names, slice(len(test.topics))))
        else:
            figures.append(measured(labelled, others, names, slice(0), later=test))
    return figures


def row_of(what: str, figures: list[Figures]) -> list[str]:
    """Means over the draws, and the worst of what matters."""

    def mean(name: str) -> str:
        return f"{np.mean([getattr(one, name) for one in figures]):.3f}"

    worst = max(one.calibration_error for one in figures)
    names = ("right", "decided", "right_of_decided", "macro_f1", "confidence", "calibration_error")
    return [what, str(len(figures)), *map(mean, names), f"{worst:.3f}"]


_NOTE = f"""
Means over the draws of the labelled examples. Decided: confidence ≥ {DEFAULT_CONFIDENCE}; right, macro-F1, confidence
and ECE ({BINS} bins of equally many records) are over all records. MiniLM on what the user says, TF-IDF on what user
and assistant say; no tools. Workflows: STAR's 300 unlabelled dialogues with the labelled examples; Banking77's train
and test set, without their labels but for the examples; in the last row the test set comes after the rest was judged.
"""


def main() -> None:
    """Measure and print."""
    described, named = descriptions_only(True), descriptions_only(False)
    rows = [
        row_of("STAR, 5 labelled a topic", few_examples()),
        row_of("STAR, names and descriptions", described[:1]),
        row_of("the same, ten samples of 200", described[1:]),
        row_of("STAR, names only", named[:1]),
        row_of("Banking77, 10 labelled an intent", banking(test_is_known=True)),
        row_of("the same, the test set comes later", banking(test_is_known=False)),
    ]
    head = [
        "records",
        "draws",
        "right",
        "decided",
        "right of these",
        "macro-F1",
        "confidence",
        "ECE",
        "worst ECE",
    ]
    print(markdown_table(head, rows))
    print(_NOTE)
    print(planted_labels(DATA))


if __name__ == "__main__":
    main()
