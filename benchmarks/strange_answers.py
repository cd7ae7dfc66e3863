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
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.workflows import create_workflow
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approval import approve_plan
from finetune_coverage.tools.generation.ledger import list_attempts
from finetune_coverage.tools.generation.plans import propose_plan
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from pydantic import SecretStr

from .endpoint import MODEL, TOPIC
from .table import markdown_table

WORKFLOW = "fuzz"
STRATEGIES = ("few_shot", "topic_description", "message_variation", "scenario_expansion")
RECORDS = 40
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
        good: share of answers that fit the schema that is asked for.
    """

    def __init__(self, seed: int, good: float = 0.1) -> None:
        self._random = random.Random(seed)
        self._good = good

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
        if schema.get("type") == "object":
            return {name: self.fitting(part) for name, part in schema["properties"].items()}
        if schema.get("type") == "array":
            return [self.fitting(schema["items"]) for _ in range(schema.get("minItems", 1))]
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
        draw, schema = self._random, None
        asked = body.get("response_format")
        if isinstance(asked, dict):
            schema = asked["json_schema"]["schema"]
        kind = draw.random()
        if schema is not None and kind < 0.45:
            return json.dumps(self.fitting(schema))
        if kind < 0.6:
            return draw.choice(_ODD_TEXTS)
        if kind < 0.85:
            return json.dumps(self.json())
        return self.json()  # no text at all

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer."""
        draw = self._random
        kind, headers = draw.random(), dict(draw.choice(_HEADERS))
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
        message = {"role": "assistant", "content": self.text(body), "reasoning_content": self.json(4)}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": draw.choice(["stop", "length", None, 5, []]),
        }
        whole: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 0, "model": "m"}
        whole |= {"choices": [choice], "usage": draw.choice([usage, usage, None, 7, []])}
        return 200, headers, json.dumps(whole).encode()


async def serve(strange: StrangeAnswers, counts: Counter[int]) -> tuple[web.AppRunner, str]:
    """An endpoint on the loopback that sends them; gives what stops it, and its address."""

    async def chat(request: web.Request) -> web.Response:
        status, headers, content = strange.answer(await request.json())
        counts[status] += 1
        return web.Response(
            status=status,
            body=None if status == 204 else content,
            headers=headers,
            content_type="application/json",
        )

    app = web.Application(client_max_size=50_000_000)
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}/v1"


async def run_jobs(
    home: Path, seed: int, *, answers: int, seconds: float = 0.0
) -> tuple[Counter[int], Counter[str]]:
    """Runs jobs until so many answers were sent and so much time has passed.

    Returns:
        Answers by status, and attempts by what became of them.

    Raises:
        AssertionError: something came through a job that is no outcome of it.
    """
    sent: Counter[int] = Counter()
    outcomes: Counter[str] = Counter()
    runner, url = await serve(StrangeAnswers(seed), sent)
    settings = Settings(
        home=home,
        openai_base_url=url,
        openai_api_key=SecretStr("sk-mock"),
        model=MODEL,
        embedding_model="wordllama",
        max_concurrency=16,
        refusals_in_a_row=200,
        patience=20,
    )
    services, until, number = Services(settings), time.monotonic() + seconds, 0
    try:
        create_workflow(services.store, WORKFLOW)
        import_sample(services.store, WORKFLOW)
        while sum(sent.values()) < answers or time.monotonic() < until:
            item = PlanItem(topic=TOPIC, count=RECORDS, strategy=STRATEGIES[number % len(STRATEGIES)])  # type: ignore[arg-type]
            number += 1
            plan = propose_plan(services.store, WORKFLOW, [item])
            approval = approve_plan(services.store, plan.id, approver="fuzzer", channel="benchmark").id
            for _ in range(3):  # an endpoint that refuses for good can be resumed
                answer = await run_approved_item(services, approval, 0)
                if answer["success"]:
                    break
                assert answer["error"]["code"] in ("endpoint_error", "budget_exceeded"), answer
            if answer["success"]:
                job = answer["generation"]["job_id"]
                outcomes += Counter(one.gate or one.status for one in list_attempts(services.store, job))
    finally:
        await runner.cleanup()
        services.index.close()
        services.store.close()
    return sent, outcomes


def main(minutes: float) -> None:
    """Fuzz for so long, and at least 10,000 answers."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        seed = int(time.time())
        sent, outcomes = asyncio.run(run_jobs(Path(folder), seed, answers=10_000, seconds=60 * minutes))
    print(f"Seed {seed}: {sum(sent.values()):,} answers, no exception through a job.\n")
    print(markdown_table(["attempt", "times"], outcomes.most_common()))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
