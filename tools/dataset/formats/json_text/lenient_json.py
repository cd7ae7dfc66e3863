"""JSON as people and programs write it by mistake, read where what is meant is certain.

Commas before a closing bracket and comments are left out. Python's notation (single quotation marks, ``True``,
``None``; `str` or `repr` of a record, as pandas writes lists into a CSV file) is read by Python's own parser of
literals; NumPy leaves the commas out between the items of a list, and may put ``array(…, dtype=object)`` around one
(https://numpy.org/doc/stable/reference/generated/numpy.array2string.html). What is not certain stays refused.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any

from ..refusal import Refused
from .json_line import MAX_DEPTH, is_deeper_than, parse_value

COMMA = "a comma too many, left out"
COMMENT = "a comment, left out"
PYTHON = "Python's notation, read as JSON"
QUOTE = "a quotation mark within a text, read as part of it"
_MOST_CHARACTERS = 1_000_000
"""Python's parser takes many times a text's length in memory."""
_MOST_TRIED = 20_000_000
"""Characters that are parsed, all tries together, to find out which quotation marks belong to a text."""
_DOUBLE = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SINGLE = r"'[^'\\]*+(?:\\.[^'\\]*+)*+'"
_TOKEN = re.compile(
    _DOUBLE + r"|(?P<comment>//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)|(?P<comma>,)(?=\s*[\]}])", re.DOTALL
)
_ARRAY = re.compile(rf"({_SINGLE}|{_DOUBLE})|\barray\(|,\s*dtype=object\s*\)|(?<=\])\)", re.DOTALL)
_PYTHON_TOKEN = re.compile(rf"{_SINGLE}|{_DOUBLE}|[{{}}\[\]]", re.DOTALL)
_ENDS, _BEGINS = "}]'\"", "{['\""


def read_leniently(text: str) -> tuple[Any, str] | None:
    """The value of a text that is no JSON but nearly, and what was wrong, in words; ``None`` when it is not certain."""
    found: set[str] = set()

    def kept(token: re.Match[str]) -> str:
        if token["comment"]:
            found.add(COMMENT)
        elif token["comma"]:
            found.add(COMMA)
        else:
            return token[0]
        return ""

    mended = _TOKEN.sub(kept, text)
    mended = _TOKEN.sub(kept, mended) if COMMENT in found else mended
    if found:
        try:
            return parse_value(mended), " and ".join(sorted(found))
        except Refused:
            pass
    value = _python_value(text)
    return None if value is None else (value, PYTHON)


def with_marks_escaped(text: str, fields: Collection[str]) -> dict[str, Any] | None:
    """The object of a line in which one quotation mark, or one pair, stands within a text without a backslash.

    Args:
        text: the line.
        fields: those of the records beside it: only an object with the same ones is meant.

    Returns:
        The object; ``None`` when no way of escaping gives one, or more than one does.
    """
    marks = [index for index, sign in enumerate(text) if sign == '"' and not _is_escaped(text, index)]
    for together in (1, 2):
        tries = math.comb(len(marks), together)
        if len(marks) % 2 != together % 2 or tries * len(text) > _MOST_TRIED:
            continue
        found: list[dict[str, Any]] = []
        for chosen in combinations(marks, together):
            value = _parsed(_with_backslashes(text, chosen))
            if isinstance(value, dict) and value.keys() == set(fields) and value not in found:
                found.append(value)
        return found[0] if len(found) == 1 else None
    return None


def _with_backslashes(text: str, places: Sequence[int]) -> str:
    pieces, end = [], 0
    for place in places:
        pieces += [text[end:place], "\\"]
        end = place
    return "".join([*pieces, text[end:]])


def _is_escaped(text: str, place: int) -> bool:
    before = text[:place]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _parsed(text: str) -> Any:
    try:
        return parse_value(text)
    except Refused:
        return None


def is_comment(text: str) -> bool:
    """Whether a line is a comment and nothing else."""
    text = text.strip()
    return text.startswith(("//", "#")) or (text.startswith("/*") and text.find("*/") == len(text) - 2)


def _python_value(text: str) -> Any:
    """The list or object that Python's notation stands for; ``None`` when it is none, or holds what JSON has not."""
    text = text.strip()
    if not text.startswith(("[", "{")) or len(text) > _MOST_CHARACTERS or "'" not in text:
        return None
    try:
        value = ast.literal_eval(_with_commas(_ARRAY.sub(lambda found: found[1] or "", text)))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return value if not is_deeper_than(value, MAX_DEPTH) and _is_json(value) else None


def _with_commas(text: str) -> str:
    """The text with commas between items that only white space divides; Python would join two texts into one."""
    pieces: list[str] = []
    end = 0
    last = ""
    for token in _PYTHON_TOKEN.finditer(text):
        between = text[end : token.start()]
        if last and last in _ENDS and token[0][0] in _BEGINS and not between.strip():
            between = ", "
        pieces += [between, token[0]]
        last, end = token[0][-1], token.end()
    return "".join([*pieces, text[end:]])


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)
    return value is None or isinstance(value, bool | int)
