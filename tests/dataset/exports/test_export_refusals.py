"""Exports that cannot be made: what is wrong is named, and what was there stays as it was."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.store import Store

from .test_export_formats import Chat, Fill, lines


def test_what_does_not_fit_is_named_and_nothing_is_written(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    long = chat("one")
    long["messages"] *= 2
    ids = fill(chat("fits"), *([long] * 7))
    with pytest.raises(InvalidInput) as refused:
        export_records(store, "wf-1", tmp_path / "d.jsonl", file_format="alpaca")
    assert "7 records do not fit into the format alpaca: data.jsonl:2 (it is not one" in refused.value.message
    assert "and 2 more" in refused.value.message and "--leave-out-unfit" in refused.value.hint
    assert not (tmp_path / "d.jsonl").exists()
    report = export_records(
        store, "wf-1", tmp_path / "d.jsonl", file_format="alpaca", leave_out_unfit=True, provenance=True
    )
    assert (report.written, report.left_out_unfit) == (1, 7)
    assert [record.id for record in report.unfit] == ids[1:]
    assert [one["id"] for one in lines(tmp_path / "d.provenance.jsonl")] == ids[:1]


@pytest.mark.parametrize(
    ("taken", "file_format"),
    [
        ("d.validation.jsonl", "openai"),
        ("d.provenance.jsonl", "openai"),
        ("d.trl.py", "trl"),
        ("d.axolotl.yaml", "axolotl"),
        ("d.jsonl/README.md", "huggingface"),
    ],
)
def test_no_file_of_a_set_is_replaced_unasked(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, taken: str, file_format: str
) -> None:
    pytest.importorskip("pyarrow")
    fill(chat("one"), chat("two"))
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")

    def export(overwrite: bool) -> None:
        target = tmp_path / "d.jsonl"
        export_records(
            store,
            "wf-1",
            target,
            file_format=file_format,
            split=0.5,
            provenance=True,
            overwrite=overwrite,
        )

    with pytest.raises(InvalidInput, match="is there already"):
        export(False)
    assert (tmp_path / taken).read_text() == "mine"
    left = [path for path in tmp_path.rglob("*") if path.is_file() and "store" not in path.parts]
    assert left == [tmp_path / taken]
    export(True)
    assert (tmp_path / taken).read_text(encoding="utf-8") != "mine"


def test_a_full_disk_leaves_the_older_set_as_it_was(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(chat("one"), chat("two"))
    export_records(store, "wf-1", tmp_path / "d.jsonl", split=0.5)
    before = {path: path.read_bytes() for path in tmp_path.glob("d.*")}
    fill(chat("three"))
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match="No space left"):
        export_records(store, "wf-1", tmp_path / "d.jsonl", split=0.5, overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_file_that_came_meanwhile_stays(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(chat("one"), chat("two"))
    real = os.fsync

    def meanwhile(descriptor: int) -> None:
        (tmp_path / "d.validation.jsonl").write_text("mine")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(InvalidInput, match="is there already"):
        export_records(store, "wf-1", tmp_path / "d.jsonl", split=0.5)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["d.validation.jsonl"]
    assert (tmp_path / "d.validation.jsonl").read_text() == "mine"


def test_without_pyarrow_it_says_what_to_install(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(chat("one"))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InvalidInput) as refused:
        export_records(store, "wf-1", tmp_path / "d", file_format="huggingface")
    assert "finetune-coverage[parquet]" in refused.value.hint and not (tmp_path / "d").exists()


@pytest.mark.parametrize("split", [0, 1, 1.5, float("nan")])
def test_impossible_shares(store: Store, tmp_path: Path, split: float) -> None:
    with pytest.raises(InvalidInput, match="share for training"):
        export_records(store, "wf-1", tmp_path / "d.jsonl", split=split)


def test_an_unknown_format_and_a_file_where_a_folder_must_be(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    fill(chat("one"))
    with pytest.raises(InvalidInput, match="no export format"):
        export_records(store, "wf-1", tmp_path / "d", file_format="xml")
    (tmp_path / "d").write_text("")
    with pytest.raises(InvalidInput, match="is a file"):
        export_records(store, "wf-1", tmp_path / "d", file_format="huggingface")
