"""Whatever a file holds, importing it gives records or reasons, never a traceback."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset
from finetune_coverage.tools.dataset.formats.json_text.json_line import MAX_DEPTH, is_deeper_than
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import FORMAT_NAMES, read_item
from finetune_coverage.tools.dataset.formats.turns.chat_body import body_text
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.store import Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ["data.jsonl", "data.json", "data.csv", "data.tsv", "data.txt", "data.parquet", "data.csv.gz"]
KEYS = [
    *("messages", "conversations", "conversation", "role", "content", "from", "value", "tools", "tool_calls"),
    *("system", "chosen", "rejected", "prompt", "completion", "instruction", "input", "output", "history"),
    *(
        "images",
        "instances",
        "turns",
        "question",
        "replies",
        "weight",
        "name",
        "arguments",
        "function",
        "type",
    ),
    *("text", "tool_use_id", "id", "original", "dialogue", "data", "functions", "function_call"),
]
# One record of each format, to be damaged.
SEEDS: list[dict[str, Any]] = [
    {
        "conversations": [
            {"from": "human", "value": "<image>q"},
            {"from": "function_call", "value": '{"name": "f", "arguments": {}}'},
            {"from": "observation", "value": "r"},
            {"from": "gpt", "value": '<tool_call>{"name": "f"}</tool_call>'},
        ],
        "tools": '[{"name": "f", "parameters": {}}]',
        "images": ["a.png"],
    },
    {"instruction": "a", "input": "b", "output": "c", "history": [["d", "e"]], "system": "s"},
    {
        "prompt": "\n\nHuman: a\n\nAssistant:",
        "chosen": "b",
        "rejected": [{"role": "assistant", "content": "c"}],
    },
    {
        "input": {"messages": [{"role": "user", "content": "a"}]},
        "preferred_output": [{"role": "assistant", "content": "b"}],
    },
    {
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        ],
        "tools": [{"name": "f", "input_schema": {}}],
    },
    {
        "messages": [
            {
                "role": "assistant",
                "content": [{"type": "tool_call", "value": '{"name": "f"}'}],
                "loss_weight": 1.0,
            }
        ]
    },
    {
        "messages": [
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "r"},
        ],
        "functions": [{"name": "f", "parameters": {}}],
    },
    {
        "conversation": [
            {
                "role": "assistant",
                "text": "a",
                "apis": [{"request": {"api_name": "f", "parameters": {}}, "response": 1}],
            }
        ],
        "apis_used": ["f"],
    },
    {
        "dialogue": [
            {"role": "User", "text": "a"},
            {"role": "API", "api_name": "f", "param_dict": {}, "result": {}},
        ]
    },
    {"original": [["agent", "a"], ["customer", "b"]], "delexed": []},
    {
        "role": "prompter",
        "text": "a",
        "replies": [{"role": "assistant", "text": "b", "replies": [], "rank": 0}],
    },
    {"turns": ["a"], "question": [[{"role": "user", "content": "a"}]]},
]
scalars = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=6) | st.sampled_from(KEYS)
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A record of some format with a few of its values replaced, removed or renamed."""
    record: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = record
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            change = draw(st.sampled_from(["replace", "remove", "rename"]))
            if change == "remove":
                del place[key]
            elif change == "rename" and isinstance(place, dict):
                place[draw(st.sampled_from(KEYS))] = place.pop(key)
            else:
                place[key] = draw(junk)
            break
    return record


@QUIET
@given(
    source=damaged() | st.dictionaries(st.sampled_from(KEYS), junk, max_size=5),
    name=st.sampled_from(FORMAT_NAMES),
)
def test_a_record_is_openai_chat_or_refused(source: dict[str, Any], name: str) -> None:
    before = json.dumps(source)
    try:
        body = read_item(source, name).body
        text = body_text(body)
    except Refused as refused:
        assert refused.reason.isprintable()
    else:
        check_chat(json.loads(text))
        assert not is_deeper_than(body, MAX_DEPTH)
    assert json.dumps(source) == before  # what was read is not altered


def check_file(path: Path) -> tuple[int, int]:
    good = bad = 0
    for item in read_dataset(path):
        if isinstance(item, BadItem):
            bad += 1
            assert item.refused.reason
        else:
            good += 1
            assert "\n" not in item.body
            check_chat(json.loads(item.body))
    return good, bad


@QUIET
@given(content=st.binary(max_size=300), name=st.sampled_from(NAMES))
def test_random_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    check_file(path)


@st.composite
def damaged_file(draw: st.DrawFn) -> bytes:
    """A file of records in some layout, with some of its bytes replaced, removed or put in."""
    records = draw(st.lists(damaged(), min_size=1, max_size=4))
    layout = draw(st.sampled_from(["lines", "list", "spread", "wrapper"]))
    if layout == "lines":
        text = "\n".join(map(json.dumps, records))
    elif layout == "list":
        text = json.dumps(records, indent=draw(st.sampled_from([None, 1])))
    elif layout == "spread":
        text = "\n".join(json.dumps(record, indent=1) for record in records)
    else:
        text = json.dumps({"data": records, "more": 1})
    content = bytearray(text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        piece = draw(
            st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\n", b",", b"\\", b"\x00", b"\xff", b"\r", b":"])
        )
        content[at : at + draw(st.integers(0, 3))] = piece
    packed = bytes(content)
    return gzip.compress(packed)[: draw(st.integers(10, 400))] if draw(st.integers(0, 9)) == 0 else packed


@QUIET
@given(content=damaged_file(), name=st.sampled_from(NAMES))
def test_damaged_files(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    check_file(path)


@QUIET
@given(data=st.data())
def test_damaged_real_lines(shared_data: Path, tmp_path: Path, data: st.DataObject) -> None:
    lines = (shared_data / "messy/messy_mixed.jsonl").read_bytes().split(b"\n")
    chosen = bytearray(b"\n".join(data.draw(st.lists(st.sampled_from(lines), min_size=1, max_size=3))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(chosen)))
        chosen[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=4))
    path = tmp_path / data.draw(st.sampled_from(NAMES))
    path.write_bytes(bytes(chosen))
    check_file(path)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_can_be_stored(store: Store, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes("\n".join(map(json.dumps, SEEDS)).encode())
    report = import_files(store, "wf-1", [path])
    items = list(read_dataset(path))
    assert report.good == sum(isinstance(item, Item) for item in items)
    assert len(report.bad) == sum(isinstance(item, BadItem) for item in items)
