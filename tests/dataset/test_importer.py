"""Importing: good lines go in once and unchanged, each bad one is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.import_report import BadLine
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import load_records, set_status
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import dataset_version, list_workflows

Chat = Callable[..., dict[str, Any]]
Jsonl = Callable[..., Path]


def test_counts_what_went_in(store: Store, chat: Chat, jsonl: Jsonl) -> None:
    path = jsonl(
        chat("one", topic="b"),
        chat("two", topic="a"),
        "",
        chat("three", topic="b", answered=False),
        " \t\r",
        chat("four"),
        chat("five", topics=["a", "c"]),
    )
    report = import_files(store, "wf-1", [path])
    assert (report.added, report.already_there, report.blank, report.bad) == (5, 0, 2, [])
    assert (report.without_topic, report.without_assistant, report.good) == (1, 1, 5)
    assert list(report.topics.items()) == [("b", 2), ("a", 2)]
    assert report.files == [str(path)]
    kept = list(load_records(store, "wf-1"))
    assert [record.user_text for record in kept] == ["one", "two", "three", "four", "five"]
    assert kept[4].other_topics == ("c",)


def test_names_each_bad_line_and_takes_the_others(store: Store, chat: Chat, jsonl: Jsonl) -> None:
    path = jsonl(
        chat("one"),
        "{'messages': []}",
        "",
        b'{"messages": "\xff"}',
        {"text": "plain"},
        {"messages": []},
        {"messages": [{"role": "robot", "content": "x"}]},
        "[1, 2]",
        chat("two"),
    )
    report = import_files(store, "wf-1", [path])
    assert report.added == 2
    assert [(bad.line, bad.code) for bad in report.bad] == [
        (2, "invalid_json"),
        (4, "not_utf8"),
        (5, "unsupported_format"),
        (6, "no_messages"),
        (7, "bad_message"),
        (8, "not_an_object"),
    ]
    assert report.bad[0] == BadLine(str(path), 2, report.bad[0].reason, "invalid_json")
    assert report.bad[0].place == f"{path}:2"
    assert all(bad.reason and bad.reason.isprintable() for bad in report.bad)


def test_importing_again_adds_nothing(store: Store, chat: Chat, jsonl: Jsonl) -> None:
    path = jsonl(chat("one"), chat("two"), chat("one"), name="a.jsonl")
    assert import_files(store, "wf-1", [path]).added == 3
    version = dataset_version(store, "wf-1")
    again = import_files(store, "wf-1", [path])
    assert (again.added, again.already_there) == (0, 3)
    assert dataset_version(store, "wf-1") == version
    # The same records elsewhere and otherwise written are still the same.
    copy = jsonl(chat("two"), json.dumps(chat("one"), indent=None, separators=(",", ":")), name="b.jsonl")
    assert import_files(store, "wf-1", [copy]).added == 0
    longer = jsonl(chat("one"), chat("one"), chat("one"), chat("new"), name="c.jsonl")
    assert import_files(store, "wf-1", [longer]).added == 2


def test_a_rejected_record_stays_rejected(store: Store, chat: Chat, jsonl: Jsonl) -> None:
    path = jsonl(chat("one"))
    import_files(store, "wf-1", [path])
    set_status(store, "wf-1", [record.id for record in load_records(store, "wf-1")], "rejected")
    assert import_files(store, "wf-1", [path]).already_there == 1
    assert list(load_records(store, "wf-1")) == []


def test_duplicates_in_a_file_are_kept_and_told_apart(store: Store, chat: Chat, jsonl: Jsonl) -> None:
    import_files(store, "wf-1", [jsonl(chat("one"), chat("two"), chat("one"))])
    first, second, third = load_records(store, "wf-1")
    assert first.id.endswith("-1") and third.id.endswith("-2") and second.id.endswith("-1")
    assert first.id.split("-")[0] == third.id.split("-")[0] != second.id.split("-")[0]


def test_the_text_of_a_line_is_kept_as_it_is(store: Store, jsonl: Jsonl) -> None:
    line = '  {"messages" :[{"content":"\\u00e9 é \u2028\x85 \\/","role":"user"}], "n": 1.50, "m": 1e400}  '
    import_files(store, "wf-1", [jsonl(line + "\r")])
    (record,) = load_records(store, "wf-1")
    assert record.body == line
    assert record.user_text == "é é \u2028\x85 /"


def test_byte_order_mark_line_ends_and_a_missing_last_newline(
    store: Store, chat: Chat, tmp_path: Path
) -> None:
    lines = [json.dumps(chat(word)) for word in ("one", "two", "three")]
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines[:2]).encode() + b"\n" + lines[2].encode())
    report = import_files(store, "wf-1", [path])
    assert (report.added, report.bad) == (3, [])
    assert [record.body for record in load_records(store, "wf-1")] == lines


@pytest.mark.parametrize("field", ["metadata.topic", "intent"])
def test_reads_the_topic_from_the_chosen_field(store: Store, chat: Chat, jsonl: Jsonl, field: str) -> None:
    path = jsonl(
        chat("one", topic="wrong", metadata={"topic": "a"}, intent="a"),
        chat("two", topic="wrong", metadata={"topic": ""}, intent=None),
        chat("three", topic="wrong", metadata=[]),
    )
    report = import_files(store, "wf-1", [path], topic_field=field)
    assert [record.topic for record in load_records(store, "wf-1")] == ["a", None, None]
    assert report.without_topic == 2


def test_says_what_cannot_be_read_before_anything_is_written(
    store: Store, chat: Chat, jsonl: Jsonl, tmp_path: Path
) -> None:
    good = jsonl(chat("one"))
    for bad in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InvalidInput, match=str(bad)):
            import_files(store, "wf-1", [good, bad])
    with pytest.raises(InvalidInput):
        import_files(store, "", [good])
    with pytest.raises(InvalidInput):
        import_files(store, "wf-1", [good], topic_field="a..b")
    assert list_workflows(store) == []


def test_a_file_without_records_makes_no_workflow(store: Store, jsonl: Jsonl) -> None:
    report = import_files(store, "wf-1", [jsonl("nothing"), jsonl(name="empty.jsonl")])
    assert (report.good, len(report.bad)) == (0, 1)
    assert list_workflows(store) == []


@pytest.mark.parametrize(
    "broken", ['{"messages": [{"role": "user", "content": "cut', "[", '{"messages": [', "{", '{"a": 1,']
)
def test_a_broken_first_line_does_not_cost_the_file(
    store: Store, chat: Chat, jsonl: Jsonl, broken: str
) -> None:
    if broken == "[":
        broken = '["cut off'
    report = import_files(store, "wf-1", [jsonl(broken, chat("one"), chat("two"))])
    assert (report.added, [bad.line for bad in report.bad]) == (2, [1])
