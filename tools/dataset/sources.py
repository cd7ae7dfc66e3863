"""Where datasets come from: files, folders, patterns such as ``data/*.jsonl``, standard input, the Hugging Face hub."""

from __future__ import annotations

import glob
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidInput
from .formats.containers.file_names import is_dataset_name
from .formats.containers.zip_member import split_at_archive
from .hub_files import HUB, hub_files
from .remote_files import is_remote, remote_files

STDIN = "-"
STDIN_NAME = "<stdin>"


@dataclass(frozen=True)
class SourceFile:
    """A file to read.

    Attributes:
        path: where it is on this machine; within a zip archive a path goes on behind that of the archive.
        name: how a person knows it, and how records are said to come from it.
    """

    path: Path
    name: str


@dataclass
class Sources:
    """What a person named, as files.

    Attributes:
        files: the files, in order.
        left_alone: files of folders that are not called as datasets are.
    """

    files: list[SourceFile] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)


@contextmanager
def opened_sources(
    named: Iterable[str | Path], stdin: Callable[[], BinaryIO] | None = None, *, remote: bool = False
) -> Iterator[Sources]:
    """The files behind what a person named; standard input is a file for as long as the block lasts.

    Args:
        named: paths, folders, patterns, ``-``, or ``hf://datasets/…``.
        stdin: gives what ``-`` reads; it is kept on the disk, not in memory, since it can be read only once.
        remote: what has a protocol, such as ``s3://bucket/folder``, is looked for by fsspec and read there.

    Raises:
        InvalidInput: something is not there or cannot be read, or the hub is not reached.
    """
    sources = Sources()
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-") as folder:
        for one in named:
            text = str(one)
            if text == STDIN and stdin is not None:
                spool = Path(folder) / f"stdin-{len(sources.files)}"
                with spool.open("wb") as file:
                    shutil.copyfileobj(stdin(), file, 1 << 20)
                sources.files.append(SourceFile(spool, STDIN_NAME))
            elif text.startswith(HUB) or text.startswith(HUB.replace("//", "/")):  # as Path writes it
                sources.files += [SourceFile(path, name) for name, path in hub_files(text)]
            elif remote and is_remote(text):
                sources.files += [SourceFile(path, name) for name, path in remote_files(text).items()]
            else:
                _add_local(Path(text).expanduser(), sources)
        yield sources


def readable_size(path: Path) -> int:
    """The bytes of a file on the disk; raises `InvalidInput` when it cannot be read."""
    file, _ = split_at_archive(path)
    try:
        if file.is_dir():
            raise InvalidInput(f"{file} is a folder.", hint="Name the files in it.")
        with file.open("rb") as opened:
            return opened.seek(0, 2)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check the path and its permissions."
        ) from error


def _add_local(path: Path, sources: Sources) -> None:
    if path.is_dir():
        _add_folder(path, sources)
        return
    if not path.exists() and glob.has_magic(str(path)):
        found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - a pattern may begin at the root
        if not found:
            raise InvalidInput(f"No file is called like {path}.", hint="Check the pattern and the folder.")
        # A pattern such as data/* means the datasets there; where none is called as they are, all of them.
        called_so = [one for one in found if Path(one).is_dir() or is_dataset_name(Path(one).name)]
        for one in called_so or found:
            _add_local(Path(one), sources)
        sources.left_alone += [one for one in found if called_so and one not in called_so]
        return
    readable_size(path)
    sources.files.append(SourceFile(path, str(path)))


def _add_folder(folder: Path, sources: Sources) -> None:
    inside = sorted(file for file in folder.rglob("*") if file.is_file())
    found = [file for file in inside if is_dataset_name(str(file.relative_to(folder)))]
    if not found:
        raise InvalidInput(
            f"{folder} is a folder without a dataset in it.",
            hint="Datasets are called .jsonl, .json, .csv, .tsv, .xlsx, .parquet or .arrow; name others one by one.",
        )
    sources.files += [SourceFile(file, str(file)) for file in found]
    hidden = (file for file in inside if any(part.startswith(".") for part in file.relative_to(folder).parts))
    sources.left_alone += [str(file) for file in inside if file not in {*found, *hidden}]
