"""Tables: known by their header, read cell by cell, damaged ones named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset

from .container_files import read

Chat = Callable[..., dict[str, Any]]


def test_a_table_as_a_spreadsheet_saves_it(write: Callable[..., Path]) -> None:
    (item,) = read(write("prompt\tcompletion\r\nè\tb\r\n".encode("utf-16"), "sheet.txt"))[1]
    assert [message["content"] for message in item.source["messages"]] == ["è", "b"]


def test_a_table(write: Callable[..., Path]) -> None:
    text = 'instruction;output;topic\n"a\nb";"c ""d""; e";x\n\nonly one\n;f;y\ng;h;\n'
    reader, good, bad = read(write("﻿" + text, "table.csv"))
    assert [(item.place, [m["content"] for m in item.source["messages"]]) for item in good] == [
        (2, ["a\nb", 'c "d"; e']),
        (7, ["g", "h"]),
    ]
    assert [item.source.get("topic") for item in good] == ["x", None]
    assert [(item.place, item.refused.code) for item in bad] == [(5, "bad_message"), (6, "no_messages")]
    assert "1 cells, but the header has 3" in bad[0].refused.reason
    assert "; table)" in next(iter(reader.found.values())).text


def test_a_table_with_messages_in_a_cell(chat: Chat, write: Callable[..., Path]) -> None:
    messages = json.dumps(chat("one")["messages"]).replace('"', '""')
    _, good, bad = read(write(f'messages,topic\n"{messages}",a\n"[1,",b\n', "t.csv"))
    assert [item.source for item in good] == [chat("one", topic="a")]
    assert [item.refused.code for item in bad] == ["invalid_json"]


@pytest.mark.parametrize("text", ["prompt\tcompletion\na\tb\n", "prompt,completion\na,b\n"])
def test_a_table_is_known_by_its_header(write: Callable[..., Path], text: str) -> None:
    (item,) = read(write(text, "data"))[1]
    assert [message["content"] for message in item.source["messages"]] == ["a", "b"]


def test_a_damaged_table(write: Callable[..., Path]) -> None:
    _, good, bad = read(write('prompt,completion\na,b\nc,"d" e\nf,g\n', "t.csv"))
    assert len(good) == 1
    assert (bad[0].place, bad[0].refused.code) == (None, "broken_file")
    assert "line 3" in bad[0].refused.reason
    _, good, bad = read(write(b"prompt,completion\na,b\n" + b"c,\xff\n" * 3, "u.csv"))
    assert bad[0].refused.code == "not_utf8"
    assert read(write("prompt,prompt\na,b\n", "d.csv"))[2][0].refused.code == "unsupported_format"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_as_excel_writes_it(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "prompt;completion\r\nWie groß?;Drei Füße – „etwa“ 5 €\r\n", encoding=encoding, newline=""
    )
    reader = read_dataset(path)
    (item,) = reader
    assert isinstance(item, Item)
    assert [message["content"] for message in item.source["messages"]] == [
        "Wie groß?",
        "Drei Füße – „etwa“ 5 €",
    ]
    assert ("Windows-1252" in reader.found["prompt_completion"].evidence) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Как дела?"),
        ("cp1250", "Zażółć gęślą jaźń"),
        ("gb18030", "你好吗"),
        ("cp1253", "Καλημέρα"),
        ("mac-roman", "größer"),
    ],
)
def test_an_encoding_that_is_not_certain_is_named(encoding: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"prompt,completion\na,b\n{text},{text}\n", encoding=encoding)
    (item,) = read_dataset(path)
    assert isinstance(item, BadItem)
    assert "line 3 is not UTF-8" in item.refused.reason and "CSV UTF-8" in item.refused.reason
