"""Suggesting how a file could be read: by a known layout, or by a mapping that is tried before it is shown.

A wrong reading is far worse than none: what is a guess, or leaves much behind, is begun and not proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ...errors import InvalidInput
from ...models.usage import TokenUsage
from ..formats.containers.container import Hints
from ..formats.dataset_file import BadItem, DatasetReader, Item
from ..formats.items.raw_objects import RawObject, RawObjects
from ..formats.refusal import shown
from ..sources import SourceFile
from ..topic_candidates import HowToRead, TopicCandidate, topic_candidates
from ..topic_label import read_topics
from .columns import columns_of, lists_in
from .field_mapping import FieldMapping
from .mapping_check import check_mapping
from .mapping_file import mapping_text
from .model_proposal import MappingModel
from .proposal import propose
from .text_read import LeftBehind

_LOOKED_AT = 200
_ENDS_OF_STATEMENTS = (".", "!", "。", "！", "।")


@dataclass(frozen=True)
class Suggestion:
    """How a file could be read.

    Attributes:
        file: the file.
        layout: the known layout that it is in, for a person; empty when it is in none.
        mapping: the mapping as the text of a file; empty when none is needed.
        unsettled: what keeps the mapping from being more than begun: guesses in it, and what speaks against it. It
            stands in the text too, which is not read before somebody has settled it.
        proposed_by: whose mapping it is: the model's name and address; empty when the values suggest it.
        unsure: what the model was not sure of.
        usage: what asking the model took; ``None`` when none was asked.
        read: how many of the items that were looked at can be read so.
        looked_at: how many were looked at.
        messages: those of the first record, as it would be read; none when nothing can be read.
        tools: how many tools the first record declares.
        topic: its topic.
        beside: the fields that stay beside its conversation.
        left: the texts that the mapping leaves behind, of all that were looked at.
        topic_candidates: fields that could hold the topic, when the records have none.
    """

    file: str
    layout: str = ""
    mapping: str = ""
    unsettled: list[str] = field(default_factory=list)
    proposed_by: str = ""
    unsure: list[str] = field(default_factory=list)
    usage: TokenUsage | None = None
    read: int = 0
    looked_at: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: int = 0
    topic: str | None = None
    beside: list[str] = field(default_factory=list)
    left: list[LeftBehind] = field(default_factory=list)
    topic_candidates: list[TopicCandidate] = field(default_factory=list)


def suggest_mapping(file: SourceFile, how: HowToRead, model: MappingModel | None = None) -> Suggestion:
    """Look at the first items of a file and suggest how to read it.

    Args:
        file: the file.
        how: how it is read, where something is known about that.
        model: who proposes the mapping; what the values suggest is the way out, and all where there is none.

    Raises:
        InvalidInput: nothing in it can be read, or nothing looks like a conversation.
    """
    reader = how.reader(file.path)
    items = list(islice(reader, _LOOKED_AT))
    good = [item for item in items if isinstance(item, Item)]
    if len(good) > len(items) / 2 or (how.mapping is not None and good):
        known = "; ".join(found.text for found in reader.found.values())
        return _shown(Suggestion(file.name, known), how, items)
    values = _objects(file, how)
    _refuse_record_as_header(file, values)
    told = Suggestion(file.name)
    if model is not None:
        answer = model.propose(values, lambda mapping: list(islice(_by(mapping, file, how), _LOOKED_AT)))
        told = replace(told, usage=answer.usage)
        if answer.mapping is not None:
            named = replace(
                told, mapping=mapping_text(answer.mapping), proposed_by=model.name, unsure=answer.unsure
            )
            return _shown(replace(named, left=answer.left), how, answer.tried)
        told = replace(told, unsure=answer.unsure)
    proposed = propose(values)
    if proposed is None:
        raise InvalidInput(
            f"In {file.name} nothing looks like a conversation; its fields are {_fields(values)}.",
            hint=f"Write the mapping by hand (docs/formats.md), as in:\n{_begun(values)}",
        )
    tried = list(islice(_by(proposed.mapping, file, how), _LOOKED_AT))
    check = check_mapping(proposed.mapping, values, tried)
    unsettled = [*check.faults, *proposed.doubts]
    text = mapping_text(proposed.mapping, unsettled)
    return _shown(replace(told, mapping=text, unsettled=unsettled, left=check.left), how, tried)


def _fields(values: Sequence[dict[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(column.field for column in columns_of(values)))


def _begun(values: Sequence[dict[str, Any]]) -> str:
    """A mapping to begin with: the fields with most text, whose turns nobody knows."""
    texts = sorted(columns_of(values), key=lambda column: -sum(map(len, column.texts)))
    first, second = [*(column.field for column in texts if column.texts), "FIELD", "FIELD"][:2]
    lists = [".".join(path) for path in lists_in(values)]
    if lists:
        return f"messages: {lists[0]}\nrole: FIELD_OF_EACH\ncontent: FIELD_OF_EACH"
    return f"turns:\n- user: {first}\n- assistant: {second}"


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


def _shown(suggestion: Suggestion, how: HowToRead, items: Sequence[Item | BadItem]) -> Suggestion:
    """The suggestion with what becomes of the items by it."""
    good = [item for item in items if isinstance(item, Item)]
    suggestion = replace(suggestion, read=len(good), looked_at=len(items))
    if not good:
        return suggestion
    first = good[0].source
    topics = [read_topics(item.source, how.topic_field)[0] for item in good]
    return replace(
        suggestion,
        messages=first["messages"],
        tools=len(first.get("tools") or ()),
        topic=topics[0],
        beside=[name for name in first if name not in ("messages", "tools", how.topic_field)],
        topic_candidates=[] if any(topics) else topic_candidates(item.source for item in good),
    )
