"""The short form of `benchmarks.kills_among_bad_answers`: real processes, killed while bad answers come in turn."""

from __future__ import annotations

import pytest
from finetune_coverage.benchmarks import kills_among_bad_answers


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_kills_among_bad_answers_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills_among_bad_answers, "COUNT", 40)
    jobs, sent = await kills_among_bad_answers.measure(2)
    assert sum(job["kills"] for job in jobs) >= 2 and sent.total() > 20
    for job in jobs:
        assert (job["wrong"], job["lost"], job["doubled"]) == ([], 0, 0), job
        assert job["status"] in ("complete", "short")
