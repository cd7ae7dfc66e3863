"""The data folder is its owner's alone: folders 0700, files 0600.

It holds what people wrote, what was said about it, and keys. A folder that this program makes is closed from the start;
one that was open is closed when it is used, unless it holds other things as well: then only what is ours in it is.
Several accounts on one folder are therefore not supported; give each its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OURS = re.compile(
    r"(coverage|conversations)\.db.*|chroma|shards|exports|answers|locks|cache|\.env|mcp-token|known-hosts|chat-history",
    re.DOTALL,
)
"""Names that this program gives to what it keeps."""

_PRIVATE = 0o077
_persons_umask: int | None = None
_closed: set[Path] = set()


def open_data_folder(home: Path) -> Path:
    """The data folder, made where it is missing, and closed to others; raises `OSError` when it cannot be made.

    What lay open in it is closed once in a process. One that may only be read is left as it is.
    """
    if not may_be_written(home):
        return home
    make_private_folder(home)
    if os.name == "posix" and home not in _closed:
        entries = list(home.iterdir())
        ours = [entry for entry in entries if OURS.fullmatch(entry.name) and not entry.is_symlink()]
        if len(ours) == len(entries):
            _close(home)
        for entry in ours:
            close_to_others(entry)
        _closed.add(home)
    return home


def may_be_written(home: Path) -> bool:
    """Whether something can be put into the data folder, or it is still to be made."""
    return not home.exists() or os.access(home, os.W_OK)


def make_private_folder(folder: Path) -> Path:
    """A folder that only its owner can enter; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def make_private_file(file: Path) -> Path:
    """An empty file that only its owner can read; one that is there stays as it is."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return file


def is_open_to_others(path: Path) -> bool:
    """Whether other accounts may read, change or enter it."""
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & _PRIVATE)


def close_to_others(path: Path) -> None:
    """Make what is there, and all in it, its owner's alone; where nothing is, nothing happens. A link is let be."""
    if os.name == "posix" and not path.is_symlink():
        _close(path)
        for inner in path.rglob("*"):
            _close(inner)


@contextmanager
def private_files() -> Iterator[None]:
    """For a program's whole run: what it and its libraries make is its owner's alone."""
    global _persons_umask
    before = os.umask(_PRIVATE)
    os.umask(before | _PRIVATE)
    outer, _persons_umask = _persons_umask, before
    try:
        yield
    finally:
        os.umask(before)
        _persons_umask = outer


@contextmanager
def files_for_the_person() -> Iterator[None]:
    """For what a person asked to have written somewhere: it may be read by whom they let read their files."""
    if _persons_umask is None:
        yield
        return
    before = os.umask(_persons_umask)
    try:
        yield
    finally:
        os.umask(before)


def _close(path: Path) -> None:
    # Not ours to change, or gone meanwhile: `doctor` says what is open.
    with suppress(OSError):
        mode = path.lstat().st_mode & 0o777
        if mode & _PRIVATE and not path.is_symlink():
            path.chmod(mode & ~_PRIVATE)
