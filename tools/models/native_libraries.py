"""Settings that a native library reads from the environment, once, while it is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loaded_with(**settings: str) -> Iterator[None]:
    """What is imported within finds these variables in the environment; after that it is as it was.

    The environment belongs to the program that this package is a part of: what it starts later must not find in it
    what it did not set. A variable that it set itself keeps its value.

    Args:
        settings: names of environment variables and their values.
    """
    added = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
