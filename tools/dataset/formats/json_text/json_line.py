"""One line of a JSONL file: from bytes to a JSON object that is safe to keep."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import orjson

from ..refusal import Refused, kind_of, shown

MAX_DEPTH = 100
"""Deepest nesting of a record. Python's parser and printer give up somewhere below 1,000, depending on who
calls them; a record that was accepted must never fail later."""

_BOM = b"\xef\xbb\xbf"
_TYPOGRAPHIC = "“”„‟«»‘’"
_PYTHON_WORDS = ("True", "False", "None")
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
        reason = (
            f"not UTF-8: byte 0x{line[error.start]:02x} at byte {error.start + 1} of the line; save the file as UTF-8 "
            "(one of Windows: iconv -f WINDOWS-1252 -t UTF-8 FILE)"
        )
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
    try:
        written = orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError):  # large integers
        written = b""
    if text.count('"') != written.count(b'"') or "\\u0022" in text:  # as in `repeats_a_key`
        _LOOKING_CLOSER.decode(text)
    return value


def repeats_a_key(raw: bytes, written: bytes) -> bool:
    """Whether an object may have a key twice, of which parsers keep the last; who asks has to look closer then.

    Args:
        raw: JSON as it was read.
        written: the same as it is written after it was parsed: with fewer quotation marks, when a key is gone.
    """
    return raw.count(b'"') != written.count(b'"') or b"\\u0022" in raw


def _fault(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong, in words that name what people write by habit from other languages."""
    if text.lstrip().startswith(("//", "/*", "#")):
        return "a comment, which JSON does not have"
    before, sign = text[: error.pos].rstrip(), text[error.pos : error.pos + 1]
    if before.endswith(",") and sign in ("]", "}"):
        return f"a comma too many before {sign} at column {error.colno}"
    if sign and sign in _TYPOGRAPHIC:
        return f'the quotation mark {sign} at column {error.colno}, where JSON has "'
    if sign == "'":
        return f"Python's notation: a single quotation mark at column {error.colno}, where JSON has \""
    if text.startswith(_PYTHON_WORDS, error.pos):
        return f"Python's notation at column {error.colno}: JSON has true, false and null"
    if before.endswith('"') and sign not in ("", '"', "{", "["):
        return (
            f"something follows the text that ends before column {error.colno}: a quotation mark within a text is "
            'written \\"'
        )
    if error.msg.startswith("Invalid control character"):
        return f"a line break or control character within a text at column {error.colno}: a line break is written \\n"
    if error.msg.startswith("Unterminated string"):
        return f"the text that begins at column {error.colno} has no closing quotation mark"
    return f"{error.msg.removesuffix(' at')} at column {error.colno}"


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise Refused(
            "repeated_key",
            f"the key {shown(doubled)} stands more than once in one object, so it is not certain which is meant; "
            "leave one",
        )
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise Refused("invalid_json", f"not valid JSON: {name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_LOOKING_CLOSER = json.JSONDecoder(object_pairs_hook=_refuse_repeated)


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
