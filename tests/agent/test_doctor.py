"""`doctor` finds what is missing or cannot be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.commands import doctor

from .conftest import Command, Outcome
from .endpoint import Endpoint


def finding(outcome: Outcome, name: str) -> dict[str, Any]:
    """The finding with this name."""
    (found,) = [found for found in outcome.document["findings"] if found["name"] == name]
    return found  # type: ignore[no-any-return]


def test_all_is_well_with_the_embedded_models(command: Command, sample: str) -> None:
    outcome = command("doctor", "--json")
    assert outcome.code == 0, outcome.out
    assert outcome.document["success"] is True
    assert finding(outcome, "records")["detail"].startswith("150 in 1 workflow,")
    assert finding(outcome, "language model")["detail"].startswith("embedded")
    assert finding(outcome, "weights")["ok"] is True
    shown = command("doctor").out
    assert "FAIL" not in shown and "ok    weights: installed" in shown


def test_an_endpoint_that_answers(command: Command, endpoint: Endpoint) -> None:
    outcome = command("doctor", "--yes", "--json")
    assert outcome.code == 0, outcome.out
    assert finding(outcome, "endpoint")["ok"] is True


def test_a_price_and_a_cap_that_needs_one(
    command: Command, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not known" in finding(command("doctor", "--json"), "price")["detail"]
    monkeypatch.setenv("FINETUNE_COVERAGE_BUDGET_USD", "0.4")
    outcome = command("doctor", "--json")
    assert outcome.code == 1
    assert finding(outcome, "price")["ok"] is False
    assert "FINETUNE_COVERAGE_PRICES" in finding(outcome, "price")["hint"]


def test_a_price_file_that_cannot_be_used_is_refused_at_the_start(
    command: Command, sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("endpoints:\n  http://localhost:8000/v1:\n    m: {input: a lot, output: 1}\n")
    monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(prices))
    assert "line 3" in finding(command("doctor", "--json"), "price")["detail"]
    for arguments in (("chat", "-w", sample), ("recommend", "-w", sample)):
        outcome = command(*arguments)
        assert outcome.code == 1 and outcome.err.count(str(prices)) == 1
        assert "line 3: endpoints → http://localhost:8000/v1 → m → input" in " ".join(outcome.err.split())


def test_a_model_that_the_endpoint_does_not_have(
    command: Command, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL", "other-model")
    outcome = command("doctor", "--yes")
    assert outcome.code == 1
    assert "has no model 'other-model'" in outcome.out and "mock-model" in outcome.out


def test_an_endpoint_that_is_not_there(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL", "some-model")
    outcome = command("doctor")
    assert outcome.code == 1
    assert "FAIL  endpoint: http://127.0.0.1:9/v1 cannot be reached" in outcome.out


def test_keys_and_passwords_are_not_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("FINETUNE_COVERAGE_DATABASE_URL", "postgresql://me:hidden-word@127.0.0.1/x")
    for outcome in (command("doctor", "--yes"), command("doctor", "--json")):
        assert "very-secret" not in outcome.out + outcome.err
        assert "hidden-word" not in outcome.out + outcome.err


def test_missing_packages_are_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    found = doctor.importlib.util.find_spec
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda name: None if name == "xllamacpp" else found(name)
    )
    outcome = command("doctor")
    assert outcome.code == 1
    assert "FAIL  runtime: xllamacpp not installed" in outcome.out
    assert "pip install 'finetune-coverage[embedded]'" in outcome.out


def test_a_missing_file_of_weights(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL", str(tmp_path / "nowhere.gguf"))
    outcome = command("doctor", "--json")
    assert outcome.code == 1
    assert finding(outcome, "weights")["ok"] is False


def test_a_store_that_is_no_store(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "broken"
    home.mkdir()
    (home / "coverage.db").write_text("this is not a database, but long enough to look like a file" * 50)
    monkeypatch.setenv("FINETUNE_COVERAGE_HOME", str(home))
    outcome = command("doctor", "--json")
    assert outcome.code == 1
    assert finding(outcome, "records")["ok"] is False
