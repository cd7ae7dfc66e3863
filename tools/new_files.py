"""New files that appear together when all are whole, or not at all: how everything is written that a person names.

A link is never written through: whoever can put one into the folder would choose which file of the person's is changed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .data_folder import files_for_the_person
from .errors import InvalidInput


class NewFiles:
    """Files being written under other names, beside the places where they will be."""

    def __init__(self, target: Path, overwrite: bool) -> None:
        self._target = target
        self._overwrite = overwrite
        self._open: list[tuple[Path, Path, BinaryIO]] = []
        self._replaced: set[Path] = set()

    def open(self, target: Path, *, replaces: bool = False) -> BinaryIO:
        """A file to write into; ``replaces`` allows it to take the place of one that is there."""
        self._refuse_linked_folder(target)
        with files_for_the_person():
            target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}.part")
        with files_for_the_person():
            file = temporary.open("xb")
        self._open.append((target, temporary, file))
        if replaces:
            self._replaced.add(target)
        return file

    def write(self, target: Path, text: str, *, replaces: bool = False) -> None:
        """Write a whole file of text."""
        self.open(target, replaces=replaces).write(text.encode("utf-8"))

    def finish(self) -> None:
        """Put all files in their places."""
        for _, _, file in self._open:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for target, _, _ in self._open:  # one may have come meanwhile
            if target not in self._replaced:
                refuse_existing(target, self._overwrite)
        for target, temporary, _ in self._open:
            temporary.replace(target)

    def _refuse_linked_folder(self, file: Path) -> None:
        """The person named the target and how to get there; what lies within a target that is a folder they did not."""
        for folder in file.parents:
            if folder.is_relative_to(self._target) and folder != self._target and folder.is_symlink():
                raise InvalidInput(
                    f"{folder} is a link; nothing is written through it.",
                    hint="Remove it, or name another folder.",
                )

    def clear(self) -> None:
        """Take away what is not in its place."""
        for _, temporary, file in self._open:
            with suppress(OSError):  # closing writes what is still in memory; a full disk has been reported
                file.close()
            temporary.unlink(missing_ok=True)


@contextmanager
def appearing_together(target: Path, overwrite: bool) -> Iterator[NewFiles]:
    """New files that take their places at the end of the block, or vanish when the block raises.

    Args:
        target: what the person named: the file, or the folder that they are in.
        overwrite: whether they may replace what is there; of a link the link, not what it points to.

    Raises:
        InvalidInput: a file is there already, or cannot be written.
    """
    files = NewFiles(target, overwrite)
    try:
        try:
            yield files
            files.finish()
        finally:
            files.clear()
    except OSError as error:
        raise InvalidInput(
            f"{target} cannot be written: {error.strerror or error}.",
            hint="Check the folder, its permissions and the space on the disk.",
        ) from error


def refuse_existing(target: Path, overwrite: bool) -> None:
    """Refuse a place that is taken; raises `InvalidInput`."""
    if target.exists() and not target.is_file():
        raise InvalidInput(f"{target} is not a file.", hint="Name a file to write.")
    if os.path.lexists(target) and not overwrite:
        how = ", as a link" if target.is_symlink() else ""
        raise InvalidInput(
            f"{target} is there already{how}.",
            hint="Name another file, or allow it to be replaced (--overwrite).",
        )
