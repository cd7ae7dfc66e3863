"""One line of a JSONL file: from bytes to a JSON object that is safe to keep."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .refusal import Refused, kind_of

MAX_DEPTH = 100
"""Deepest nesting of a record. Python's parser and printer give up somewhere below 1,000, depending on who
calls them; a record that was accepted must never fail later."""

_BOM = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def text_of_line(raw: bytes) -> str:
    r"""The text of a line as read up to ``\n``, without byte order mark and line end; otherwise unchanged.

    Raises:
        Refused: it is not UTF-8.
    """
    line = raw.removesuffix(b"\n").removesuffix(b"\r").removeprefix(_BOM)
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte 0x{line[error.start]:02x} at byte {error.start + 1} of the line"
        raise Refused("not_utf8", reason) from error


def parse_object(text: str) -> dict[str, Any]:
    """Parse a line that must be one JSON object.

    The parser is the standard library's, as in `Record.source`: a faster one that reads numbers or repeated
    keys otherwise would give a record another hash than it has later.

    Raises:
        Refused: it is not valid JSON, not an object, nested too deep or not storable as text.
    """
    value = parse_value(text)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        raise Refused("unsupported_format", f"a JSON list of {len(value)} objects, not one object per line")
    if not isinstance(value, dict):
        raise Refused("not_an_object", f"{kind_of(value)}, not an object")
    return value


def parse_value(text: str) -> Any:
    """Parse a line that may be any JSON value; raises `Refused`."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Refused("invalid_json", f"not valid JSON: {_fault(text, error)}") from error
    except RecursionError as error:
        raise Refused("nested_too_deep", "nested too deep to be parsed") from error
    except ValueError as error:  # Python refuses integers of more than 4,300 digits
        raise Refused("invalid_json", "a number with too many digits") from error
    if is_deeper_than(value, MAX_DEPTH):
        raise Refused("nested_too_deep", f"nested deeper than {MAX_DEPTH} levels")
    if _SURROGATE_ESCAPE.search(text):
        _refuse_lone_surrogates(value)
    return value


def _fault(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong, in words that name what people write by habit from other languages."""
    if text.lstrip().startswith(("//", "/*", "#")):
        return "a comment, which JSON does not have"
    before, sign = text[: error.pos].rstrip(), text[error.pos : error.pos + 1]
    if before.endswith(",") and sign in ("]", "}"):
        return f"a comma too many before {sign} at column {error.colno}"
    return f"{error.msg.removesuffix(' at')} at column {error.colno}"


def _refuse_constant(name: str) -> NoReturn:
    raise Refused("invalid_json", f"not valid JSON: {name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def is_deeper_than(value: Any, limit: int) -> bool:
    """Whether lists and objects are nested more than ``limit`` deep."""
    # Level by level and without recursion: it must not fall into the hole that it looks for.
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise Refused(
            "lone_surrogate", f"{half} is half of a character: no file, database or model takes it as text"
        ) from error
