"""Records within a record: ``{"body": {…}}``, ``{"row_idx": 0, "row": {…}}``, ``{"data": {…}, "annotations": […]}``.

Batch requests, rows of the dataset server, documents of databases and tasks of labelling tools have the record in one
of their fields. Where exactly one field holds a record of a known format it is read; its fields and those around it
then stand side by side. Layouts: https://platform.openai.com/docs/guides/batch,
https://huggingface.co/docs/dataset-viewer/rows, https://labelstud.io/guide/tasks,
https://docs.argilla.io/latest/how_to_guides/record/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Source = dict[str, Any]


def record_within(source: Source, is_record: Callable[[Source], bool]) -> tuple[str, Source] | None:
    """The one field of an item that holds a record, and the item with that record's fields in its place.

    Args:
        source: the item.
        is_record: whether an object is one of a known format.

    Returns:
        The field's name and the item; a field around the record whose name the record has too stands under
        ``around.NAME``. ``None`` when no field, or more than one, holds a record.
    """
    fields = [key for key, value in source.items() if isinstance(value, dict) and is_record(value)]
    if len(fields) != 1:
        return None
    field = fields[0]
    around = {key: value for key, value in source.items() if key != field}
    inner: Source = source[field]
    doubled = {f"around.{key}": around.pop(key) for key in list(around) if key in inner}
    return field, {**inner, **around, **doubled}
