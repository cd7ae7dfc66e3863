"""Why a line of a dataset is not a record."""

from __future__ import annotations

from typing import Any, Literal

RefusalCode = Literal[
    "not_utf8",
    "invalid_json",
    "nested_too_deep",
    "repeated_key",
    "lone_surrogate",
    "not_an_object",
    "unsupported_format",
    "no_messages",
    "bad_message",
    "bad_tools",
    "broken_file",
    "too_long",
    "marked_bad",
]

_MAX_SHOWN = 40
_KEYS_SHOWN = 5


class Refused(Exception):
    """A line, or a whole file, is not what the importer reads.

    Attributes:
        code: the kind of trouble, for programs.
        reason: what is wrong and where within the line, for a person.
        unread: the share of the file, 0 to 1, that was not read because of it.
    """

    def __init__(self, code: RefusalCode, reason: str, unread: float = 0.0) -> None:
        super().__init__(reason)
        self.code: RefusalCode = code
        self.reason = reason
        self.unread = unread


def shown(value: object) -> str:
    """A value of the dataset as a short quotation, safe to print whatever it holds."""
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in f"'{cut}'")


def keys_of(source: dict[str, Any]) -> str:
    """The first keys of an object as a short quotation."""
    return ", ".join(shown(key) for key in list(source)[:_KEYS_SHOWN]) or "none"


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
