"""Told fields: where an answer tells a field of a result, by the words that it is told in.

"…has an average rating of 4": in the real records what follows "rating of" is the result's ``AverageRating``. Whoever
says another number there contradicts the result, even if that number stands somewhere else in the dialogue.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ....dataset.json_within import read_json
from ..form.written_calls import leaves
from .spoken_values import Value, squeezed, values_of

LEAST_TOLD = 5
"""Real answers that tell one field after the same words, before that is a rule."""
RELIABLE = 0.95
"""Share of the real answers with those words that tell the field."""
BEFORE = (3, 2)
"""Words before a value that are looked up, most first."""
LONGEST_NAME = 4
"""Words of a text in a result that is told as it is."""
_CHOICE = re.compile(r"(?<=[\"(])[^\"()\[\],]+(?=[\")])")
Field = str
Texts = Mapping[Field, set[tuple[str, ...]]]


def told_texts(results: Iterable[str]) -> dict[Field, set[tuple[str, ...]]]:
    """The short values of calls and their results by field, each as its words; numbers in their normal form."""
    found: defaultdict[Field, set[tuple[str, ...]]] = defaultdict(set)
    for text in results:
        for path, value in _leaves(text):
            # A query tells what it would accept: ``is_equal_to("11 am")``.
            choices = _CHOICE.findall(value) if isinstance(value, str) and "(" in value else [value]
            for choice in choices:
                words = forms_of(values_of(str(choice)))
                if choice is not None and not isinstance(choice, bool) and 0 < len(words) <= LONGEST_NAME:
                    found[path.rsplit(".", 1)[-1]].add(words)
    return dict(found)


def _leaves(text: str) -> Iterator[tuple[str, Any]]:
    if text[:1] not in ("{", "["):
        return
    try:
        yield from leaves(read_json(text), "")
    except ValueError:
        return


def forms_of(values: Sequence[Value]) -> tuple[str, ...]:
    """Each value in one form: a word as it is, a number, time or date in its first normal form."""
    return tuple(value.written if value.kind == "word" else value.forms[0] for value in values)


class ToldFields:
    """Which field is told after which words, and which values each field takes."""

    def __init__(self, answers: Sequence[tuple[str, Texts]]) -> None:
        """Args: real answers, each with the short texts of the calls and results before it."""
        self._fields: defaultdict[tuple[str, ...], set[Field]] = defaultdict(set)
        for _, texts in answers:
            for field, told in texts.items():
                for words in told:
                    self._fields[words].add(field)
                    if _is_number(words):
                        self._fields[words[0][:1],].add(field)
        self._told: defaultdict[tuple[str, ...], Counter[Field]] = defaultdict(Counter)
        self._places: defaultdict[tuple[str, ...], Counter[Field]] = defaultdict(Counter)
        for answer, texts in answers:
            self._learn(forms_of(values_of(answer)), texts)

    def _learn(self, words: tuple[str, ...], texts: Texts) -> None:
        for place in range(1, len(words)):
            could = self._could_be(words, place).intersection(texts)
            if could:
                here = {field for field in could if _starts(words, place, texts[field])}
                for key in _keys(words, place):
                    self._told[key].update(here)
                    self._places[key].update(could)

    def other_values(self, answer: str, texts: Texts) -> Iterator[tuple[str, Field]]:
        """(what the answer says, the field that it tells there) wherever that is not what the field says."""
        values = values_of(answer)
        words = forms_of(values)
        for place in range(1, len(words)):
            field = self._told_after(words, place, texts)
            if (
                field is None
                or field not in self._could_be(words, place)
                or _starts(words, place, texts[field])
            ):
                continue
            if values[place].kind == "word" and any(_starts(words, place, told) for told in texts.values()):
                continue  # another field is told in the same words
            length = next(
                (n for n in range(LONGEST_NAME, 1, -1) if words[place : place + n] in self._fields), 1
            )
            yield " ".join(value.written for value in values[place : place + length]), field

    def _told_after(self, words: tuple[str, ...], place: int, texts: Texts) -> Field | None:
        for key in _keys(words, place):
            told = self._told.get(key, Counter[Field]())
            best = max((field for field in told if field in texts), key=told.__getitem__, default=None)
            if best is not None and told[best] >= LEAST_TOLD:
                return best if told[best] >= RELIABLE * self._places[key][best] else None
        return None

    def _could_be(self, words: tuple[str, ...], place: int) -> set[Field]:
        """The fields that a value at a place could be of: all with numbers for a number, those that know a name."""
        found: set[Field] = set()
        for length in range(1, LONGEST_NAME + 1):
            found |= self._fields.get(words[place : place + length], set())
        if _is_number(words[place : place + 1]):
            found |= self._fields.get((words[place][:1],), set())
        return found


def tells(answer: str, told: Iterable[tuple[str, ...]]) -> bool:
    """Whether one of the values of a field stands somewhere in an answer."""
    words = forms_of(values_of(answer))
    return any(_starts(words, place, set(told)) for place in range(len(words)))


def _is_number(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and words[0][:1] in "ntd" and words[0][1:2].isdigit()


def _keys(words: tuple[str, ...], place: int) -> Iterator[tuple[str, ...]]:
    return (_key(words, place, count) for count in BEFORE if place >= count)


def _key(words: tuple[str, ...], place: int, count: int) -> tuple[str, ...]:
    return tuple(
        "#" if any(letter.isdigit() for letter in word) else word for word in words[place - count : place]
    )


def _starts(words: tuple[str, ...], place: int, told: set[tuple[str, ...]]) -> bool:
    return any(words[place : place + length] in told for length in range(1, LONGEST_NAME + 1))


def copied_with_change(answer: str, results: Iterable[str]) -> str | None:
    """A number that stands between the same words as another one in a result, and nowhere else among them."""
    told = values_of(answer)
    words = [squeezed(value.written) for value in told]
    numbers = [place for place, value in enumerate(told) if value.kind == "number"]
    if not numbers:
        return None
    around: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for text in results:
        values = values_of(text)
        plain = [squeezed(value.written) for value in values]
        for place, value in enumerate(values):
            if value.kind == "number" and _neighbours(plain, place):
                around[_neighbours(plain, place)].add(value.forms[0])
    for place in numbers:
        given = around.get(_neighbours(words, place))
        if given and told[place].forms[0] not in given:
            return told[place].written
    return None


def _neighbours(words: Sequence[str], place: int) -> tuple[str, ...]:
    """The word before a place and the two after it; none where the text begins or ends."""
    if place < 1 or place + 2 >= len(words):
        return ()
    return (words[place - 1], words[place + 1], words[place + 2])
