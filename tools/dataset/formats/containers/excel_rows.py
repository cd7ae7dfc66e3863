"""Excel workbooks (.xlsx): a table in a sheet, each row a record, read row by row with openpyxl.

API: https://openpyxl.readthedocs.io/en/stable/optimized.html#read-only-mode
"""

from __future__ import annotations

import datetime
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ....errors import InvalidInput
from ..refusal import Refused, shown
from .table_rows import Table

MAX_TEXTS_BYTES = 1 << 29
"""Largest table of texts in a workbook, 512 MB unpacked: it is kept in memory as a whole."""
_PACKED_TOO_WELL = 100
"""A sheet is read in parts and may be larger, but not one long text that packs as no table does."""
_TEXTS = "xl/sharedStrings.xml"
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError)


@dataclass
class Workbook:
    """The first sheet of a workbook that has a table in it.

    Attributes:
        path: the file.
        other_sheets: the names of the sheets that were not read and are not empty.
    """

    path: Path
    other_sheets: list[str] = field(default_factory=list)

    def rows(
        self, *, topic_field: str = "", own_columns: bool = False
    ) -> Iterator[tuple[int, dict[str, Any] | Refused, float]]:
        """The rows below the header, with their number in the sheet and the share of the sheet read by then.

        Args:
            topic_field: the column that holds the topic, in any case.
            own_columns: a mapping says what the columns are: none of them needs a known name.

        Raises:
            InvalidInput: openpyxl is not installed.
            Refused: the file is damaged or too large, has a password, or nothing is known of its columns.
        """
        with closing(self._opened()) as book:
            try:
                yield from self._rows(book, topic_field, own_columns)
            except (*_DAMAGED, ElementTree.ParseError) as error:
                raise self._damaged(error) from error

    def _rows(
        self, book: Any, topic_field: str, own_columns: bool
    ) -> Iterator[tuple[int, dict[str, Any] | Refused, float]]:
        filled = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible" and _has_rows(sheet)]
        if not filled:
            raise Refused("unsupported_format", "the workbook is empty")
        self.other_sheets = [sheet.title for sheet in filled[1:]]
        sheet = filled[0]
        total = max(1, sheet.max_row or 1)
        sheet.reset_dimensions()  # those that other programs write are not always right
        table = Table(topic_field, own_columns=own_columns)
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            texts = [_text(cell) for cell in cells]
            while texts and not texts[-1].strip():
                texts.pop()
            row = table.row(table.fill(texts)) if texts else None
            if row is not None:
                yield number, row, min(1.0, number / total)
        table.end()

    def _opened(self) -> Any:
        openpyxl = _library()
        try:
            with zipfile.ZipFile(self.path) as archive:
                if any(map(_bursts, archive.infolist())):
                    raise Refused(
                        "too_long",
                        f"the texts of the workbook are more than {MAX_TEXTS_BYTES >> 20} MB unpacked",
                    )
            return openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except _DAMAGED as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> Refused:
        return Refused("broken_file", f"the workbook is damaged: {shown(error)}")


def _bursts(member: zipfile.ZipInfo) -> bool:
    is_packed_too_well = member.file_size > _PACKED_TOO_WELL * member.compress_size
    return member.file_size > MAX_TEXTS_BYTES and (member.filename == _TEXTS or is_packed_too_well)


def _library() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise InvalidInput(
            "Excel files are read with openpyxl, which is not installed.",
            hint="Install it with: pip install 'finetune-coverage[files]'; or save the sheet as 'CSV UTF-8'.",
        ) from error
    return openpyxl


def _has_rows(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(values_only=True, max_row=10) for cell in row)


def _text(cell: Any) -> str:
    """A cell as text, as it would stand in a CSV file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
