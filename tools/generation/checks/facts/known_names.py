"""The names that the tools of a dataset know: the choices in their schemas and the short texts in real results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ....dataset.record import Record, message_text
from ..form.written_calls import leaves
from .spoken_values import values_of

LONGEST_NAME = 4
"""Words of a name; longer texts in results are told in other words."""
SHORTEST_NAME = 3
"""Letters; "No" and "OK" are no names."""
Name = tuple[str, ...]
"""The words of a name, lower case."""
_NO_NAMES = {("yes",), ("check",), ("book",), ("available",), ("unavailable",)}
"""What tools return as a state or a kind of request, and people say in any sentence."""


def known_names(real: Iterable[Record]) -> dict[Name, set[str]]:
    """The names that the tools know, with the arguments and the fields of results that they stand in."""
    names: defaultdict[Name, set[str]] = defaultdict(set)
    for record in real:
        for field, text in {*_choices(record.tools), *_result_texts(record)}:
            words = tuple(value.written for value in values_of(text))
            is_name = (
                len(text) >= SHORTEST_NAME and text[:1].isupper() and all(word.isalpha() for word in words)
            )
            if is_name and 0 < len(words) <= LONGEST_NAME and words not in _NO_NAMES:
                names[words].add(field)
    return dict(names)


def by_first_word(names: Iterable[Name]) -> dict[str, list[Name]]:
    """Names by their first word, longest first."""
    by_first: defaultdict[str, list[Name]] = defaultdict(list)
    for words in sorted(names, key=lambda words: (-len(words), words)):
        by_first[words[0]].append(words)
    return dict(by_first)


def _choices(tools: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for tool in tools:
        parameters = (tool.get("function", tool).get("parameters") or {}).get("properties", {})
        for argument, schema in parameters.items():
            for choice in schema.get("enum") or () if isinstance(schema, dict) else ():
                if isinstance(choice, str):
                    yield argument, choice


def _result_texts(record: Record) -> Iterator[tuple[str, str]]:
    for message in record.messages:
        text = message_text(message)
        if message["role"] == "tool" and text[:1] in ("{", "["):
            try:
                parsed = read_json(text)
            except ValueError:
                continue
            for path, value in leaves(parsed, ""):
                if isinstance(value, str):
                    yield path.rsplit(".", 1)[-1], value
