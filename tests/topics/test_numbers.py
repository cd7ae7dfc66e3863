"""Chances stay chances: calibration, spreading and rolling up keep the sums that they must keep."""

from __future__ import annotations

import numpy as np
import pytest
from finetune_coverage.tools.index.spread import unit_rows
from finetune_coverage.tools.store.workflows import TopicInfo
from finetune_coverage.tools.topics.calibration import fitted_powers, mixed, softmax, with_mean_confidence
from finetune_coverage.tools.topics.features import TopicFeatures, joined
from finetune_coverage.tools.topics.neighbours import nearest_rows, neighbour_graph, spread
from finetune_coverage.tools.topics.roll_up import roll_up
from hypothesis import given
from hypothesis import strategies as st


def chances(seed: int, rows: int, topics: int) -> np.ndarray:
    return softmax(np.random.default_rng(seed).normal(size=(rows, topics)) * 2)


@given(st.integers(0, 1000), st.integers(2, 6), st.floats(0.4, 0.95))
def test_a_mean_confidence_is_reached_and_no_record_changes_its_topic(
    seed: int, topics: int, wanted: float
) -> None:
    given_chances = chances(seed, 30, topics)
    wanted = max(wanted, 1 / topics + 0.05)
    calibrated = with_mean_confidence(given_chances, wanted)
    assert calibrated.sum(axis=1) == pytest.approx(np.ones(30))
    assert (calibrated.argmax(axis=1) == given_chances.argmax(axis=1)).all()
    assert calibrated.max(axis=1).mean() == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("sharpness", [0.3, 3.0])
def test_fitted_powers_mend_too_much_and_too_little_confidence(sharpness: float) -> None:
    rng = np.random.default_rng(1)
    truth = softmax(rng.normal(size=(3000, 4)) * 2)
    labels = np.array([rng.choice(4, p=row) for row in truth])
    said = softmax(np.log(truth) * sharpness)
    powers = fitted_powers(said[:1500], said[:1500], labels[:1500])
    mended = mixed(said[1500:], said[1500:], powers)
    is_right = (mended.argmax(axis=1) == labels[1500:]).mean()
    assert mended.max(axis=1).mean() == pytest.approx(is_right, abs=0.03)


def test_labels_spread_along_likeness_and_not_across() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(3), 20, axis=0) + rng.normal(scale=0.1, size=(60, 3))
    known = np.zeros((60, 3))
    known[[0, 20, 40]] = np.eye(3)
    found = spread(neighbour_graph(unit_rows(groups)), known)
    assert found.sum(axis=1) == pytest.approx(np.ones(60), abs=1e-5)
    assert (found.argmax(axis=1) == np.repeat(np.arange(3), 20)).all()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_records_have_a_few_neighbours(count: int) -> None:
    rows = unit_rows(np.random.default_rng(0).normal(size=(count, 4)))
    index, cosine = nearest_rows(rows, rows, 10, skip_itself=True)
    assert index.shape == cosine.shape == (count, count - 1)
    assert all(row not in near for row, near in enumerate(index.tolist()))
    assert spread(neighbour_graph(rows), np.zeros((count, 2))) == pytest.approx(np.full((count, 2), 0.5))


NAMES = st.sampled_from(["a", "b", "c", "top", "other"])


@given(
    st.dictionaries(st.one_of(st.none(), NAMES), st.integers(0, 9)),
    st.dictionaries(NAMES, st.one_of(st.none(), NAMES)),
)
def test_every_record_counts_once_when_rolled_up(
    counts: dict[str | None, int], parents: dict[str, str | None]
) -> None:
    infos = [TopicInfo(name, parent=parent) for name, parent in parents.items()]
    groups = roll_up(counts, infos)
    assert sum(group.records for group in groups) == sum(
        n for topic, n in counts.items() if topic is not None
    )
    assert all(group.records == sum(group.topics.values()) for group in groups)
    assert len({group.parent for group in groups}) == len(groups)


def test_topics_come_under_their_parents() -> None:
    infos = [
        TopicInfo("money"),
        TopicInfo("refund", parent="money"),
        TopicInfo("bill", parent="money"),
        TopicInfo("x"),
    ]
    groups = roll_up({"refund": 2, "bill": 3, "money": 1, "found": 4, None: 9}, infos)
    assert [(group.parent, group.records, group.topics) for group in groups] == [
        ("money", 6, {"money": 1, "refund": 2, "bill": 3}),
        (None, 4, {"x": 0, "found": 4}),
    ]


def test_texts_learnt_from_have_the_rows_of_further_texts_that_say_the_same() -> None:
    texts = [
        f"my {kind} number {n % 7} is late" for kind in ("card", "train", "parcel") for n in range(20)
    ] + [""]
    vectors = np.random.default_rng(0).normal(size=(len(texts), 8))
    maker, words = TopicFeatures.learnt_from(texts)
    assert maker.rows(vectors, texts) == pytest.approx(joined(vectors, words), abs=1e-5)
    assert not words[-1].any() and len({tuple(row) for row in words.round(4).tolist()}) > 7
    without, none = TopicFeatures.learnt_from(["", "!"])
    assert none.shape == (2, 0) and without.rows(vectors[:1], ["card"]) == pytest.approx(
        unit_rows(vectors[:1])
    )


def test_the_nearest_rows_are_the_same_however_many_are_asked_for_at_once() -> None:
    """Records say the same in a hundred wordings: which of them are nearest must not be chance."""
    chance = np.random.default_rng(0)
    said = unit_rows(chance.normal(size=(30, 300)).astype(np.float32))
    among, rows = said[chance.integers(0, 30, 2_000)], said[chance.integers(0, 30, 40)]
    together, _ = nearest_rows(rows, among, 10)
    alone = [nearest_rows(row[None, :], among, 10)[0][0] for row in rows]
    assert [sorted(found) for found in together.tolist()] == [sorted(found.tolist()) for found in alone]
    for row, found in zip(rows, together, strict=True):
        same = np.flatnonzero((among == row).all(axis=1))
        assert sorted(found.tolist()) == same[:10].tolist()
