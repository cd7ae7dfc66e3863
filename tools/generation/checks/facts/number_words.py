"""Numbers that are written in words: "twenty five", "two hundred and fifty", "half a million", "seven four one"."""

from __future__ import annotations


def _listed(words: str) -> list[str]:
    return words.split()


_UNITS = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = _listed(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
)
_SMALL = {word: number for number, word in enumerate(_UNITS)} | {
    word: number for number, word in enumerate(_ORDINALS)
}
_TEN = {word: 10 * number for number, word in enumerate(_TENS, 2)}
_FACTORS = {"dozen": 12, "hundred": 100}
_SCALES = {"thousand": 1_000, "grand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ALONE = {"once": 1, "twice": 2, "couple": 2, "both": 2, "single": 1}
_BETWEEN = ("and", "a")
_LEAST_DIGITS = 3
"""Digits said one by one from which they are one number: a PIN, a room."""


class NumberWords:
    """Reads the words of a text one after another, and puts together what belongs together."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """What comes next begins anew."""
        self._sum = self._part = 0.0
        self._last = ""
        self._digits = ""
        self._is_half = False

    def numeral(self, number: float) -> None:
        """A number in digits, of which a word may give the size: "5 thousand"."""
        self.clear()
        self._part, self._last = number, "numeral"

    def read(self, word: str) -> tuple[float, ...]:
        """The numbers that a word may stand for, its own first, that of all words so far last; none for other words."""
        if word in _SMALL:
            return self._read_small(_SMALL[word])
        if word in _TEN:
            return self._read_ten(_TEN[word])
        if word in _FACTORS:
            return self._read_factor(_FACTORS[word])
        if word in _SCALES and (self._last or self._is_half):
            return self._read_scale(_SCALES[word])
        if word == "half" or word not in _BETWEEN:
            self.clear()
            self._is_half = word == "half"
        return (_ALONE[word],) if word in _ALONE else ()

    def _read_small(self, number: int) -> tuple[float, ...]:
        digits = f"{self._digits}{number}" if number < 10 and (self._digits or not self._last) else ""
        if (self._last == "ten" and number < 10) or self._last in ("hundred", "scale"):
            self._part += number
        else:
            self._sum, self._part = 0, number
        self._last, self._digits = "small", digits
        together = int(digits) if len(digits) >= _LEAST_DIGITS else self._sum + self._part
        return _each(number, together)

    def _read_ten(self, number: int) -> tuple[float, ...]:
        if self._last in ("hundred", "scale"):
            self._part += number
        elif self._last == "small":  # "seven thirty", "nineteen eighty"
            self._sum, self._part = 0, 100 * self._part + number
        else:
            self._sum, self._part = 0, number
        self._last, self._digits = "ten", ""
        return _each(number, self._sum + self._part)

    def _read_factor(self, factor: int) -> tuple[float, ...]:
        self._part = factor * (self._part if self._last in ("small", "ten", "numeral") else 1)
        self._last, self._digits = "hundred", ""
        return _each(factor, self._sum + self._part)

    def _read_scale(self, scale: int) -> tuple[float, ...]:
        self._sum += scale * (0.5 if self._is_half else self._part)
        self._part, self._last, self._digits, self._is_half = 0, "scale", "", False
        return _each(scale, self._sum)


def _each(own: float, together: float) -> tuple[float, ...]:
    return (own,) if own == together else (own, together)
