"""The short form of the fuzzer of answers: whatever is sent, every job ends or can be resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.benchmarks.strange_answers import run_jobs

pytestmark = pytest.mark.slow


async def test_no_answer_comes_through_a_job(tmp_path: Path) -> None:
    sent, outcomes = await run_jobs(tmp_path / "home", seed=11, answers=250)
    assert sent.total() >= 250
    assert outcomes["accepted"], "good answers in odd company are taken"
