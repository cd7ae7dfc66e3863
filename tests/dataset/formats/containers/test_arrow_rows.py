"""Parquet and Arrow files, as Hugging Face datasets are kept."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.containers import arrow_rows
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.store import Store

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

Chat = Callable[..., dict[str, Any]]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def write_parquet(path: Path, table: Any) -> None:
    parquet.write_table(table, path, row_group_size=100)


def write_file(path: Path, table: Any) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)


def write_stream(path: Path, table: Any) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)


WRITERS = {"Parquet": write_parquet, "Arrow": write_file, "Arrow ": write_stream}


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_become_records(tmp_path: Path, store: Store, chat: Chat, kind: str) -> None:
    records = [chat(f"q {n}", topic=f"t{n % 3}") for n in range(700)]
    records[1]["messages"][1:] = [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "x", "tool_call_id": "c1"},
        {"role": "assistant", "content": "done"},
    ]
    path = tmp_path / "train-00000-of-00001"
    WRITERS[kind](path, pa.Table.from_pylist(records))
    reader = read_dataset(path)
    items = list(reader)
    assert [item.place for item in items] == list(range(1, 701))
    assert "tool_calls" not in items[0].source["messages"][1]  # a null for the sake of other rows
    assert [item.source for item in items if isinstance(item, Item)] == records
    assert f"; {kind.strip()})" in reader.found["openai"].text
    report = import_files(store, "wf-1", [path])
    assert (report.added, report.bad, len(report.topics)) == (700, [], 3)


def test_sharegpt_and_alpaca_rows(tmp_path: Path) -> None:
    rows = [
        {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "tools": "[]"}
    ]
    write_parquet(tmp_path / "s.parquet", pa.Table.from_pylist(rows))
    write_parquet(
        tmp_path / "a.parquet", pa.Table.from_pylist([{"instruction": "a", "input": None, "output": "b"}])
    )
    for name in ("s", "a"):
        (item,) = read_dataset(tmp_path / f"{name}.parquet")
        assert isinstance(item, Item)
        assert [message["content"] for message in item.source["messages"]] == ["a", "b"]


def test_values_that_json_does_not_have(tmp_path: Path, chat: Chat) -> None:
    more = {
        "day": datetime.date(2024, 1, 2),
        "at": datetime.datetime(2024, 1, 2, 3, 4, 5),
        "price": Decimal("1.50"),
        "image": {"bytes": b"\x00\xff", "path": None},
        "score": float("nan"),
        "scores": [1.5, float("inf")],
    }
    write_parquet(tmp_path / "x.parquet", pa.Table.from_pylist([{**chat("one"), **more}]))
    (item,) = read_dataset(tmp_path / "x.parquet")
    assert isinstance(item, Item)
    assert {key: item.source.get(key) for key in more} == {
        "day": "2024-01-02",
        "at": "2024-01-02T03:04:05",
        "price": "1.50",
        "image": {"bytes": "AP8="},
        "score": None,
        "scores": [1.5, None],
    }


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("cut", [10, 200, -8])
def test_a_damaged_file_is_named(tmp_path: Path, chat: Chat, kind: str, cut: int) -> None:
    path = tmp_path / "x.parquet"
    WRITERS[kind](path, pa.Table.from_pylist([chat(f"q {n}") for n in range(300)]))
    path.write_bytes(path.read_bytes()[:cut])
    bad = [item for item in read_dataset(path) if isinstance(item, BadItem)]
    assert all((item.place, item.refused.code) == (None, "broken_file") for item in bad)
    # A stream that lacks only its end mark is whole.
    assert len(bad) == (0 if (kind, cut) == ("Arrow ", -8) else 1)


def test_the_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_bytes(arrow_rows.PARQUET_MAGIC + b"....")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidInput, match="pyarrow") as caught:
        list(read_dataset(tmp_path / "x.parquet"))
    assert "finetune-coverage[parquet]" in str(caught.value.hint)
