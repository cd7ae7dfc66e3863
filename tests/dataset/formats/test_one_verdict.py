"""One layout, one verdict: the same record is read the same wherever it stands and however it is packed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, read_dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .layouts.vendor_layouts import LAYOUTS, RENDERED
from .sources import Source

RECORDS = {name: source for name, (_, source, _, _) in LAYOUTS.items()}
RECORDS |= {name: {"text": text} for name, text in RENDERED.items()}
RECORDS |= {
    "OpenAI": {
        "messages": [{"role": "USER", "content": "a"}, {"role": "assistant", "content": "b"}],
        "tools": " ",
    },
    "a bad role": {"messages": [{"role": "robot", "content": "a"}]},
    "no content": {"messages": [{"role": "user"}]},
    "a speaker nobody knows": {"conversations": [{"from": "hummany", "value": "a"}]},
    "a key of each layout": {"instruction": "a", "prompt": "b", "output": "c", "completion": "d"},
}


def verdict(path: Path) -> list[Any]:
    """What is made of a file: messages and tools of a record, or the kind of trouble."""
    return [
        item.refused.code
        if isinstance(item, BadItem)
        else (item.format, item.source["messages"], item.source.get("tools") or [])
        for item in read_dataset(path)
    ]


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def lines(path: Path, record: Source) -> Path:
    path = path.with_suffix(".jsonl")
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def spread_list(path: Path, record: Source) -> Path:
    path = path.with_suffix(".json")
    path.write_text(json.dumps([record], indent=2), encoding="utf-8")
    return path


def encoded_twice(path: Path, record: Source) -> Path:
    path = path.with_suffix(".jsonl")
    path.write_text(json.dumps(json.dumps(record)) + "\n", encoding="utf-8")
    return path


def python_notation(path: Path, record: Source) -> Path:
    path = path.with_suffix(".jsonl")
    path.write_text(repr(record) + "\n", encoding="utf-8")
    return path


def text_fields(path: Path, record: Source) -> Path:
    return lines(path, {key: as_text(value) for key, value in record.items()})


def cells(path: Path, record: Source) -> Path:
    path = path.with_suffix(".csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        # A table is one by a column that is known.
        writer.writerows([[*record, "topic"], [*map(as_text, record.values()), ""]])
    return path


def columns(path: Path, record: Source) -> Path:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    pyarrow = pytest.importorskip("pyarrow")
    path = path.with_suffix(".parquet")
    parquet.write_table(
        pyarrow.Table.from_pylist([{key: as_text(value) for key, value in record.items()}]), path
    )
    return path


PLACES: list[Callable[[Path, Source], Path]] = [
    spread_list,
    encoded_twice,
    python_notation,
    text_fields,
    cells,
    columns,
]


@pytest.mark.parametrize("place", PLACES)
def test_every_layout_is_read_the_same_everywhere(
    place: Callable[[Path, Source], Path], tmp_path: Path
) -> None:
    for number, (name, record) in enumerate(RECORDS.items()):
        expected = verdict(lines(tmp_path / f"{number}a", record))
        found = verdict(place(tmp_path / f"{number}b", record))
        if place is python_notation and isinstance(expected[0], str):
            continue  # what is no record is refused for how it is written
        assert found == expected, name


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
turns = st.lists(
    st.tuples(st.sampled_from(["user", "Human", "assistant", "GPT", "System", "robot"]), texts),
    min_size=1,
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=turns, keys=st.sampled_from([("messages", "role", "content"), ("conversations", "from", "value")])
)
def test_any_conversation_is_read_the_same_everywhere(
    said: list[tuple[str, str]], keys: tuple[str, str, str], tmp_path: Path
) -> None:
    key, speaker, text = keys
    record = {key: [{speaker: role, text: words} for role, words in said]}
    expected = verdict(lines(tmp_path / "a", record))
    for place in (spread_list, encoded_twice, text_fields, cells):
        assert verdict(place(tmp_path / "b", record)) == expected, place.__name__
