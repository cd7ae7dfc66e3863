"""What a tool answers when something unexpected happens."""

from __future__ import annotations

import logging
from typing import Any

from .errors import InternalError

_log = logging.getLogger(__name__)


def internal_failure(error: Exception, where: str) -> dict[str, Any]:
    """The failure document for an error that nobody foresaw; the traceback goes to the log, not to the person."""
    _log.error("%s failed", where, exc_info=error)
    return InternalError(
        f"{where} failed unexpectedly: {type(error).__name__}: {error}",
        hint="The log has the details; nothing that was accepted before is lost.",
    ).to_failure()
