"""Dividing: every topic in both halves, the same each time, and nothing twice."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exports.split import Division, Splitter
from finetune_coverage.tools.store.stored_rows import StoredRow
from hypothesis import given, settings
from hypothesis import strategies as st


def row(number: int, topic: str | None, *, copy: int = 1, seeds: list[str] | None = None) -> StoredRow:
    provenance: dict[str, Any] | None = None if seeds is None else {"seeds": seeds}
    origin = "real" if seeds is None else "synthetic"
    return StoredRow(f"{number:08x}-{copy}", "", topic, "topic", origin, provenance, True, None, None)  # type: ignore[arg-type]


def divided(
    rows: list[StoredRow], share: float, seed: int = 0, *, is_real: bool = False
) -> tuple[list[bool], Any]:
    splitter = Splitter(Division(share, seed, is_real))
    for one in rows:
        splitter.add(one)
    split = splitter.divide()
    return [split.is_validation(one) for one in rows], split


@settings(database=None, derandomize=True)
@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), max_size=80),
    st.floats(0.01, 0.99),
    st.integers(0, 3),
)
def test_each_topic_gives_its_share(topics: list[str | None], share: float, seed: int) -> None:
    rows = [row(number, topic) for number, topic in enumerate(topics)]
    chosen, split = divided(rows, share, seed)
    assert chosen == divided(list(reversed(rows)), share, seed)[0][::-1]
    asked, most = len(rows) * (1 - share), 0
    for topic, count in Counter(topics).items():
        given_away = sum(is_chosen for one, is_chosen in zip(rows, chosen, strict=True) if one.topic == topic)
        label, exact = topic or "(no topic)", count * (1 - share)
        assert min(math.floor(exact), count - 1) <= given_away <= min(math.ceil(exact), count - 1)
        assert (split.only_training.get(label) == count) == (given_away == 0)
        assert given_away == 0 or (label in split.over_share) == (exact < 1 - 1e-9)
        most += min(math.ceil(exact), count - 1)
    assert min(round(asked), most) <= sum(chosen) <= max(round(asked), 1, int(1.1 * asked))


@pytest.mark.parametrize("share", [0.7, 0.8, 0.9])
@pytest.mark.parametrize("size", [3, 4, 6, 7, 15])
def test_topics_of_any_size_leave_a_division_what_was_asked_for(size: int, share: float) -> None:
    rows = [row(100 * topic + number, f"t{topic}") for topic in range(70) for number in range(size)]
    chosen, _ = divided(rows, share)
    asked = (1 - share) * len(rows)
    assert round(asked) <= sum(chosen) <= 1.1 * asked
    assert chosen == divided(rows[::-1], share)[0][::-1], "whichever topic comes first"


def test_what_cannot_be_parted_takes_nobody_elses_place_in_validation() -> None:
    rows = [row(1, "a", copy=copy) for copy in (1, 2, 3)] + [row(2, "b"), row(3, "b")]
    chosen, split = divided(rows, 0.9)
    assert chosen[:3] == [False] * 3 and sum(chosen) == 1 and split.only_training == {"a": 3}


def test_many_small_topics_leave_a_division_what_was_asked_for() -> None:
    rows = [row(100 * topic + number, f"t{topic}") for topic in range(70) for number in range(4)]
    chosen, split = divided(rows, 0.9)
    assert sum(chosen) == 30, "28 of 280, and at most a tenth more"
    assert len(split.over_share) == 30 and len(split.only_training) == 40


def test_another_seed_divides_in_another_way() -> None:
    rows = [row(number, "a") for number in range(100)]
    first, second = divided(rows, 0.8)[0], divided(rows, 0.8, seed=1)[0]
    assert first != second and sum(first) == sum(second) == 20


def test_equal_records_and_variations_of_one_are_never_parted() -> None:
    rows = [row(number, "a", copy=copy) for number in range(30) for copy in (1, 2)]
    rows += [row(1000 + number, "a", seeds=[f"{number:08x}-1"]) for number in range(30)]
    rows += [row(2000 + number, "a", seeds=["00000001-1", "00000002-1"]) for number in range(30)]
    chosen, _ = divided(rows, 0.7)
    assert sum(chosen) in (35, 36)
    of = dict(zip((one.id for one in rows), chosen, strict=True))
    for number in range(30):
        assert of[f"{number:08x}-1"] == of[f"{number:08x}-2"] == of[f"{1000 + number:08x}-1"]
    mixed = {of[f"{2000 + number:08x}-1"] for number in range(30)}
    assert mixed == {True, False}


def test_a_family_too_large_to_spare_stays_in_training() -> None:
    chosen, split = divided([row(7, "a", copy=copy) for copy in range(1, 5)], 0.5)
    assert not any(chosen) and split.only_training == {"a": 4}


@pytest.mark.parametrize("rows", [[], [row(1, None)]])
def test_next_to_nothing_can_be_divided(rows: list[StoredRow]) -> None:
    assert not any(divided(rows, 0.5)[0])


@settings(database=None, derandomize=True)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20), st.floats(0.05, 0.95))
def test_real_validation_has_seen_nothing_that_was_generated(
    real: int, generated: int, seeds: int, share: float
) -> None:
    rows = [row(number, "a") for number in range(real)]
    rows += [row(1000 + number, "a", seeds=[f"{number % (seeds + 1):08x}-1"]) for number in range(generated)]
    rows += [row(2000 + number, "a", seeds=["00000000-1", "00000001-1"]) for number in range(generated)]
    chosen, split = divided(rows, share, is_real=True)
    held = {one.id for one, is_chosen in zip(rows, chosen, strict=True) if is_chosen}
    used = {f"{number % (seeds + 1):08x}-1" for number in range(generated)}
    free = sum(one.id not in used for one in rows[:real])
    assert not held & used and all(one.origin == "real" for one in rows if one.id in held)
    wanted = min(max(round(real * (1 - share)), 1), real - 1) if real else 0
    assert len(held) == min(wanted, free)
    assert ("a" in split.only_training) == (bool(rows) and not held)
    assert ("a" in split.under_share) == (0 < len(held) < wanted)
