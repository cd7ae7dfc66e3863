"""What the engine is compared with: a loop of AsyncOpenAI and a semaphore that checks and journals nothing.

Run as ``python -m benchmarks.bare_loop URL COUNT CONCURRENCY``; prints one JSON document. What fails is dropped.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Request, TopicContext
from finetune_coverage.tools.generation.strategies import make_strategy

from .endpoint import MODEL, TOPIC
from .one_job import cpu_seconds


def first_request() -> Request:
    """A request as the engine sends them."""
    lines = sample_path().read_text(encoding="utf-8").splitlines()
    records = [Record(str(number), line, json.loads(line)["topic"]) for number, line in enumerate(lines)]
    seeds = [record for record in records if record.topic == TOPIC]
    context = TopicContext(TOPIC, "", {}, seeds)
    return make_strategy("few_shot").draft(context, 0, random.Random(0)).requests[0]


async def run(url: str, count: int, concurrency: int) -> dict[str, Any]:
    """Ask ``count`` times; gives the time, the processor time and how many answers came."""
    from openai import AsyncOpenAI, OpenAIError

    request = first_request()
    client = AsyncOpenAI(base_url=url, api_key="sk-mock", max_retries=0)
    places = asyncio.Semaphore(concurrency)
    arrived = 0

    async def ask() -> None:
        nonlocal arrived
        async with places:
            try:
                await client.chat.completions.create(
                    model=MODEL,
                    messages=[{"role": role, "content": text} for role, text in request.prompt],
                    max_tokens=request.max_tokens,
                    temperature=request.temperature,
                    response_format={
                        "type": "json_schema",
                        "json_schema": {"name": "few_shot", "schema": request.schema},
                    },
                )
            except OpenAIError:
                return
            arrived += 1

    began, cpu = time.perf_counter(), cpu_seconds()
    await asyncio.gather(*(ask() for _ in range(count)))
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": cpu_seconds() - cpu,
        "accepted": arrived,
    }


if __name__ == "__main__":
    address, how_many, at_once = sys.argv[1:4]
    print(json.dumps(asyncio.run(run(address, int(how_many), int(at_once)))))
