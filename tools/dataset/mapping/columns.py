"""What the values of a column tell about it: whether it holds texts, questions, speakers, or the same thing again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..topic_label import value_at

Source = dict[str, Any]
_QUESTION_MARKS = ("?", "？", "؟")
"""At the end of a question: Latin, full width and Arabic; the Greek one cannot be told from a semicolon."""
_DEEPEST = 3


@dataclass(frozen=True)
class Column:
    """The values of one field in some items; ``None`` where an item does not have it.

    Attributes:
        path: the names that lead to the field: one, or more where it stands within other fields.
        values: one for each item.
    """

    path: tuple[str, ...]
    values: Sequence[Any]

    @property
    def name(self) -> str:
        """The last of its names."""
        return self.path[-1]

    @property
    def field(self) -> str:
        """Its names with points between them, as `TopicCandidate` has them."""
        return ".".join(self.path)

    @cached_property
    def texts(self) -> list[str]:
        """The texts among the values that are not blank."""
        return [value for value in self.values if isinstance(value, str) and value.strip()]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text or number comes."""
        plain = (value for value in self.values if isinstance(value, str | int) and value != "")
        return Counter(str(value).strip() for value in plain)

    @property
    def filled(self) -> float:
        """The share of the items that have a text here."""
        return len(self.texts) / max(1, len(self.values))

    @property
    def length(self) -> float:
        """The mean length of its texts, in characters."""
        return sum(map(len, self.texts)) / max(1, len(self.texts))

    @property
    def is_text(self) -> bool:
        """Whether most of the items have a text here, and most of those have more letters than digits."""
        return self.filled > 0.5 and sum(map(_has_letters, self.texts)) > len(self.texts) / 2

    @property
    def is_prose(self) -> bool:
        """Whether most of its texts are words that somebody could say, not names, codes, addresses or dates."""
        said = sum(is_said(text) for text in self.texts)
        return bool(self.texts) and said > len(self.texts) / 2

    @property
    def questions(self) -> float:
        """The share of its texts that end as questions do."""
        ends = sum(text.rstrip().endswith(_QUESTION_MARKS) for text in self.texts)
        return ends / max(1, len(self.texts))

    @property
    def variety(self) -> float:
        """Different values per value: 1 when none comes twice."""
        return len(self.counts) / max(1, self.counts.total())


def columns_of(items: Sequence[Source]) -> list[Column]:
    """The fields of some items, also those within others, in the order in which they appear."""
    paths = dict.fromkeys(path for item in items for path in _leaves(item, ()))
    return [Column(path, [value_at(item, path) for item in items]) for path in paths]


def _leaves(item: Source, before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, value in item.items():
        path = (*before, name)
        if isinstance(value, dict) and value and len(path) < _DEEPEST:
            yield from _leaves(value, path)
        else:
            yield path


def lists_in(items: Iterable[Source]) -> dict[tuple[str, ...], list[list[Any]]]:
    """The lists in some items, by the path of names that leads to each."""
    found: dict[tuple[str, ...], list[list[Any]]] = {}
    for item in items:
        _collect(item, (), found)
    return found


def _collect(value: Any, path: tuple[str, ...], found: dict[tuple[str, ...], list[list[Any]]]) -> None:
    if isinstance(value, list) and path:
        found.setdefault(path, []).append(value)
    elif isinstance(value, dict) and len(path) < _DEEPEST:
        for name, inner in value.items():
            _collect(inner, (*path, name), found)


def _has_letters(text: str) -> bool:
    """Whether a text is no date, number or code."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def is_said(text: str) -> bool:
    """Whether a text is words that somebody could say, not a name, code, address or date."""
    # Words, or a text of a script that does not divide them; an address is one word.
    is_several = len(text.split()) > 1 or sum(not sign.isascii() and sign.isalpha() for sign in text) > 3
    return is_several and _has_letters(text)
