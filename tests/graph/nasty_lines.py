"""Lines that a backtracking pattern is slow on: each phrase of each pattern that reads typed text, again and again."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import finetune_coverage.graph as graph
from finetune_coverage.graph.reading import bare_answers

LENGTH = 1000
SENTENCE = 200
"""Characters that the grammar looks at; see `graph.reading.grammar.sentence`."""
REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
PARTED_BY = (" ", ", ", "", " x ", "\n")


def patterns() -> dict[str, re.Pattern[str]]:
    """All compiled patterns of the package `graph`, by module and name."""
    found: dict[str, re.Pattern[str]] = {}
    for info in pkgutil.walk_packages(graph.__path__, f"{graph.__name__}."):
        if info.ispkg or info.name.endswith(".build"):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            # Also those that stand in a table with what they mean.
            entries = value if isinstance(value, list | tuple) else [value]
            for number, entry in enumerate(entries):
                for part in entry if isinstance(entry, tuple) else [entry]:
                    if isinstance(part, re.Pattern) and isinstance(part.pattern, str):
                        found[f"{info.name}.{name}.{number}"] = part
    return found


def phrases() -> list[str]:
    """Short texts that a part of some pattern, or a list of bare answers, takes."""
    found: set[str] = {
        "kk",
        "later",
        "that's enough",
        "?",
        "!",
        '"',
        "_",
        "a_b_c",
        "\t",
        " ",
        "x",
        "\u3000",
        "是",
        "。",
    }
    for pattern in patterns().values():
        for branch in _branches(parser.parse(pattern.pattern, pattern.flags)):
            found |= {text for text in _texts(branch) if 0 < len(text) <= 40}
    for language in ("en", "de", "ja", "ar"):
        found |= {" ".join(phrase) for phrase in bare_answers._phrases(language)}
    return sorted(found)


def lines(phrase: str) -> Iterator[str]:
    """A thousand characters of the phrase, and fewer, with an end that fits no pattern."""
    for parting in PARTED_BY:
        unit = phrase + parting
        for length in (60, SENTENCE, LENGTH):
            yield (unit * (length // len(unit) + 1))[: length - 1] + "x"


def repeated(pattern: re.Pattern[str]) -> Iterator[str]:
    """For each group of the pattern that repeats: what leads to it, then one or two of the texts that it takes, again
    and again, then something that it does not take.
    """
    for before, body in _repeats(parser.parse(pattern.pattern, pattern.flags), [""]):
        texts = [text for text in dict.fromkeys(_texts(body, most=40)) if text]
        units = dict.fromkeys([*texts, *(a + b for a in texts[:25] for b in texts[:25])])
        for prefix in before[:2]:
            for unit in units:
                for end in ("x", "\x00", "?"):
                    yield (prefix + unit * (SENTENCE // len(unit) + 1))[: SENTENCE - 1] + end


def _repeats(parsed: Any, before: list[str]) -> Iterator[tuple[list[str], Any]]:
    for op, value in parsed:
        inner: list[Any] = []
        if op is constants.BRANCH:
            inner = list(value[1])
        elif op is constants.SUBPATTERN:
            inner = [value[-1]]
        elif op is constants.ATOMIC_GROUP:
            inner = [value]
        elif op in REPEATS:
            inner = [value[2]]
            if value[1] > 1:
                yield before, value[2]
        for part in inner:
            yield from _repeats(part, before)
        texts = _texts([(op, value)], most=3)
        before = list(dict.fromkeys(start + text for start in before for text in texts))[:4]


def _branches(parsed: Any) -> Iterator[Any]:
    """The pattern itself and every group and alternative in it."""
    yield parsed
    for op, value in parsed:
        if op is constants.BRANCH:
            for part in value[1]:
                yield from _branches(part)
        elif op is constants.SUBPATTERN:
            yield from _branches(value[-1])
        elif op in REPEATS:
            yield from _branches(value[2])
        elif op is constants.ATOMIC_GROUP:
            yield from _branches(value)


def _texts(parsed: Any, most: int = 6) -> list[str]:
    """Texts that the part takes: with and without what may be missing, one for each of its alternatives."""
    texts = [""]
    for op, value in parsed:
        if op is constants.LITERAL:
            ends = [chr(value)]
        elif op is constants.IN:
            ends = [_one_of(value)]
        elif op is constants.ANY or op is constants.NOT_LITERAL:
            ends = ["z"]
        elif op is constants.BRANCH:
            ends = [text for part in value[1] for text in _texts(part, most=2)]
        elif op is constants.SUBPATTERN:
            ends = _texts(value[-1], most)
        elif op is constants.ATOMIC_GROUP:
            ends = _texts(value, most)
        elif op in REPEATS:
            least, _, part = value
            ends = [*([""] if least == 0 else []), *(text * max(1, least) for text in _texts(part, most=6))]
        else:
            ends = [""]
        texts = [text + end for text in texts for end in ends]
        # Not the first ones only: those would all have the same beginning.
        texts = texts[:: len(texts) // most + 1] if len(texts) > most else texts
    return texts


def _one_of(options: Any) -> str:
    for op, value in options:
        if op is constants.LITERAL:
            return chr(value)
        if op is constants.RANGE:
            return chr(value[0])
        if op is constants.CATEGORY:
            return (
                "7"
                if value is constants.CATEGORY_DIGIT
                else " "
                if value is constants.CATEGORY_SPACE
                else "w"
            )
        if op is constants.NEGATE:
            return "z"
    return "z"
