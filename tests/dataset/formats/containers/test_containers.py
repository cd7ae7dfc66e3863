"""Files of any layout: what they are is told by their beginning, and their items come out one by one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.containers import json_stream
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset
from finetune_coverage.tools.dataset.formats.items import raw_objects
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.store import Store

from .container_files import LAYOUTS, PACKINGS, read

Chat = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packing", PACKINGS)
def test_reads_every_layout_in_every_packing(
    chat: Chat, write: Callable[..., Path], layout: str, packing: str
) -> None:
    records = [chat(f"question {n} é 猫 😀", topic="a") for n in range(3)]
    reader, good, bad = read(write(PACKINGS[packing](LAYOUTS[layout](records))))
    assert bad == []
    assert [item.source for item in good] == records
    assert [json.loads(item.body) for item in good] == records
    assert not any("\n" in item.body for item in good)
    assert [item.place for item in good] == sorted(item.place for item in good)
    (found,) = reader.found.values()
    assert found.records == 3
    assert (layout.strip() + packing.strip()) in found.text
    assert "data.jsonl: OpenAI chat (`messages` with role/content; " in found.text


def test_the_text_of_an_item_is_kept_but_for_its_line_breaks(write: Callable[..., Path]) -> None:
    item = '{"messages" :[{"content":"\\u00e9 \\n \u2028","role":"user"}],\n\t "n": 1.50,\r\n "m": 1e400 }'
    (found,) = read(write(f"[\n{item}\n]"))[1]
    assert (
        found.body == '{"messages" :[{"content":"\\u00e9 \\n \u2028","role":"user"}], "n": 1.50, "m": 1e400 }'
    )


def test_a_bad_item_of_a_list_costs_itself_alone(chat: Chat, write: Callable[..., Path]) -> None:
    items = [
        json.dumps(chat("one"), indent=1),
        "{'messages': []}",
        '{"messages": [],}',
        "7",
        '{"messages": "a\nb"}',
        json.dumps(chat("two")),
    ]
    _, good, bad = read(write("[" + ",\n".join(items) + "]"))
    assert [item.place for item in good] == [1, 6]
    assert [(item.place, item.refused.code) for item in bad] == [
        (2, "invalid_json"),
        (3, "invalid_json"),
        (4, "not_an_object"),
        (5, "invalid_json"),
    ]
    line = 1 + items[0].count("\n") + 1
    assert bad[0].refused.reason.startswith(f"item 2, at line {line}: ")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("", "cut off"),
        (",", "cut off"),
        (" 7]", "comma is missing"),
        (',{"messages": [', "has no end"),
        (',{"messages": ["', "has no end"),
        ("] {}", "something follows the list"),
        ('],"more"', "something follows the list"),
    ],
)
def test_a_damaged_list_gives_what_stands_before_the_damage(
    chat: Chat, write: Callable[..., Path], end: str, said: str
) -> None:
    _, good, bad = read(write("[\n" + json.dumps(chat("one")) + end))
    assert len(good) == 1
    assert [item.refused.code for item in bad] == ["invalid_json"]
    assert said in bad[0].refused.reason


def test_damage_within_a_packed_file_is_named_after_what_was_read(
    chat: Chat, write: Callable[..., Path]
) -> None:
    lines = "".join(json.dumps(chat(f"{n} {hash(str(n))}")) + "\n" for n in range(2000))
    _, good, bad = read(write(gzip.compress(lines.encode())[:-5000]))
    assert 0 < len(good) < 2000
    assert bad[-1].place is None
    assert "after item" in bad[-1].refused.reason and "damaged" in bad[-1].refused.reason


def test_broken_utf16_is_named(chat: Chat, write: Callable[..., Path]) -> None:
    _, good, bad = read(write(json.dumps(chat("one")).encode("utf-16") + b"\x00"))
    assert good == []
    assert "UTF-16" in bad[0].refused.reason


def test_an_item_without_end_does_not_fill_the_memory(
    chat: Chat, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MAX_ITEM_BYTES", 1 << 20)
    text = "[\n" + json.dumps(chat("one")) + ',\n{"messages": "' + "a" * (4 << 20)
    _, good, bad = read(write(text))
    assert len(good) == 1
    assert [item.refused.code for item in bad] == ["too_long"]
    assert "line 3" in bad[0].refused.reason


def test_a_line_that_is_too_long_costs_itself_alone(
    chat: Chat, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_objects, "MAX_ITEM_BYTES", 1000)
    lines = [chat("one"), chat("a" * 5000), chat("two"), chat("b" * 5000)]
    _, good, bad = read(write("\n".join(map(json.dumps, lines))))
    assert [item.place for item in good] == [1, 3]
    assert [(item.place, item.refused.code) for item in bad] == [(2, "too_long"), (4, "too_long")]


def test_long_items_are_read_whole(chat: Chat, write: Callable[..., Path]) -> None:
    records = [chat('"[{' * 200_000), chat("\\" * 300_001), chat("short")]
    _, good, bad = read(write(json.dumps(records, indent=1)))
    assert bad == []
    assert [item.source for item in good] == records


def test_what_stands_around_a_list_is_named(chat: Chat, write: Callable[..., Path]) -> None:
    whole = {"version": {"a": [1]}, "train": [chat("one")], "license": "MIT", "test": [chat("two")]}
    reader, good, bad = read(write(json.dumps(whole, indent=1)))
    assert ([item.place for item in good], bad) == ([1, 2], [])
    assert "'version', 'license' around it left out" in next(iter(reader.found.values())).text


def test_an_object_that_begins_with_a_turn_on_its_second_line(chat: Chat, write: Callable[..., Path]) -> None:
    turns = ",\n".join(map(json.dumps, chat("one")["messages"]))
    _, good, bad = read(write(f'{{"messages": [\n{turns}\n]}}\n' * 2))
    assert ([item.place for item in good], bad) == ([1, 5], [])


def test_a_record_with_a_key_data_is_no_wrapper(chat: Chat, write: Callable[..., Path]) -> None:
    record = chat("one", data=[{"a": 1}])
    assert [item.source for item in read(write(json.dumps(record)))[1]] == [record]


@pytest.mark.parametrize(
    "broken",
    ['{"messages": [{"role": "user", "content": "cut', '["cut off', '{"messages": [', "{", '{"a": 1,'],
)
def test_a_broken_first_line_is_no_other_layout(chat: Chat, write: Callable[..., Path], broken: str) -> None:
    text = "\n".join([broken, json.dumps(chat("one")), json.dumps(chat("two"))])
    _, good, bad = read(write(text))
    assert ([item.place for item in good], [item.place for item in bad]) == ([2, 3], [1])


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"7z\xbc\xaf\x27\x1c..", "a.jsonl", "7z archive: unpack it first"),
        (b"SQLite format 3\x00", "a.db", "SQLite database"),
        (b"\x00\x01\x02\x03" * 9, "a.jsonl", "binary"),
        (b"conversations:\n- - hi\n  - hello\n", "a.yml", "YAML"),
        (b"[8/15/23, 9:12:33 AM] Ann: hi\n[8/15/23, 9:13:01 AM] Bob: hi\n", "chat.txt", "who speaks"),
        (b"a,b\n1,2\n", "a.csv", "table without a column that is known"),
        (b'["a",\n"b"]', "a.json", "first item is a string"),
    ],
)
def test_a_file_that_is_no_dataset_is_named_once(
    write: Callable[..., Path], store: Store, content: bytes, name: str, said: str
) -> None:
    report = import_files(store, "wf-1", [write(content, name)])
    assert [(bad.line, bad.code) for bad in report.bad] == [(None, "unsupported_format")]
    assert said in report.bad[0].reason
    assert report.good == 0


def test_a_line_that_a_fast_reader_does_not_understand(chat: Chat) -> None:
    reader = read_dataset(Path("big.jsonl"))
    good = reader.read_line(b'{"instruction": "a", "output": "b"}\r\n', 7)
    assert isinstance(good, Item) and (good.place, good.format) == (7, "alpaca")
    bad = reader.read_line(b"{oops}\n", 8)
    assert isinstance(bad, BadItem) and (bad.place, bad.refused.code) == (8, "invalid_json")
    assert reader.read_line(b" \n", 9) is None
    assert reader.blank == 1
    reader.add_plain({})
    assert set(reader.found) == {"alpaca"}
    reader.add_plain({("messages", "lang"): 3, ("messages",): 2})
    assert reader.beside["lang"] == 3
    assert reader.found.pop("openai").records == 5
    assert [found.text for found in reader.found.values()] == [
        "big.jsonl: Alpaca (`instruction` with `output`; one object per line)"
    ]


def test_tells_plain_lines_from_all_else(chat: Chat, write: Callable[..., Path]) -> None:
    line = json.dumps(chat("one")).encode()
    for content, plain in (
        (line, True),
        (b"\xef\xbb\xbf" + line + b"\r\n" + line, True),
        (b"", True),
        (b"[" + line + b"]", False),
        (gzip.compress(line), False),
        (line.decode().encode("utf-16"), False),
        (gzip.compress(line)[:-20], False),
        (b"%PDF-1.7", False),
    ):
        assert read_dataset(write(content)).has_plain_lines() is plain, content


@pytest.mark.parametrize("packing", ["", "; gzip", "; UTF-16"])
@pytest.mark.parametrize("layout", ["one object per line", "JSON list", "list within an object"])
def test_progress_is_told_in_bytes_of_the_file(
    chat: Chat, write: Callable[..., Path], store: Store, layout: str, packing: str
) -> None:
    path = write(PACKINGS[packing](LAYOUTS[layout]([chat(f"question {n}") for n in range(1100)])))
    told: list[int] = []
    report = import_files(
        store, "wf-1", [path], on_progress=lambda progress: told.append(progress.bytes_read)
    )
    assert report.added == 1100
    assert told == sorted(told) and told[0] > 0
    assert told[-1] == path.stat().st_size


CHATS = [[{"role": "user", "content": f"Q{n}"}, {"role": "assistant", "content": f"A{n}"}] for n in range(3)]


@pytest.mark.parametrize(
    "whole",
    [
        {"from": "x", "dialogs": [{"messages": chat, "n": 1} for chat in CHATS]},
        {"conversations": CHATS},
        {f"chat {number}": chat for number, chat in enumerate(CHATS)},
        {f"chat {number}": {"turns": chat} for number, chat in enumerate(CHATS)},
        {"faq": [{"question": "Q", "answer": "A"}] * 3},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_many_conversations_in_the_one_object_of_a_file(
    write: Callable[..., Path], whole: dict[str, Any], indent: int | None
) -> None:
    found = list(read_dataset(write(json.dumps(whole, indent=indent), "data.json")))
    assert [type(item) for item in found] == [Item] * 3


def test_exchanges_that_may_be_one_conversation_or_many(write: Callable[..., Path]) -> None:
    whole = {"conversations": [{"input": "Q", "output": "A"}] * 3}
    (bad,) = read_dataset(write(json.dumps(whole), "data.json"))
    assert isinstance(bad, BadItem) and "`records: conversations`" in bad.refused.reason
    (one,) = read_dataset(write(json.dumps(whole), "data.jsonl"))
    assert isinstance(one, Item)
