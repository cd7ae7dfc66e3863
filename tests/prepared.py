"""Data folders with something in their stores, filled once in a process and copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from finetune_coverage.tools.data_folder import open_data_folder
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.settings import Settings, load_settings
from finetune_coverage.tools.store.store import Store

WORKFLOW = "wf-1"
_FILE = "coverage.db"
_filled: dict[str, Path] = {}


def sample_folder(home: Path) -> None:
    """Make the data folder; the sample is its workflow wf-1."""
    settings = Settings(home=home)
    fill_store("sample", lambda store: import_sample(store, WORKFLOW), settings)


def fill_store(name: str, fill: Callable[[Store], object], settings: Settings | None = None) -> None:
    """Fill the store; one that is a file and not there yet is a copy of one that was filled before.

    Args:
        name: of what is put into it; the same for the same.
        fill: puts it there.
        settings: which store; those of the environment when not given.
    """
    settings = settings or load_settings()
    file = settings.home / _FILE
    if settings.database_url is not None or file.exists():
        _fill(settings.store_url, fill)
        return
    if name not in _filled:
        _filled[name] = Path(tempfile.mkdtemp()) / _FILE
        _fill(_filled[name], fill)
    open_data_folder(settings.home)
    shutil.copy(_filled[name], file)


def _fill(url: str | Path, fill: Callable[[Store], object]) -> None:
    store = Store.open(url)
    fill(store)
    store.close()
