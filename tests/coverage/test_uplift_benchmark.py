"""The benchmark of worth and uplift in short: three cut topics of ten, with vectors that take no time."""

from __future__ import annotations

import json
from itertools import islice

import numpy as np
import pytest
from finetune_coverage.tools.models.embedding import WordLlamaEmbeddings

from benchmarks import uplift
from benchmarks.uplift import Draw, Labelled, Plan, Texts

pytestmark = pytest.mark.slow


def vectors_of(texts: list[str]) -> np.ndarray:
    return np.array(WordLlamaEmbeddings().embed_documents(texts), dtype=np.float32)


def some(rows: Labelled, each: int) -> Texts:
    topics = sorted({topic for _, topic in rows})[:10]
    kept = [row for topic in topics for row in islice((r for r in rows if r[1] == topic), each)]
    return Texts(
        [text for text, _ in kept], np.array([topic for _, topic in kept]), vectors_of([t for t, _ in kept])
    )


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, int], Plan]:
    if not uplift.INTENTS.is_dir():
        pytest.skip("needs the benchmark's data, which are not part of the project")
    monkeypatch.setattr(uplift, "embedded", vectors_of)
    monkeypatch.setattr(uplift, "SIZES", (5, 20))
    full = json.loads((uplift.INTENTS / "clinc150_data_full.json").read_text(encoding="utf-8"))
    draw = Draw(some(full["train"], 50), some(full["test"], 30), seed=0, topics=3)
    return {(plan.kind, plan.size): plan for plan in draw.plans("CLINC150")}


def test_the_order_of_kinds_and_what_is_written_of_them(plans: dict[tuple[str, int], Plan]) -> None:
    gains = {kind: plans[kind, 20].predicted.f1 for kind in uplift.KINDS}
    assert gains["wrong topic"] < gains["half wrong"] < gains["real"]
    assert abs(gains["duplicates"]) < 0.02
    worths = {kind: plans[kind, 20].worth for kind in uplift.KINDS}
    assert worths["duplicates"] == 0 and worths["near copies"] < 0.1 and worths["wrong topic"] < 0.2
    assert worths["real"] > 0.4
    text = uplift.report(list(plans.values()))
    assert "| plans | 10 |" in text and "| half wrong |" in text and "at first sight" not in text
