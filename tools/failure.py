"""What a tool answers when something unexpected happens."""

from __future__ import annotations

import logging
from typing import Any

from .errors import InternalError

_log = logging.getLogger(__name__)

_REFUSED_BY_STORE = {
    "FOREIGN KEY": "what it belongs to is no longer there: the dataset or the plan was deleted meanwhile",
    "UNIQUE": "the same was written already, by another program or by an earlier run",
    "CHECK": "a figure would have become impossible, a fault of this program",
    "no such": "the store lacks a part of its own: it is damaged, or of another version of this program",
}


def internal_failure(error: Exception, where: str) -> dict[str, Any]:
    """The failure document for an error that nobody foresaw; the traceback goes to the log, not to the person."""
    _log.error("%s failed", where, exc_info=error)
    return InternalError(
        f"{where} failed unexpectedly: {unforeseen_words(error)}",
        hint="The log has the details; nothing that was accepted before is lost.",
    ).to_failure()


def unforeseen_words(error: Exception) -> str:
    """An error that nobody foresaw, for a person: of a database what that means, without the statement."""
    refused = getattr(error, "orig", None)
    if refused is None:
        return f"{type(error).__name__}: {error}"
    meant = next((meant for words, meant in _REFUSED_BY_STORE.items() if words in str(refused)), "")
    return (
        f"the store refused to write or read this: {meant} ({refused})"
        if meant
        else f"the store said: {refused}"
    )
