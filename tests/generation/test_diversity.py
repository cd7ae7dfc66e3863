"""The diversity report: figures computed by hand, properties, and the report of a real job."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.diversity.job_report import diversity_of_job, seed_uses
from finetune_coverage.tools.generation.diversity.lexical import compression_ratio, distinct_n
from finetune_coverage.tools.generation.diversity.report import DRAWS, diversity_report
from finetune_coverage.tools.generation.diversity.semantic import nearest_likeness, vendi_score
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.index.spread import unit_rows
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from .conftest import exchange

pytestmark = pytest.mark.slow

TEXTS = st.lists(st.text(alphabet="ab c", max_size=20), max_size=8)
ROWS = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).filter(
            lambda row: np.linalg.norm(row) > 0.1
        ),
        min_size=n,
        max_size=n,
    )
)


class Corners(Embeddings):
    """Puts each distinct text on an axis of its own."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return [[float(axis == len(text)) for axis in range(64)] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_distinct_n_by_hand() -> None:
    texts = ["The cat sat.", "the cat ran"]
    assert distinct_n(texts, 1) == 4 / 6  # the cat sat ran
    assert distinct_n(texts, 2) == 3 / 4  # the-cat twice
    assert distinct_n(texts, 3) == 1.0
    assert distinct_n(texts, 4) == 0.0


@given(TEXTS, st.integers(1, 3))
def test_distinct_n_is_a_share_that_repetition_lowers(texts: list[str], n: int) -> None:
    once, twice = distinct_n(texts, n), distinct_n(texts * 2, n)
    assert 0 <= once <= 1
    assert twice == pytest.approx(once / 2)


def test_compression_ratio_by_hand() -> None:
    texts = ["the same text again and again"] * 50
    joined = "\n".join(texts).encode()
    assert compression_ratio(texts) == len(joined) / len(gzip.compress(joined, mtime=0))
    assert compression_ratio(texts) > 10 > 2 > compression_ratio(["the quick brown fox jumps over it"])
    assert compression_ratio([]) == 0


def test_nearest_likeness_by_hand() -> None:
    rows = unit_rows([[1, 0], [1, 1], [0, -1]])
    root = math.sqrt(0.5)
    assert nearest_likeness(rows) == pytest.approx((root + root + 0) / 3)
    assert nearest_likeness(rows[:1]) == 0


def test_vendi_score_by_hand() -> None:
    assert vendi_score(unit_rows(np.eye(4))) == pytest.approx(4)
    assert vendi_score(unit_rows([[1, 2, 3]] * 5)) == pytest.approx(1)
    # Two pairs of twins: eigenvalues 1/2 and 1/2.
    assert vendi_score(unit_rows([[1, 0], [1, 0], [0, 1], [0, 1]])) == pytest.approx(2)
    # Cosine c: eigenvalues (1 ± c) / 2.
    c = 0.6
    values = np.array([(1 + c) / 2, (1 - c) / 2])
    assert vendi_score(unit_rows([[1, 0], [c, 0.8]])) == pytest.approx(
        np.exp(-(values * np.log(values)).sum())
    )


@given(ROWS)
def test_vendi_score_lies_between_one_and_n_and_does_not_see_doubling(rows: list[list[float]]) -> None:
    vectors = unit_rows(rows)
    score = vendi_score(vectors)
    assert 1 - 1e-6 <= score <= len(rows) + 1e-6
    assert vendi_score(np.concatenate([vectors, vectors])) == pytest.approx(score, rel=1e-4)


def test_both_sides_are_measured_at_the_same_number() -> None:
    embeddings = Corners()
    synthetic = ["a", "bb", "bb"]
    real = ["c" * length for length in range(1, 31)]
    report = diversity_report(synthetic, real, embeddings, {"s1": 2, "s2": 1, "s3": 0})
    assert report.compared == 3
    assert report.real is not None and report.synthetic is not None
    assert report.real.vendi_score == pytest.approx(3)
    assert report.real.nearest_likeness == 0
    assert report.synthetic.distinct_1 == 2 / 3
    assert report.synthetic.nearest_likeness == pytest.approx(2 / 3)
    assert len(set(embeddings.embedded) & set(real)) <= 3 * DRAWS
    assert report.seed_uses == {0: 1, 1: 1, 2: 1}
    assert json.loads(json.dumps(report.to_dict()))["seed_uses"] == {"0": 1, "1": 1, "2": 1}


def test_the_report_is_the_same_each_time() -> None:
    real = ["x" * length for length in range(1, 40)]
    reports = [diversity_report(["a", "bb"], real, Corners(), {}) for _ in range(2)]
    assert reports[0] == reports[1]


def test_an_empty_side_has_no_figures() -> None:
    report = diversity_report([], ["a", "bb"], Corners(), {})
    assert report.synthetic is None and report.real is not None and report.compared == 2
    assert diversity_report([], [], Corners(), {}).to_dict() == {
        "compared": 0,
        "synthetic": None,
        "real": None,
        "seed_uses": {},
    }


def test_uses_of_seeds_are_counted() -> None:
    def record(id: str, seeds: list[str] | None = None) -> Record:
        return Record(id=id, body="{}", topic="t", provenance={"seeds": seeds} if seeds else None)

    written = [record("x", ["a", "b"]), record("y", ["a"])]
    assert seed_uses(written, [record("a"), record("b"), record("c")]) == {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize("strategy", ["few_shot", "message_variation"])
async def test_the_report_of_a_job(
    services: Services, model: ScriptedChatModel, approved: Callable[..., Any], strategy: str
) -> None:
    model.queue.extend(["not JSON"] * 8)
    result = await run_item(services, *approved("technical_issues", 1, strategy))
    report = diversity_of_job(services, result["job_id"])
    assert report.synthetic is None and report.real is not None
    assert report.compared == 15 and sum(report.seed_uses.values()) == 15
    assert 0 < report.real.nearest_likeness < 1 < report.real.vendi_score < 15


async def test_the_report_of_a_job_with_records(
    services: Services, model: ScriptedChatModel, approved: Callable[..., Any]
) -> None:
    model.queue.append(
        exchange(
            "The desktop app crashes on my laptop as soon as I open a shared folder with videos.",
            "Update the desktop app to the newest version and open the folder again.",
        )
    )
    result = await run_item(services, *approved("technical_issues", 1, "topic_description"))
    report = diversity_of_job(services, result["job_id"])
    assert result["accepted"] == report.compared == 1
    assert report.synthetic is not None and report.synthetic.vendi_score == pytest.approx(1)
    assert report.seed_uses == {0: 15}


def test_an_unknown_job_is_an_error(services: Services) -> None:
    with pytest.raises(InvalidInput):
        diversity_of_job(services, "job-none")
