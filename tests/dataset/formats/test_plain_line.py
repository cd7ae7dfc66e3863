"""The fast way through a line never says anything that the careful way would not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.formats.json_text.json_line import MAX_DEPTH, parse_object, text_of_line
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.plain_line import ANSWERED, MULTI_TURN, USES_TOOLS, read_plain
from finetune_coverage.tools.dataset.record import Record, content_hash
from hypothesis import given
from hypothesis import strategies as st


def agrees(raw: bytes) -> bool:
    """Whether the line went the fast way; it must be what the careful way finds."""
    found = read_plain(raw)
    if found is None:
        return False
    body = text_of_line(raw)
    source = parse_object(body)
    check_chat(source)
    record = Record("", body, None)
    assert msgspec.to_builtins(found[0]) == source
    assert found[1].hex() == content_hash(source)
    kind = tuple(bool(found[2] & flag) for flag in (ANSWERED, MULTI_TURN, USES_TOOLS))
    assert kind == (record.has_assistant_turn, record.is_multi_turn, record.uses_tools)
    return True


NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e16, 1e22, 1e-7, 5e-324, -0.0, 0.1, 2**63, 2**64, -(2**63) - 1]),
)
TEXTS = st.one_of(st.text(max_size=6), st.sampled_from(["\x7f", "é", "😀", ":1.5", "[2e3", "\x00\x1f\b\f\n"]))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)
ROLES = st.sampled_from(
    ["system", "developer", "user", "assistant", "assistant", "tool", "function", "robot"]
)
FUNCTIONS = st.fixed_dictionaries(
    {"name": st.sampled_from(["f", " ", "é"]), "arguments": st.sampled_from(["{}", "", '{"a": 1.5}'])},
    optional={"x": VALUES},
)
CALLS = st.fixed_dictionaries(
    {"function": FUNCTIONS},
    optional={"id": st.sampled_from(["c", "", None]), "type": st.sampled_from(["function", None, "web"])},
)
MESSAGES = st.fixed_dictionaries(
    {"role": ROLES},
    optional={
        "content": TEXTS | st.none() | st.just([{"type": "text", "text": "x"}]),
        "tool_calls": st.lists(CALLS, max_size=2) | st.none(),
        "tool_call_id": st.sampled_from(["c", " ", None]),
        "weight": st.sampled_from([0, 1, 0.0, 2]),
        "name": TEXTS,
    },
)
TOOLS = st.lists(
    st.fixed_dictionaries({"function": st.fixed_dictionaries({"name": TEXTS, "parameters": VALUES})}),
    max_size=1,
)
CHATS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=4)},
    optional={
        "topic": TEXTS | VALUES,
        "tools": TOOLS | st.none() | TEXTS,
        "system": TEXTS,
        "chosen": VALUES,
        "rejected": VALUES,
        "input": VALUES,
        "preferred_output": VALUES,
        "metadata": VALUES,
    },
)


@given(CHATS | VALUES, st.booleans(), st.sampled_from(["", "\r", "\n", " \r\n", "x"]))
def test_agrees_with_the_careful_way(source: Any, ascii_only: bool, end: str) -> None:
    try:
        raw = (json.dumps(source, ensure_ascii=ascii_only) + end).encode()
    except UnicodeEncodeError:  # half of a character
        raw = (json.dumps(source) + end).encode()
    agrees(raw)


TURN = '{"role": "user", "content": "x"}'


@pytest.mark.parametrize(
    "line",
    [
        f'{{"messages": [{TURN}], "n": 1e400}}',
        f'{{"messages": [{TURN}], "n": 18446744073709551616}}',
        f'{{"messages": [{TURN}], "n": NaN}}',
        f'{{"messages": [{TURN}], "deep": {"[" * (MAX_DEPTH + 1)}{"]" * (MAX_DEPTH + 1)}}}',
        f'{{"messages": [{TURN}], "half": "\\ud83d"}}',
        f'\ufeff{{"messages": [{TURN}]}}',
        f'{{"messages": [{TURN}], "system": "Be kind."}}',
        '{"messages": [{"role": "user", "role": "robot", "content": "x"}]}',
        '{"messages": []}',
        "{}",
        "[]",
        "",
    ],
)
def test_leaves_what_is_odd_to_the_careful_way(line: str) -> None:
    assert read_plain(line.encode()) is None


@pytest.mark.parametrize(
    "line",
    [
        f'{{"messages": [{TURN}], "wide": [{"[1]," * 200}1]}}',
        '{"messages": [{"role": "robot", "role": "user", "content": "x"}]}',
        f'{{"messages": [{TURN}], "n": [-0, 0.10, 1E5, 9223372036854775807], "n": 2}}',
        f'{{"messages": [{TURN}], "topic": "a", "topic": "b"}}',
        f'{{"b": "\\u00e9\\/", "a": "\\u007f", "messages": [{TURN}]}}',
    ],
)
def test_agrees_about_how_json_can_be_written(line: str) -> None:
    assert agrees(line.encode()) or read_plain(line.encode()) is None


def test_a_line_that_was_cut_off_is_left_to_the_careful_way() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turns = [
        {"role": "user", "content": "é"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ]
    line = json.dumps({"messages": turns, "topic": "a", "n": 1}, ensure_ascii=False).encode()
    assert agrees(line)
    assert not any(read_plain(line[:end]) for end in range(len(line)))


def test_the_records_of_real_datasets_go_the_fast_way(shared_data: Path) -> None:
    for name in ("support/star_spec_shape_150.jsonl", "tools/tooltalk.jsonl", "tools/when2call_judge.jsonl"):
        lines = (shared_data / name).read_bytes().splitlines()
        assert all(map(agrees, lines)), name


def test_the_bundled_sample_goes_the_fast_way() -> None:
    assert all(map(agrees, sample_path().read_bytes().splitlines()))
