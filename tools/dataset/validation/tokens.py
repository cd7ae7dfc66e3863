"""How many tokens a record has: counted by tiktoken where its encoding is on this machine, else estimated."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tiktoken

BYTES_PER_TOKEN = 3.8
"""UTF-8 bytes a token, for the estimate. Measured with cl100k_base on eight datasets: 3.3 to 4.5 for English and tool
calls, 2.4 for a mixture of Persian, Chinese, Hindi and Russian. The estimates of whole records were 3% below to 22%
above what o200k_base counts."""
PER_MESSAGE, PER_NAME, PER_RECORD = 3, 1, 3
"""What a chat costs beyond its texts (OpenAI cookbook, Chat_finetuning_data_prep)."""

_ENCODINGS = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""With the SHA-256 of their files, as in tiktoken. It fetches a file that has another one again, so one that is damaged
must not get that far: nothing here goes to the network."""
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"


@dataclass(frozen=True)
class TokenCounter:
    """Counts tokens.

    Attributes:
        method: how, for a person.
        exact: whether a tokenizer counts.
        of_text: the tokens of a text.
    """

    method: str
    exact: bool
    of_text: Callable[[str], int]

    def of_record(self, source: dict[str, Any]) -> int:
        """The tokens of a record: texts, tool calls and declared tools."""
        total = PER_RECORD
        for message in source["messages"]:
            total += PER_MESSAGE + (PER_NAME if message.get("name") else 0)
            total += sum(map(self.of_text, _texts(message)))
        declared = source.get("tools") or source.get("functions")
        return total + (self.of_text(json.dumps(declared, ensure_ascii=False)) if declared else 0)


def make_counter() -> TokenCounter:
    """A counter by tiktoken when one of its encodings is in its cache, else an estimate. Never goes to the network."""
    why = "no encoding of tiktoken is on this machine"
    for name, expected in _ENCODINGS.items():
        path = _cached(name)
        if not path.is_file():
            continue
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
                raise ValueError("the file is damaged")
            import tiktoken

            encoding = tiktoken.get_encoding(name)
        except Exception as error:  # whatever it is, the estimate is as good as it was
            why = f"{name} of tiktoken cannot be used ({path}: {str(error) or type(error).__name__})"
            continue
        return TokenCounter(f"tiktoken, {name}", True, _counting(encoding))
    return TokenCounter(f"estimated: {BYTES_PER_TOKEN} bytes a token, since {why}", False, _estimate)


def _counting(encoding: tiktoken.Encoding) -> Callable[[str], int]:
    # Names of special tokens in a dataset are text like any other.
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _estimate(text: str) -> int:
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def _cached(name: str) -> Path:
    """Where tiktoken looks for the encoding on disk: it names files by the SHA-1 of their address."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    place = Path(folder) if folder else Path(tempfile.gettempdir()) / "data-gym-cache"
    return place / hashlib.sha1(_ADDRESS.format(name).encode(), usedforsecurity=False).hexdigest()


def _texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part.get("text"), str):
            yield part["text"]
    for key in ("role", "name", "refusal"):
        if isinstance(message.get(key), str):
            yield message[key]
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    if message.get("function_call"):
        calls.append(message["function_call"])
    for function in calls:
        yield function["name"]
        yield function["arguments"]
