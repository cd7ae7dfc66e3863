"""A local server that speaks OpenAI's API and answers what a test tells it to, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .batches import Batches
from .bodies import Truncated, completion, embeddings

KEY = "sk-mock"


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong instead of an answer: the first field that is set."""

    status: int = 0
    retry_after: float | None = None
    message: str = "mock fault"  # {authorization} in it becomes the header of the request
    code: str | None = None
    param: str | None = None
    drop: bool = False  # the connection ends without a word
    hang: bool = False  # no answer until the server is closed
    garbage: bool = False  # 200 with a body that is no JSON
    not_a_completion: bool = False  # 200 with JSON that is no chat completion: the message


Answer = str | dict[str, Any] | int | Fault | Truncated


@dataclass
class Request:
    """What arrived."""

    path: str
    body: dict[str, Any]
    key: str
    at: float = field(default_factory=time.monotonic)


class MockOpenAI:
    """The endpoint of one test.

    ``reply`` decides on chat requests: it gets the request's JSON and returns a text, an assistant message as
    a dict (with tool_calls, say; ``usage`` and ``finish_reason`` in it are the completion's, ``usage: None`` leaves it
    out), a status, or a `Fault`. ``queue`` goes first. ``refused`` names request fields that are
    answered with 400. Usage counts one token for each word.
    """

    def __init__(self) -> None:
        self.reply: Callable[[dict[str, Any]], Answer] = lambda body: "Hello."
        self.queue: list[Answer] = []
        self.refused: set[str] = set()
        self.latency = 0.0
        self.requests: list[Request] = []
        self.peak = 0  # most requests under way at once
        self.key = KEY
        self.refusal = Fault(401, message="Incorrect API key provided", code="invalid_api_key")
        self.models = ["mock-model", "mock-embedding"]
        self.batches = Batches()
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._active = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL, for OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """Settings that point a process at this server."""
        return {
            "OPENAI_BASE_URL": self.url,
            "OPENAI_API_KEY": self.key,
            "FINETUNE_COVERAGE_MODEL": "mock-model",
        }

    def chats(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests so far."""
        return [request.body for request in self.requests if request.path.endswith("/chat/completions")]

    def close(self) -> None:
        """Ends hanging requests and stops listening."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, body: dict[str, Any]) -> Answer:
        """What this chat request gets."""
        for name in self.refused & body.keys():
            return Fault(400, message=f"{name} is not supported", param=name)
        if body.get("model") not in self.models:
            return Fault(404, message=f"no model {body.get('model')}", code="model_not_found")
        with self.lock:
            queued = self.queue.pop(0) if self.queue else None
        return self.reply(body) if queued is None else queued

    def enter(self) -> None:
        """Counts a request in."""
        with self.lock:
            self._active += 1
            self.peak = max(self.peak, self._active)

    def leave(self) -> None:
        """Counts a request out."""
        with self.lock:
            self._active -= 1


def _handler(mock: MockOpenAI) -> type[BaseHTTPRequestHandler]:
    def batched(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = mock.answer(body)
        if isinstance(answer, Fault):
            return answer.status, {"error": {"message": answer.message}}
        return 200, completion(body, answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if "/batches" in self.path or "/files" in self.path:
                self._write(*mock.batches.get(self.path, batched), {"Content-Type": "application/json"})
            elif self._checked({}) and self.path.endswith("/models"):
                self._send(
                    200, {"object": "list", "data": [{"id": m, "object": "model"} for m in mock.models]}
                )

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "/batches" in self.path or "/files" in self.path:
                kind = self.headers.get("Content-Type", "")
                self._write(
                    *mock.batches.post(self.path, kind, content), {"Content-Type": "application/json"}
                )
                return
            body = json.loads(content)
            if not self._checked(body):
                return
            mock.enter()
            try:
                time.sleep(mock.latency)
                if self.path.endswith("/embeddings"):
                    self._send(200, embeddings(body))
                elif self.path.endswith("/chat/completions"):
                    self._chat(body)
                else:
                    self._fail(Fault(404, message=f"no route {self.path}"))
            finally:
                mock.leave()

        def _checked(self, body: dict[str, Any]) -> bool:
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            with mock.lock:
                mock.requests.append(Request(self.path, body, key))
            if key == mock.key:
                return True
            self._fail(mock.refusal)
            return False

        def _chat(self, body: dict[str, Any]) -> None:
            answer = mock.answer(body)
            if isinstance(answer, int):
                answer = Fault(answer)
            if isinstance(answer, Fault):
                self._fail(answer)
            elif body.get("stream"):
                self._stream(body, answer)
            else:
                self._send(200, completion(body, answer))

        def _fail(self, fault: Fault) -> None:
            said = fault.message.replace("{authorization}", self.headers.get("Authorization", ""))
            if fault.hang:
                mock.closing.wait()
            if fault.hang or fault.drop:
                self.close_connection = True
            elif fault.garbage:
                self._write(200, f"<html>oops {said}".encode(), {})
            elif fault.not_a_completion:
                self._send(200, {"hello": said})
            else:
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                error = {"message": said, "type": "mock", "code": fault.code, "param": fault.param}
                self._send(fault.status, {"error": error}, headers)

        def _stream(self, body: dict[str, Any], answer: Any) -> None:
            whole = completion(body, answer)
            message = whole["choices"][0]["message"]
            deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
            deltas += [{"content": f"{word} "} for word in (message.get("content") or "").split()]
            if message.get("tool_calls"):
                deltas.append(
                    {"tool_calls": [{"index": i, **c} for i, c in enumerate(message["tool_calls"])]}
                )
            base = {
                "id": whole["id"],
                "object": "chat.completion.chunk",
                "model": whole["model"],
                "created": 0,
            }
            chunks = [{**base, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
            finish = whole["choices"][0]["finish_reason"]
            chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
            if (body.get("stream_options") or {}).get("include_usage") and "usage" in whole:
                chunks.append({**base, "choices": [], "usage": whole["usage"]})
            events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
            self._write(200, "".join(events).encode(), {"Content-Type": "text/event-stream"})

        def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            self._write(status, json.dumps(body).encode(), headers or {})

        def _write(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            try:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up, as some tests make it do

    return Handler
