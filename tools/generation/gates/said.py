"""What was said so far in a dialogue, and whether a value can be traced to it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from rapidfuzz.distance import OSA

from .spoken_times import (
    DAY,
    EARLIEST_YEAR,
    MONTHS,
    NEARBY,
    OPEN_TIMES,
    RELATIVE,
    WEEKDAYS,
    WHOLE_DAY,
    YEAR_ENDS,
    bare_hours,
    minutes_told,
)
from .spoken_values import Value, number_form, squeezed, values_of

LONGEST_NAME = 4
"""Words; a longer text is told in the writer's own words and cannot be looked up."""
SAID_PARTLY = 0.5
"""Share of the words of a name that must have been said: people leave out "Hotel", "Apartments", "Dr."."""
TOLD_WORDS = 4
"""Words of a text that is told freely, of which one must have been said."""
STEM = 5
"""Letters that two forms of a word share: "withdraw" and "withdrawal"."""
LONG_PART = 4
"""Letters that a part of a name must be longer than to stand for all of it."""
LONG_WORD = 7
"""Letters from which a word may have two typing errors; but "Tuesday" and "Thursday" are two apart."""
SHORTEST_CODE = 4
"""Letters and digits from which a run of them inside another one is no accident."""
_NO_VALUE = frozenset({"", "null", "none", "nan", "n/a", "unknown", "any", "dontcare", "no", "yes"})
_NOT_ANY = frozenset({"no", "none", "not", "without", "just", "only"})
_PIECE = re.compile(r"[^\W_]+")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "the"})
_CALL = re.compile(r"[a-z_][\w.]*\((.*)\)", re.IGNORECASE | re.DOTALL)


def _is_no_value(text: str) -> bool:
    plain = text.strip().lower()
    return plain in _NO_VALUE or "not know" in plain


class Said:
    """Everything that was said, in the normal forms of `spoken_values`."""

    def __init__(self) -> None:
        self.forms: set[str] = set()
        self.words: set[str] = set()
        self._squeezed = ""
        self._pieces: list[str] = []
        self._spelled = ""
        self._bare: set[str] = set()
        self._spans: set[int] = set()

    def add(self, text: str) -> None:
        """Take in a text that somebody said."""
        values = values_of(text)
        self._spans.update(minutes_told(values))
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
                self.forms.update(number_form(int(part)) for part in re.findall(r"\d+", value.written))
        self._squeezed += squeezed(text) + " "
        self._pieces += _PIECE.findall(text.lower())
        if "." in text:
            self._spelled += f" {text.lower()}"

    def add_result(self, text: str) -> None:
        """Take in what a tool returned: also how long its lists are, since answers count them."""
        self.add(text)
        if text[:1] in "{[":
            try:
                self._add_counts(json.loads(text))
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
            self.forms.update(number_form(round(number, digits)) for digits in (0, 1, 2))
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

    def knows(self, value: Value) -> bool:
        """Whether a number, time, date or code was said, in whatever form."""
        if value.kind == "date":
            return any(form in self.forms or self._knows_day(form) for form in value.forms if form[0] == "d")
        if not self.forms.isdisjoint(value.forms):
            return True
        if value.kind == "time":
            hour = int(value.forms[0][1:]) // 60
            return bool(self._bare & {f"n{hour}", f"n{hour % 12 or 12}"})
        plain = squeezed(value.written)
        return len(plain) >= SHORTEST_CODE and plain in self._squeezed

    def _knows_day(self, date: str) -> bool:
        """Whether day and month of a form ``d3-17`` were said, each for itself."""
        month, day = (int(part) for part in date[1:].split("-"))
        return f"n{day}" in self.forms and (f"n{month}" in self.forms or self._names_month(month))

    def _names_month(self, month: int) -> bool:
        return 1 <= month <= 12 and any(word.startswith(MONTHS[month - 1]) for word in self.words)

    def _may_mean_date(self, date: Value) -> bool:
        """Whether a date may follow from "tomorrow", "on Friday", "the 12th" or "in March"."""
        year, *days = (form for form in date.forms if form[0] == "n")
        if int(year[1:]) < EARLIEST_YEAR:
            return False
        if not self.forms.isdisjoint(days) or (date.forms[0] in YEAR_ENDS and year in self.forms):
            return True
        if not self.words.isdisjoint(RELATIVE):
            return True
        return any(self._names_month(int(form[1:].split("-")[0])) for form in date.forms if form[0] == "d")

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
        return all(self._knows_word(word) for word in words if len(word) > 2 and word not in _TITLES) and all(
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

    def _knows_word(self, word: str) -> bool:
        if word in self.words:
            return True
        slips = (
            1 if len(word) < LONG_WORD or word in WEEKDAYS else 2
        )  # and a long one may be cut short: "San Fran"
        return len(word) >= SHORTEST_CODE and any(
            other[0] == word[0]
            and (
                OSA.distance(word, other, score_cutoff=slips) <= slips
                or (len(word) >= LONG_WORD and len(other) >= SHORTEST_CODE and word.startswith(other))
            )
            for other in self.words
        )

    def explains(self, value: Any, telling: Collection[str] | None = None, *, free: bool = False) -> bool:
        """Whether an argument's value can be traced to what was said. Truth values and single letters always can.

        A text in the notation of a query function, ``at_least(4)``, is looked up by what stands in its brackets. Of
        a text that is told freely only numbers, times and codes are looked up.
        """
        text = str(value)
        inner = _CALL.fullmatch(text.strip())
        text = inner.group(1) if inner else text
        if value is None or isinstance(value, bool) or _is_no_value(text):
            return True
        plain = squeezed(text)
        if (len(plain) < 2 and not plain.isdigit()) or (len(plain) > 2 and self.has_text(plain)):
            return True
        if (isinstance(value, (int, float)) or text == "0") and self._is_derived(float(value)):
            return True
        values = values_of(text)
        if all(one.kind != "word" for one in values):
            if any(one.kind == "date" for one in values):
                values = tuple(one for one in values if one.forms[0] not in WHOLE_DAY)
            return all(self.knows(one) or self._follows(one) for one in values)
        if (
            len(values) == 1
            and values[0].written.startswith(WEEKDAYS)
            and self._may_mean_a_day(values[0].written)
        ):
            return True
        if free:
            return all(self.knows(value) for value in values if value.kind != "word") and self._tells_of(
                values
            )
        if len(values) == 1 and text.islower() and len(text) > STEM:
            return self.knows_name(values, telling) or any(word[:STEM] == text[:STEM] for word in self.words)
        is_name = len(values) == 1 or not any(word[:1].islower() for word in text.split())
        return self.knows_name(values, telling) if is_name else self.knows_most(values)

    def _follows(self, value: Value) -> bool:
        """Whether a date may be meant by what was said, and a time is so much before or after one that was."""
        if value.kind == "date":
            return self._may_mean_date(value)
        if value.kind == "time" and not self.words.isdisjoint(OPEN_TIMES):
            return True
        return value.kind == "time" and any(
            f"t{(int(form[1:]) + span) % DAY}" in self.forms
            for form in value.forms
            for minutes in self._spans
            for span in (minutes, -minutes)
        )

    def _tells_of(self, values: Sequence[Value]) -> bool:
        """Whether a text in the assistant's own words has some that were said before."""
        stems = {value.written[:STEM] for value in values if value.kind == "word" and len(value.written) > 3}
        return len(stems) < TOLD_WORDS or not stems.isdisjoint(word[:STEM] for word in self.words)

    def _may_mean_a_day(self, weekday: str) -> bool:
        if any(word.startswith(NEARBY) for word in self.words) and self.words.isdisjoint(WEEKDAYS):
            return True
        return any(len(word) > 2 and weekday.startswith(word) for word in self.words)

    def _is_derived(self, number: float) -> bool:
        """5% is 0.05, a half hour may be asked for in minutes, and who has no children has 0."""
        if number == 0 and not self.words.isdisjoint(_NOT_ANY):
            return True
        return any(number_form(round(number * factor, 6)) in self.forms for factor in (100, 1 / 60, 60))
