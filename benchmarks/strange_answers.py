"""Fuzzes generation with whatever an endpoint may send: any JSON, any text, any usage, any headers.

``python -m benchmarks.strange_answers MINUTES`` runs jobs against it and counts what became of the answers; it ends
with an error at the first exception that comes through a job.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.coverage.strategy_choice import StrategyName
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.workflows import create_workflow
from pydantic import SecretStr

from .endpoint import MODEL, TOPIC, EdgeCases, Handler, listening, schema_asked
from .table import markdown_table

WORKFLOW = "fuzz"
STRATEGIES: tuple[StrategyName, ...] = (
    "few_shot",
    "topic_description",
    "message_variation",
    "scenario_expansion",
)
RECORDS = 40
RESUMES = 8
"""Times that a job is gone on with when its endpoint refuses for good; then the next one has its turn."""
_ODD_TEXTS = (
    "", " ", "null", "NaN", "[" * 3_200, '{"a":' * 2_000, '"' * 5_000, "\\" * 5_000, "\x00\x1b]8;;http://x\x07", "{}",
    "[]", "```json\n{}\n```", "<think>hm", "<think>" * 500, "\ud83d", "\u202eevil", "a" * 60_000, "9" * 6_000, "{" * 9,
    '{"exchanges": 1e999}', '{"exchanges": [null]}', '{"user": 5}', '{"user": "\\ud800"}', "}" * 3_000,
)  # fmt: skip
_ODD_NUMBERS: tuple[Any, ...] = (
    0,
    -1,
    1,
    7.5,
    1e308,
    -1e308,
    2**31,
    2**63,
    2**64,
    10**30,
    True,
    None,
    "12",
    [],
    {},
)
_HEADERS: tuple[dict[str, str], ...] = (
    {}, {"Retry-After": "0"}, {"Retry-After": "-1"}, {"Retry-After": "nan"}, {"Retry-After": "soon"},
    {"X-Odd": "\u00ff" * 200}, {"Content-Language": "tlh"}, {"Cache-Control": "no-store"},
)  # fmt: skip


class StrangeAnswers:
    """Makes up answers, reproducibly.

    Args:
        seed: of the first answer.
        good: share of answers whose text is just what was asked for, whatever stands around it.
    """

    def __init__(self, seed: int, good: float = 0.2) -> None:
        self._random = random.Random(seed)
        self._good = good
        self._good_answers = EdgeCases(self._random)

    def json(self, depth: int = 0) -> Any:
        """Any JSON."""
        draw = self._random
        if depth > 4 or draw.random() < 0.5:
            return draw.choice([*_ODD_NUMBERS, *_ODD_TEXTS, draw.randint(-(2**70), 2**70), draw.random()])
        names = ("exchanges", "user", "assistant", "messages", "content", "tool_calls", "", "\x00")
        if draw.random() < 0.5:
            return [self.json(depth + 1) for _ in range(draw.randint(0, 4))]
        return {draw.choice(names): self.json(depth + 1) for _ in range(draw.randint(0, 4))}

    def fitting(self, schema: Any) -> Any:
        """Something of a schema's form, now and then with a part that is not."""
        draw = self._random
        if draw.random() < 0.05 or not isinstance(schema, dict):
            return self.json()
        if "enum" in schema:
            return draw.choice(schema["enum"])
        if "anyOf" in schema:
            return self.fitting(draw.choice(schema["anyOf"]))
        if schema.get("type") == "object":
            return {name: self.fitting(part) for name, part in schema["properties"].items()}
        if schema.get("type") == "array":
            return [self.fitting(schema["items"]) for _ in range(schema.get("minItems", draw.randint(0, 4)))]
        if draw.random() < 0.1:
            return draw.choice(_ODD_TEXTS)
        words = (
            "camera",
            "upload",
            "error",
            "café",
            "同步",
            "오류",
            "\u200d",
            "re\x00start",
            "🙂",
            "sync",
            "album",
        )
        return " ".join(draw.choices(words, k=draw.randint(1, 25)))

    def text(self, body: dict[str, Any]) -> Any:
        """The content of a message."""
        draw, kind = self._random, self._random.random()
        if kind < 0.35:
            return json.dumps(self.fitting(schema_asked(body)))
        if kind < 0.55:
            return draw.choice(_ODD_TEXTS)
        if kind < 0.85:
            return json.dumps(self.json())
        return self.json()  # no text at all

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer."""
        draw = self._random
        is_good = draw.random() < self._good
        kind, headers = 1.0 if is_good else draw.random(), dict(draw.choice(_HEADERS))
        if kind < 0.04:
            return (
                draw.choice([200, 204, 302, 400, 404, 408, 418, 422, 429, 500, 503, 599]),
                headers,
                b"<html>",
            )
        if kind < 0.08:
            return draw.choice([429, 500]), headers, json.dumps({"error": self.json()}).encode()
        if kind < 0.2:
            return 200, headers, json.dumps(self.json()).encode()
        usage = {
            name: draw.choice([*_ODD_NUMBERS, 50, 50])
            for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        }
        usage["completion_tokens_details"] = draw.choice(
            [None, 5, {"reasoning_tokens": draw.choice(_ODD_NUMBERS)}]
        )
        text = self._good_answers.answer(body) if is_good else self.text(body)
        message = {"role": "assistant", "content": text, "reasoning_content": self.json(4)}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": draw.choice(["stop", "length", None, 5, []]),
        }
        whole: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
        whole |= {"choices": [choice], "usage": draw.choice([usage, usage, None, 7, []])}
        return 200, headers, json.dumps(whole).encode()


def answering(strange: StrangeAnswers, counts: Counter[int]) -> Handler:
    """Sends them, and counts them by status."""

    async def chat(request: web.Request) -> web.Response:
        status, headers, content = strange.answer(await request.json())
        counts[status] += 1
        return web.Response(
            status=status,
            body=None if status == 204 else content,
            headers=headers,
            content_type="application/json",
        )

    return chat


async def run_jobs(
    home: Path, seed: int, *, answers: int, seconds: float = 0.0
) -> tuple[Counter[int], Counter[str]]:
    """Runs jobs until so many answers were sent and so much time has passed.

    Returns:
        Answers by status, and attempts by what became of them.

    Raises:
        AssertionError: something came through a job that is no outcome of it, or through a check.
    """
    sent: Counter[int] = Counter()
    async with listening(answering(StrangeAnswers(seed), sent)) as url:
        services = Services(
            Settings(
                home=home,
                openai_base_url=url,
                openai_api_key=SecretStr("sk-mock"),
                model=MODEL,
                embedding_model="wordllama",
                max_concurrency=16,
                refusals_in_a_row=200,
                patience=20,
            )
        )
        until, number = time.monotonic() + seconds, 0
        try:
            create_workflow(services.store, WORKFLOW)
            import_sample(services.store, WORKFLOW)
            while sum(sent.values()) < answers or time.monotonic() < until:
                await _one_job(services, STRATEGIES[number % len(STRATEGIES)])
                number += 1
            jobs = list_jobs(services.store)
            attempts = [one for job in jobs for one in list_attempts(services.store, job.id)]
        finally:
            services.index.close()
            services.store.close()
    broken = [one.evidence for one in attempts if one.check == "check_failed"]
    assert not broken, broken
    return sent, Counter(one.check or one.status for one in attempts)


async def _one_job(services: Services, strategy: StrategyName) -> None:
    item = PlanItem(topic=TOPIC, count=RECORDS, strategy=strategy)
    plan = propose_plan(services.store, WORKFLOW, [item])
    approval = approve_plan(services.store, plan.id, approver="fuzzer", channel="benchmark").id
    for _ in range(RESUMES):  # an endpoint that refuses for good can be resumed
        answer = await run_approved_item(services, approval, 0)
        if answer["success"]:
            return
        assert answer["error"]["code"] in ("endpoint_error", "budget_exceeded"), answer


def main(minutes: float) -> None:
    """Fuzz for so long, and at least 10,000 answers."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        seed = int(time.time())
        sent, outcomes = asyncio.run(run_jobs(Path(folder), seed, answers=10_000, seconds=60 * minutes))
    statuses = ", ".join(f"{count:,} of {status}" for status, count in sent.most_common())
    print(f"Seed {seed}: {sent.total():,} answers ({statuses}), no exception through a job.\n")
    print(markdown_table(["attempt", "times"], outcomes.most_common()))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
