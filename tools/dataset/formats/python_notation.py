"""Lists and objects in Python's notation, as pandas writes them into a cell: ``[{'role': 'user', …}]``.

NumPy leaves out the commas between the items of an array (https://numpy.org/doc/stable/reference/generated/numpy.array2string.html)
and may put ``array(…, dtype=object)`` around it.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

from .json_line import MAX_DEPTH, is_deeper_than
from .refusal import Refused

_STRING = r"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+\""""
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_ARRAY = re.compile(rf"({_STRING})|\barray\(|,\s*dtype=object\s*\)|(?<=\])\)", re.DOTALL)
_ENDS, _BEGINS = "}]'\"", "{['\""
_PLAIN = (str, int, float, bool, type(None))


def parse_python(text: str) -> Any:
    """The value that a text in Python's notation stands for: lists, objects, texts, numbers, truth values, None.

    Raises:
        Refused: it is none, or nested too deep.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes, which mean themselves
            value = ast.literal_eval(_with_commas(_ARRAY.sub(lambda found: found[1] or "", text)).strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise Refused("invalid_json", "neither JSON nor Python's notation for a list or an object") from error
    if is_deeper_than(value, MAX_DEPTH):
        raise Refused("nested_too_deep", f"nested deeper than {MAX_DEPTH} levels")
    return _as_json(value)


def _with_commas(text: str) -> str:
    """The text with commas between items that only white space divides; Python would join two texts into one."""
    pieces: list[str] = []
    end = 0
    last = ""
    for token in _TOKEN.finditer(text):
        between = text[end : token.start()]
        if last and last in _ENDS and token[0][0] in _BEGINS and not between.strip():
            between = ", "
        pieces += [between, token[0]]
        last, end = token[0][-1], token.end()
    return "".join([*pieces, text[end:]])


def _as_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, _PLAIN):
        return value
    raise Refused(
        "invalid_json", f"Python's notation with a {type(value).__name__}, which JSON does not have"
    )
