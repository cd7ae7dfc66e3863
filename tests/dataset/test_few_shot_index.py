"""What every few-shot index must do: the Chroma one, and the one in memory that stands in for it in tests."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.index.few_shot_index import FewShotIndex
from langchain_core.embeddings import Embeddings

pytestmark = pytest.mark.slow

MakeIndex = Callable[[Embeddings], Any]

TEXTS = {
    "r1": "refund my money please",
    "r2": "refund my money now",
    "r3": "refund the money",
    "r4": "card declined at the shop",
    "r5": "invoice shows a wrong address",
}


def record(
    record_id: str,
    text: str,
    topic: str | None = "billing",
    *,
    origin: Literal["real", "synthetic"] = "real",
    answered: bool = True,
) -> Record:
    messages = [{"role": "user", "content": text}]
    if answered:
        messages.append({"role": "assistant", "content": "ok"})
    return Record(record_id, json.dumps({"messages": messages}), topic, origin)


@pytest.fixture
def index(make_index: MakeIndex, word_embeddings: Embeddings) -> Any:
    made = make_index(word_embeddings)
    made.ensure("wf-1", [record(key, text) for key, text in TEXTS.items()])
    return made


def test_adds_what_is_missing_and_tells_how_far(make_index: MakeIndex, word_embeddings: Any) -> None:
    index = make_index(word_embeddings)
    told: list[int] = []
    some = [record(f"n{n}", f"word{n} thing") for n in range(300)]
    assert index.ensure("wf-1", some[:200], on_progress=told.append) == 200
    assert told[-1] == 200
    assert index.ensure("wf-1", iter(some)) == 100
    assert index.ensure("wf-1", some) == 0
    assert len(word_embeddings.embedded) == 300
    assert index.ensure("wf-1", []) == 0


def test_vectors_come_in_the_order_of_the_ids(index: Any, word_embeddings: Any) -> None:
    ids = ["r4", "r1", "r4"]
    rows = index.vectors("wf-1", ids)
    expected = np.array([word_embeddings.embed_query(TEXTS[key]) for key in ids])
    expected /= np.linalg.norm(expected, axis=1)[:, None]
    np.testing.assert_allclose(rows, expected, atol=1e-5)
    assert index.vectors("wf-1", []).shape[0] == 0


def test_a_record_that_is_not_there_is_named(index: Any) -> None:
    with pytest.raises(InvalidInput):
        index.vectors("wf-1", ["r1", "nope"])
    with pytest.raises(InvalidInput):
        index.vectors("wf-9", ["r1"])


def test_the_first_is_the_closest_to_the_query(index: Any) -> None:
    assert index.spread("wf-1", "billing", 1, query="declined card") == ["r4"]
    assert index.spread("wf-1", "billing", 1, query="wrong address") == ["r5"]


def test_closeness_only_gives_the_nearest(index: Any) -> None:
    assert set(index.spread("wf-1", "billing", 3, query="refund money", trade_off=1)) == {"r1", "r2", "r3"}


def test_variety_avoids_what_is_alike(index: Any) -> None:
    chosen = index.spread("wf-1", "billing", 3)
    assert len(set(chosen) & {"r1", "r2", "r3"}) == 1
    assert {"r4", "r5"} < set(chosen)


def test_the_same_question_has_the_same_answer(make_index: MakeIndex, word_embeddings: Embeddings) -> None:
    records = [record(key, text) for key, text in TEXTS.items()]
    index = make_index(word_embeddings)
    index.ensure("one", records)
    index.ensure("two", reversed(records))
    assert index.spread("one", "billing", 4) == index.spread("two", "billing", 4)


def test_takes_at_most_what_there_is_and_leaves_out_the_excluded(index: Any) -> None:
    assert sorted(index.spread("wf-1", "billing", 99)) == sorted(TEXTS)
    assert sorted(index.spread("wf-1", "billing", 99, exclude={"r1", "r5", "other"})) == ["r2", "r3", "r4"]
    assert index.spread("wf-1", "billing", 0) == []
    assert index.spread("wf-1", "billing", 5, exclude=list(TEXTS)) == []
    assert index.spread("wf-1", "nothing", 5) == []
    assert index.spread("wf-9", "billing", 5) == []
    with pytest.raises(ValueError):
        index.spread("wf-1", "billing", 5, trade_off=1.1)


def test_seeds_are_real_and_answered(index: Any) -> None:
    index.ensure(
        "wf-1",
        [
            record("s1", "synthetic refund", "t", origin="synthetic"),
            record("u1", "unanswered refund", "t", answered=False),
            record("n1", "no topic", None),
            record("g1", "good refund", "t"),
        ],
    )
    assert index.spread("wf-1", "t", 9) == ["g1"]
    # They are neighbours all the same: duplicates are looked for among them.
    assert index.vectors("wf-1", ["s1", "u1", "n1"]).shape[0] == 3


def test_a_changed_topic_is_followed_without_embedding_again(index: Any, word_embeddings: Any) -> None:
    before = len(word_embeddings.embedded)
    assert index.ensure("wf-1", [record("r4", TEXTS["r4"], "cards")]) == 0
    assert index.spread("wf-1", "cards", 5) == ["r4"]
    assert "r4" not in index.spread("wf-1", "billing", 5)
    assert len(word_embeddings.embedded) == before


def test_workflows_are_apart_whatever_their_ids(make_index: MakeIndex, word_embeddings: Embeddings) -> None:
    index = make_index(word_embeddings)
    ids = ["wf 1/ä", "wf 1/Ä", "x" * 200, "..", "wf_1"]
    for number, workflow in enumerate(ids):
        index.ensure(workflow, [record(f"r{number}", "hello")])
    for number, workflow in enumerate(ids):
        assert index.spread(workflow, "billing", 5) == [f"r{number}"]
    index.delete(ids[0])
    index.delete("never was")
    assert index.spread(ids[0], "billing", 5) == []
    assert index.spread(ids[1], "billing", 5) == ["r1"]


def test_removed_records_are_not_found(index: Any) -> None:
    index.remove("wf-1", ["r1", "nope"])
    assert "r1" not in index.spread("wf-1", "billing", 9)
    index.remove("wf-9", ["r1"])
    index.remove("wf-1", [])


def test_texts_without_words_and_odd_topics_spoil_nothing(index: Any) -> None:
    odd = 'quo"te\x00\u200dé'
    assert (
        index.ensure("wf-1", [record("e1", "", odd), record("e2", "!?", odd), record("e3", "word", odd)]) == 3
    )
    assert len(index.spread("wf-1", odd, 3)) == 3
    rows = index.vectors("wf-1", ["e1", "e2", "e3"])
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_another_one_on_the_same_data_sees_it(
    index: Any, make_index: MakeIndex, word_embeddings: Any
) -> None:
    other = make_index(word_embeddings)
    assert sorted(other.spread("wf-1", "billing", 9)) == sorted(TEXTS)
    other.ensure("wf-1", [record("r9", "added by the other")])
    assert "r9" in index.spread("wf-1", "billing", 9)


def test_the_stand_in_has_the_same_methods(make_index: MakeIndex, word_embeddings: Embeddings) -> None:
    made = make_index(word_embeddings)
    for name, method in inspect.getmembers(FewShotIndex, inspect.isfunction):
        if not name.startswith("_"):
            ours = inspect.signature(method).parameters
            assert list(inspect.signature(getattr(type(made), name)).parameters) == list(ours), name


def test_finds_the_real_record_that_one_is_most_like(index: Any) -> None:
    made = record("s1", "refund my money please today", origin="synthetic")
    index.ensure("wf-1", [made, record("r6", "refund my money please today", "other")])
    (best, cosine), (second, less) = index.nearest("wf-1", "s1", "billing", 2)
    assert (best, second) == ("r1", "r3") and 1 > cosine > less > 0
    assert "r1" not in dict(index.nearest("wf-1", "r1", "billing", 4))
    assert index.nearest("wf-1", "unknown", "billing", 2) == []
    assert index.nearest("wf-2", "s1", "billing", 2) == []
