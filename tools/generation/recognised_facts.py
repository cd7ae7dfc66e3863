"""The facts of a text that code can recognise: numbers, names, menus and words in quotes.

A long text is read as far as its first `READ` characters: what follows is a file that somebody pasted.
"""

from __future__ import annotations

import re

# Each begins where a run of its signs does and never gives back what it has: so each sign is looked at once.
MENU_PATH = re.compile(r"(?<![\w'&/ .-])[\w'&/ .-]++(?:\s{0,4}>\s{0,4}[\w'&/ .-]++)+")
_QUOTED = re.compile(r"[\"“]([^\"”]{3,60})[\"”]")
_WITH_DIGIT = re.compile(r"(?<![\w#-])[\w#-]*\d[\w-]*+(?:[.,:]\d[\w-]*+)*+")
_NAME = re.compile(r"(?<=[\w,;:(] )[A-Z][\w.-]*\w|(?<=[\w,;:(] )[A-Z]\b|\b\w+[A-Z]\w*\b")
READ = 10_000
SHORTEST_NAME = 3
"""Letters; shorter ones are mostly units (GB, pm) that stand behind their number."""
_NO_NAMES = frozenset({"I", "I'm", "I've", "I'd", "I'll", "OK", "PS"})


def numbers(text: str) -> list[str]:
    """Numbers, versions, codes and everything else with a digit, in order, each once."""
    return list(dict.fromkeys(_WITH_DIGIT.findall(text[:READ])))


def names(text: str) -> list[str]:
    """Words with a capital that does not come from the beginning of a sentence, in order, each once."""
    return [name for name in dict.fromkeys(_NAME.findall(text[:READ])) if name not in _NO_NAMES]


def menus(text: str) -> list[str]:
    """The parts of menu paths such as ``Settings > Privacy``, without the first (it begins a sentence)."""
    return [part.strip() for path in MENU_PATH.findall(text[:READ]) for part in path.split(">")[1:]]


def quoted(text: str) -> list[str]:
    """What stands in double quotes."""
    return list(dict.fromkeys(_QUOTED.findall(text[:READ])))


def facts(text: str) -> list[str]:
    """What a rewording keeps as it stands: words in quotes, numbers and names, those inside another left out."""
    found = [*quoted(text), *numbers(text), *(name for name in names(text) if len(name) > SHORTEST_NAME - 1)]
    # All beside each other: what stands there twice stands in another one, too.
    each = dict.fromkeys(found)
    beside = "\0".join(each)
    return [one for one in each if beside.count(one) == 1]
