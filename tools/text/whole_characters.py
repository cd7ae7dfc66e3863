"""Text that every file and database takes."""

from __future__ import annotations


def whole_characters(text: str) -> str:
    """The text without halves of characters (lone surrogates), which JSON may hold and UTF-8 does not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
