"""Worth and uplift against what test sets show, on long tails: ``python -m benchmarks.uplift [DRAW…]``.

The data are by others: Banking77 and CLINC150. In each draw 20 topics are cut to five records, the other topics to
half of theirs, and plans are filled with records of five kinds: real ones that were held out, duplicates, near copies
(two words swapped, or one replaced), real ones of other topics (half from the six nearest), and half of these. The
true gain of a plan is that in F1 of the same probe, trained on all records of the topic and its neighbours, on the
test set. Draws 0 and 1 were developed on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from finetune_coverage.tools.coverage import worth
from finetune_coverage.tools.coverage.recognition import (
    NEIGHBOURS,
    Recognition,
    Sample,
    elsewhere,
    nearest_topics,
    placed,
    recognise,
    uplift_of,
)
from finetune_coverage.tools.coverage.uplift import SMALLEST, Uplift
from numpy.typing import NDArray

from .cached_embeddings import embedded
from .table import markdown_table

INTENTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "intents"
DRAWS = 5
DEVELOPED_ON = (0, 1)
CUT = 5
CUT_TOPICS = 20
SIZES = (5, 10, 20, 40)
KINDS = ("real", "duplicates", "near copies", "wrong topic", "half wrong")
Labelled = list[tuple[str, str]]


@dataclass(frozen=True)
class Texts:
    """Labelled texts with their vectors."""

    texts: list[str]
    topics: NDArray[np.str_]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Labelled) -> Texts:
        """Embed them, or take what was kept of an earlier run."""
        return cls(
            [text for text, _ in rows], np.array([topic for _, topic in rows]), embedded([t for t, _ in rows])
        )

    def rows(self, topic: str) -> NDArray[np.intp]:
        """Where the records of a topic are."""
        return np.flatnonzero(self.topics == topic)


@dataclass(frozen=True)
class Plan:
    """One plan: records of a kind for 20 topics.

    Attributes:
        predicted: what was measured without the test set.
        true: the gain on the test set, as the mean over the topics.
        worth: as a part of the records' number.
    """

    dataset: str
    draw: int
    kind: str
    size: int
    predicted: Uplift
    true: float
    worth: float


@cache
def datasets() -> dict[str, tuple[Texts, Texts]]:
    """Training and test set of each dataset."""
    clinc = json.loads((INTENTS / "clinc150_data_full.json").read_text(encoding="utf-8"))
    banking = [_jsonl(INTENTS / f"banking77_{part}.jsonl") for part in ("train", "test")]
    both = {"Banking77": banking, "CLINC150": [clinc["train"] + clinc["val"], clinc["test"]]}
    return {name: (Texts.of(train), Texts.of(test)) for name, (train, test) in both.items()}


def _jsonl(path: Path) -> Labelled:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [(row["messages"][0]["content"], row["topic"]) for row in rows]


class Draw:
    """A dataset with a long tail.

    Attributes:
        cut: the topics that were cut.
    """

    def __init__(self, train: Texts, test: Texts, seed: int, topics: int = CUT_TOPICS) -> None:
        rng = np.random.default_rng([seed, 77])
        names = sorted(set(map(str, train.topics)))
        self.cut = sorted(map(str, rng.choice(names, topics, replace=False)))
        shuffled = {name: rng.permutation(train.rows(name)) for name in names}
        kept = {name: CUT if name in self.cut else len(rows) // 2 for name, rows in shuffled.items()}
        self._train, self._test, self._seed = train, test, seed
        self._real = {name: rows[: kept[name]] for name, rows in shuffled.items()}
        self._held = {name: rows[kept[name] :] for name, rows in shuffled.items()}
        self._samples = {name: self._sample(rows, rows) for name, rows in self._real.items()}
        centres = {name: sample.vectors.mean(axis=0) for name, sample in self._samples.items()}
        centres = {name: centre / np.linalg.norm(centre) for name, centre in centres.items()}
        self._near = {name: nearest_topics(centres, name) for name in self.cut}
        words = " ".join(train.texts[:2_000]).split()
        copies = [self._copy(topic, number, rng, words) for topic in self.cut for number in range(max(SIZES))]
        self._copies = (copies, embedded(copies))
        self._without = {topic: self._true_f1(topic, train.vectors[:0]) for topic in self.cut}

    def plans(self, dataset: str) -> list[Plan]:
        """Every kind and size, measured and compared with the truth."""
        orders = [(kind, size) for kind in KINDS for size in SIZES]
        found: list[list[Recognition]] = []
        gains, worths = [], []
        for number, topic in enumerate(self.cut):
            own, neighbours = self._samples[topic], [self._samples[name] for name in self._near[topic]]
            added = [
                self._added(kind, topic, size, np.random.default_rng([self._seed, place, number]))
                for place, (kind, size) in enumerate(orders)
            ]
            found.append(recognise(own, neighbours, [sample for sample, _ in added], own.at(np.arange(0))))
            gains.append([self._true_f1(topic, s.vectors) - self._without[topic] for s, _ in added])
            ends = np.cumsum([len(sample) for sample, _ in added])[:-1]
            outside = np.split(elsewhere(own, neighbours, np.vstack([s.vectors for s, _ in added])), ends)
            usual = self._usual(topic)
            worths.append(
                [
                    worth.together(worth.worths(self._views(topic, *one, usual), is_outside)) / len(one[0])
                    for one, is_outside in zip(added, outside, strict=True)
                ]
            )
        return [
            Plan(
                dataset,
                self._seed,
                *order,
                uplift_of([of_topic[place] for of_topic in found]),
                float(np.mean(gains, axis=0)[place]),
                float(np.mean(worths, axis=0)[place]),
            )
            for place, order in enumerate(orders)
        ]

    def _added(self, kind: str, topic: str, size: int, rng: np.random.Generator) -> tuple[Sample, list[str]]:
        seeds = self._real[topic][np.arange(size) % CUT]
        if kind == "near copies":
            start = self.cut.index(topic) * max(SIZES)
            texts, vectors = self._copies
            copies = slice(start, start + size)
            return Sample(vectors[copies], self._sample(seeds, seeds).sources), texts[copies]
        own = self._held[topic][:size]
        far = [name for name in self._held if name != topic]
        wrong = [
            rng.choice(self._held[str(rng.choice(self._near[topic] if number % 2 else far))])
            for number in range(size)
        ]
        half = size // 2
        rows = {
            "real": own,
            "duplicates": seeds,
            "wrong topic": np.array(wrong),
            "half wrong": np.concatenate([own[:half], wrong[: size - half]]).astype(np.intp),
        }[kind]
        return self._sample(rows, rows), [self._train.texts[row] for row in rows]

    def _sample(self, rows: NDArray[np.intp], made_from: NDArray[np.intp]) -> Sample:
        return Sample(self._train.vectors[rows], [frozenset([str(row)]) for row in made_from])

    def _copy(self, topic: str, number: int, rng: np.random.Generator, vocabulary: Sequence[str]) -> str:
        words = self._train.texts[self._real[topic][number % CUT]].split()
        if len(words) > 2 and rng.random() < 0.5:
            place = int(rng.integers(len(words) - 1))
            words[place : place + 2] = words[place + 1], words[place]
        else:
            words[int(rng.integers(len(words)))] = vocabulary[int(rng.integers(len(vocabulary)))]
        return " ".join(words)

    def _usual(self, topic: str) -> list[NDArray[Any]]:
        around = [self._real[name][: 2 * worth.FEWEST] for name in (topic, *self._near[topic])]
        return [
            np.concatenate([worth.nearest(self._train.vectors[rows]) for rows in around]),
            np.concatenate([worth.nearest(self._letters(rows)) for rows in around]),
        ]

    def _views(
        self, topic: str, added: Sample, texts: list[str], usual: Sequence[NDArray[Any]]
    ) -> list[worth.View]:
        known = self._real[topic]
        return [
            worth.View(added.vectors, self._train.vectors[known], usual[0], worth.MEANING),
            worth.View(worth.letters(texts), self._letters(known), usual[1], worth.WRITING),
        ]

    def _letters(self, rows: NDArray[np.intp]) -> Any:
        return worth.letters([self._train.texts[row] for row in rows])

    def _true_f1(self, topic: str, added: NDArray[np.float32]) -> float:
        names = [topic, *self._near[topic]]
        classes = [self._samples[name].drawn().vectors for name in names]
        asked = np.isin(self._test.topics, names)
        is_own = self._test.topics[asked] == topic
        said = (
            placed([np.vstack([classes[0], added]), *classes[1:]], self._test.vectors[asked]).argmax(axis=1)
            == 0
        )
        return 2 * int((said & is_own).sum()) / int(said.sum() + is_own.sum())


def figures(plans: Sequence[Plan]) -> list[tuple[str, str]]:
    """What is asked of the measures, and what these plans show."""
    from scipy.stats import spearmanr

    true = np.array([plan.true for plan in plans])
    predicted = np.array([plan.predicted.f1 for plan in plans])
    counted = np.array([plan.worth * plan.size for plan in plans])
    good = [plan.true for plan in plans if plan.predicted.verdict == "worth it"]
    bad = [plan.true for plan in plans if plan.predicted.verdict == "harmful"]
    covered = np.mean([plan.predicted.low <= plan.true <= plan.predicted.high for plan in plans])
    width = np.mean([plan.predicted.high - plan.predicted.low for plan in plans]) / 2

    def part(kind: str) -> str:
        return f"{np.mean([plan.worth for plan in plans if plan.kind == kind]):.1%}"

    return [
        ("plans", str(len(plans))),
        ("uplift against true gain, rank correlation (≥ 0.9)", f"{spearmanr(predicted, true)[0]:.3f}"),
        ("mean error (≤ 0.04)", f"{np.abs(predicted - true).mean():.4f}"),
        ("“worth it”: true gain > 0.01 (≥ 90%)", _share(good, lambda gain: gain > SMALLEST)),
        ("“harmful”: true gain < 0 (all)", _share(bad, lambda gain: gain < 0)),
        ("intervals that cover (≥ 85%)", f"{covered:.0%}, ± {width:.3f} on average"),
        ("worth against true gain, rank correlation (≥ 0.8)", f"{spearmanr(counted, true)[0]:.3f}"),
        *((f"worth of {kind}, of their number{goal}", part(kind)) for kind, goal in _PARTS.items()),
    ]


_PARTS = {
    "real": "",
    "duplicates": " (≤ 5%)",
    "near copies": " (≤ 5%)",
    "wrong topic": " (≤ 10%)",
    "half wrong": "",
}


def _share(gains: Sequence[float], holds: Callable[[float], bool]) -> str:
    return f"{sum(map(holds, gains))} of {len(gains)}"


def means(plans: Sequence[Plan]) -> list[list[str]]:
    """Predicted and true gain of each kind and size, as means over datasets and draws."""
    rows = []
    for kind in KINDS:
        row = [kind]
        for size in SIZES:
            some = [plan for plan in plans if (plan.kind, plan.size) == (kind, size)]
            gains = [np.mean([plan.predicted.f1 for plan in some]), np.mean([plan.true for plan in some])]
            row.append(" / ".join(f"{gain:+.3f}" for gain in gains))
        rows.append(row)
    return rows


def report(plans: Sequence[Plan]) -> str:
    """All of it as Markdown."""
    groups = {
        "developed on": [plan for plan in plans if plan.draw in DEVELOPED_ON],
        "at first sight": [plan for plan in plans if plan.draw not in DEVELOPED_ON],
    }
    groups = {name: some for name, some in groups.items() if some}
    columns = [figures(some) for some in groups.values()]
    rows = [[name, *(column[number][1] for column in columns)] for number, (name, _) in enumerate(columns[0])]
    return "\n\n".join(
        [
            markdown_table(["", *groups], rows),
            "Predicted / true gain in F1, by records a topic:",
            markdown_table(["kind", *map(str, SIZES)], means(plans)),
            _NOTE.strip(),
        ]
    )


_NOTE = f"""
Banking77 and CLINC150; {CUT_TOPICS} topics cut to {CUT} records, {NEIGHBOURS} neighbours. Draws
{" and ".join(map(str, DEVELOPED_ON))} were developed on, the others looked at once. A plan is one kind and size for all
{CUT_TOPICS} topics of a draw.
"""


def main(draws: Sequence[int]) -> None:
    """Measure and print."""
    if not INTENTS.is_dir():
        print(f"Not measured: {INTENTS} is not there.")
        return
    plans: list[Plan] = []
    for draw in draws or range(DRAWS):
        for dataset, (train, test) in datasets().items():
            plans += Draw(train, test, draw).plans(dataset)
            print(f"{dataset}, draw {draw}", file=sys.stderr, flush=True)
    print(report(plans))


if __name__ == "__main__":
    main([int(draw) for draw in sys.argv[1:]])
