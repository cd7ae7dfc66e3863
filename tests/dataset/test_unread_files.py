"""Commas after records are passed over; a file of which most cannot be read is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

Write = Callable[..., Path]
RECORDS: list[dict[str, Any]] = [
    {
        "messages": [{"role": "user", "content": f"Q{n}?"}, {"role": "assistant", "content": f"{n}."}],
        "topic": "t",
    }
    for n in range(5)
]
LINES = [json.dumps(record) for record in RECORDS]
SPREAD = [json.dumps(record, indent=2) for record in RECORDS]


@pytest.mark.parametrize(
    ("text", "commas"),
    [
        (",\n".join(LINES), 4),
        (",\n".join(LINES) + ",\n", 5),
        (" ,\r\n".join(LINES), 4),
        (",\n\n".join(LINES), 4),
        ("\n".join([*LINES[:3], LINES[3] + ",", LINES[4]]), 1),
        (",\n".join(SPREAD), 4),
        (",\n".join(SPREAD) + ",", 5),
        (",\n".join([LINES[0], *SPREAD[1:]]), 4),
        ("\n".join(SPREAD), 0),
    ],
)
def test_a_comma_after_each_record_is_passed_over_and_said(
    text: str, commas: int, write: Write, store: Store
) -> None:
    report = import_files(store, "wf-1", [write(text)])
    assert (report.added, report.bad, report.mostly_unread) == (5, [], [])
    assert sum(report.mended.values()) == commas
    assert [record.source for record in load_records(store, "wf-1")] == RECORDS


@pytest.mark.parametrize(
    ("text", "name", "mended"),
    [
        ("\n".join([LINES[0].replace("}]", "},]"), *LINES[1:]]), "x.jsonl", "a comma too many"),
        ("\n".join([LINES[0][:-1] + ", }", *LINES[1:]]), "x.jsonl", "a comma too many"),
        ("\n".join(["// a remark", *LINES]), "x.jsonl", "a comment"),
        ("\n".join([*LINES, "# a remark"]), "x.jsonl", "a comment"),
        ("\n".join([*LINES[:4], LINES[4].replace("}]", "} /* no, more */]")]), "x.jsonl", "a comment"),
        ("\n".join([repr(RECORDS[0]), *LINES[1:]]), "x.jsonl", "Python's notation"),
        (",\n".join([repr(RECORDS[0]), *LINES[1:]]).join("[]"), "x.json", "Python's notation"),
        ("\n".join([json.dumps(LINES[0]), *LINES[1:]]), "x.jsonl", "encoded twice"),
        (",\n".join(LINES).join("[]")[:-1] + ",]", "x.json", "a comma too many or too few"),
        (("[" + ",\n".join(LINES) + "]").replace("},\n", "}\n", 1), "x.json", "a comma too many or too few"),
    ],
)
def test_what_is_certain_is_mended_and_said(
    text: str, name: str, mended: str, write: Write, store: Store
) -> None:
    report = import_files(store, "wf-1", [write(text, name)])
    assert (report.added, report.bad, report.mostly_unread) == (5, [], [])
    assert [record.source for record in load_records(store, "wf-1")] == RECORDS
    [(what, _)] = [(what, number) for what, number in report.mended.items() if mended in what]
    assert what


@pytest.mark.parametrize("layout", [LINES, SPREAD])
@pytest.mark.parametrize("bad", [0, 2, 4])
def test_a_quotation_mark_too_few_in_a_list_costs_its_item_alone(
    layout: list[str], bad: int, write: Write, store: Store
) -> None:
    items = [item.replace('"Q', "Q", 1) if number == bad else item for number, item in enumerate(layout)]
    report = import_files(store, "wf-1", [write("[\n" + ",\n".join(items) + "\n]", "x.json")])
    assert (report.added, report.mostly_unread) == (4, [])
    # What follows the last item is not told from a text that has no end: it is named by its line.
    assert [line.line for line in report.bad] == [bad + 1 if bad < 4 else None]
    assert "at line" in report.bad[0].reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LINES[0].replace("}]", "},,]"), "not valid JSON"),
        ("{'messages': [],}", "Python's notation: a single quotation mark at column 2"),
        (LINES[0].replace('"Q', '"A "B", "Q'), "a quotation mark within a text is written"),
        (LINES[0] + ",,", "not valid JSON"),
    ],
)
def test_what_is_not_certain_to_mend_is_named(line: str, said: str, write: Write, store: Store) -> None:
    report = import_files(store, "wf-1", [write("\n".join([*LINES[1:3], line]))])
    assert (report.added, report.mended, report.mostly_unread) == (2, {}, [])
    assert [bad.line for bad in report.bad] == [3]
    assert said in report.bad[0].reason


@pytest.mark.parametrize(
    ("text", "name", "most"),
    [
        ("\n".join([*LINES[:2], "{broken", "[1]", "{"]), "x.jsonl", True),
        ("\n".join([*LINES[:2], "{broken", "[1]"]), "x.jsonl", False),
        ("[" + LINES[0] + "\nx\n" + ",\n".join(LINES[1:]) + "]", "x.json", True),  # a comma is missing
        ("[" + ",\n".join(LINES[:4]) + "\n7]", "x.json", False),
        ("[" + LINES[0] + ", {" + ",".join(LINES[1:]), "x.json", True),  # what begins has no end
        ("[" + ",".join(LINES[:4]) + ", {", "x.json", False),
        ('{"data": [' + LINES[0] + "\n7\n" + ",\n".join(LINES[1:]) + "]}", "x.json", True),
        (
            'prompt,completion\nQ,A\n"Q,A\n' + "Q,A\n" * 5,
            "x.csv",
            True,
        ),  # a quotation mark that nothing closes
        ("prompt,completion\n" + "Q,A\n" * 5 + '"Q,A\n', "x.csv", False),
    ],
)
def test_a_file_of_which_most_could_not_be_read_is_named(
    text: str, name: str, most: bool, write: Write, store: Store
) -> None:
    file = write(text, name)
    report = import_files(store, "wf-1", [file])
    assert report.added and report.bad
    assert report.mostly_unread == ([str(file)] if most else [])
