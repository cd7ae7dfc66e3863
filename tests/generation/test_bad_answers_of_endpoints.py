"""Whatever an endpoint sends is an outcome of that attempt: no exception through the job, and never without an end."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.generation.money.budget import budget_of
from finetune_coverage.tools.models import endpoint_session
from finetune_coverage.tools.models.json_reply import DEEPEST, parse_json
from finetune_coverage.tools.services import Services
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from ..mock_openai.server import Fault, MockOpenAI
from .test_engine_endpoint import approved, no_meaning, services_for, texts

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]

DEEP = "[" * 3_200
BAD_TEXTS = [
    DEEP,
    '{"a":' * 3_200,
    '{"exchanges": [' + "[" * 500 + "]" * 500 + "]}",
    '{"exchanges": 1e999}',
    '{"exchanges": ' + "9" * 5_000 + "}",
    '{"exchanges": [{"user": null, "assistant": {}}]}',
    '{"exchanges": [{"user": "\\ud800", "assistant": "\\u0000"}]}',
    '{"exchanges": {"user": "a"}}',
    '"' * 9_999,
    "",
]
BAD_ANSWERS: list[Any] = [
    *BAD_TEXTS,
    Fault(garbage=True),
    Fault(not_a_completion=True),
    {"content": "{}", "usage": {"prompt_tokens": 2**63, "completion_tokens": 2**70, "total_tokens": -1}},
    {"content": "{}", "usage": {"prompt_tokens": "many", "completion_tokens": None}},
    {"content": [{"type": "text", "text": DEEP}]},
    {"content": {"not": "text"}},
]


async def test_one_bad_answer_costs_one_attempt(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    """At 89d9892 a reply of 3,200 open brackets ended a job for good, and so did a usage of 2**63."""
    good, calls = texts(), itertools.count()

    def reply(body: dict[str, Any]) -> Any:
        number, is_good = divmod(next(calls), 2)
        return good(body) if is_good or number >= len(BAD_ANSWERS) else BAD_ANSWERS[number]

    mock_openai.reply = reply
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1)
    answer = await run_approved_item(services, *approved(services, len(BAD_ANSWERS) + 1))
    assert answer["success"], answer
    generation = answer["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", len(BAD_ANSWERS) + 1)
    assert sum(generation["rejected"].values()) == len(BAD_ANSWERS)
    assert len(mock_openai.chats()) == 2 * len(BAD_ANSWERS) + 1, "each of them, and nothing else"
    assert generation["cost"]["tokens"] < 1_000_000


BAD_USAGES: list[Any] = [
    {"prompt_tokens": 2**63, "completion_tokens": 2**70, "total_tokens": -1},
    {"prompt_tokens": 5, "completion_tokens": 2**63, "total_tokens": 2**63},
    {"prompt_tokens": -5, "completion_tokens": 40, "total_tokens": 35},
    {"prompt_tokens": 1_000, "completion_tokens": None, "total_tokens": 1_000},
    {"prompt_tokens": 0, "completion_tokens": 40, "total_tokens": 40},
]


@pytest.mark.parametrize("is_hosts", [False, True])
async def test_a_usage_that_is_told_in_part_counts_as_the_worst_case(
    mock_openai: MockOpenAI, tmp_path: Path, is_hosts: bool
) -> None:
    """What the endpoint bills for the part that it did not tell is not known: the cap must hold for all of it."""
    good, usages = texts(), iter(BAD_USAGES)
    mock_openai.reply = lambda body: {"content": good(body), "usage": next(usages)}
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=2)
    if is_hosts:  # a program that brings a model of its own: it is asked through LangChain
        model = ChatOpenAI(model="mock-model", base_url=mock_openai.url, api_key=SecretStr(mock_openai.key))
        services = Services(services.settings, make_chat_model=lambda _: model)
    item = approved(services, len(BAD_USAGES))
    answer = await run_approved_item(services, *item)
    assert answer["success"], answer
    generation = answer["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", len(BAD_USAGES))
    attempts = list_attempts(services.store, generation["job_id"])
    with services.store.read() as connection:
        budget = budget_of(connection, item[0])
    assert budget.spent_tokens == sum(one.reserved_tokens for one in attempts if one.status == "accepted")
    assert budget.reserved_tokens == 0


# Those of the long tests end the job for the same reasons.
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=() if number in (0, 5, 9, 10, 11, 13) else pytest.mark.slow)
        for number in range(len(BAD_ANSWERS))
    ],
)
async def test_nothing_but_bad_answers_comes_to_an_end(
    mock_openai: MockOpenAI, tmp_path: Path, number: int
) -> None:
    """At 89d9892, 400 records of answers that fitted no schema took 3,200 calls."""
    mock_openai.reply = lambda body: BAD_ANSWERS[number]
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=4)
    answer = await run_approved_item(services, *approved(services, 400))
    assert len(mock_openai.chats()) <= 20 + 4 * 4
    if answer["success"]:
        assert answer["generation"]["status"] == "short"
        assert "in a row" in answer["generation"]["stop_reason"]
    else:
        assert answer["error"]["code"] == "endpoint_error"


@pytest.mark.parametrize("text", [DEEP, "[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1), '{"a": -1e400}'])
def test_json_is_bounded(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested|too large|cut off"):
        parse_json(text)


async def test_the_spool_replays_anything(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage.tools.generation.attempts.stages import AttemptWork

    good, turns = texts(), iter(BAD_ANSWERS[:10])
    mock_openai.reply = lambda body: next(turns, good(body))
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=4)
    item = approved(services, 4)
    for _ in range(4):
        with monkeypatch.context() as dying:

            def crash(*_: Any) -> Any:
                raise RuntimeError("the machine dies here")

            dying.setattr(AttemptWork, "judge", crash)
            await run_approved_item(services, *item)
    answer = await run_approved_item(services, *item)
    assert answer["success"], answer
    assert answer["generation"]["accepted"] == 4


class Strange(BaseHTTPRequestHandler):
    """Answers at the level of HTTP that no framework would send."""

    protocol_version = "HTTP/1.1"
    raw: bytes = b""
    drip: float = 0.0

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if self.drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    self.wfile.write(b"1\r\n \r\n")
                    self.wfile.flush()
                    time.sleep(self.drip)
            self.wfile.write(self.raw)
        except OSError:
            pass
        self.close_connection = True


def strange(raw: bytes, drip: float = 0.0) -> ThreadingHTTPServer:
    handler = type("Here", (Strange,), {"raw": raw, "drip": drip})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n{}",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 418 Pot\r\nContent-Length: 16\r\n\r\n{"error": [1,2]}',
        b"HTTP/1.1 503 Busy\r\nRetry-After: \xff\xfe\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd",
        b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n",
    ],
)
async def test_strange_http_ends_in_words(mock_openai: MockOpenAI, tmp_path: Path, raw: bytes) -> None:
    server = strange(raw)
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=2, embedding_model="wordllama")
    item = approved(services, 30)
    services.settings.openai_base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        answer = await asyncio.wait_for(run_approved_item(services, *item), 60)
    finally:
        server.shutdown()
        server.server_close()
    code = answer["generation"]["status"] if answer["success"] else answer["error"]["code"]
    assert code in ("short", "endpoint_error"), answer


async def test_an_answer_that_never_ends_is_cut_off(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """White space keeps the connection alive; the time of a whole call has a limit, and so has its size."""
    services = services_for(
        mock_openai, tmp_path / "home", max_concurrency=2, call_seconds=0.4, embedding_model="wordllama"
    )
    item = approved(services, 30)
    server = strange(b"", drip=0.05)
    services.settings.openai_base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        answer = await asyncio.wait_for(run_approved_item(services, *item), 60)
        assert answer["error"]["code"] == "endpoint_error"
        assert "in time" in answer["error"]["message"]
    finally:
        server.shutdown()
        server.server_close()
    monkeypatch.setattr(endpoint_session, "MOST_BYTES", 10_000)
    mock_openai.reply = lambda body: "x" * 20_000
    services = services_for(mock_openai, tmp_path / "second", max_concurrency=2)
    await run_approved_item(services, *approved(services, 30))
    (job,) = list_jobs(services.store)
    assert any("longer than" in (one.evidence or "") for one in list_attempts(services.store, job.id))


@pytest.mark.parametrize("asked", ["0", "-5", "nan", "Wed, 21 Oct 2015 07:28:00 GMT", "soon"])
async def test_a_pause_has_a_floor(mock_openai: MockOpenAI, tmp_path: Path, asked: str) -> None:
    """At 89d9892 `Retry-After: 0` meant 180 to 400 requests a second."""
    mock_openai.reply = lambda body: Fault(429, retry_after=asked)  # type: ignore[arg-type]
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1, patience=3)
    answer = await asyncio.wait_for(run_approved_item(services, *approved(services, 30)), 60)
    assert answer["error"]["code"] == "endpoint_error"
    assert len(mock_openai.chats()) <= 15
    with services.store.read() as connection:
        assert budget_of(connection, list_attempts_approval(services)).reserved_tokens == 0


def list_attempts_approval(services: Any) -> str:
    from finetune_coverage.tools.generation.jobs.ledger import get_job

    (job,) = list_jobs(services.store)
    return get_job(services.store, job.id).approval_id


@pytest.mark.parametrize("asked", ["86400", "inf"])
async def test_a_pause_has_a_ceiling_and_is_told(mock_openai: MockOpenAI, tmp_path: Path, asked: str) -> None:
    mock_openai.reply = lambda body: Fault(429, retry_after=asked)  # type: ignore[arg-type]
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1, patience=5)
    told: list[Progress] = []
    began = time.monotonic()
    answer = await asyncio.wait_for(
        run_approved_item(services, *approved(services, 30), on_progress=told.append), 60
    )
    assert time.monotonic() - began < 40
    assert answer["error"]["code"] == "endpoint_error"
    assert "for 5 seconds, without an answer" in answer["error"]["message"]
    waited = [progress.note for progress in told if "the endpoint is busy" in progress.note]
    assert waited and "asking again in" in waited[0]


async def test_a_bug_of_a_check_costs_one_attempt(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts

    check, calls = Artefacts.check, itertools.count()

    def failing(self: Any, candidate: Any) -> Any:
        if candidate.draft.requests and next(calls) == 0:  # a real record on which checks are tried has none
            raise KeyError("a bug")
        return check(self, candidate)

    monkeypatch.setattr(Artefacts, "check", failing)
    mock_openai.reply = texts()
    services = services_for(mock_openai, tmp_path / "home")
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (3, {"check_failed": 1})
    (broken,) = [a for a in list_attempts(services.store, generation["job_id"]) if a.check == "check_failed"]
    assert "Artefacts failed with this answer (KeyError" in (broken.evidence or "")


async def test_a_check_that_fails_with_real_records_is_not_used(
    mock_openai: MockOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts

    def failing(*_: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(Artefacts, "check", failing)
    mock_openai.reply = texts()
    services = services_for(mock_openai, tmp_path / "home")
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (3, {})
    assert generation["not_judged"][Artefacts.name] == 3


def test_the_bad_answers_can_be_sent() -> None:
    """What the mock sends is what is meant: JSON takes the texts as they stand."""
    for text in BAD_TEXTS:
        assert json.loads(json.dumps({"content": text}))["content"] == text
