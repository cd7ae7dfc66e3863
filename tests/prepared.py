"""A data folder with the bundled sample in its store, filled once in a process and copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from finetune_coverage.tools.data_folder import open_data_folder
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.store.store import Store

WORKFLOW = "wf-1"
_FILE = "coverage.db"


def sample_folder(home: Path) -> None:
    """Make the data folder; the sample is its workflow wf-1."""
    open_data_folder(home)
    shutil.copy(_filled(), home / _FILE)


@cache
def _filled() -> Path:
    path = Path(tempfile.mkdtemp()) / _FILE
    store = Store.open(path)
    import_sample(store, WORKFLOW)
    store.close()
    return path
