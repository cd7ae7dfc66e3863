"""``-o -``: a command that writes a file, on standard output."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STDOUT = Path("-")


@contextmanager
def file_or_stdout(named: Path) -> Iterator[Path]:
    """A place to write what a person named; for ``-`` a file that goes to standard output once it is whole.

    When the block raises, nothing of it is printed.
    """
    if named != STDOUT:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-") as folder:
        file = Path(folder) / "stdout"
        yield file
        sys.stdout.flush()
        with file.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
        sys.stdout.buffer.flush()
