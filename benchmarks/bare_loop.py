"""What the engine is compared with: loops that check and journal nothing, and drop what fails.

Run as ``python -m benchmarks.bare_loop URL COUNT CONCURRENCY [aiohttp]``: AsyncOpenAI and a semaphore, or aiohttp,
which shows how much the endpoint and the machine let through at all. Prints one JSON document.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Request, TopicContext
from finetune_coverage.tools.generation.strategies import make_strategy

from .endpoint import MODEL, TOPIC
from .one_job import cpu_seconds

Ask = Callable[[], Awaitable[bool]]
"""Sends one request; tells whether an answer came."""


def first_request() -> Request:
    """A request as the engine sends them."""
    lines = sample_path().read_text(encoding="utf-8").splitlines()
    records = [Record(str(number), line, json.loads(line)["topic"]) for number, line in enumerate(lines)]
    seeds = [record for record in records if record.topic == TOPIC]
    context = TopicContext(TOPIC, "", {}, seeds)
    return make_strategy("few_shot").draft(context, 0, random.Random(0)).requests[0]


def body_of(request: Request) -> dict[str, Any]:
    """The request as the endpoint is asked."""
    described = {"name": "few_shot", "schema": request.schema}
    return {
        "model": MODEL,
        "messages": [{"role": role, "content": text} for role, text in request.prompt],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "response_format": {"type": "json_schema", "json_schema": described},
    }


@asynccontextmanager
async def by_openai(url: str) -> AsyncIterator[Ask]:
    """Asks with AsyncOpenAI, as a loop that somebody writes in an hour does."""
    from openai import AsyncOpenAI, OpenAIError

    client, body = AsyncOpenAI(base_url=url, api_key="sk-mock", max_retries=0), body_of(first_request())

    async def ask() -> bool:
        try:
            await client.chat.completions.create(**body)
        except OpenAIError:
            return False
        return True

    yield ask


@asynccontextmanager
async def by_aiohttp(url: str) -> AsyncIterator[Ask]:
    """Posts the same bytes again and again, and parses nothing."""
    import aiohttp

    body = json.dumps(body_of(first_request())).encode()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), headers={"Content-Type": "application/json"}
    ) as session:

        async def ask() -> bool:
            async with session.post(f"{url}/chat/completions", data=body) as response:
                await response.read()
                return response.ok

        yield ask


async def run(url: str, count: int, concurrency: int, way: str = "openai") -> dict[str, Any]:
    """Ask ``count`` times; gives the time, the processor time and how many answers came."""
    places = asyncio.Semaphore(concurrency)
    async with {"openai": by_openai, "aiohttp": by_aiohttp}[way](url) as ask:

        async def one() -> bool:
            async with places:
                return await ask()

        began, cpu = time.perf_counter(), cpu_seconds()
        arrived = await asyncio.gather(*(one() for _ in range(count)))
        return {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": cpu_seconds() - cpu,
            "accepted": sum(arrived),
        }


if __name__ == "__main__":
    address, how_many, at_once, *way = sys.argv[1:]
    print(json.dumps(asyncio.run(run(address, int(how_many), int(at_once), *way))))
