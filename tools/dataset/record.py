"""One training example: OpenAI chat messages, optional tools, one topic."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import orjson

DIGEST_BYTES = 10
"""How much of a content hash goes into a record's id: 20 hexadecimal digits."""

Origin = Literal["real", "synthetic"]
Message = dict[str, Any]
"""One chat message as it stands in the dataset: ``role``, ``content``, maybe ``tool_calls`` and more."""


def message_text(message: Message) -> str:
    """The text of a message, with content parts joined; images and other parts give nothing."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return ""


def last_role(messages: Sequence[Message]) -> str | None:
    """Who speaks last; ``None`` where nobody does."""
    return messages[-1].get("role") if messages else None


def content_hash(source: dict[str, Any]) -> str:
    """SHA-256 (hex) of a record's JSON with sorted keys: the same however an equal record was written."""
    return hashlib.sha256(_canonical(source).encode()).hexdigest()


def digest_of_dumped(text: bytes) -> bytes:
    """`content_hash` in bytes, of a record that orjson has parsed and written: several times as fast.

    Args:
        text: the record as `orjson.dumps` writes it with sorted keys; no number in it was infinite, not a number or
            beyond 64 bits.
    """
    # How a float is written is the other difference.
    return digest_of_sorted(text) if not _FLOAT.search(text) else _canonical_digest(text)


def digest_of_sorted(text: bytes) -> bytes:
    """`content_hash` in bytes, for compact JSON with sorted keys and without floats."""
    # Fast printers write other characters than ASCII as they are; the standard library, which was first, does not.
    if text.isascii() and b"\x7f" not in text:
        return hashlib.sha256(text).digest()
    return _canonical_digest(text)


def _canonical_digest(text: bytes) -> bytes:
    return hashlib.sha256(_canonical(orjson.loads(text)).encode()).digest()


_FLOAT = re.compile(rb"[:,\[]-?[0-9]+[.eE]")
"""Finds every float in compact JSON, and some texts that only look like one."""
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Record:
    """One training example.

    Attributes:
        id: stable within a workflow: content hash and occurrence number in its file.
        body: the JSON object exactly as it was read (real) or written (synthetic). Never altered.
        topic: the leaf label that coverage counts; ``None`` is uncategorized.
        other_topics: further labels that the source gave; kept, not counted.
        origin: real or synthetic.
        provenance: for a synthetic record: job, slot, strategy, seeds, template, model, checks, approval.
    """

    id: str
    body: str
    topic: str | None
    origin: Origin = "real"
    other_topics: tuple[str, ...] = ()
    provenance: dict[str, Any] | None = None

    @cached_property
    def source(self) -> dict[str, Any]:
        """The parsed body. Do not alter it."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def messages(self) -> list[Message]:
        """The chat messages, in order."""
        messages: list[Message] = self.source["messages"]
        return messages

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The declared tools as OpenAI function tools; empty when the record has none."""
        return self.source.get("tools") or []

    @property
    def has_assistant_turn(self) -> bool:
        """Whether a trainer can learn from it; without one it counts for coverage but is never a seed."""
        return any(message.get("role") == "assistant" for message in self.messages)

    @property
    def user_turns(self) -> list[str]:
        """The texts of the user's messages."""
        return [message_text(message) for message in self.messages if message.get("role") == "user"]

    @property
    def is_multi_turn(self) -> bool:
        """Whether the user speaks at least twice."""
        return len(self.user_turns) >= 2

    @property
    def uses_tools(self) -> bool:
        """Whether the assistant calls a tool."""
        return any(message.get("tool_calls") for message in self.messages)

    @property
    def user_text(self) -> str:
        """All that the user says, for embedding and for telling topics apart."""
        return "\n".join(self.user_turns)

    @property
    def first_written(self) -> int:
        """Index of the first message that a strategy wrote; those before it are a seed's. 0 when nothing is copied."""
        drawn = (self.provenance or {}).get("drawn")
        varied = drawn.get("varied_message") if isinstance(drawn, dict) else None
        return varied if isinstance(varied, int) else 0

    def written_text(self, role: str) -> str:
        """The texts of one role without those that were copied from a seed, joined."""
        written = self.messages[self.first_written :]
        return "\n".join(message_text(message) for message in written if message.get("role") == role)
