"""Conversations in one text, each turn a line that begins with its speaker: ``Kundin: … Beraterin: …``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache

from ..formats.turns.roles import role_of

_BEFORE = r"(?:^|\n)[ \t]*+(?:\[[^\]\n]{1,30}\]|\(?\d{1,2}[:.]\d\d(?:[:.]\d\d)?\)?)?[ \t]*+[-–]?[ \t]*+"
"""A line's beginning, perhaps with a time."""
_LABEL = re.compile(rf"{_BEFORE}([^\W\d_][^\n:：]{{0,30}}?)[ \t]*[:：]")
_MOST_SPEAKERS = 4
_MOST = 0.6
"""Share of the texts that begin with a name, from which such names are speakers."""
_AGAIN = 0.3
"""Share of the texts in which a name comes, from which it is one."""


def turns_with_names(text: str, names: Collection[str]) -> list[tuple[str, str]]:
    """The turns of a text, each with the name before it; none where it does not begin with one of the names."""
    pieces = _pattern(tuple(sorted(names, key=lambda name: (-len(name), name)))).split(text.strip())
    if pieces[0].strip():
        return []
    return [(name, said.strip()) for name, said in zip(pieces[1::2], pieces[2::2], strict=True)]


def names_in(texts: Sequence[str]) -> list[str]:
    """The names that turns within texts begin with, in the order of the first text; none where those are no turns."""
    found = [_LABEL.findall(text.strip()) for text in texts]
    begin = sum(bool(_LABEL.match(text.strip())) for text in texts)
    if not texts or begin < _MOST * len(texts):
        return []
    counts = Counter(name for names in found for name in set(names))
    speakers = [name for name, count in counts.items() if count >= max(2, _AGAIN * len(texts))]
    if not 2 <= len(speakers) <= _MOST_SPEAKERS:
        return []
    turns = [[name for name in names if name in speakers] for names in found]
    if sum(len(names) >= 2 for names in turns) < _MOST * len(texts):
        return []
    # Who speaks speaks again; headings of a form stand once.
    again = sum(len(set(names)) < len(names) for names in turns)
    if again < _AGAIN * len(texts) and not all(map(role_of, speakers)):
        return []
    in_order = dict.fromkeys(name for names in turns for name in names)
    return list(in_order)


@lru_cache(maxsize=64)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}({'|'.join(map(re.escape, names))})[ \t]*[:：]", re.IGNORECASE)
