"""Recognising results in which a tool reports an error, and making such results in the tool's own shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .data_links import Path, leaves
from .traces import TracedCall

_ERROR_FIELD = re.compile(r"^(errors?|exception|fault|error_?message|failure)$", re.IGNORECASE)
_MESSAGE_FIELD = re.compile(r"(message|status|result|outcome)$", re.IGNORECASE)
_FAILURE = re.compile(
    r"\b(failed|failure|error|unable to|cannot|can't|could ?n[o']t|not found|no such|does ?n[o']t exist|invalid"
    r"|incorrect|unavailable|not available|you must provide|denied|declined)\b",
    re.IGNORECASE,
)
_OF_ARGUMENT = re.compile(
    r"\b(not found|no such|exist|invalid|incorrect|wrong|unknown|match)\b", re.IGNORECASE
)
_OF_MISSING = re.compile(r"\b(missing|required|must provide|need)\b", re.IGNORECASE)
LONGEST_MESSAGE = 25
"""Words of a message that is searched for a failure; longer texts are content, not a status."""


@dataclass(frozen=True)
class WaysToFail:
    """How a tool reports errors, as far as traces show it.

    Attributes:
        errors: real calls that failed although they had all they needed.
        empty_field: the field for errors that all real results have and leave empty, or None.
    """

    errors: Sequence[TracedCall]
    empty_field: Path | None

    @classmethod
    def of(cls, calls: Sequence[TracedCall]) -> WaysToFail:
        """What the real calls of one tool show."""
        failed = [call for call in calls if is_error(call.value) and not is_about_a_missing_one(call.value)]
        return cls(failed, empty_error_field(calls))


def is_error(value: Any) -> bool:
    """Whether a parsed result reports an error: a filled error field, or a status or message that says so."""
    if isinstance(value, str):
        return _says_failure(value)
    return any(_is_error_leaf(path, leaf) for path, leaf in leaves(value))


def is_about_an_argument(value: Any) -> bool:
    """Whether an error says that what was asked for is not there or not valid, so that another value may help."""
    texts = [leaf for _, leaf in leaves(value) if isinstance(leaf, str)]
    return any(_OF_ARGUMENT.search(text) for text in texts) and not is_about_a_missing_one(value)


def is_about_a_missing_one(value: Any) -> bool:
    """Whether an error says that an argument is missing."""
    return any(isinstance(leaf, str) and _OF_MISSING.search(leaf) for _, leaf in leaves(value))


def empty_error_field(calls: Sequence[TracedCall]) -> Path | None:
    """The field that all real results of a tool have for errors and leave empty, or None.

    It shows how the tool reports an error although no trace has one: ``{"response": {…}, "exception": null}``.
    """
    fields = [
        {path for path, leaf in leaves(call.value) if leaf is None and path and _is_error_field(path)}
        for call in calls
    ]
    shared = set.intersection(*fields) if fields else set()
    return min(shared, key=str) if shared else None


def with_error(value: Any, field: Path, message: str) -> Any:
    """A result of the same shape with a message in its error field, and no content but what it was asked with."""
    if not field:
        return message
    return {
        key: with_error(inner, field[1:], message) if key == field[0] else _emptied(key, inner)
        for key, inner in value.items()
    }


def _emptied(key: str, value: Any) -> Any:
    # Names, and the call itself, are repeated by results that report errors, too.
    return value if isinstance(value, str) or key in ("input", "request", "arguments") else None


def _is_error_leaf(path: Path, leaf: Any) -> bool:
    if leaf in (None, "", 0, False) or not path:
        return False
    name = next((key for key in reversed(path) if isinstance(key, str)), "")
    return bool(_ERROR_FIELD.match(name)) or (
        isinstance(leaf, str) and bool(_MESSAGE_FIELD.search(name)) and _says_failure(leaf)
    )


def _is_error_field(path: Path) -> bool:
    return (
        isinstance(path[-1], str)
        and bool(_ERROR_FIELD.match(path[-1]))
        and all(isinstance(key, str) for key in path)
    )


def _says_failure(text: str) -> bool:
    return len(text.split()) <= LONGEST_MESSAGE and bool(_FAILURE.search(text.replace("_", " ")))
