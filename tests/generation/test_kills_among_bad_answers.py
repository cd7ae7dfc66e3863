"""The short form of `benchmarks.kills_among_bad_answers`: real processes, killed while bad answers come in turn."""

from __future__ import annotations

import pytest
from finetune_coverage.benchmarks.kills_among_bad_answers import measure


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_kills_among_bad_answers_lose_nothing() -> None:
    jobs, sent = await measure(3)
    assert sum(job["kills"] for job in jobs) >= 3 and sent.total() > 100
    for job in jobs:
        assert (job["wrong"], job["lost"], job["doubled"]) == ([], 0, 0), job
        assert job["status"] in ("complete", "short")
