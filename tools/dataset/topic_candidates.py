"""Which field of a dataset could hold the topic: told by its values, where none was found in the one that was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from .formats.dataset_file import DatasetReader, Item, read_dataset
from .formats.items.wrapped_items import SPLIT_FIELD
from .formats.registry import AUTO
from .formats.turns.chat_body import EXTRA_KEY, FORMAT_KEY
from .mapping.field_mapping import FieldMapping
from .sources import SourceFile
from .topic_label import DEFAULT_FIELD, labels_of, value_at

Source = dict[str, Any]
LOOKED_AT = 1000
"""Records of a file that are looked at."""
_USUAL = (
    *(
        "topic",
        "topics",
        "category",
        "categories",
        "intent",
        "label",
        "labels",
        "tag",
        "tags",
        "class",
        "domain",
    ),
    *(
        "subject",
        "theme",
        "skill",
        "task",
        "queue",
        "group",
        "section",
        "department",
        "area",
        "product",
        "kind",
        "type",
    ),
)
_NO_TOPICS = frozenset(("messages", "tools", FORMAT_KEY, EXTRA_KEY, SPLIT_FIELD))
_DEEPEST = 2
_LONGEST_LABEL = 60
_MOST_VALUES = 200
_FEW = 20
"""So few records that a label which is no other's is one all the same, in a field that is called as topics are."""
_AGAIN, _AGAIN_OF_FEW = 0.5, 0.7
"""Different values per record, up to which they come again."""
_FILLED = 0.5
_EXAMPLES = 3
_NAMED = 12


@dataclass(frozen=True)
class HowToRead:
    """How the records of some files are read, as a person said it; the parts are those of `read_dataset`."""

    file_format: str = AUTO
    topic_field: str = DEFAULT_FIELD
    mapping: FieldMapping | None = None
    encoding: str = ""

    def reader(self, path: Path) -> DatasetReader:
        """A reader of a file; raises `InvalidInput` when there is no such format."""
        return read_dataset(path, self.file_format, self.topic_field, self.mapping, self.encoding)


@dataclass(frozen=True)
class TopicCandidate:
    """A field that could hold the topic.

    Attributes:
        field: its name, or the dotted path to it.
        values: how many different labels it has.
        examples: its most frequent labels.
    """

    field: str
    values: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", …" if self.values > len(self.examples) else ""
        return f"{self.field} ({', '.join(self.examples)}{more})"


def candidates_in(files: Sequence[SourceFile], how: HowToRead) -> list[TopicCandidate]:
    """The candidates among the first records of some files, the likeliest first."""
    return topic_candidates(_sources(files, how, most=LOOKED_AT))


def topic_candidates(sources: Iterable[Source]) -> list[TopicCandidate]:
    """The fields of some records that could hold their topics, the likeliest first.

    A field that is called as topics are may have a value of its own for each of a few records; any other field needs
    values that come again.
    """
    labels: dict[str, Counter[str]] = {}
    total = 0
    for source in sources:
        total += 1
        for field, value in _fields(source):
            found = labels_of(value)
            if found and len(found[0]) <= _LONGEST_LABEL:
                labels.setdefault(field, Counter())[found[0]] += 1
    fit = [field for field, counts in labels.items() if _is_candidate(field, counts, total)]
    fit.sort(key=lambda field: (_rank(field), -labels[field].total(), -len(labels[field])))
    return [
        TopicCandidate(
            field, len(labels[field]), tuple(label for label, _ in labels[field].most_common(_EXAMPLES))
        )
        for field in fit
    ]


def require_topic_field(files: Sequence[SourceFile], how: HowToRead) -> None:
    """Refuse a field for the topic that no record has.

    The default field may be missing: then the records have no topics. The files are read only until one record has it.

    Raises:
        InvalidInput: no record has it; the fields that there are, and those that could hold topics, are named.
    """
    mapped = how.mapping.topic if how.mapping is not None else None
    if how.topic_field == DEFAULT_FIELD and mapped is None:
        return
    path = how.topic_field.split(".")
    if any(value_at(source, path) is not None for source in _sources(files, how)):
        return
    first = list(_sources(files, how, most=LOOKED_AT))
    if not first:
        return  # what is wrong with the files is said by the import
    names = list(dict.fromkeys(field for source in first for field, _ in _fields(source)))
    listed = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    found = topic_candidates(first)
    could = f" Topics could be in {'; '.join(map(str, found[:_EXAMPLES]))}." if found else ""
    raise InvalidInput(
        f"No record has the field {(mapped or how.topic_field)!r}.",
        hint=f"Beside the conversation there are: {listed or 'no fields'}.{could}",
    )


def _sources(files: Sequence[SourceFile], how: HowToRead, most: int | None = None) -> Iterator[Source]:
    for file in files:
        items = (item.source for item in how.reader(file.path) if isinstance(item, Item))
        yield from islice(items, most)


def _fields(source: Source, before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for name, value in source.items():
        if not before and name in _NO_TOPICS:
            continue
        if isinstance(value, dict):
            if depth < _DEEPEST:
                yield from _fields(value, f"{before}{name}.", depth + 1)
        elif "." not in name:  # which a path would take for two names
            yield f"{before}{name}", value


def _is_candidate(field: str, counts: Counter[str], total: int) -> bool:
    if counts.total() < _FILLED * total or (len(counts) < 2 and total > 1):
        return False
    if _rank(field) < len(_USUAL) and total <= _FEW:
        return True
    is_number = all(label.replace(".", "", 1).lstrip("-").isdigit() for label in counts)
    again = _AGAIN_OF_FEW if total <= _FEW else _AGAIN
    return len(counts) <= min(_MOST_VALUES, again * total) and (not is_number or _rank(field) < len(_USUAL))


def _rank(field: str) -> int:
    name = field.rpartition(".")[2].lower()
    return _USUAL.index(name) if name in _USUAL else len(_USUAL)
