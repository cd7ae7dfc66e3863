"""What was said so far in a dialogue, and whether a value can be traced to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from rapidfuzz.distance import OSA

from ....dataset.json_within import read_json
from .spoken_codes import names_of_signs
from .spoken_counts import days_between, days_of_month, in_smaller_units, one_more, persons, years_ago
from .spoken_measures import converted
from .spoken_times import MONTHS, WEEKDAYS, bare_hours, clock_words, days_turned, minutes_told, named_today
from .spoken_values import Value, number_form, squeezed, values_of

LONGEST_NAME = 4
"""Words; a longer text is told in the writer's own words and cannot be looked up."""
SAID_PARTLY = 0.5
"""Share of the words of a name that must have been said: people leave out "Hotel", "Apartments", "Dr."."""
STEM = 5
"""Letters that two forms of a word share: "withdraw" and "withdrawal"."""
LONG_PART = 4
"""Letters that a part of a name must be longer than to stand for all of it."""
LONG_WORD = 7
"""Letters from which a word may have two typing errors; but "Tuesday" and "Thursday" are two apart."""
SLIPS_AND_SWAPS = 6
"""Letters from which a word may have one letter too much and another one in the wrong place."""
SHORTEST_CODE = 4
"""Letters and digits from which a run of them inside another one is no accident."""
_PIECE = re.compile(r"[^\W_]+")
_MIXED = re.compile(r"(?<!\S)(?:(?>(?>[\w!$@]*[!$@])|\w*?\d)(?>\w*?[a-zA-Z])\w*+|[a-zA-Z]{3,}\d)(?!\S)")
"""Letters after a digit or sign. What was found of it is kept (``(?>``): else a long word is read over and over."""
_DIGITS = re.compile(r"\d+")
_LETTERS = str.maketrans("01345!$@", "oleasisa")
"""Digits and signs that some people write for letters: "0r4ng3"."""
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "that than this then them they there where what when with have here were your will want some more most like "
        "just make need know which would could",
    )
)
"""Words that are no misspelled names: "that" is not "Thai"."""
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "the"})
_KINDS = frozenset(re.findall(r"\w+", "city hotel street avenue airport station restaurant apartments state"))
"""What a thing is, which its name may have or not: "New York City"."""


class Said:
    """Everything that was said, in the normal forms of `spoken_values`."""

    def __init__(self) -> None:
        self.forms: set[str] = set()
        self.words: set[str] = set()
        self._squeezed = ""
        self._pieces: list[str] = []
        self._spelled = ""
        self._bare: set[str] = set()
        self.spans: set[int] = set()
        self.counts: set[int] = set()
        self.turned_to: set[int] = set()
        self.todays: set[str] = set()
        self.days: set[int] = set()
        self.measures: list[float] = []

    def add(self, text: str) -> None:
        """Take in a text that somebody said."""
        self.add_values(values_of(text))
        self.forms.update(clock_words(text))
        self.counts.update(persons(text))
        self.words.update(names_of_signs(text))
        self.todays.update(named_today(text))
        self.turned_to.update(days_turned(text))
        self._squeezed += squeezed(text) + " "
        self._pieces += _PIECE.findall(text.lower())
        self.words.update(_PIECE.findall(" ".join(_MIXED.findall(text)).translate(_LETTERS).lower()))
        if "." in text:
            self._spelled += f" {text.lower()}"

    def add_values(self, values: Sequence[Value]) -> None:
        """Take in values that were said, without the text around them."""
        self.spans.update(minutes_told(values))
        self.counts.update(
            one_more(values), days_between(values), years_ago(values), in_smaller_units(values)
        )
        self.days.update(days_of_month(values))
        self.measures += converted(values)
        self._bare.update(bare_hours(values))
        for value in values:
            self.forms.update(value.forms)
            if value.kind == "word":
                self.words.add(value.written)
            elif value.kind == "number":
                self._add_rounded(value)
            elif value.kind == "time":  # "from 8 to 10 pm"
                hours = {int(form[1:]) // 60 for form in value.forms}
                self.forms.update(number_form(hour % 12 or 12) for hour in hours)
            elif value.kind == "code":  # "May 7-29" and "5/26-27" are codes by their looks
                self.forms.update(number_form(int(part)) for part in _DIGITS.findall(value.written))

    def add_result(self, text: str) -> None:
        """Take in what a tool returned: also how long its lists are, since answers count them."""
        self.add(text)
        if text[:1] in "{[":
            try:
                self._add_counts(read_json(text))
            except ValueError:
                return

    def _add_counts(self, parsed: Any) -> None:
        if isinstance(parsed, list):
            self.forms.add(number_form(len(parsed)))
        for inner in (
            parsed.values() if isinstance(parsed, dict) else parsed if isinstance(parsed, list) else ()
        ):
            self._add_counts(inner)

    def _add_rounded(self, value: Value) -> None:
        if "." in value.forms[0]:
            number = float(value.forms[0][1:])
            self.forms.update(number_form(round(number, digits)) for digits in range(5))
            self.forms.add(number_form(int(number)))

    def has_text(self, text: str) -> bool:
        """Whether the letters and digits of ``text`` stand in what was said, from the beginning of a word.

        The last word may be longer than the text's. Spaces and signs may stand elsewhere: "703-6073363".
        """
        plain = squeezed(text)
        return plain in self._squeezed and any(
            self._begins(plain, place) for place, piece in enumerate(self._pieces) if piece[0] == plain[0]
        )

    def _begins(self, plain: str, place: int) -> bool:
        for piece in self._pieces[place:]:
            if len(piece) >= len(plain):
                return piece == plain or (plain.isalpha() and len(plain) >= STEM and piece.startswith(plain))
            if not plain.startswith(piece):
                return False
            plain = plain[len(piece) :]
        return False

    @property
    def tells_hour(self) -> bool:
        """Whether a time of day, or what may be one, was said."""
        return bool(self._bare) or any(form[0] == "t" for form in self.forms)

    def knows(self, value: Value) -> bool:
        """Whether a number, time, date or code was said, in whatever form."""
        if value.kind == "date":
            return any(form in self.forms or self._knows_day(form) for form in value.forms if form[0] == "d")
        if not self.forms.isdisjoint(value.forms):
            return True
        if value.kind == "time":
            hour, minute = divmod(int(value.forms[0][1:]), 60)
            spoken = {f"n{100 * one + minute}" for one in (hour, hour % 12 or 12)}  # "at 730", "1900 hours"
            return bool(self._bare & {f"n{hour}", f"n{hour % 12 or 12}"} or self.forms & spoken)
        plain = squeezed(value.written)
        if value.kind == "number":  # "850.00" has no 5000
            return len(plain) >= SHORTEST_CODE and self.has_text(plain)
        return len(plain) >= SHORTEST_CODE and plain in self._squeezed

    def _knows_day(self, date: str) -> bool:
        """Whether day and month of a form ``d3-17`` were said, each for itself."""
        month, day = (int(part) for part in date[1:].split("-"))
        return f"n{day}" in self.forms and (f"n{month}" in self.forms or self.names_month(month))

    def names_month(self, month: int) -> bool:
        """Whether a month, 1 to 12, was said by its name."""
        return 1 <= month <= 12 and any(word.startswith(MONTHS[month - 1]) for word in self.words)

    def knows_name(self, values: Sequence[Value], telling: Collection[str] | None) -> bool:
        """Whether a name was said. Initials and typing errors are allowed.

        Args:
            values: what the name consists of.
            telling: where the name is one of several choices, the words that only it has: they are enough
                ("Shadyside" for "Shadyside Inn"). None where any name could stand: all words must have been said.
        """
        words = [value.written for value in values if value.kind == "word" and len(value.written) > 1]
        initials = "".join(word[0] for word in words)
        if len(words) > 1 and (
            initials in self.words or initials[:2] in self.words or self._spells(initials)
        ):
            return True
        if telling is not None:
            telling_here = [word for word in words if word in telling]
            spare = len(telling_here) > 2  # "New York" for "New York City"
            known = [word for word in telling_here if self._knows_word(word)]
            if telling_here and len(known) >= len(telling_here) - spare:
                return True
            letters = sum(map(len, known))  # "Cactus" for "Cactus Club", not "town" for "Old Town Inn"
            if letters > LONG_PART and 2 * letters > sum(map(len, telling_here)):
                return True
        # "Santa Rosa" for "Santa Rosa, CA"
        needed = [word for word in words if len(word) > 2 and word not in _TITLES]
        needed = [word for word in needed if word not in _KINDS] or needed
        return all(map(self._knows_word, needed)) and all(
            self.knows(value) for value in values if value.kind != "word"
        )

    def _spells(self, initials: str) -> bool:
        """Whether the initials of a place were said with points: "L.A."."""
        return f" {'.'.join(initials[:2])}." in self._spelled

    def knows_most(self, values: Sequence[Value]) -> bool:
        """Whether a text is made of what was said: its numbers and codes all, of its words enough."""
        if not all(self.knows(value) for value in values if value.kind != "word"):
            return False
        stems = {value.written[:STEM] for value in values if value.kind == "word" and len(value.written) > 3}
        known = {word[:STEM] for word in self.words}
        return len(values) > LONGEST_NAME or len(stems & known) >= SAID_PARTLY * len(stems)

    def knows_some(self, values: Sequence[Value]) -> bool:
        """Whether a text in other words is about what was said: its numbers and codes all, and one of its words."""
        stems = {value.written[:STEM] for value in values if value.kind == "word" and len(value.written) > 3}
        return all(self.knows(value) for value in values if value.kind != "word") and not stems.isdisjoint(
            word[:STEM] for word in self.words
        )

    def _knows_word(self, word: str) -> bool:
        if word in self.words or f"{word}side" in self.words:
            return True
        slips = (
            1 if len(word) < LONG_WORD or word in WEEKDAYS else 2
        )  # and a long one may be cut short: "San Fran"
        return len(word) >= SHORTEST_CODE and any(
            other[0] == word[0]
            and (
                OSA.distance(word, other, score_cutoff=slips) <= slips
                or _has_letters_of(other, word)
                or (len(word) >= LONG_WORD and len(other) >= SHORTEST_CODE and word.startswith(other))
            )
            for other in self.words - _COMMON
        )


def _has_letters_of(other: str, word: str) -> bool:
    """Whether a word has the letters of another, in another order, or one of them too much: "orenage"."""
    if len(word) == len(other):
        return sorted(word) == sorted(other)
    more = Counter(other) - Counter(word)
    return (
        len(word) >= SLIPS_AND_SWAPS
        and len(other) == len(word) + 1
        and more.total() == 1
        and OSA.distance(word, other) == 2
    )
