"""The topic mix of a reference file, such as production traffic: how often each topic comes in it.

Read are CSV (a row per item with a topic column, or a row per topic with a ``count`` column), JSON lines or a JSON
list of objects with a topic field (or with ``topic`` and ``count`` only), and one JSON object of topic and count.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ..errors import InvalidInput
from .topic_label import DEFAULT_FIELD, check_topic_field, read_topics

COUNT_FIELD = "count"
_HINT = "Write a row or object per item with its topic, or per topic with its count."


@dataclass
class ReferenceMix:
    """What a reference file holds.

    Attributes:
        amounts: per topic the number of items, or the sum of its counts; in the order of the file.
        without_topic: items that name no topic; they are not in the mix.
    """

    amounts: dict[str, float] = field(default_factory=dict)
    without_topic: int = 0

    def add(self, topic: str | None, amount: float) -> None:
        """Count an item; an amount of zero is none."""
        if topic is None:
            self.without_topic += 1
        elif amount:
            self.amounts[topic] = self.amounts.get(topic, 0) + amount


def read_mix(path: str | Path, topic_field: str = DEFAULT_FIELD) -> ReferenceMix:
    """Read how often each topic comes in a file.

    Args:
        path: CSV by its ending (``.csv``, ``.tsv``), JSON or JSON lines otherwise; UTF-8.
        topic_field: the column or field that holds the topic; a dotted path in JSON.

    Raises:
        InvalidInput: the file cannot be read, a line is damaged, a count is no number from 0 on, or no topic
            is found in it; nothing is used then.
    """
    file = Path(path)
    check_topic_field(topic_field)
    mix = ReferenceMix()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            is_table = file.suffix.lower() in (".csv", ".tsv")
            items = _rows(file, stream, topic_field) if is_table else _objects(file, stream, topic_field)
            for place, topic, amount in items:
                mix.add(topic, _number(amount, place))
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8.", hint="Save it as UTF-8.") from error
    except csv.Error as error:
        raise InvalidInput(f"{file} is not a table: {error}.", hint=_HINT) from error
    if not mix.amounts:
        hint = f"{_HINT} Another field is named with --topic-field."
        raise InvalidInput(f"{file} names no topic in {topic_field!r}.", hint=hint)
    return mix


Item = tuple[str, str | None, Any]


def _rows(file: Path, stream: TextIO, topic_field: str) -> Iterator[Item]:
    first = stream.readline()
    delimiter = max(",;\t", key=first.count)
    stream.seek(0)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    header = [cell.strip() for cell in next(reader, [])]
    if topic_field not in header:
        if len(header) != 2 or not _is_number(header[1]):
            hint = f"Its columns: {', '.join(header) or 'none'}. Choose one with --topic-field."
            raise InvalidInput(f"{file} has no column {topic_field!r}.", hint=hint)
        yield f"{file}, line 1", header[0] or None, header[1]  # topic and count, without a heading
        header = [topic_field, COUNT_FIELD]
    topic_at = header.index(topic_field)
    count_at = header.index(COUNT_FIELD) if COUNT_FIELD in header else None
    for row in reader:
        if not any(row):
            continue
        place = f"{file}, line {reader.line_num}"
        if len(row) != len(header):
            raise InvalidInput(
                f"{place}: {len(row)} cells where the heading has {len(header)}.", hint="Correct the line."
            )
        yield place, row[topic_at].strip() or None, 1 if count_at is None else row[count_at].strip()


def _objects(file: Path, stream: TextIO, topic_field: str) -> Iterator[Item]:
    if _is_json_lines(stream):
        values: Iterable[tuple[str, Any]] = _lines(file, stream)
    else:
        document = _parsed(stream.read(), str(file))
        if isinstance(document, dict) and document and all(map(_is_number, document.values())):
            for name, amount in document.items():
                yield f"{file}, {name!r}", name.strip() or None, amount
            return
        listed = document if isinstance(document, list) else [document]
        values = ((f"{file}, item {number}", value) for number, value in enumerate(listed, 1))
    for place, value in values:
        if not isinstance(value, dict):
            raise InvalidInput(f"{place} is not an object.", hint=_HINT)
        topic, _ = read_topics(value, topic_field)
        yield place, topic, value[COUNT_FIELD] if set(value) == {topic_field, COUNT_FIELD} else 1


def _is_json_lines(stream: TextIO) -> bool:
    """Whether the first line is an object of its own with more lines after it; the stream is rewound."""
    first = stream.readline()
    try:
        return isinstance(json.loads(first), dict) and bool(stream.readline())
    except (ValueError, RecursionError):
        return not first.lstrip().startswith(("[", "{")) or first.rstrip().endswith("}")
    finally:
        stream.seek(0)


def _lines(file: Path, stream: TextIO) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(stream, 1):
        if line.strip():
            place = f"{file}, line {number}"
            yield place, _parsed(line, place)


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{place} is not JSON: {error}.", hint=_HINT) from error


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _number(value: object, place: str) -> float:
    if not _is_number(value) or (number := float(value)) < 0:  # type: ignore[arg-type]
        raise InvalidInput(f"{place}: {value!r} is no count.", hint="A count is a number from 0 on.")
    return number
