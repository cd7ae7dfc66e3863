"""Numbers as people write them: ".41", "0,41" and "0.41" are the same, in the digits of any script."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = r"[-+]?(?:\d+(?:[.,'’\u202f\u00a0]\d+)*|\.\d+)"
NUMBER = rf"(?<![\w.]){_DIGITS}"
"""A number in `ascii_digits`."""
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Thai, Lao, Burmese, Khmer, kana, Chinese characters and Hangul: a number follows a word without a space."""
ANY_NUMBER = rf"(?:(?<![\w.])|(?<=[{_UNSPACED}])){_DIGITS}"
"""The same behind a word of a script without spaces too, where it may also be a part of a name."""
_SIGNS = str.maketrans({"٫": ".", "٬": ",", "٪": "%", "％": "%", "．": "."})


def ascii_digits(text: str) -> str:
    """The text with the digits of every script as 0 to 9, and what parts them and marks percents as in English."""
    return "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
        for char in text.translate(_SIGNS)
    )


def readings(written: str) -> list[tuple[float, int]]:
    """What a written number may be, with its decimal places; what it is in English comes first.

    A single comma or point before three digits may part thousands or decimals, whatever the language.
    """
    digits = re.sub(r"[-+'’\u202f\u00a0]", "", written)
    whole, sign, decimals = digits.rpartition(max(".", ",", key=digits.rfind))
    if not sign:
        return [(float(digits), 0)]
    as_decimals = (float(f"{re.sub('[.,]', '', whole) or 0}.{decimals}"), len(decimals))
    as_thousands = (float(re.sub("[.,]", "", digits)), 0)
    if sign in whole:
        return [as_thousands]
    if re.search("[.,]", whole) or len(decimals) != 3 or not 1 <= len(whole) <= 3 or whole == "0":
        return [as_decimals]
    return [as_thousands, as_decimals] if sign == "," else [as_decimals, as_thousands]


def thousands(text: str) -> list[float]:
    """The values of numbers written with a k for thousand ("50k", "1.5 k"), in `ascii_digits`."""
    found = re.findall(rf"({NUMBER}) ?k\b", text, re.IGNORECASE)
    return [1000 * readings(number)[0][0] for number in found]
