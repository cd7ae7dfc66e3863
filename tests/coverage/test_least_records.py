"""The fewest records for a goal: never beaten by trying everything, and nothing cheaper is left out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from finetune_coverage.tools.coverage.additions import additions_to_minimum, least_additions
from finetune_coverage.tools.coverage.balance import exact_score, score_of
from finetune_coverage.tools.coverage.caps import Cap
from finetune_coverage.tools.coverage.even_spread import even_spread
from finetune_coverage.tools.coverage.least_records import Goal, least_counts
from finetune_coverage.tools.coverage.water_level import WaterLevel
from hypothesis import example, given
from hypothesis import strategies as st

GOALS = [(0.3, False), (0.5, False), (0.65, True), (0.72, False), (0.8, True), (0.95, False)]


@dataclass(frozen=True)
class Case:
    """A dataset small enough to try everything."""

    counts: list[int]
    weights: list[float]
    limits: list[int]
    minimum: int
    goal: tuple[float, bool]

    def least(self) -> int | None:
        """How many records the plan adds."""
        topics = [f"t{i}" for i in range(len(self.counts))]
        counts = dict(zip(topics, self.counts, strict=True))
        weights = dict(zip(topics, self.weights, strict=True))
        caps = {topic: Cap(limit, "a cap") for topic, limit in zip(topics, self.limits, strict=True)}
        target, or_equal = self.goal
        found = least_additions(
            counts, weights, target_score=target, or_equal=or_equal, minimum=self.minimum, caps=caps
        )
        if found is None:
            return None
        after = {topic: count + found.get(topic, 0) for topic, count in counts.items()}
        assert self.reaches(exact_score(after, weights))
        assert all(found.get(topic, 0) <= cap.limit for topic, cap in caps.items())
        short = [topic for topic, cap in caps.items() if after[topic] < self.minimum]
        assert all(found.get(topic, 0) == caps[topic].limit for topic in short)
        return sum(found.values())

    def reaches(self, score: Fraction | None) -> bool:
        target, or_equal = Fraction(repr(self.goal[0])), self.goal[1]
        return score is not None and (score >= target if or_equal else score > target)

    def by_trying_everything(self) -> int | None:
        """The same from all ways to add records; near the goal the exact score decides."""
        ways = [
            np.arange(count + min(limit, max(0, self.minimum - count)), count + limit + 1)
            for count, limit in zip(self.counts, self.limits, strict=True)
        ]
        after = np.stack([axis.ravel() for axis in np.meshgrid(*ways, indexing="ij")], axis=1)
        shares = np.array(self.weights) / sum(self.weights)
        totals = after.sum(axis=1)
        with np.errstate(all="ignore"):
            evenness = (totals**2 / (after**2 / shares).sum(axis=1) - shares.min()) / (1 - shares.min())
            ratios = after / shares
            scores = 2 / 3 * evenness + ratios.min(axis=1) / ratios.max(axis=1) / 3
        for i in np.argsort(totals, kind="stable"):
            if scores[i] < self.goal[0] - 1e-9:
                continue
            named = {str(t): int(count) for t, count in enumerate(after[i])}
            if self.reaches(exact_score(named, {str(t): w for t, w in enumerate(self.weights)})):
                return int(totals[i]) - sum(self.counts)
        return None


def random_case(rng: random.Random) -> Case:
    topics = rng.choice([2, 3, 3, 4])
    limit = {2: 40, 3: 14, 4: 7}[topics]
    counts = [rng.randint(0, rng.choice([1, 4, 9])) for _ in range(topics)]
    return Case(
        counts=counts if any(counts) else [1, *counts[1:]],
        weights=[rng.choice([1, 1, 1, 2, 3, 5, 0.5, 0.25, 0.1]) for _ in range(topics)],
        limits=[rng.choice([limit, rng.randint(0, limit)]) for _ in range(topics)],
        minimum=rng.choice([0, 0, 3, 6]),
        goal=rng.choice(GOALS),
    )


def test_is_never_beaten_by_trying_everything_on_500_random_cases() -> None:
    rng = random.Random(20261125)
    cases = [random_case(rng) for _ in range(500)]
    results = [(case.least(), case.by_trying_everything()) for case in cases]
    assert [case for case, (found, best) in zip(cases, results, strict=True) if found != best] == []
    needed = [best for _, best in results if best]
    assert len(needed) > 200, "most cases must need records, and be able to get them"


@given(st.data(), st.integers(2, 4), st.sampled_from(GOALS), st.integers(0, 5))
def test_is_never_beaten_by_trying_everything(
    data: st.DataObject, topics: int, goal: tuple[float, bool], minimum: int
) -> None:
    def several(values: st.SearchStrategy[float]) -> list[float]:
        return data.draw(st.lists(values, min_size=topics, max_size=topics))

    counts = [int(count) for count in several(st.integers(0, 8))]
    limits = [int(limit) for limit in several(st.integers(0, {2: 30, 3: 10, 4: 6}[topics]))]
    weights = several(st.sampled_from([0.01, 0.1, 0.3, 1.0, 1.5, 2.0, 4.0, 100.0]))
    case = Case(counts, weights, limits, minimum, goal)
    if any(counts):
        assert case.least() == case.by_trying_everything()


@given(
    st.lists(st.integers(0, 10**5), min_size=2, max_size=30).filter(any),
    st.lists(st.sampled_from([1.0, 1.0, 2.0, 0.7, 0.123]), min_size=30, max_size=30),
    st.sampled_from(GOALS),
)
@example([0, 1], [100.0, 0.01], (0.95, False))
def test_is_never_more_than_any_even_filling(
    numbers: list[int], weights: list[float], goal: tuple[float, bool]
) -> None:
    counts = {f"t{i}": number for i, number in enumerate(numbers)}
    aims = dict(zip(counts, weights, strict=False))
    target, or_equal = goal
    least = least_additions(counts, aims, target_score=target, or_equal=or_equal)
    assert least is not None  # without caps any goal can be reached
    # Whoever fills the lowest topics one by one gets there as well, and no sooner.
    top = max(count / aims[topic] for topic, count in counts.items())
    for level in (0.25, 0.5, 0.7, 0.85, 0.95, 1.0):
        filled = {topic: max(count, -int(-level * top * aims[topic] // 1)) for topic, count in counts.items()}
        score = exact_score(filled, aims)
        if score is not None and Goal(Fraction(repr(target)), is_strict=not or_equal).is_met(score):
            assert sum(least.values()) <= sum(filled.values()) - sum(numbers)


def test_the_minimum_comes_on_top_of_the_score() -> None:
    counts = {"billing_questions": 45, "technical_issues": 15, "account_management": 90}
    assert least_additions(counts) == {"technical_issues": 5}
    assert least_additions(counts, minimum=20) == {"technical_issues": 5}
    assert least_additions(counts, minimum=50) == {"technical_issues": 35, "billing_questions": 5}
    assert least_additions(counts, minimum=100) == additions_to_minimum(counts, minimum=100)


def test_the_target_itself_is_enough_only_where_it_may_be_equal() -> None:
    counts = {"a": 200, "b": 100}  # E = 4/5 and M = 1/2: S is exactly 0.7
    assert least_additions(counts, target_score=0.7, or_equal=True) == {}
    assert least_additions(counts, target_score=0.7) == {"b": 1}


def test_says_when_caps_make_the_goal_unreachable() -> None:
    assert least_counts([5, 100, 100], [5, None, None], [1, 1, 1], Goal(Fraction(4, 5))) is None
    assert least_counts([5, 100, 100], [56, None, None], [1, 1, 1], Goal(Fraction(4, 5))) is None
    assert least_counts([5, 100, 100], [57, None, None], [1, 1, 1], Goal(Fraction(4, 5))) == [57, 100, 100]


def one_by_one(total: int, low: Sequence[int], high: Sequence[int], weights: Sequence[int]) -> list[int]:
    counts = list(low)
    while sum(counts) < total:
        open_topics = [i for i in range(len(counts)) if counts[i] < high[i]]
        counts[min(open_topics, key=lambda i: Fraction(2 * counts[i] + 1, weights[i]))] += 1
    return counts


bounds = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40), st.sampled_from([1, 1, 2, 3, 7, 100])),
    min_size=2,
    max_size=6,
)


@given(bounds, st.integers(0, 10**6))
def test_spreads_as_evenly_as_handing_out_one_record_after_the_other(
    topics: list[tuple[int, int, int]], position: int
) -> None:
    low, weights = [x for x, _, _ in topics], [w for _, _, w in topics]
    high = [x + more for x, more, _ in topics]
    total = sum(low) + position % (sum(high) - sum(low) + 1)

    def squares(counts: list[int]) -> Fraction:
        return sum((Fraction(x * x, w) for x, w in zip(counts, weights, strict=True)), Fraction(0))

    counts = even_spread(total, low, high, weights, 2100)
    assert sum(counts) == total
    assert all(a <= x <= b for a, x, b in zip(low, counts, high, strict=True))
    assert squares(counts) == squares(one_by_one(total, low, high, weights))


@given(bounds, st.data())
def test_no_whole_counts_score_more_than_the_bound(
    topics: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    low, weights = [x for x, _, _ in topics], [w for _, _, w in topics]
    high = [x + more for x, more, _ in topics]
    counts = [data.draw(st.integers(a, b)) for a, b in zip(low, high, strict=True)]
    score = score_of(counts, weights)
    if score is None:
        return
    total, wide = sum(counts), data.draw(st.integers(0, 50))
    least, most = max(sum(low), total - wide), min(sum(high), total + wide)
    water = WaterLevel(low, high, weights)
    whole, lightest = sum(weights), min(weights)
    evenness = (water.best_spread(least, most) - lightest) / (whole - lightest)
    lowest = min(water.lowest_ceiling, water.level(most))
    floor = min(1.0, lowest / water.highest_floor) if water.highest_floor else 1.0
    assert float(score) <= 2 / 3 * evenness + floor / 3 + 1e-9


@pytest.mark.parametrize("goal", [Goal(Fraction(1, 2), is_strict=True), Goal(Fraction(4, 5))])
def test_large_counts_need_hardly_more_than_if_records_could_be_split(goal: Goal) -> None:
    low, weights = [0, 7, 0, 10**9], [1, 2, 3, 4]
    found = least_counts(low, [None] * 4, weights, goal)
    assert found is not None
    score = score_of(found, weights)
    assert score is not None and goal.is_met(score)
    water = WaterLevel(low, [4 * 10**9] * 4, weights)
    fewer = sum(found) - 10
    evenness = (water.best_spread(fewer, fewer) - 1) / 9
    assert 2 / 3 * evenness + water.level(fewer) / water.highest_floor / 3 < goal.score
