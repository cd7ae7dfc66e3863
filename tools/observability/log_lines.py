"""The log as lines of JSON on the error output, for whoever collects it: what happened, and never what was said.

Up to the level "info" a line has no text of a dataset, a person, a model or an endpoint in it. What an error says may
quote any of these: so it is left out there with its arguments, and what is told is its kind and the place in the
code. At the level "debug" it is told, with the traceback. Keys of the settings are in no line.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from ..configured_keys import without_keys
from .telemetry import CHECK, JOB, STATUS, EndedAttempt, Operation, Value

LogFormat = Literal["json"]
LogLevel = Literal["debug", "info", "warning", "error"]

_ROOT = logging.getLogger(__package__.partition(".")[0])
_log = logging.getLogger(__name__)
_TOLD = "told"
"""What a record of our own carries, in place of arguments."""
_LEVELS = {"chat": logging.DEBUG, "step": logging.DEBUG, "turn": logging.INFO, "job": logging.INFO}


class LogLines:
    """Writes a line for each job, turn and failed call; with "debug" for every call, step and attempt.

    Args:
        form: of the lines.
        level: from which on they are written; also those of the rest of this package.
    """

    def __init__(self, form: LogFormat, level: LogLevel) -> None:
        assert form == "json"
        self._handler = _ToErrorOutput()
        self._handler.setFormatter(JsonLine(with_texts=level == "debug"))
        self._before = _ROOT.level
        _ROOT.addHandler(self._handler)
        _ROOT.setLevel(level.upper())
        self._outcomes: dict[str, Counter[str]] = {}

    @contextmanager
    def observe(self, operation: Operation) -> Iterator[None]:
        """See `Observer`."""
        began, level = time.perf_counter(), _LEVELS[operation.kind]
        job_id = str(operation.attributes[JOB]) if operation.kind == "job" else None
        if job_id is not None:
            self._outcomes[job_id] = Counter()
            self._tell(level, "job began", operation.attributes)
        try:
            yield
        except BaseException as error:
            if operation.failed(error):
                level = max(level, logging.WARNING)
            raise
        finally:
            outcomes = self._outcomes.pop(job_id, None) if job_id is not None else None
            seconds = round(time.perf_counter() - began, 3)
            told: dict[str, Any] = {**operation.attributes, "seconds": seconds}
            if outcomes is not None:
                told["attempts"] = dict(outcomes)
            self._tell(level, f"{operation.kind} ended", told)

    def answered_in_batch(self, attributes: Mapping[str, Value]) -> None:
        """See `Observer`."""
        self._tell(logging.DEBUG, "batch answered", attributes)

    def attempt_ended(self, attempt: EndedAttempt) -> None:
        """See `Observer`."""
        if (outcomes := self._outcomes.get(attempt.job_id)) is not None:
            outcomes[attempt.check or attempt.status] += 1
        told: dict[str, Any] = {JOB: attempt.job_id, "attempt": attempt.number, STATUS: attempt.status}
        told |= {CHECK: attempt.check, "tokens": attempt.tokens, "usd": attempt.usd}
        self._tell(
            logging.DEBUG, "attempt ended", {key: value for key, value in told.items() if value is not None}
        )

    def spent(self, usd: float, model: str, strategy: str) -> None:
        """See `Observer`; what a job took is told with its attempts."""

    def close(self) -> None:
        """See `Observer`."""
        _ROOT.removeHandler(self._handler)
        _ROOT.setLevel(self._before)

    @staticmethod
    def _tell(level: int, event: str, told: Mapping[str, Any]) -> None:
        _log.log(level, event, extra={_TOLD: told})


class JsonLine(logging.Formatter):
    """A record of the log as one line of JSON.

    Args:
        with_texts: whether what errors and arguments say is told, too.
    """

    def __init__(self, *, with_texts: bool) -> None:
        super().__init__()
        self._with_texts = with_texts

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            # As it stands in the code, before anything is put into it.
            "event": str(record.msg),
            "logger": record.name,
            "process": os.getpid(),
            **getattr(record, _TOLD, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _error(record.exc_info[1])
        if self._with_texts:
            line["message"] = record.getMessage()
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
        return without_keys(orjson.dumps(line, default=str).decode())


class _ToErrorOutput(logging.StreamHandler[Any]):
    """To whatever the error output is at the moment: programs, and tests, put others in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """Where lines go."""
        return sys.stderr


def _error(error: BaseException) -> dict[str, Any]:
    """Kind and place of an error, and of what led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "type": type(error).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-5:]],
    }
    if (cause := error.__cause__ or error.__context__) is not None:
        found["cause"] = _error(cause)
    return found
