"""The import of a large file into a store that holds no records yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..store.record_indexes import make_missing_indexes, put_off_indexes
from ..store.store import Store

LARGE_BYTES = 16_000_000
"""From this size of a file on, making the indexes at the end is cheaper than keeping them right meanwhile."""


@contextmanager
def indexes_put_off(store: Store, size: int) -> Iterator[bool]:
    """Put the indexes of the records off until the end of the block, where that is worth it and safe.

    Args:
        store: where the records of one file go.
        size: of that file, in bytes.

    Yields:
        Whether they are off: the file is large, and the store had no records.
    """
    if size < LARGE_BYTES:
        yield False
        return
    with store.write() as connection:
        off = put_off_indexes(connection)
    if not off:
        yield False
        return
    with store.written_once():
        try:
            yield True
        finally:
            with store.write() as connection:
                make_missing_indexes(connection)
