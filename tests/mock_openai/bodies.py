"""The JSON bodies that the mock endpoint answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DIMENSIONS = 8


@dataclass(frozen=True)
class Truncated:
    """An answer that was cut off at the token limit."""

    text: str


def completion(body: dict[str, Any], answer: Any) -> dict[str, Any]:
    text = answer.text if isinstance(answer, Truncated) else answer
    message = dict(text) if isinstance(text, dict) else {"content": text}
    told = {name: message.pop(name) for name in ("usage", "finish_reason") if name in message}
    finish = told.get("finish_reason") or (
        "length" if isinstance(answer, Truncated) else "tool_calls" if "tool_calls" in message else "stop"
    )
    sent = sum(len(str(m.get("content") or "").split()) for m in body["messages"])
    written = len(str(message.get("content") or "").split())
    counted = {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
    usage = told.get("usage", counted)
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        **({} if usage is None else {"usage": usage}),
    }


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Letter counts as vectors: the same text, the same vector."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vectors = [[float(text.count(chr(97 + n))) for n in range(DIMENSIONS)] for text in texts]
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {
        "object": "list",
        "model": body["model"],
        "data": data,
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }
