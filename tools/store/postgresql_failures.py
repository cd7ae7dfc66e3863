"""What PostgreSQL says, as an error that a person can act on; an address is shown without its password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from ..errors import Busy, CoverageError, InvalidInput, StoreUnreachable

_CHECK = "Check FINETUNE_COVERAGE_DATABASE_URL."
_LATER = "Try again in a moment."
_FAILURES: dict[str, tuple[type[CoverageError], str, str]] = {
    "55P03": (Busy, "is in use by another process", "Wait for it to end, then try again."),
    "57014": (Busy, "took longer than its server allows", _LATER),
    "40001": (Busy, "was changed by another process at the same moment", _LATER),
    "40P01": (Busy, "was changed by another process at the same moment", _LATER),
    "53300": (
        Busy,
        "has no connection left",
        "Close other programs, or raise max_connections of the server.",
    ),
    "57P01": (Busy, "was lost: its server shuts down", "Wait until it runs again, then try again."),
    "57P02": (Busy, "was lost: its server stopped", "Wait until it runs again, then try again."),
    "57P03": (Busy, "cannot be used yet: its server is starting or stopping", _LATER),
    "53100": (InvalidInput, "cannot grow: the disk of its server is full", "Make room, then try again."),
    "42501": (
        InvalidInput,
        "may not be used like this by its user",
        "The user needs to create tables, read and write: GRANT ALL ON SCHEMA public TO the_user.",
    ),
    "25006": (InvalidInput, "may only be read: its server is a standby, or set so", _CHECK),
    "28P01": (InvalidInput, "cannot be opened: user or password is wrong", _CHECK),
    "3D000": (InvalidInput, "cannot be opened: there is no such database", "Make it with: createdb NAME"),
}
"""By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_AT_CONNECTING = (
    ("password", "28P01"),
    ("role", "28P01"),
    ("does not exist", "3D000"),
    ("too many", "53300"),
    ("starting up", "57P03"),
    ("shutting down", "57P03"),
)
"""What the server says while a connection is made comes without its SQLSTATE."""


@contextmanager
def said_clearly(address: str) -> Iterator[None]:
    """Turn what the driver says about the store into an error that a person can act on.

    Args:
        address: of the store, without the password.
    """
    try:
        yield
    except NoConnectionLeft as error:
        raise Busy(
            f"The store {address} has no connection left in this process.", hint="Do less at once."
        ) from error
    except DBAPIError as error:
        raise _said(address, error) or error from error


def _said(address: str, error: DBAPIError) -> CoverageError | None:
    code = getattr(error.orig, "sqlstate", None)
    said = str(error.orig)
    if code is None and "FATAL" in said:
        code = next((code for words, code in _AT_CONNECTING if words in said), None)
    if code in _FAILURES:
        kind, meant, hint = _FAILURES[code]
        return kind(f"The store {address} {meant}.", hint=hint)
    # What goes wrong before there is a session has no SQLSTATE.
    is_connection = isinstance(error, OperationalError) or "connection option" in said
    if error.connection_invalidated or (code is None and is_connection) or str(code).startswith("08"):
        return StoreUnreachable(
            f"The store {address} cannot be reached: {_reason(said)}.",
            hint=f"Is the server running, and is its address right? {_CHECK}",
        )
    return None


def _reason(said: str) -> str:
    """The line of several that says what happened, without the address, which comes before it."""
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if line and not line.endswith("?") and not line.startswith("-")]
    return telling[-1].rpartition(" failed: ")[2].rstrip(".") if telling else "it does not answer"
