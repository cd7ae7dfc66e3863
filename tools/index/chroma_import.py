"""Importing Chroma, which takes settings from a ``.env`` in the current folder while it is imported."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from pydantic_settings import DotEnvSettingsSource

_importing = threading.Lock()


def import_chroma() -> Any:
    """The module `chromadb`, without the ``.env`` of the current folder, which it reads as it is imported.

    That file could name a class of its choice to load, or keep Chroma from starting at all.
    """
    if "chromadb" in sys.modules:
        import chromadb

        return chromadb
    original = DotEnvSettingsSource._read_env_files

    def without_chromas(source: DotEnvSettingsSource) -> Mapping[str, str | None]:
        # Another thread may be reading its own settings just now: those are read as ever.
        return {} if source.settings_cls.__module__.startswith("chromadb") else original(source)

    with _importing, patch.object(DotEnvSettingsSource, "_read_env_files", without_chromas):
        import chromadb
    return chromadb
