"""The adaptive limit: how it grows, when it falls, and that nobody passes it."""

from __future__ import annotations

import asyncio

import pytest
from finetune_coverage.tools.generation.attempts.concurrency import AdaptiveLimit
from hypothesis import given
from hypothesis import strategies as st


def rounds(limit: AdaptiveLimit, slots: int, count: int) -> tuple[int, int]:
    """Rounds in which every place is used against an endpoint with ``slots``; returns (taken, refused)."""
    taken = refused = 0
    for _ in range(count):
        places = limit.limit
        permits = [limit.permit() for _ in range(places)]
        for number, permit in enumerate(permits):
            if number < slots:
                limit.succeeded(permit)
                taken += 1
            else:
                limit.refused(permit)
                refused += 1
    return taken, refused


def test_it_triples_with_every_round_until_something_is_refused() -> None:
    limit = AdaptiveLimit(64, start=4)
    sizes = []
    for _ in range(4):
        sizes.append(limit.limit)
        rounds(limit, slots=1000, count=1)
    assert sizes == [4, 12, 36, 64]
    assert not limit.has_fallen


def test_it_settles_at_what_the_endpoint_takes() -> None:
    limit = AdaptiveLimit(64, start=16)
    rounds(limit, slots=32, count=8)
    taken, refused = rounds(limit, slots=32, count=40)
    assert limit.has_fallen
    assert 24 <= limit.limit <= 40
    assert taken >= 40 * 28
    assert refused <= 0.15 * taken


def test_one_burst_makes_it_fall_once() -> None:
    limit = AdaptiveLimit(64, start=64)
    permits = [limit.permit() for _ in range(64)]
    for permit in permits:
        limit.refused(permit)
    assert limit.limit == int(64 * 0.7)


def test_refusals_at_random_do_not_make_it_fall() -> None:
    limit = AdaptiveLimit(64, start=64)
    for number in range(5000):
        if number % 20 == 0:
            limit.refused(limit.permit())
        else:
            limit.succeeded(limit.permit())
    assert limit.limit == 64


@given(
    most=st.integers(1, 50),
    start=st.integers(1, 80),
    outcomes=st.lists(st.booleans(), max_size=300),
)
def test_it_stays_within_its_bounds(most: int, start: int, outcomes: list[bool]) -> None:
    limit = AdaptiveLimit(most, start=start)
    for good in outcomes:
        (limit.succeeded if good else limit.refused)(limit.permit())
        assert 1 <= limit.limit <= most


@given(workers=st.integers(1, 30), most=st.integers(1, 8))
def test_no_more_places_are_taken_than_there_are(workers: int, most: int) -> None:
    async def play() -> int:
        limit = AdaptiveLimit(most, start=most)
        active = peak = 0

        async def work() -> None:
            nonlocal active, peak
            await limit.acquire()
            active += 1
            peak = max(peak, active)
            await asyncio.sleep(0)
            active -= 1
            limit.release()

        await asyncio.gather(*(work() for _ in range(workers)))
        assert limit.free == most
        return peak

    assert asyncio.run(play()) <= most


async def test_a_waiter_that_is_cancelled_leaves_its_place() -> None:
    limit = AdaptiveLimit(1, start=1)
    await limit.acquire()
    waiting = [asyncio.create_task(limit.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    limit.release()
    await asyncio.wait_for(waiting[1], 1)
    assert limit.free == 0
