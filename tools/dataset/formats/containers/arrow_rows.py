"""Parquet and Arrow files, as Hugging Face datasets are kept: one record per row, read in small batches."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import InvalidInput
from ..refusal import Refused

if TYPE_CHECKING:
    import pyarrow

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"
ARROW_STREAM_MAGIC = b"\xff\xff\xff\xff"
_BATCH_ROWS = 256


def read_parquet(path: Path) -> Iterator[tuple[dict[str, Any], float]]:
    """The rows of a Parquet file, each with the share of the file that is read by then.

    Raises:
        InvalidInput: pyarrow is not installed.
        Refused: the file is damaged.
    """
    _need_pyarrow()
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            total = max(1, file.metadata.num_rows)
            seen = 0
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    seen += 1
                    yield _clean(row), seen / total
    except (pyarrow.ArrowException, OSError) as error:
        raise Refused("broken_file", f"the Parquet file is damaged: {error}") from error


def read_arrow(path: Path) -> Iterator[tuple[dict[str, Any], float]]:
    """The rows of an Arrow file (IPC file or stream), each with the share of the file that is read by then.

    Raises:
        InvalidInput: pyarrow is not installed.
        Refused: the file is damaged.
    """
    _need_pyarrow()
    import pyarrow

    try:
        with pyarrow.memory_map(str(path)) as file:
            total = max(1, file.size())
            for batch in _arrow_batches(file):
                for start in range(0, batch.num_rows, _BATCH_ROWS):
                    for row in batch.slice(start, _BATCH_ROWS).to_pylist():
                        yield _clean(row), min(1.0, file.tell() / total)
    except (pyarrow.ArrowException, OSError) as error:
        raise Refused("broken_file", f"the Arrow file is damaged: {error}") from error


def _arrow_batches(file: pyarrow.NativeFile) -> Iterator[pyarrow.RecordBatch]:
    from pyarrow import ipc

    is_file = file.read(len(ARROW_MAGIC)) == ARROW_MAGIC
    file.seek(0)
    if is_file:
        reader = ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
    else:
        yield from ipc.open_stream(file)


def _need_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise InvalidInput(
            "Parquet and Arrow files are read with pyarrow, which is not installed.",
            hint="Install it with: pip install 'finetune-coverage[parquet]'",
        ) from error


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON values, without the nulls that stand for keys which other rows have."""
    return {key: _value(value) for key, value in row.items() if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        # Whether a message has no content or null makes a difference, for the other keys it makes none.
        return {key: _value(item) for key, item in value.items() if item is not None or key == "content"}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, tuple):  # an entry of an Arrow map
        return [_value(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    return value
