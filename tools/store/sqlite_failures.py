"""What SQLite says about a file, as an error that a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ..errors import Busy, CoverageError, InvalidInput

_DAMAGED = "is damaged"
_FAILURES: tuple[tuple[str, type[CoverageError], str, str], ...] = (
    ("locked", Busy, "is in use by another process", "Wait for it to end, then try again."),
    ("readonly", InvalidInput, "may not be written to", "Change its permissions or choose another one."),
    ("disk is full", InvalidInput, "cannot grow: the disk is full", "Make room, then try again."),
    ("unable to open", InvalidInput, "cannot be opened", "Check the path and its permissions."),
    ("not a database", InvalidInput, "is not a SQLite database", "Choose another file."),
    ("malformed", InvalidInput, _DAMAGED, "Restore it from a copy, or choose another file."),
    ("corrupt", InvalidInput, _DAMAGED, "Restore it from a copy, or choose another file."),
    ("disk I/O error", InvalidInput, "cannot be read or written", "Check the disk and the permissions."),
)


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that a file is no database, or not a whole one."""
    what = str(getattr(error, "orig", error))
    return any(words in what for words in ("not a database", "malformed", "corrupt"))


@contextmanager
def said_clearly(path: Path, *, what: str = "store", if_damaged: str | None = None) -> Iterator[None]:
    """Turn what SQLite says about the file into an error that a person can act on.

    Args:
        path: the file.
        what: is kept in it.
        if_damaged: what to do about a damaged file, where more can be done than to restore it.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        if if_damaged and is_damage(error):
            raise InvalidInput(
                f"The {what} {path} {_DAMAGED}: {getattr(error, 'orig', error)}.", hint=if_damaged
            ) from error
        said = str(getattr(error, "orig", error))
        for words, kind, meant, hint in _FAILURES:
            if words in said:
                raise kind(f"The {what} {path} {meant}.", hint=hint) from error
        raise
