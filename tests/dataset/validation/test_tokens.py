"""Tokens of records: counted where an encoding is on this machine, else estimated, and never from the network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import tiktoken
from finetune_coverage.tools.dataset.validation import tokens
from finetune_coverage.tools.dataset.validation.tokens import make_counter

from .test_validate import _no_encodings, chat

__all__ = ["_no_encodings"]


def test_tools_and_calls_cost_tokens() -> None:
    counter = make_counter()
    plain = chat("x")
    call = {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"a": "b"}'}}
    calling = chat("x", tools=[{"type": "function", "function": {"name": "find"}}])
    calling["messages"][1]["tool_calls"] = [call]
    named = chat("x")
    named["messages"][0]["name"] = "Ann"
    assert counter.of_record(calling) > counter.of_record(plain) + 10
    assert counter.of_record(named) == counter.of_record(plain) + 2


def cached_encoding(tmp_path: Path, name: str) -> Path:
    """Where tiktoken looks for an encoding in these tests."""
    (tmp_path / "encodings").mkdir(exist_ok=True)
    address = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    return tmp_path / "encodings" / hashlib.sha1(address.encode()).hexdigest()


def test_tiktoken_counts_where_its_encoding_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytes_only = tiktoken.Encoding(
        "bytes",
        pat_str=r"[\s\S]+",
        mergeable_ranks={bytes([n]): n for n in range(256)},
        special_tokens={"<|endoftext|>": 256},
    )
    asked: list[str] = []

    def encoding(name: str) -> tiktoken.Encoding:
        asked.append(name)
        return bytes_only

    monkeypatch.setattr(tiktoken, "get_encoding", encoding)
    assert not make_counter().exact and asked == []
    monkeypatch.setitem(tokens._ENCODINGS, "cl100k_base", hashlib.sha256(b"an encoding").hexdigest())
    cached_encoding(tmp_path, "cl100k_base").write_bytes(b"an encoding")
    counter = make_counter()
    assert counter.exact and asked == ["cl100k_base"] and "cl100k_base" in counter.method
    assert counter.of_text("é<|endoftext|>") == 15


def test_a_damaged_encoding_gives_an_estimate_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tiktoken, "get_encoding", asked.append)
    path = cached_encoding(tmp_path, "o200k_base")
    path.write_bytes(b"half an enc")
    counter = make_counter()
    assert (
        not counter.exact
        and "o200k_base" in counter.method
        and f"{path}: the file is damaged" in counter.method
    )
    assert asked == [] and path.exists(), "tiktoken would remove the file and fetch it again"
