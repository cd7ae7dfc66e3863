"""`demo`: the worked example from beginning to end; with the embedded model it runs in `make demo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path

from .conftest import Command
from .endpoint import Endpoint

pytestmark = pytest.mark.slow


def test_the_worked_example(command: Command, endpoint: Endpoint, tmp_path: Path) -> None:
    home, output = tmp_path / "demo-home", tmp_path / "out"
    outcome = command("demo", "--home", home, "--output", output)
    assert outcome.code == 0, outcome.out + outcome.err
    out = outcome.out
    assert "150 customer-support records imported" in out
    assert "**Balance Score:** 0.45 (Poor)" in out
    assert "Would you like me to (“more” shows the details):\n1. " in out
    assert "you> 1\n" in out
    assert "technical_issues: 30 of 30 accepted" in out
    assert "**Generation Complete**" in out
    assert "0.45 → 0.72" in out
    assert "Approval recorded: 30 technical_issues by message_variation (by demo, channel demo, " in out
    assert "Rejected by the checks: " in out
    assert "180 records exported" in out
    assert "Time: " in out

    lines = (output / "balanced.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 180
    assert lines[:150] == sample_path().read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["topic"] for line in lines[150:]} == {"technical_issues"}
    assert (output / "generated.md").read_text(encoding="utf-8").count("\n## ") == 30


def test_a_person_s_own_data_is_not_touched(
    command: Command, sample: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.refuse = 1
    command("demo", "--output", tmp_path / "out")
    assert [workflow["id"] for workflow in command("workflows", "--json").document["workflows"]] == [sample]
    assert command("threads", "--json").document["threads"] == []


def test_a_model_that_writes_nothing_usable(command: Command, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.is_useless = True
    outcome = command("demo", "--output", tmp_path / "out")
    assert outcome.code == 3
    assert "0 of 30 records generated" in outcome.out
    assert "150 records exported" in outcome.out
    assert "Fewer records than the plan asked for." in outcome.err


def test_a_folder_that_was_used_before(command: Command, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.refuse = 1
    command("demo", "--home", tmp_path / "used", "--output", tmp_path / "out")
    again = command("demo", "--home", tmp_path / "used", "--output", tmp_path / "out")
    assert again.code == 1
    assert "has a workflow 'demo' already" in again.err
