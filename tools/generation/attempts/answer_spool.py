"""Answers that were paid for, from the moment they are read until the journal has them."""

from __future__ import annotations

import errno
import glob
import os
from pathlib import Path

import msgspec

from ...data_folder import make_private_folder
from ..money.amounts import spent_picodollars
from .journal_entries import Answered

ROOM = 2**20
"""Bytes from which on a spool that holds nothing new is emptied."""


class AnswerSpool:
    """A file that answers are appended to from the event loop, some microseconds after they were read.

    What is not written down when a program is killed is paid for again. A transaction of the store takes
    milliseconds, and waits for other transactions; this waits for nobody. The operating system keeps what was
    appended when the program dies, as it does for the store (a machine that loses power may lose the last moments
    of both).

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._size = 0

    def open(self) -> None:
        """Make the file; blocking."""
        make_private_folder(self._path.parent)
        # Without effect on a file on a disk; it tells those who watch over event loops that writing does not wait.
        at_once = getattr(os, "O_NONBLOCK", 0)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | at_once, 0o600)

    def append(self, answered: Answered) -> None:
        """Write down what an attempt has got so far.

        Raises:
            OSError: it cannot be written, for want of room for example.
        """
        assert self._file is not None
        line = msgspec.json.encode(answered) + b"\n"
        written = os.write(self._file, line)
        if written < len(line):
            os.ftruncate(self._file, self._size)  # the next one must not join what was begun here
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._size += written

    def empty(self) -> None:
        """All that was appended is in the journal: begin anew, if that is worth the while."""
        if self._size >= ROOM and self._file is not None:
            os.ftruncate(self._file, 0)
            self._size = 0

    def remove(self) -> None:
        """All is in the journal, and nothing more comes; blocking."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def spool_path(home: Path, part: str, holder: int) -> Path:
    """Where the spool of one holder of a part of a job is, in the data folder; each writes into one of their own.

    Args:
        home: the data folder.
        part: the name of the part (`Job.name`).
        holder: the number of their lease on it; 0 for a version of this program that had none.
    """
    return home / "answers" / (f"{part}.{holder}.jsonl" if holder else f"{part}.jsonl")


def left_spools(home: Path, part: str) -> dict[int, Path]:
    """What holders of a part have left in the data folder, by their numbers, the first holder first."""
    found = {}
    for path in (home / "answers").glob(f"{glob.escape(part)}*.jsonl"):
        number = path.name.removeprefix(part).removesuffix(".jsonl").removeprefix(".") or "0"
        if number.isdecimal() and path == spool_path(home, part, int(number)):
            found[int(number)] = path
    return dict(sorted(found.items()))


def spooled_answers(path: Path) -> dict[int, Answered]:
    """What a killed program left, by attempt: the last that was said of each. A line that broke off is left out."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    found: dict[int, Answered] = {}
    for line in lines[:-1]:
        try:
            one = msgspec.json.decode(line, type=Answered)
        except msgspec.ValidationError:
            one = _of_version_7(line)
        except msgspec.DecodeError:
            continue  # the machine lost power in the middle of it
        found[one.number] = one
    return found


def _of_version_7(line: bytes) -> Answered:
    """A line whose money is in USD, as programs up to that version of the store wrote it."""
    one = msgspec.json.decode(line)
    amounts = [one["paid"], *(one["settled"] or ())]
    for amount in amounts:
        usd = amount.pop("usd")
        amount["picodollars"] = None if usd is None else spent_picodollars(usd)
    return msgspec.convert(one, Answered)
