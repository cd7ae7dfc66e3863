"""A mock OpenAI-compatible endpoint for measuring: latency, slots, faults, and a log of what it was asked.

Run as a process of its own, so that its work does not count as the client's::

    python -m benchmarks.endpoint '{"latency": 0.2, "busy": 0.05}'

It prints its base URL and serves until its standard input is closed. ``GET /log`` gives what was asked and answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any

import orjson
from aiohttp import web

try:
    import uvloop
except ImportError:  # Windows
    uvloop = None  # type: ignore[assignment]

TOPIC = "technical_issues"
OTHER_TOPIC = "account_management"
MODEL = "mock-model"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Behaviour:
    """What the endpoint does. Shares are of all requests, drawn one after the other with ``seed``.

    Attributes:
        latency: median seconds of an answer.
        spread: sigma of the lognormal distribution around it; 0 is constant.
        slots: requests at once, above which it answers 429; None is no limit.
        retry_after: seconds in the Retry-After header of a 429.
        busy: share answered with 429 although there is room.
        errors: share answered with 500.
        drops: share whose connection ends without a word, after the latency.
        hangs: share never answered.
        truncated: share cut off at the token limit.
        invalid: share that is not JSON.
        duplicates: share that repeats an earlier answer.
        off_topic: share about another topic.
    """

    latency: float = 0.2
    spread: float = 0.0
    slots: int | None = None
    retry_after: float = 0.2
    busy: float = 0.0
    errors: float = 0.0
    drops: float = 0.0
    hangs: float = 0.0
    truncated: float = 0.0
    invalid: float = 0.0
    duplicates: float = 0.0
    off_topic: float = 0.0
    seed: int = 1

    @property
    def faults(self) -> list[tuple[str, float]]:
        """Name and share of everything that can go wrong by chance."""
        names = ("busy", "errors", "drops", "hangs", "truncated", "invalid", "duplicates", "off_topic")
        return [(name, getattr(self, name)) for name in names if getattr(self, name)]


@dataclass
class Answered:
    """One request: when it came and from which port, when its answer had been sent, what became of it, what it took."""

    arrived: float
    outcome: str
    port: int = 0
    sent: float | None = None
    text: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Endpoint:
    """The state of a running endpoint."""

    behaviour: Behaviour
    log: list[Answered] = field(default_factory=list)
    active: int = 0
    peak: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.behaviour.seed)
        self._good = GoodAnswers(self._random)
        self._last = ""

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        body = orjson.loads(await request.read())
        client = request.transport.get_extra_info("peername") if request.transport else None
        entry = Answered(time.time(), self._outcome(), client[1] if client else 0)
        self.log.append(entry)
        if entry.outcome in ("busy", "full"):
            entry.sent = time.time()
            return _error(429, "Too many requests", {"Retry-After": str(self.behaviour.retry_after)})
        content = b""
        if entry.outcome not in ("errors", "drops", "hangs"):
            entry.text = self._text(body, entry.outcome)
            answer = completion(body, entry.text, cut=entry.outcome == "truncated")
            entry.prompt_tokens = answer["usage"]["prompt_tokens"]
            entry.completion_tokens = answer["usage"]["completion_tokens"]
            content = orjson.dumps(answer)
        self.active += 1
        self.peak = max(self.peak, self.active)
        try:
            await self._wait(entry)
        finally:
            self.active -= 1
        if entry.outcome == "errors":
            return _error(500, "Internal error", {})
        if entry.outcome == "drops":
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError
        response = web.Response(body=content, content_type="application/json")
        try:
            await response.prepare(request)
            await response.write_eof()
            entry.sent = time.time()
        except ConnectionResetError:
            entry.outcome = "unheard"  # the client has been killed meanwhile
        return response

    async def show_log(self, _: web.Request) -> web.Response:
        """GET /log: counts by outcome, the most at once, and every request."""
        counts = Counter(entry.outcome for entry in self.log)
        document = {"counts": counts, "peak": self.peak, "requests": [asdict(entry) for entry in self.log]}
        return web.Response(body=orjson.dumps(document), content_type="application/json")

    def _outcome(self) -> str:
        if self.behaviour.slots is not None and self.active >= self.behaviour.slots:
            return "full"
        drawn = self._random.random()
        for name, share in self.behaviour.faults:
            drawn -= share
            if drawn < 0:
                return name
        return "answered"

    async def _wait(self, entry: Answered) -> None:
        """Until the latency has passed since the request came: making the answer up is part of it."""
        seconds = self._latency() if entry.outcome != "hangs" else 3600
        await asyncio.sleep(max(0.0, entry.arrived + seconds - time.time()))

    def _latency(self) -> float:
        if not self.behaviour.spread:
            return self.behaviour.latency
        return self.behaviour.latency * self._random.lognormvariate(0, self.behaviour.spread)

    def _text(self, body: dict[str, Any], outcome: str) -> str:
        if outcome == "invalid":
            return "Certainly! Here is the record that was asked for: {user says"
        if outcome == "duplicates" and self._last:
            return self._last
        topic = OTHER_TOPIC if outcome == "off_topic" else TOPIC
        text = self._good.answer(body, topic)
        if outcome == "truncated":
            return text[: len(text) // 2]
        self._last = text
        return text


class GoodAnswers:
    """Makes up answers that fit what was asked for and that the checks accept; no two alike.

    Args:
        rng: what they are drawn with.
    """

    def __init__(self, rng: random.Random) -> None:
        self._random = rng
        self._words = {topic: _words(topic) for topic in (TOPIC, OTHER_TOPIC)}

    def answer(self, body: dict[str, Any], topic: str = TOPIC) -> str:
        """What a request asks for, in words of the topic; a text that is to be reworded gets some of them."""
        schema, asked = schema_asked(body), str(body["messages"][-1]["content"])
        answer = self.filled(schema, topic)
        if len(schema["properties"]) == 1 and (found := re.search(r'^Text: (".*")$', asked, re.MULTILINE)):
            words = json.loads(found[1]).split()
            for place in range(len(words) - 1, 0, -3):
                words.insert(place, self._random.choice(self._words[topic]))
            answer = dict.fromkeys(schema["properties"], " ".join(words))
        return json.dumps(answer)

    def filled(self, schema: dict[str, Any], topic: str = TOPIC) -> Any:
        """Something of the schema's form, in words of the topic."""
        if "messages" in schema.get("properties", {}):  # a whole record, or how one goes on
            said = [{"role": role, "content": self.filled({}, topic)} for role in ("user", "assistant")]
            rest = {name: part for name, part in schema["properties"].items() if name != "messages"}
            return {**{name: self.filled(part, topic) for name, part in rest.items()}, "messages": said}
        if schema.get("type") == "object":
            return {name: self.filled(part, topic) for name, part in schema["properties"].items()}
        if schema.get("type") == "array":
            return [self.filled(schema["items"], topic) for _ in range(schema.get("minItems", 1))]
        if "enum" in schema:
            return schema["enum"][-1]
        if schema.get("type") == "boolean":
            return True  # a verifier's verdict
        words = self._random.choices(self._words[topic], k=24)
        return self._text(" ".join(words[:12]), " ".join(words[12:]))

    def _text(self, first: str, second: str) -> str:
        return f"{first.capitalize()}. {second.capitalize()}."


class EdgeCases(GoodAnswers):
    """The same, with texts in which every kind of edge case shows that a scenario asks for."""

    def _text(self, first: str, second: str) -> str:
        return f"{first.capitalize()}, but it doesn't {second}?"


def _words(topic: str) -> list[str]:
    """Words that stand in the bundled records of a topic and in none of the others."""
    path = files("finetune_coverage.tools.dataset.sample").joinpath("customer_support.jsonl")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for record in records:
        text = " ".join(m.get("content") or "" for m in record["messages"] if m["role"] == "user")
        used[record["topic"] == topic] |= set(re.findall(r"[a-z]{4,}", text.lower()))
    return sorted(used[True] - used[False])


def schema_asked(body: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema that a request asks for: beside its messages, or in the system message."""
    if "response_format" in body:
        schema: dict[str, Any] = body["response_format"]["json_schema"]["schema"]
        return schema
    schema = json.loads(body["messages"][0]["content"].rpartition("JSON Schema:\n")[2])
    return schema


def completion(body: dict[str, Any], text: str, *, cut: bool = False) -> dict[str, Any]:
    """A chat completion with this text; about four characters count as a token."""
    sent = sum(len(str(message.get("content") or "")) // 4 for message in body["messages"])
    written = len(text) // 4
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "length" if cut else "stop",
            }
        ],
        "usage": {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written},
    }


def _error(status: int, message: str, headers: dict[str, str]) -> web.Response:
    body = orjson.dumps({"error": {"message": message, "type": "mock", "code": None, "param": None}})
    return web.Response(status=status, body=body, headers=headers, content_type="application/json")


@asynccontextmanager
async def listening(chat: Handler, log: Handler | None = None) -> AsyncIterator[str]:
    """Answers on the loopback for the length of the block; gives the address for OPENAI_BASE_URL."""
    app = web.Application(client_max_size=50_000_000)
    app.router.add_post("/v1/chat/completions", chat)
    if log is not None:
        app.router.add_get("/log", log)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/v1"
    finally:
        await runner.cleanup()


async def serve(behaviour: Behaviour) -> None:
    """Serve until standard input ends."""
    endpoint = Endpoint(behaviour)
    async with listening(endpoint.chat, endpoint.show_log) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    # The endpoint's own work is not what is measured; uvloop halves it.
    run = uvloop.run if uvloop is not None else asyncio.run
    run(serve(Behaviour(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))))
