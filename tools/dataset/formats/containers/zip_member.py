"""Zip archives: the one dataset in an archive, or the one that a path names (``archive.zip/train.jsonl``)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, BinaryIO

from ..refusal import Refused, shown
from .file_names import is_dataset_name

ZIP_MAGIC = b"PK\x03\x04"
_NAMED = 6


def split_at_archive(path: Path) -> tuple[Path, str]:
    """The file on the disk, and what a path names within it when that is a zip archive; otherwise nothing."""
    for archive in path.parents:
        if archive.is_file():
            if zipfile.is_zipfile(archive):
                return archive, path.relative_to(archive).as_posix()
            break
    return path, ""


def open_member(file: BinaryIO, name: str = "") -> tuple[IO[bytes], str]:
    """Open a file within an archive; it is unpacked as it is read, so that its size does not matter.

    Args:
        file: the archive.
        name: the file in it; when not given, there must be one dataset only.

    Returns:
        The opened file and its name.

    Raises:
        Refused: there is no such file or no dataset in it, there are several, or it has a password.
        zipfile.BadZipFile: the archive is damaged.
    """
    archive = zipfile.ZipFile(file)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if not name:
        name = _only_dataset(names)
    elif name not in names:
        raise Refused("unsupported_format", f"there is no {shown(name)} in the zip archive: {_listed(names)}")
    try:
        return archive.open(name), name
    except (RuntimeError, NotImplementedError) as error:  # a password; a packing of its own
        raise Refused(
            "unsupported_format", f"{shown(name)} in the zip archive cannot be unpacked here: {error}"
        ) from error


def is_workbook(file: BinaryIO) -> bool:
    """Whether an archive is an Excel workbook; the file stays where it is.

    Source of the layout: ECMA-376, part 2 (Open Packaging Conventions),
    https://ecma-international.org/publications-and-standards/standards/ecma-376/
    """
    at = file.tell()
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(file).namelist()
    except zipfile.BadZipFile:
        return False
    finally:
        file.seek(at)


def _only_dataset(names: list[str]) -> str:
    found = [name for name in names if is_dataset_name(name)] or (names if len(names) == 1 else [])
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused("unsupported_format", f"there is no dataset in the zip archive: {_listed(names)}")
    raise Refused(
        "unsupported_format",
        f"there are {len(found)} datasets in the zip archive: {_listed(found)}; name one of them behind the archive, "
        f"as in archive.zip/{found[0]}",
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(map(shown, names[:_NAMED])) + (f" and {more} more" if more > 0 else "") or "it is empty"
