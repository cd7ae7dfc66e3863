"""A quotation mark that nobody escaped: read as part of the text where only one way gives a record like the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset
from finetune_coverage.tools.dataset.formats.json_text.lenient_json import QUOTE

PAIRS = {"prompt": "Q?", "completion": "A."}
CHAT = {"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]}


def read(folder: Path, *lines: str) -> tuple[list[Any], dict[str, int]]:
    file = folder / "data.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    reader = read_dataset(file)
    return list(reader), reader.mended


@pytest.mark.parametrize(
    ("good", "said"),
    [
        (PAIRS, 'A 15" screen'),
        (PAIRS, 'He said "hello" to me'),
        (CHAT, 'A 15" screen'),
        (CHAT, 'He said "hello" to me'),
    ],
)
def test_the_one_way_is_taken(tmp_path: Path, good: dict[str, Any], said: str) -> None:
    whole = json.dumps(good)
    found, mended = read(tmp_path, whole, whole.replace("Q?", said), whole)
    assert [isinstance(item, Item) for item in found] == [True] * 3
    assert found[1].source["messages"][0]["content"] == said
    assert mended[QUOTE] == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"prompt": "a" b", "answer": "c"}',  # not the fields of the others
        '{"prompt": "a" b" c" d", "completion": "e"}',
    ],
)
def test_what_is_not_certain_is_named(tmp_path: Path, line: str) -> None:
    found, mended = read(tmp_path, json.dumps(PAIRS), line)
    assert isinstance(found[1], BadItem) and found[1].refused.code == "invalid_json"
    assert not mended[QUOTE]


def test_nothing_is_known_of_the_first_line(tmp_path: Path) -> None:
    found, _ = read(tmp_path, '{"prompt": "a 5" b", "completion": "c"}')
    assert isinstance(found[0], BadItem)
