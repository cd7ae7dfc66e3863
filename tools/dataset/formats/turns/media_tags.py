"""Pictures, videos and sounds that stand beside a text with tags in it, as LLaMA-Factory and LLaVA write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..refusal import Refused

Source = dict[str, Any]
_COLUMNS = {
    "image": ("images", "image"),
    "video": ("videos", "video"),
    "audio": ("audios", "audio"),
}
_TAG = re.compile(r"<(image|video|audio)>")


class Media:
    """The files of one record, handed out in the order of their tags."""

    def __init__(self, source: Source, texts: list[str]) -> None:
        """Look at the columns of a record and the texts that may have tags for them.

        Raises:
            Refused: there are more tags than files, or fewer.
        """
        self.used: set[str] = set()
        self._files: dict[str, Iterator[str]] = {}
        for kind, columns in _COLUMNS.items():
            tags = sum(text.count(f"<{kind}>") for text in texts)
            for column in columns:
                files = _paths(source.get(column))
                if files and tags:
                    _check_count(kind, tags, len(files))
                    self._files[kind] = iter(files)
                    self.used.add(column)
                    break

    def parts(self, text: str) -> str | list[Source]:
        """A text with its tags replaced by content parts; the text itself where it has none."""
        kinds = "|".join(self._files)
        if not kinds or not re.search(f"<({kinds})>", text):
            return text
        found: list[Source] = []
        at = 0
        for tag in _TAG.finditer(text):
            files = self._files.get(tag[1])
            if files is None:
                continue
            _add_text(found, text[at : tag.start()])
            kind = f"{tag[1]}_url"
            found.append({"type": kind, kind: {"url": next(files)}})
            at = tag.end()
        _add_text(found, text[at:])
        return found


def _paths(value: Any) -> list[str]:
    files = value if isinstance(value, list) else [value]
    return files if all(isinstance(file, str) for file in files) else []


def _check_count(kind: str, tags: int, files: int) -> None:
    if tags != files:
        relation = "more" if tags > files else "fewer"
        raise Refused("bad_message", f"{relation} <{kind}> tags ({tags}) than {kind}s ({files})")


def _add_text(parts: list[Source], text: str) -> None:
    if text:
        parts.append({"type": "text", "text": text})
