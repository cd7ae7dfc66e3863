"""The data files of an export while they are written: lines, a JSON list, or Parquet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ...new_files import NewFiles
from ...store.stored_rows import StoredRow
from .converted import Unfit
from .export_format import TRAIN, VALIDATION, ExportFormat
from .huggingface import ParquetFile, columns_of
from .oversampling import Oversampling
from .split import Split
from .survey import labelled_body
from .tally import Tally


class RecordFile(Protocol):
    """A file of records."""

    def write(self, row: Any) -> None:
        """Add one."""

    def close(self) -> None:
        """Write what ends the file."""


class LinesFile:
    """One JSON object per line."""

    def __init__(self, file: BinaryIO, begins_with: bytes) -> None:
        self._file = file
        self._file.write(begins_with)

    def write(self, row: str) -> None:
        """Add a line."""
        self._file.write(row.encode("utf-8") + b"\n")

    def close(self) -> None:
        """Nothing ends it."""


class ListFile:
    """One JSON list, an object per line in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._before = b"[\n"

    def write(self, row: str) -> None:
        """Add an element."""
        self._file.write(self._before + row.encode("utf-8"))
        self._before = b",\n"

    def close(self) -> None:
        """Close the list."""
        self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")


class RecordFiles:
    """Takes records and puts each, in the format's words, into the file of its half."""

    def __init__(
        self, form: ExportFormat, paths: Mapping[str, Path], files: NewFiles, *, provenance: bool
    ) -> None:
        self._form = form
        self.paths = paths
        self._provenance = provenance
        self._files = {half: self._opened(path, files) for half, path in paths.items()}
        self.tally = Tally()

    def write(self, row: StoredRow, source: dict[str, Any], half: str) -> bool:
        """Write a record, whose parsed body is ``source``; says whether the format holds it."""
        body = labelled_body(row, source)
        try:
            out = self._in_format(row, source if body is row.body else json.loads(body), body)
        except Unfit:
            return False
        self._files[half].write(out)
        self.tally.relabelled += body is not row.body
        self.tally.add(row, half)
        return True

    def close(self) -> None:
        """End all files."""
        for file in self._files.values():
            file.close()

    def _in_format(self, row: StoredRow, source: dict[str, Any], body: str) -> Any:
        if self._form.is_folder:
            return columns_of(row, source, with_provenance=self._provenance)
        if self._form.convert is None:
            return body
        converted = self._form.convert(source, row.topic).row
        self.tally.columns.update(converted)
        return json.dumps(converted, ensure_ascii=False)

    def _opened(self, path: Path, files: NewFiles) -> RecordFile:
        file = files.open(path)
        if self._form.is_folder:
            return ParquetFile(file, with_provenance=self._provenance)
        if self._form.may_be_list and path.suffix.lower() == ".json":
            return ListFile(file)
        return LinesFile(file, self._form.begins_with)


def write_rows(
    rows: Iterable[tuple[StoredRow, dict[str, Any]]],
    records: RecordFiles,
    split: Split | None,
    repeats: Oversampling | None,
    repeated: Counter[str],
    sidecar: BinaryIO | None,
) -> None:
    """Write records into the files of their halves.

    Args:
        rows: the records, with their parsed bodies.
        records: the files.
        split: how the dataset is divided, if it is.
        repeats: how often records are written, if some are more than once.
        repeated: counts what is written again, by topic.
        sidecar: where is noted, line by line, where each record comes from.
    """
    for row, source in rows:
        half = VALIDATION if split is not None and split.is_validation(row) else TRAIN
        times = repeats.times(row.topic) if repeats is not None and half == TRAIN else 1
        repeated[str(row.topic)] += times - 1
        for _ in range(times):
            if records.write(row, source, half) and sidecar is not None:
                place = {"file": records.paths[half].name, "record": records.tally.halves[half]}
                sidecar.write(json.dumps(place | _origin_of(row), ensure_ascii=False).encode() + b"\n")


def _origin_of(row: StoredRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "topic": row.topic,
        "origin": row.origin,
        "source": row.place if row.source_file is not None else None,
        "provenance": row.provenance,
    }
