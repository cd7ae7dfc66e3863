"""The diversity report: the figures of generated texts beside those of real ones, at equal numbers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from .lexical import compression_ratio, distinct_n
from .semantic import nearest_likeness, vendi_score

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from ...index.spread import Vectors

DRAWS = 5
"""Samples of the larger set that the figures are averaged over."""
MOST_COMPARED = 1000
"""Texts of a side that are compared: the comparison of all pairs stays below a second."""


@dataclass(frozen=True)
class DiversityFigures:
    """The figures of one set of texts.

    Attributes:
        distinct_1: distinct words over words.
        distinct_2: distinct pairs of words over pairs.
        distinct_3: distinct triples over triples.
        compression_ratio: bytes over gzipped bytes; higher is more repetitive.
        nearest_likeness: mean cosine with the nearest neighbour; higher is more alike.
        vendi_score: effective number of different texts.
    """

    distinct_1: float
    distinct_2: float
    distinct_3: float
    compression_ratio: float
    nearest_likeness: float
    vendi_score: float


@dataclass(frozen=True)
class DiversityReport:
    """How varied generated texts are, beside real ones of the same topic.

    Attributes:
        compared: texts of each side that the figures are of: the number of the smaller side.
        synthetic: figures of the generated texts, or None when there are none.
        real: figures of the real texts, or None when there are none.
        seed_uses: how many seeds were used 0, 1, 2, … times.
    """

    compared: int
    synthetic: DiversityFigures | None
    real: DiversityFigures | None
    seed_uses: Mapping[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; uses of seeds are text keys, as JSON wants them."""
        return {
            "compared": self.compared,
            "synthetic": asdict(self.synthetic) if self.synthetic else None,
            "real": asdict(self.real) if self.real else None,
            "seed_uses": {str(uses): seeds for uses, seeds in sorted(self.seed_uses.items())},
        }


def diversity_report(
    synthetic_texts: Sequence[str],
    real_texts: Sequence[str],
    embeddings: Embeddings,
    seed_uses: Mapping[str, int],
) -> DiversityReport:
    """Measure both sides at equal numbers, since every figure depends on how many texts it is of.

    Args:
        synthetic_texts: one text a generated record.
        real_texts: one text a real record of the topic.
        embeddings: makes the vectors.
        seed_uses: how many of the records each seed was used for, by record id; unused seeds with 0.

    Returns:
        The figures; those of the larger side are means over `DRAWS` samples with a fixed seed. When one side is
        empty, the other is measured whole (up to `MOST_COMPARED`).
    """
    sides = [len(side) for side in (synthetic_texts, real_texts) if side]
    compared = min([MOST_COMPARED, *sides]) if sides else 0
    return DiversityReport(
        compared=compared,
        synthetic=_averaged(synthetic_texts, compared, embeddings),
        real=_averaged(real_texts, compared, embeddings),
        seed_uses=dict(sorted(Counter(seed_uses.values()).items())),
    )


def _averaged(texts: Sequence[str], size: int, embeddings: Embeddings) -> DiversityFigures | None:
    if not texts:
        return None
    if len(texts) == size:
        rows = [list(range(size))]
    else:
        rng = random.Random(0)
        rows = [sorted(rng.sample(range(len(texts)), size)) for _ in range(DRAWS)]
    vectors = _vectors(texts, sorted({row for draw in rows for row in draw}), embeddings)
    drawn = [_figures([texts[row] for row in draw], [vectors[row] for row in draw]) for draw in rows]
    means = {
        field.name: sum(getattr(figures, field.name) for figures in drawn) / len(drawn)
        for field in fields(DiversityFigures)
    }
    return DiversityFigures(**means)


def _vectors(texts: Sequence[str], rows: Sequence[int], embeddings: Embeddings) -> dict[int, Vectors]:
    from ...index.spread import unit_rows

    return dict(zip(rows, unit_rows(embeddings.embed_documents([texts[row] for row in rows])), strict=True))


def _figures(texts: Sequence[str], vectors: Sequence[Vectors]) -> DiversityFigures:
    import numpy as np

    rows = np.stack(vectors)
    return DiversityFigures(
        distinct_1=distinct_n(texts, 1),
        distinct_2=distinct_n(texts, 2),
        distinct_3=distinct_n(texts, 3),
        compression_ratio=compression_ratio(texts),
        nearest_likeness=nearest_likeness(rows),
        vendi_score=vendi_score(rows),
    )
