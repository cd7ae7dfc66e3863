"""SQLite files in folders that may not be written to: an archive, another person's folder, a mounted snapshot."""

from __future__ import annotations

import os
from pathlib import Path


def opens_read_only(path: Path) -> bool:
    """Whether the file is there and can only be read.

    What decides is its folder: even to read a file with a write-ahead log, SQLite makes files beside it.
    """
    return path.is_file() and not os.access(path.parent, os.W_OK)


def read_only_address(path: Path) -> str:
    """The address, for ``sqlite3.connect(…, uri=True)``, that asks SQLite to make nothing beside the file."""
    # A log beside it holds what was committed last, or somebody who may write is at work. Without one nothing is
    # lost by the promise that nobody changes the file, which SQLite needs to do without locks and log.
    has_log = path.with_name(f"{path.name}-wal").is_file()
    return f"{path.absolute().as_uri()}?{'mode=ro' if has_log else 'immutable=1'}"
