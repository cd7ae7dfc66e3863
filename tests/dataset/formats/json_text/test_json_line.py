"""One line of a file: what is parsed, what is refused, and that nothing accepted can fail later."""

from __future__ import annotations

import json
import sys

import pytest
from finetune_coverage.tools.dataset.formats.json_text.json_line import MAX_DEPTH, parse_object, text_of_line
from finetune_coverage.tools.dataset.formats.refusal import Refused, shown
from finetune_coverage.tools.dataset.record import content_hash


def refusal(raw: bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        parse_object(text_of_line(raw))
    return caught.value.code, caught.value.reason


def test_takes_away_line_end_and_byte_order_mark_only() -> None:
    assert text_of_line(b'\xef\xbb\xbf {"a": 1} \r\n') == ' {"a": 1} '
    assert text_of_line(b'{"a": 1}\r\r\n') == '{"a": 1}\r'
    assert text_of_line("\u2028\x85".encode()) == "\u2028\x85"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b'{"a": "\xff"}', "not_utf8", "byte 0xff at byte 8"),
        (b"{'a': 1}", "invalid_json", "column 2"),
        (b'{"a": 1}{"b": 2}', "invalid_json", "Extra data at column 9"),
        (b'{"a": "b', "invalid_json", "the text that begins at column 7 has no closing"),
        (b"{'a': 1}", "invalid_json", "Python's notation"),
        ("{“a”: 1}".encode(), "invalid_json", "the quotation mark “ at column 2"),
        (b'{"a": "say "no" to it"}', "invalid_json", "a quotation mark within a text is written"),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', "repeated_key", "the key 'b' stands more than once"),
        (b'{"a": "", "a": "\\u0022\\u0022\\u0022\\u0022"}', "repeated_key", "the key 'a'"),
        (b'{"a": NaN}', "invalid_json", "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "invalid_json", "-Infinity is not a JSON number"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "invalid_json", "too many digits"),
        (b'{"a": "\\ud83d"}', "lone_surrogate", "\\ud83d is half of a character"),
        (b'{"\\uDE00": 1}', "lone_surrogate", "\\ude00"),
        (b"null", "not_an_object", "null, not an object"),
        (b"true", "not_an_object", "true or false"),
        (b"12", "not_an_object", "a number"),
        (b'"text"', "not_an_object", "a string"),
        (b"[]", "not_an_object", "a list"),
        (b'[{"messages": []}, 1]', "unsupported_format", "a JSON list of 2 objects"),
    ],
)
def test_refuses_with_place_and_reason(raw: bytes, code: str, said: str) -> None:
    got, reason = refusal(raw)
    assert got == code
    assert said in reason


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 100_000])
@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_named(depth: int, open_: bytes, close: bytes) -> None:
    raw = b'{"a":' + open_ * depth + b"1" + close * depth + b"}"
    assert refusal(raw)[0] == "nested_too_deep"
    assert refusal(open_ * 200_000)[0] == "nested_too_deep"


def test_what_is_just_not_too_deep_can_be_used_on_a_deep_stack() -> None:
    value = parse_object('{"a":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}")

    def deep(levels: int) -> str:
        return deep(levels - 1) if levels else content_hash(json.loads(json.dumps(value)))

    assert deep(sys.getrecursionlimit() // 2) == content_hash(value)


def test_keeps_what_json_allows() -> None:
    assert parse_object('{"a": {"b": "\\u0022", "c": "\\\\\\""}}') == {"a": {"b": '"', "c": '\\"'}}
    assert parse_object('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
    assert parse_object('{"a": "\\u0000"}') == {"a": "\0"}
    assert parse_object('{"a": 123456789012345678901234567890}')["a"] == 123456789012345678901234567890
    assert parse_object('{"big": "' + "x" * 2_000_000 + '"}')["big"].startswith("x")


def test_a_quotation_is_short_and_printable() -> None:
    assert shown("a" * 1000) == f"'{'a' * 39}…'"
    assert shown("\x1b[31m\n") == "'\\x1b[31m\\n'"
    shown("\ud800").encode()
