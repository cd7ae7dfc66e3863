"""An endpoint whose answers repeat the key that it was sent: nobody sees it, and nothing keeps it."""

from __future__ import annotations

import io
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.settings import Settings

from ..graph.writer import asks_for_record
from ..mock_openai.server import Fault
from .conftest import Command, Outcome
from .endpoint import Endpoint
from .test_generate import generate

KEY = "sk-proj-Zk3/u8Qw+echoed-5b1e"
ECHO = "You sent: {authorization}"
LATE = f"{'It is so. ' * 26}{ECHO}"
"""The key stands where what is shown of a message ends: half of it would be left."""
FAULTS = {
    "refused key": Fault(401, message=ECHO, code="invalid_api_key"),
    "late in a message": Fault(401, message=LATE),
    "no such model": Fault(404, message=ECHO),
    "bad request": Fault(400, message=ECHO),
    "too long": Fault(400, message=f"context_length_exceeded {ECHO}"),
    "failing": Fault(500, message=ECHO),
    "no JSON": Fault(garbage=True, message=ECHO),
    "no completion": Fault(not_a_completion=True, message=ECHO),
}


@pytest.fixture
def echoing(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Endpoint:
    """The endpoint with a key that cannot be in anything by chance; all that the program logs is kept."""
    endpoint.key = KEY
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("FINETUNE_COVERAGE_PATIENCE", "1")
    caplog.set_level(logging.DEBUG, "finetune_coverage")
    return endpoint


def nowhere(outcome: Outcome, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the output, not in the logs, and in no file of the data folder; nor are 8 characters of it."""
    parts = [KEY[start : start + 8] for start in range(8, len(KEY) - 8)]
    for text in (outcome.out, outcome.err, caplog.text):
        assert [part for part in parts if part in text] == []
    for file in Path(Settings().home).rglob("*"):
        # Chroma's index writes whole blocks of this process's memory as it finds them; the file is its owner's alone.
        if file.is_file() and file.name != "data_level0.bin":
            kept = file.read_bytes()
            assert [part for part in parts if part.encode() in kept] == [], file


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_generation(
    command: Command, small: str, echoing: Endpoint, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    echoing.reply = lambda body: FAULTS[fault]
    outcome = generate(command, small, "--yes", "--json")
    assert outcome.code != 0 and echoing.calls > 0
    nowhere(outcome, caplog)
    (job,) = command("jobs", "--json").document["jobs"]
    shown = command("jobs", "show", job["id"], "--json")
    told = outcome.out + shown.out
    assert "(the key)" in told, "what else the endpoint says is told"
    nowhere(shown, caplog)
    nowhere(command("jobs", "show", job["id"]), caplog)


def test_a_verifier(
    command: Command,
    small: str,
    echoing: Endpoint,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_VERIFIER_MODEL", "judge-model")
    monkeypatch.setenv("FINETUNE_COVERAGE_VERIFIER_SHARE", "1")
    echoing.models.append("judge-model")
    written = echoing.reply
    echoing.reply = lambda body: FAULTS["refused key"] if body["model"] == "judge-model" else written(body)
    outcome = generate(command, small, "--yes")
    assert "The verifier cannot be asked" in outcome.err and "(the key)" in outcome.err
    nowhere(outcome, caplog)


def test_a_batch(
    command: Command,
    small: str,
    echoing: Endpoint,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answers of a batch are read from a file, which knows the key only by what the endpoint wrote into it."""
    from finetune_coverage.tools.generation.attempts import batch_engine

    monkeypatch.setattr(batch_engine.BatchEngine.__init__, "__defaults__", (None, None, 0.05))
    faults = iter([Fault(400, message=f"You sent: Bearer {KEY}")] * 2)
    written = echoing.reply

    def reply(body: dict[str, Any]) -> Any:
        return (asks_for_record(body["messages"][0]["content"]) and next(faults, None)) or written(body)

    echoing.reply = reply
    outcome = generate(command, small, "--yes", "--batch", "--json")
    assert outcome.document["generation"]["rejected"]["endpoint"] == 2
    nowhere(outcome, caplog)


def test_a_conversation(
    command: Command,
    small: str,
    echoing: Endpoint,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    echoing.reply = lambda body: FAULTS["refused key"]
    typed = "do 3 for technical with topic description\nna ja, so halb\nyes\nstop\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    outcome = command("chat", "-w", small, "--yes")
    assert "the language model does not answer" in outcome.out and "The generation stopped" in outcome.out
    nowhere(outcome, caplog)


@pytest.mark.parametrize("embeds", [False, True], ids=["the model", "embeddings"])
def test_a_key_that_is_wrong(
    command: Command,
    small: str,
    echoing: Endpoint,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    embeds: bool,
) -> None:
    echoing.key, echoing.refusal = "another", replace(echoing.refusal, message=ECHO)
    if embeds:
        monkeypatch.setenv("FINETUNE_COVERAGE_EMBEDDING_MODEL", "mock-embedding")
    outcome = command("generate", "-w", small, "--topic", "billing", "--count", "2", "--yes")
    assert outcome.code == 1 and "(the key)" in outcome.err
    assert any(request.path.endswith("/embeddings") for request in echoing.requests) == embeds
    nowhere(outcome, caplog)
    nowhere(command("doctor", "--yes"), caplog)
    nowhere(command("recommend", "-w", small), caplog)
