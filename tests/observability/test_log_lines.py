"""The log as lines of JSON: what it tells of a job with faults, and what it never tells."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from finetune_coverage.tools.errors import EndpointError
from finetune_coverage.tools.failure import internal_failure
from finetune_coverage.tools.observability import telemetry
from finetune_coverage.tools.services import Services

from .conftest import ANSWER_MARK, RECORD_MARK, SECRET, Marked

MARKS = (RECORD_MARK, ANSWER_MARK, SECRET)


def lines_of(err: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in err.splitlines() if line.startswith("{")]


def test_a_job_with_faults_is_told_without_a_word_of_it(
    marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_LOG", "json")
    outcome = marked.generate(8)
    lines = lines_of(outcome.err)
    began, ended = (line for line in lines if line["event"].startswith("job "))
    assert (began["event"], ended["event"]) == ("job began", "job ended")
    assert (ended["level"], ended["finetune_coverage.status"]) == ("info", "complete")
    assert ended["finetune_coverage.job.id"] == began["finetune_coverage.job.id"]
    generation = outcome.document["generation"]
    assert ended["attempts"] == {"accepted": 8, **generation["rejected"]}
    failed = [line for line in lines if line["event"] == "chat ended"]
    assert {line["level"] for line in failed} == {"warning"} and len(failed) == 5
    assert {"RateLimitError", "InternalServerError"} <= {line["error.type"] for line in failed}
    for mark in MARKS:
        assert mark not in outcome.err
    assert any(RECORD_MARK in str(body) for body in marked.endpoint.chats()), "the marks were under way"


def test_a_job_that_ends_by_a_refusal_that_quotes_it(marked: Marked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_LOG", "json")
    marked.endpoint.key = "sk-another-key"  # so each call is refused
    marked.endpoint.refusal = type(marked.endpoint.refusal)(
        401, message=f"{ANSWER_MARK} wrong key {{authorization}}", code="invalid_api_key"
    )
    outcome = marked.command(
        "generate", "-w", "wf-1", "--topic", "technical_issues", "--count", "2", "--yes", "--json"
    )
    assert outcome.code == 1
    log = [line for line in outcome.err.splitlines() if line.startswith("{")]
    (ended,) = (line for line in map(json.loads, log) if line["event"] == "job ended")
    assert (ended["level"], ended["error.type"]) == ("warning", "EndpointError")
    for mark in MARKS:
        assert not any(mark in line for line in log), mark


@pytest.mark.parametrize("level", ["info", "debug"])
def test_errors_that_nobody_foresaw_are_told_by_kind_and_place(
    level: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_LOG", "json")
    monkeypatch.setenv("FINETUNE_COVERAGE_LOG_LEVEL", level)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    telemetry.end()
    Services.from_settings()
    try:
        try:
            raise EndpointError(f"{ANSWER_MARK} {SECRET}")
        except EndpointError as error:
            raise ValueError(f"a record that says {RECORD_MARK}") from error
    except ValueError as error:
        internal_failure(error, "analyze_coverage")
    logging.getLogger("finetune_coverage.tools.x").warning("odd: %s", RECORD_MARK)
    telemetry.end()
    failed, odd = lines_of(capsys.readouterr().err)
    assert (failed["level"], failed["event"]) == ("error", "%s failed")
    assert failed["error"]["type"] == "ValueError" and "test_log_lines.py" in failed["error"]["at"][-1]
    assert failed["error"]["cause"]["type"] == "EndpointError"
    assert odd["event"] == "odd: %s"
    is_told = level == "debug"
    assert (RECORD_MARK in json.dumps([failed, odd])) is (ANSWER_MARK in json.dumps(failed)) is is_told
    assert SECRET not in json.dumps([failed, odd])


def test_nothing_is_written_where_it_was_not_asked_for(marked: Marked) -> None:
    before = list(logging.getLogger("finetune_coverage").handlers)
    assert "{" not in marked.command("analyze", "-w", "wf-1").err
    assert logging.getLogger("finetune_coverage").handlers == before
    assert "finetune_coverage.tools.observability.telemetry" in sys.modules and not telemetry.is_on()
