"""A Chroma server that is away while a job runs: said, and the job goes on when it is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..dataset.chroma_server import serving_chroma
from .conftest import Command
from .endpoint import Endpoint

pytestmark = pytest.mark.slow


@pytest.mark.server
def test_a_job_waits_for_chroma_and_is_taken_up_again(
    command: Command, small: str, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("--topic", "technical", "--count", "2", "--strategy", "few_shot", "--yes")
    monkeypatch.setenv("FINETUNE_COVERAGE_CHROMA_URL", "http://127.0.0.1:9")
    away = command("generate", "-w", small, *wanted, "--json")
    assert away.code == 1
    assert away.document["error"]["code"] == "endpoint_error"
    assert "no Chroma server at http://127.0.0.1:9" in away.document["error"]["message"]
    (job,) = command("jobs", "--json").document["jobs"]
    with serving_chroma(tmp_path) as url:
        monkeypatch.setenv("FINETUNE_COVERAGE_CHROMA_URL", url)
        done = command("jobs", "resume", job["id"], "--json")
    assert done.code == 0, done.err
    assert done.document["generation"]["accepted"] == 2
