"""The searches find what comparing with everything finds."""

from __future__ import annotations

import numpy as np
import pytest
from finetune_coverage.tools.generation.search.growing_rows import GrowingRows
from finetune_coverage.tools.generation.search.shared_runs import SharedRuns
from finetune_coverage.tools.generation.search.similar_sets import SimilarSets
from finetune_coverage.tools.generation.search.sorted_keys import SortedKeys
from finetune_coverage.tools.generation.search.vector_search import VectorSearch
from finetune_coverage.tools.generation.search.words import shingles_of, shingles_of_each, words_of
from hypothesis import given, settings
from hypothesis import strategies as st

ROUNDING = 1e-4
"""Vectors are kept in 16 bits; the search may be wrong by so much of a cosine, and by no more."""
SEEDS = st.integers(0, 2**32 - 1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def crowd(rng: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
    """Unit vectors in clusters, as sentences have them, so that some are close."""
    middles = rng.normal(size=(20, dimensions))
    spread = rng.uniform(0.05, 1.0, size=(count, 1))
    return unit(middles[rng.integers(0, 20, count)] + spread * rng.normal(size=(count, dimensions)))


@settings(max_examples=settings.default.max_examples // 4)
@given(SEEDS, st.sampled_from([8, 64, 384]), st.sampled_from([10, 5000, 9000]), st.floats(0.3, 0.99))
def test_the_projected_search_equals_comparing_with_all(
    seed: int, dimensions: int, count: int, limit: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = crowd(rng, count, dimensions)
    search = VectorSearch(dimensions)
    # In uneven parts, so that the axes are fitted somewhere on the way and once more later.
    for part in np.split(vectors, sorted(rng.integers(0, count, 3))):
        search.add(part)
    for query in crowd(rng, 3, dimensions):
        rows, cosines = search.at_least(query, limit)
        every = vectors @ query
        sure = set(np.flatnonzero(every >= limit + ROUNDING))
        assert sure <= set(rows) <= set(np.flatnonzero(every >= limit - ROUNDING))
        assert np.allclose(cosines, every[rows], atol=ROUNDING)
        assert (np.diff(cosines) <= 0).all()
        nearest = search.nearest(query, limit)
        assert nearest == ((rows[0], cosines[0]) if len(rows) else None)


def test_an_empty_search_finds_nothing() -> None:
    assert len(VectorSearch(4).at_least(unit(np.ones(4)), -1.0)[0]) == 0
    assert VectorSearch(4).nearest(unit(np.ones(4)), -1.0) is None


@settings(max_examples=settings.default.max_examples // 2)
@given(SEEDS, st.integers(1, 4), st.lists(st.integers(0, 3000), max_size=4))
def test_sorted_keys_equal_a_dictionary(seed: int, columns: int, parts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    keys = SortedKeys(columns)
    # Few different values, so that many are shared; the largest ones fill all 32 bits.
    values = 2**32 - 1 - rng.integers(0, 50, size=(sum(parts), columns))
    for part in np.split(values, np.cumsum(parts))[: len(parts)]:
        keys.add(part)
    query = 2**32 - 1 - rng.integers(0, 60, size=columns)
    expected = np.nonzero(values == query)[0]
    assert sorted(keys.rows_with(query)) == sorted(expected)
    assert len(keys) == sum(parts)


@given(st.lists(st.lists(st.integers(0, 255)), max_size=8))
def test_growing_rows_keep_what_was_added(parts: list[list[int]]) -> None:
    rows = GrowingRows(np.uint8)
    for part in parts:
        rows.extend(part)
    assert rows.rows.tolist() == [number for part in parts for number in part]


WORDS = [f"word{number}" for number in range(400)]


def changed(rng: np.random.Generator, words: list[str], places: int) -> list[str]:
    copy = list(words)
    for place in rng.choice(len(words), places, replace=False):
        copy[place] = "other"
    return copy


@pytest.mark.slow
def test_similar_sets_are_found_with_the_stated_probability() -> None:
    rng = np.random.default_rng(7)
    texts = [list(rng.choice(WORDS, 40)) for _ in range(3000)]
    sets = SimilarSets()
    for words in texts:
        sets.add(shingles_of(words))
    tried = found = 0
    for number, words in enumerate(texts):
        near = shingles_of(changed(rng, words, int(rng.integers(1, 4))))
        mine = shingles_of(words)
        jaccard = len(np.intersect1d(near, mine)) / len(np.union1d(near, mine))
        if jaccard >= 0.75:
            tried += 1
            nearest = sets.nearest(near)
            found += nearest is not None and nearest[0] == number and nearest[1] == pytest.approx(jaccard)
    assert tried > 1000
    assert found / tried >= 0.99


def test_the_most_similar_of_many_alike_is_found() -> None:
    rng = np.random.default_rng(3)
    text = list(rng.choice(WORDS, 40))
    sets = SimilarSets()
    for _ in range(1500):
        sets.add(shingles_of(changed(rng, text, 3)))
    sets.add(shingles_of(text))
    assert sets.nearest(shingles_of(text)) == (1500, 1.0)


@pytest.mark.slow
def test_sets_added_many_at_once_find_those_before_them() -> None:
    rng = np.random.default_rng(5)
    text = list(rng.choice(WORDS, 60))
    texts = [changed(rng, text, int(rng.integers(1, 9))) for _ in range(300)]
    made = shingles_of_each([" ".join(words) for words in texts])
    kept = rng.random(len(made)) < 0.9
    found: dict[int, tuple[int, float]] = {}
    sets, places = SimilarSets(), np.flatnonzero(kept)
    for start, end in ((0, 1), (1, 120), (120, 300)):
        near = sets.add_each(made[start:end], kept[start:end], at_least=0.85)
        found |= {
            start + number: (int(places[other]), likeness) for number, (other, likeness) in near.items()
        }
    for number, mine in enumerate(made):
        likeness = [
            len(np.intersect1d(mine, made[other])) / len(np.union1d(mine, made[other]))
            for other in places[places < number]
        ]
        best = max(likeness, default=0.0)
        assert (number in found) == (best >= 0.85)
        if number in found:  # among very many the likeliest are compared only
            assert found[number][1] == pytest.approx(best, abs=0.05)
            assert found[number][1] == pytest.approx(likeness[places.tolist().index(found[number][0])])


@given(st.lists(st.text("ab c我的ไทยñ'9\n", max_size=30), max_size=6))
def test_shingles_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    expected = [shingles_of(words_of(text)).tolist() for text in texts]
    assert [found.tolist() for found in shingles_of_each(texts)] == expected


def test_nothing_is_similar_to_nothing() -> None:
    sets = SimilarSets()
    assert sets.nearest(shingles_of(["a", "word"])) is None
    sets.add(shingles_of(["a", "word"]))
    assert sets.nearest(shingles_of([])) is None


def test_words_of_scripts_without_spaces() -> None:
    assert words_of("Wi-Fi geht NICHT, warum?") == ["wi", "fi", "geht", "nicht", "warum"]
    assert words_of("我的卡丢了 PIN 3") == ["我", "的", "卡", "丢", "了", "pin", "3"]


def test_the_order_of_the_words_counts_in_pairs() -> None:
    one, other = shingles_of(["pay", "with", "card"]), shingles_of(["card", "with", "pay"])
    assert len(np.intersect1d(one, other)) == 3


LONG = "please tell me how many days it takes until the money from abroad is on my account"
SHORT = "why was my card declined at the petrol station"


def test_shared_runs_of_thirteen_words_or_of_a_whole_short_text() -> None:
    runs = SharedRuns([[SHORT], [LONG, "thank you very much"]])
    assert runs.first_in(f"Hello, {LONG.upper()}!") == (1, " ".join(LONG.split()[:13]))
    assert runs.first_in(f"So: {SHORT}? Tell me.") == (0, SHORT)
    assert runs.first_in(" ".join(LONG.split()[:12])) is None
    assert runs.first_in("thank you very much") is None
    assert SharedRuns([]).first_in(LONG) is None


def test_standard_phrases_are_no_leak() -> None:
    assert SharedRuns([[LONG]], [LONG] * 9).first_in(LONG) is not None
    assert SharedRuns([[LONG]], [LONG] * 10).first_in(LONG) is None
    assert SharedRuns([[LONG]] * 11).first_in(LONG) is None


def test_the_share_of_a_document() -> None:
    other = "if you tell us the number of your order we shall look into it and write to you before noon"
    runs = SharedRuns([[LONG], [LONG, other], [other]])  # 5, 5 + 8 and 8 runs
    assert runs.most_shared([LONG], least=5) == (0, 1.0)
    assert runs.most_shared([LONG], least=6) == (1, 5 / 13)
    assert runs.most_shared([other, LONG], least=13) == (1, 1.0)
    assert runs.most_shared([other], least=14) is None
    assert runs.most_shared([], least=1) is None
    assert runs.most_shared([SHORT], least=1) is None


Texts = st.lists(st.lists(st.sampled_from("abc"), max_size=20), max_size=3)


@given(st.lists(Texts, max_size=4), st.lists(st.sampled_from("abc")))
def test_shared_runs_equal_looking_for_each(documents: list[list[list[str]]], words: list[str]) -> None:
    known = SharedRuns([[" ".join(text) for text in texts] for texts in documents])
    runs = [set().union(*map(runs_of, texts)) for texts in documents]
    here = [{run for run in mine if is_in(run, words)} for mine in runs]
    found, share = known.first_in(" ".join(words)), known.most_shared([" ".join(words)], least=1)
    assert (found is not None) == (share is not None) == any(here)
    if found is not None and share is not None:
        assert tuple(found[1].split()) in here[found[0]]
        assert share[1] == max(len(some) / len(mine) for some, mine in zip(here, runs, strict=True) if mine)


def runs_of(text: list[str]) -> set[tuple[str, ...]]:
    length = min(13, len(text))
    return (
        {tuple(text[start : start + length]) for start in range(len(text) - length + 1)}
        if length > 7
        else set()
    )


def is_in(run: tuple[str, ...], words: list[str]) -> bool:
    return any(tuple(words[start : start + len(run)]) == run for start in range(len(words) - len(run) + 1))
