"""Characters that change what a reader or a terminal makes of a text, without being seen.

What languages need is not among them: joiners of Persian, Indic scripts and emoji, the marks that give Arabic and
Hebrew punctuation its direction, the tags in the flags of England, Scotland and Wales.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_KINDS = {
    # ESC ] 8 ; … ; address: a terminal shows the words between two of them as a link to that address.
    "terminal link": r"(?:\x1b\]|\x9d)8;",
    "control character": r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)",
    "change of writing direction": r"[\u202a-\u202e\u2066-\u2069]",
    "half a character": r"[\ud800-\udfff]",
    "invisible letter": r"[\U000e0001\U000e0020-\U000e007f]",
}
_FLAG = r"\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
_HIDDEN = re.compile(
    f"{_FLAG}|" + "|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_KINDS.values()))
)
_NAMES = tuple(_KINDS)


@dataclass(frozen=True)
class Hidden:
    """One of them in a text.

    Attributes:
        kind: in words.
        text: the characters themselves.
    """

    kind: str
    text: str

    @property
    def name(self) -> str:
        """How it is told without being used: ``U+202E``."""
        return " ".join(f"U+{ord(character):04X}" for character in self.text)


def hidden_characters(text: str) -> Iterator[Hidden]:
    """Those of a text, in order. Line breaks and tabs are none; a carriage return is one if no line break follows."""
    for match in _HIDDEN.finditer(text):
        if match.lastindex is not None:
            yield Hidden(_NAMES[match.lastindex - 1], match.group())


def replace_hidden(text: str, by: Callable[[str], str]) -> str:
    """The text with something else in the place of each.

    Args:
        text: to be shown.
        by: what stands in for such characters.
    """
    return _HIDDEN.sub(lambda match: match.group() if match.lastindex is None else by(match.group()), text)
