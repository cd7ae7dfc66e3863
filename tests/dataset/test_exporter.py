"""Exporting: what came in comes out, changed topics and synthetic records included, or nothing at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exporter import ExportReport, export_records
from finetune_coverage.tools.dataset.exports import record_files
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput, WorkflowNotFound
from finetune_coverage.tools.store.records import (
    NewRecord,
    insert_records,
    load_records,
    set_status,
    set_topic,
)
from finetune_coverage.tools.store.store import Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Chat = Callable[..., dict[str, Any]]
Jsonl = Callable[..., Path]


def test_an_untouched_workflow_comes_out_as_it_went_in(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    path = jsonl(
        chat("b", topic="y", n=1.5),
        '{ "topic" : null , "messages":[{"role":"assistant","content":"\\u00e9"}], "x": 1.00, "y": 2}',
        chat("a", topics=["t", "u"]),
        chat("b", topic="y", n=1.5),
    )
    import_files(store, "wf-1", [path])
    report = export_records(store, "wf-1", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == path.read_bytes()
    out = tmp_path / "out.jsonl"
    beside = {"n": 2, "x": 1, "y": 1}
    assert report == ExportReport(
        out, 4, 0, 0, 0, files=(out,), halves={"train": 4}, synthetic_halves={"train": 0}, beside=beside
    )


def test_with_another_topic_field_it_also_comes_out_as_it_went_in(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    path = jsonl(chat("a", metadata={"topic": "x"}), chat("b", metadata={"topic": "y"}, topic="other"))
    import_files(store, "wf-1", [path], topic_field="metadata.topic")
    export_records(store, "wf-1", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == path.read_bytes()
    record = next(iter(load_records(store, "wf-1")))
    set_topic(store, "wf-1", record.id, "z")
    assert export_records(store, "wf-1", tmp_path / "out2.jsonl").relabelled == 1
    first, second = map(json.loads, (tmp_path / "out2.jsonl").read_text().splitlines())
    assert first == chat("a", metadata={"topic": "z"})
    assert second == chat("b", metadata={"topic": "y"}, topic="other")


def test_a_changed_topic_comes_out_changed_and_imports_so(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    import_files(
        store, "wf-1", [jsonl(chat("a", topic="x", keep=1), chat("b"), chat("c", topics=["p", "q"]))]
    )
    for record in list(load_records(store, "wf-1")):
        set_topic(store, "wf-1", record.id, 'new "é"')
    report = export_records(store, "wf-1", tmp_path / "out.jsonl")
    assert report.relabelled == 3
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines[0] == chat("a", topic='new "é"', keep=1)
    assert lines[2] == chat("c", topics=["p", "q"], topic='new "é"')
    import_files(store, "wf-2", [tmp_path / "out.jsonl"])
    assert [record.topic for record in load_records(store, "wf-2")] == ['new "é"'] * 3


def test_records_without_an_assistant_turn_are_left_out_and_counted(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    path = jsonl(chat("a"), chat("b", answered=False), chat("c", answered=False))
    import_files(store, "wf-1", [path])
    report = export_records(store, "wf-1", tmp_path / "some.jsonl")
    assert (report.written, report.left_out_without_assistant) == (1, 2)
    report = export_records(store, "wf-1", tmp_path / "all.jsonl", include_all=True)
    assert (report.written, report.left_out_without_assistant) == (3, 0)
    assert (tmp_path / "all.jsonl").read_bytes() == path.read_bytes()


def test_synthetic_ones_come_after_and_rejected_ones_do_not(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    import_files(store, "wf-1", [jsonl(chat("a", topic="x"), chat("b", topic="x"))])
    made = Record("s-1", json.dumps(chat("new", topic="x")), "x", origin="synthetic", provenance={"job": "j"})
    with store.write() as connection:
        insert_records(connection, "wf-1", [NewRecord(made, job_id="j")])
    set_status(store, "wf-1", [next(iter(load_records(store, "wf-1"))).id], "rejected")
    out = tmp_path / "out.jsonl"
    report = export_records(store, "wf-1", out)
    assert (report.written, report.synthetic, report.relabelled) == (2, 1, 0)
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        chat("b", topic="x"),
        chat("new", topic="x"),
    ]
    assert export_records(store, "wf-1", tmp_path / "s", origin="synthetic").written == 1
    assert export_records(store, "wf-1", tmp_path / "r", origin="real").written == 1


def test_never_replaces_a_file_unasked(store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path) -> None:
    import_files(store, "wf-1", [jsonl(chat("a"))])
    out = tmp_path / "out.jsonl"
    out.write_text("mine")
    with pytest.raises(InvalidInput, match="is there already"):
        export_records(store, "wf-1", out)
    assert out.read_text() == "mine"
    assert export_records(store, "wf-1", out, overwrite=True).written == 1
    with pytest.raises(InvalidInput, match="is not a file"):
        export_records(store, "wf-1", tmp_path, overwrite=True)
    with pytest.raises(WorkflowNotFound):
        export_records(store, "wf-9", tmp_path / "no.jsonl")
    assert not (tmp_path / "no.jsonl").exists()


def test_makes_the_folder(store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path) -> None:
    import_files(store, "wf-1", [jsonl(chat("a"))])
    export_records(store, "wf-1", tmp_path / "x" / "y" / "out.jsonl")
    assert (tmp_path / "x" / "y" / "out.jsonl").is_file()


def test_an_error_leaves_nothing_half_written(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_files(store, "wf-1", [jsonl(chat("a"), chat("b"))])
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "old.jsonl").write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match="No space left"):
        export_records(store, "wf-1", folder / "old.jsonl", overwrite=True)

    def stop(*_arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(record_files, "labelled_body", stop)
    with pytest.raises(KeyboardInterrupt):
        export_records(store, "wf-1", folder / "new.jsonl")
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("old.jsonl", "old")]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CALLS = st.fixed_dictionaries(
    {"id": TEXT, "function": st.fixed_dictionaries({"name": st.just("f"), "arguments": TEXT})}
)
MESSAGES = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT}),
    st.fixed_dictionaries(
        {"role": st.just("assistant"), "tool_calls": st.lists(CALLS, min_size=1, max_size=2)}
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": st.just("c"), "content": TEXT}),
)
RECORDS = st.builds(
    lambda messages, more, topic: {**more, "messages": messages, **topic},
    st.lists(MESSAGES, min_size=1, max_size=4),
    st.dictionaries(st.text(st.characters(categories=["Ll"]), max_size=3), VALUES, max_size=3),
    st.fixed_dictionaries({}, optional={"topic": VALUES, "topics": st.lists(TEXT, max_size=2)}),
)


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(RECORDS, st.booleans()), min_size=1, max_size=6), st.data())
def test_any_records_come_out_equal_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[dict[str, Any], bool]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    repeated = rows + [row for row in rows if data.draw(st.booleans())]
    text = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record, ascii_only in repeated)
    (folder / "in.jsonl").write_bytes(text.encode())
    store = Store.open(folder / "c.db")
    report = import_files(store, "wf-1", [folder / "in.jsonl"])
    assert (report.added, report.bad) == (len(repeated), [])
    assert import_files(store, "wf-1", [folder / "in.jsonl"]).added == 0
    export_records(store, "wf-1", folder / "out.jsonl", include_all=True)
    assert (folder / "out.jsonl").read_bytes() == text.encode()
    store.close()
