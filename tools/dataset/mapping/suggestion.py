"""Suggesting how a file could be read: by a known layout, or by a mapping that is tried before it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ...errors import InvalidInput
from ..formats.containers.container import Hints
from ..formats.dataset_file import BadItem, DatasetReader, Item
from ..formats.items.raw_objects import RawObject, RawObjects
from ..formats.refusal import shown
from ..sources import SourceFile
from ..topic_candidates import HowToRead, TopicCandidate, topic_candidates
from ..topic_label import read_topics
from .field_mapping import FieldMapping
from .mapping_file import mapping_text
from .proposal import propose

_LOOKED_AT = 200
_ENDS_OF_STATEMENTS = (".", "!", "。", "！", "।")


@dataclass(frozen=True)
class Suggestion:
    """How a file could be read.

    Attributes:
        file: the file.
        layout: the known layout that it is in, for a person; empty when it is in none.
        mapping: the mapping as the text of a file; empty when none is needed.
        read: how many of the items that were looked at can be read so.
        looked_at: how many were looked at.
        messages: those of the first record, as it would be read.
        tools: how many tools the first record declares.
        topic: its topic.
        beside: the fields that stay beside its conversation.
        topic_candidates: fields that could hold the topic, when the records have none.
    """

    file: str
    layout: str
    mapping: str
    read: int
    looked_at: int
    messages: list[dict[str, Any]]
    tools: int
    topic: str | None
    beside: list[str]
    topic_candidates: list[TopicCandidate] = field(default_factory=list)


def suggest_mapping(file: SourceFile, how: HowToRead) -> Suggestion:
    """Look at the first items of a file and suggest how to read it.

    Raises:
        InvalidInput: nothing in it can be read, or nothing looks like a conversation.
    """
    reader = how.reader(file.path)
    items = list(islice(reader, _LOOKED_AT))
    good = [item for item in items if isinstance(item, Item)]
    if len(good) > len(items) / 2:
        layout = "; ".join(found.text for found in reader.found.values())
        return _shown(file, how, layout, "", items, good)
    values = _objects(file, how)
    _refuse_record_as_header(file, values)
    proposed = propose(values)
    if proposed is None:
        names = ", ".join(dict.fromkeys(name for value in values for name in value))
        raise InvalidInput(
            f"In {file.name} nothing looks like a conversation; its fields are {names}.",
            hint="Write the mapping by hand: docs/formats.md.",
        )
    tried = list(islice(_by(proposed, file, how), _LOOKED_AT))
    read = [item for item in tried if isinstance(item, Item)]
    if not read:
        reason = next((item.refused.reason for item in tried if isinstance(item, BadItem)), "it is empty")
        raise InvalidInput(
            f"No mapping was found by which {file.name} can be read: {reason}.",
            hint="Write the mapping by hand: docs/formats.md.",
        )
    return _shown(file, how, "", mapping_text(proposed), tried, read)


def _objects(file: SourceFile, how: HowToRead) -> list[dict[str, Any]]:
    raw = list(islice(RawObjects(file.path, Hints(own_columns=True, encoding=how.encoding)), _LOOKED_AT))
    values = [item.value for item in raw if isinstance(item, RawObject)]
    if not values:
        reason = next((item.refused.reason for item in raw if isinstance(item, BadItem)), "it is empty")
        raise InvalidInput(f"{file.name} cannot be read: {reason}.", hint="Mend it, or name another file.")
    return values


def _refuse_record_as_header(file: SourceFile, values: Sequence[dict[str, Any]]) -> None:
    """A name of a column that is a statement, or stands among the values below it, is no name."""
    for name in values[0]:
        stands_below = any(str(value.get(name, "")).strip() == name for value in values)
        if stands_below or name.rstrip().endswith(_ENDS_OF_STATEMENTS):
            raise InvalidInput(
                f"The first line of {file.name} seems to be a record, not names of columns: {shown(name)}.",
                hint="Write a line with names above it.",
            )


def _by(mapping: FieldMapping, file: SourceFile, how: HowToRead) -> DatasetReader:
    return HowToRead(mapping=mapping, encoding=how.encoding).reader(file.path)


def _shown(
    file: SourceFile,
    how: HowToRead,
    layout: str,
    mapping: str,
    items: Sequence[Item | BadItem],
    good: Sequence[Item],
) -> Suggestion:
    first = good[0].source
    topics = [read_topics(item.source, how.topic_field)[0] for item in good]
    return Suggestion(
        file.name,
        layout,
        mapping,
        len(good),
        len(items),
        first["messages"],
        len(first.get("tools") or ()),
        topics[0],
        [name for name in first if name not in ("messages", "tools", how.topic_field)],
        [] if any(topics) else topic_candidates(item.source for item in good),
    )
