"""A mock endpoint that sends every kind of bad answer in turn, good ones between them, and keeps its own account.

What it bills is what it counts itself, where it tells of any number that can be one; it bills for answers that nobody
could read, too: those that broke off, those that were no answer, and those that a killed client never saw.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import web
from finetune_coverage.tools.models.endpoint_session import MOST_BYTES
from finetune_coverage.tools.models.usage import MOST_BELIEVED

from .endpoint import Answered, Behaviour, EdgeCases, Endpoint, completion

Json = dict[str, Any]


@dataclass
class Reply:
    """What goes over the wire.

    Attributes:
        content: of the body; with ``status`` 0 all of the answer, its first line and headers too.
        cut: the connection ends in the middle of the body.
        drips: instead of the body comes white space, for ever.
        hangs: nothing comes at all.
        is_read: whether a client that reads all it can has the completion's text in the end.
        is_billed: whether an endpoint charges for it.
    """

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: bool = False
    drips: bool = False
    hangs: bool = False
    is_read: bool = False
    is_billed: bool = True


Kind = Callable[[Json], Reply]
"""Makes an answer of one kind out of a good completion, which it may change."""


def _whole(answer: Json, **more: Any) -> Reply:
    return Reply(json.dumps(answer).encode(), is_read=True, **more)


def _text(text: str) -> Kind:
    def change(answer: Json) -> Reply:
        message = answer["choices"][0]["message"]
        # A number, so that each of them can be found again; those without text stay as they are.
        message["content"] = f"#{answer['id']} {text}" if text.strip() else text
        return _whole(answer)

    return change


def _usage(usage: Any) -> Kind:
    def change(answer: Json) -> Reply:
        answer["usage"] = {**answer["usage"], **usage} if isinstance(usage, dict) and usage else usage
        return _whole(answer)

    return change


def _choice(message: Json | None = None, **changed: Any) -> Kind:
    def change(answer: Json) -> Reply:
        choice = answer["choices"][0]
        choice["message"].update(message or {})
        choice.update(changed)
        return _whole(answer)

    return change


def _cut_off(share: float, hidden: bool) -> Kind:
    def change(answer: Json) -> Reply:
        choice, most = answer["choices"][0], answer["most"]
        text = choice["message"]["content"]
        choice["message"]["content"] = text[: int(len(text) * share)]
        choice["finish_reason"] = "length"
        answer["usage"]["completion_tokens"] = most
        if hidden:
            answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": most - int(most * share)}
        return _whole(answer)

    return change


def _status(status: int, *, error: Any = "mock", headers: dict[str, str] | None = None) -> Kind:
    said = (
        {"message": error, "type": "mock", "code": None, "param": None} if isinstance(error, str) else error
    )

    def change(answer: Json) -> Reply:
        content = json.dumps({"error": said}).encode()
        told = {"Content-Type": "application/json", **(headers or {})}
        return Reply(content, status, told, is_billed=status >= 500)

    return change


def _busy(retry_after: str) -> Kind:
    return _status(429, error="Too many requests", headers={"Retry-After": retry_after})


def _body(content: bytes, **more: Any) -> Kind:
    return lambda answer: Reply(content, **more)


def _typed(content_type: str) -> Kind:
    return lambda answer: _whole(answer, headers={"Content-Type": content_type})


def _raw(head: bytes) -> Kind:
    def change(answer: Json) -> Reply:
        content = json.dumps(answer).encode()
        return Reply(head.replace(b"LENGTH", str(len(content)).encode()) + b"\r\n\r\n" + content, status=0)

    return change


_EVERY = ("prompt_tokens", "completion_tokens", "total_tokens")
_ODD_NUMBERS: dict[str, Any] = {
    "2**63": 2**63, "2**31": 2**31, "10**30": 10**30, "-1": -1, "-2**63": -(2**63), "text": "12", "true": True,
    "null": None, "a list": [1], "an object": {"n": 1}, "0": 0, "1e308": 1e308,
}  # fmt: skip
_BAD_TEXTS = {
    "3,200 open brackets": "[" * 3_200,
    "3,200 open objects": '{"a":' * 3_200,
    "nested 500 deep and closed": '{"exchanges": [' + "[" * 500 + "]" * 500 + "]}",
    "another schema": '{"exchanges": [{"user": null, "assistant": {}}]}',
    "an object where a list belongs": '{"exchanges": {"user": "a"}}',
    "a number of 5,000 digits": '{"exchanges": ' + "9" * 5_000 + "}",
    "a number beyond all": '{"exchanges": 1e999}',
    "halves of characters": '{"exchanges": [{"user": "\\ud800", "assistant": "\\u0000"}], "topic": "\\udc00"}',
    "9,999 quotation marks": '"' * 9_999,
    "9,999 backslashes": "\\" * 9_999,
    "prose": "Certainly! Here is the record that was asked for: {user says",
    "thinking without an end": "<think>" * 500,
    "terminal escapes": '{"exchanges": "\x1b]8;;http://example.invalid\x07\x1b[2J"}',
    "600,000 characters": "a" * 600_000,
    "a million open brackets": "[" * 1_000_000,
    "nothing": "",
    "white space": " \n\t ",
}  # fmt: skip
BAD: dict[str, Kind] = {
    **{f"text: {name}": _text(text) for name, text in _BAD_TEXTS.items()},
    **{f"usage: all {name}": _usage(dict.fromkeys(_EVERY, odd)) for name, odd in _ODD_NUMBERS.items()},
    **{f"usage: prompt {name}": _usage({"prompt_tokens": odd}) for name, odd in _ODD_NUMBERS.items()},
    **{f"usage: reply {name}": _usage({"completion_tokens": odd}) for name, odd in _ODD_NUMBERS.items()},
    "usage: missing": _usage(None),
    "usage: text": _usage("many"),
    "usage: a list": _usage([]),
    "usage: empty": _usage({}),
    "usage: hidden 2**63": _usage({"completion_tokens_details": {"reasoning_tokens": 2**63}}),
    "usage: cached -5": _usage({"prompt_tokens_details": {"cached_tokens": -5}}),
    "content: null": _choice({"content": None}),
    "content: an object": _choice({"content": {"not": "text"}}),
    "content: a list": _choice({"content": [{"type": "text", "text": None}, 5, []]}),
    "content: a refusal": _choice({"content": None, "refusal": "I'm sorry, I can't help with that."}),
    "content: tool calls": _choice({"content": None, "tool_calls": [{"id": 5}]}, finish_reason="tool_calls"),
    "content: filtered": _choice({"content": ""}, finish_reason="content_filter"),
    "cut off: hidden tokens took all": _cut_off(0, hidden=True),
    "cut off: hidden tokens took half": _cut_off(0.5, hidden=True),
    "cut off: the text": _cut_off(0.5, hidden=False),
    "no completion: an object": _body(b'{"hello": "world"}'),
    "no completion: a list": _body(b"[]"),
    "no completion: null": _body(b"null"),
    "no completion: no choices": _body(b'{"choices": []}'),
    "no completion: 100,000 deep": _body(b"[" * 100_000 + b"]" * 100_000),
    "no completion: HTML": _body(b"<html>busy</html>", headers={"Content-Type": "text/html"}),
    "no completion: a stream": _body(b'data: {"choices": []}\n\ndata: [DONE]\n\n'),
    "no completion: no UTF-8": _body(b'{"choices": "\xff\xfe\xfa"}'),
    "no completion: half of a character": _body(b'{"choices": [{"message": {"content": "\\ud800"}}]}'),
    "no completion: NaN": _body(b'{"choices": [], "usage": {"prompt_tokens": NaN}}'),
    "no completion: infinite": _body(b'{"choices": [], "usage": {"prompt_tokens": -Infinity}}'),
    "no completion: UTF-16": _body('{"choices": []}'.encode("utf-16")),
    "no completion: nothing": _body(b""),
    "no completion: longer than all": _body(b" " * (MOST_BYTES + 1_000)),
    "HTTP: another content type": _typed("image/png"),
    "HTTP: another charset": _typed("application/json; charset=utf-16"),
    "HTTP: no such charset": _typed("text/plain; charset=\x22none\x22"),
    "HTTP: 204": lambda answer: Reply(status=204),
    "HTTP: no compression after all": _body(b"hello", headers={"Content-Encoding": "gzip"}),
    "HTTP: a header of 100,000": _raw(b"HTTP/1.1 200 OK\r\nX-Odd: " + b"a" * 100_000 + b"\r\nContent-Length: LENGTH"),
    "HTTP: no header": _raw(b"HTTP/1.1 200 OK\r\n\xff\xfe: \x00\r\nContent-Length: LENGTH"),
    "HTTP: two lengths": _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: LENGTH"),
    "HTTP: status 999": _raw(b"HTTP/1.1 999 Odd\r\nContent-Length: LENGTH"),
    "HTTP: none": _raw(b"\x16\x03\x01\x02\x00 this is no HTTP"),
    "broken off: in the body": lambda answer: Reply(json.dumps(answer).encode(), cut=True),
    "broken off: without a word": lambda answer: Reply(cut=True),
    "without an end: white space": lambda answer: Reply(drips=True),
    "without an end: silence": lambda answer: Reply(hangs=True),
    **{f"429: Retry-After {told}": _busy(told) for told in ("0", "-5", "nan", "inf", "86400", "soon")},
    "429: Retry-After a day that is over": _busy(formatdate(0, usegmt=True)),
    "429: Retry-After tomorrow": _busy(formatdate(time.time() + 86_400, usegmt=True)),
    "429: no more said": _status(429),
    **{f"fails: {status}": _status(status) for status in (500, 502, 503, 529, 599, 408, 409, 425)},
    "fails: in a form of its own": _status(500, error=[1, [2, {}]]),
    "fails: Retry-After 86400": _status(503, headers={"Retry-After": "86400"}),
}  # fmt: skip
"""By name: what a job goes on after."""
FATAL: dict[str, Kind] = {
    "refuses: redirect": _status(302, headers={"Location": "http://127.0.0.1:1/"}),
    "refuses: redirect that keeps the method": _status(307, headers={"Location": "/v1/chat/completions"}),
    "refuses: 400": _status(400, error="mock dislikes it"),
    "refuses: 401": _status(401),
    "refuses: 404": _status(404, error={"message": "no such model", "code": "model_not_found"}),
    "refuses: 418": _status(418, error=["teapot"]),
    "refuses: no credit": _status(429, error={"message": "no credit", "code": "insufficient_quota"}),
    "refuses: too long": _status(400, error={"message": "too long", "code": "context_length_exceeded"}),
}
"""By name: what mostly ends a run of a job, which can be resumed."""
TOO_MUCH: dict[str, Kind] = {"usage: 200,000 tokens": _usage({"completion_tokens": 200_000})}
"""By name: what ends a job, since no cap can be kept with such an endpoint."""
GOOD = "good"
KINDS: dict[str, Kind] = {GOOD: _whole, **BAD, **FATAL, **TOO_MUCH}


class BadAnswers(Endpoint):
    """Sends a bad answer after each good one, every kind of them in turn, in another order each time round.

    Args:
        behaviour: latency and seed.

    Attributes:
        only: names of kinds to send and nothing else; None for all in turn.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(behaviour)
        self._good = EdgeCases(self._random)
        self._turns = self._in_turn()
        self._numbers = itertools.count()
        # One in each round, and from another one on in each job: too few are sent to come to all of them.
        self._fatal = itertools.islice(itertools.cycle(FATAL), behaviour.seed % len(FATAL), None)
        self.only: Iterator[str] | None = None

    def _in_turn(self) -> Iterator[str]:
        order = random.Random(self.behaviour.seed)
        while True:
            names = list(BAD)
            order.shuffle(names)
            # Of those that end a run only one: else there would be little to kill. And early: few jobs get to the end.
            names.insert(order.randrange(10), next(self._fatal))
            for name in names:
                yield GOOD
                yield name

    def _outcome(self) -> str:
        return next(self.only or self._turns)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        body = await request.json()
        client = request.transport.get_extra_info("peername") if request.transport else None
        entry = Answered(time.time(), self._outcome(), client[1] if client else 0)
        reply = self._reply(body, entry)
        self.log.append(entry)
        await self._wait(entry)
        try:
            response = await _sent(request, reply)
            entry.sent = time.time()
        except ConnectionError:
            return web.Response()  # the client has been killed meanwhile, or waits no longer
        return response

    def _reply(self, body: Json, entry: Answered) -> Reply:
        """The answer of a kind; into the log goes what it holds and what is billed for it."""
        answer = completion(body, self._good.answer(body))
        answer["id"], answer["most"] = str(next(self._numbers)), _limit(body)
        counted = dict(answer["usage"])
        reply = KINDS[entry.outcome](answer)
        told = answer["usage"] if isinstance(answer["usage"], dict) else {}
        if reply.is_read:
            content = answer["choices"][0]["message"]["content"]
            entry.text = content if isinstance(content, str) and content.strip() else None
            counted["completion_tokens"] = min(len(entry.text or "") // 4, _limit(body))
        if reply.is_billed:
            entry.prompt_tokens = _billed(told.get("prompt_tokens"), counted["prompt_tokens"])
            entry.completion_tokens = _billed(told.get("completion_tokens"), counted["completion_tokens"])
        return reply


def _limit(body: Json) -> int:
    return int(body.get("max_tokens") or body["max_completion_tokens"])


def _billed(told: Any, counted: int) -> int:
    """What is charged for: what is told, where that is a number of tokens at all."""
    is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
    return int(told) if is_number and 1 <= told <= MOST_BELIEVED else counted


async def _sent(request: web.Request, reply: Reply) -> web.StreamResponse:
    """Send it; what is no HTTP, or not all of it, goes past the server.

    Raises:
        ConnectionError: nobody listens any more, or the connection was cut on purpose.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    if reply.hangs:
        while not transport.is_closing():  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.1)
        raise ConnectionResetError
    if reply.drips:
        endless = web.StreamResponse(headers=reply.headers)
        await endless.prepare(request)
        while True:
            await endless.write(b" ")
            await asyncio.sleep(0.1)
    if reply.status == 0:
        transport.write(reply.content)
        await asyncio.sleep(0.05)
        transport.close()
        raise ConnectionAbortedError
    if reply.cut:
        if reply.content:
            broken = web.StreamResponse(headers={**reply.headers, "Content-Length": str(len(reply.content))})
            await broken.prepare(request)
            await broken.write(reply.content[: len(reply.content) // 2])
            await asyncio.sleep(0.05)
        transport.close()
        raise ConnectionAbortedError
    response = web.Response(status=reply.status, body=reply.content or None, headers=reply.headers)
    await response.prepare(request)
    await response.write_eof()
    return response
