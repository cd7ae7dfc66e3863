"""What is nested too deep for the decoders is one bad item, named, wherever it stands; what is around it goes in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.agent.cli import app
from finetune_coverage.tools.dataset.formats.json_text.json_line import MAX_DEPTH
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.store import Store
from typer.testing import CliRunner

GOOD = json.dumps(
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "topic": "a"}
)
DEPTHS = (MAX_DEPTH + 1, 1_000, 1_100, 100_000)
"""Beyond ours; where msgspec gives up and orjson does not; where both and Python's own do; far beyond."""


def deep_lines(depth: int) -> list[str]:
    """A list or object nested that deep, in every place of a record that a decoder looks at."""
    lists, objects = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
    schema = '[{"type": "function", "function": {"name": "f", "parameters": ' + objects + "}}]"
    tool_use = '{"type": "tool_use", "id": "1", "name": "f", "input": ' + objects + "}"
    return [
        lists,
        objects,
        GOOD[:-1] + ', "extra": ' + lists + "}",
        GOOD[:-1] + ', "extra": ' + objects + "}",
        GOOD[:-1] + ', "label": ' + lists + "}",
        GOOD[:-1] + ', "kto_tag": ' + objects + "}",
        GOOD[:-1] + ', "history": ' + lists + "}",
        GOOD[:-1] + ', "tools": ' + schema + "}",
        GOOD.replace('"a"}', lists + "}"),
        GOOD.replace('"Hi"', lists),
        '{"messages": ' + lists + "}",
        '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": ['
        + tool_use
        + "]}]}",
        '{"instruction": "x", "output": ' + lists + "}",
        json.dumps(
            {"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": 1}], "tools": lists}
        ),
    ]


def _as_lines(items: list[str]) -> str:
    return "\n".join(items) + "\n"


def _as_list(items: list[str]) -> str:
    return "[" + ",\n".join(items) + "]"


def _as_wrapper(items: list[str]) -> str:
    return '{"data": ' + _as_list(items) + "}"


def _as_objects(items: list[str]) -> str:
    return "".join("{\n" + item[1:] + "\n" for item in items if item.startswith("{"))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("laid_out", [_as_lines, _as_list, _as_wrapper, _as_objects])
def test_a_deep_item_is_one_bad_item(
    tmp_path: Path, store: Store, depth: int, laid_out: Callable[[list[str]], str]
) -> None:
    path = tmp_path / ("d.jsonl" if laid_out is _as_lines else "d.json")
    deep = deep_lines(depth)
    items = [GOOD, *(item for bad in deep for item in (bad, GOOD))]
    path.write_text(laid_out(items))

    report = import_files(store, "wf-1", [path])

    kept = [item for item in deep if laid_out is not _as_objects or item.startswith("{")]
    assert report.good == len(deep) + 1
    assert len(report.bad) == len(kept)
    if laid_out is not _as_objects:  # known by their lines there, which are two for each
        assert [bad.line for bad in report.bad] == list(range(2, 2 * len(deep) + 1, 2))


def test_it_does_not_end_the_import_of_a_large_file(tmp_path: Path, store: Store) -> None:
    # Large enough for the second process that parses ahead.
    filler = GOOD.replace("Hello", "Hello" * 2_000)
    deep = GOOD[:-1] + ', "extra": ' + "[" * 1_000 + "]" * 1_000 + "}"
    with (path := tmp_path / "d.jsonl").open("w") as file:
        for number in range(3_600):
            file.write((deep if number == 3_000 else filler.replace("Hi", f"Hi {number}")) + "\n")

    report = import_files(store, "wf-1", [path])

    assert report.good == 3_599
    assert [(bad.line, bad.code) for bad in report.bad] == [(3_001, "nested_too_deep")]


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_cell_is_one_bad_row(tmp_path: Path, store: Store, depth: int) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = [
        '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a"}]',
        "[" * depth + "]" * depth,
    ]
    with (table := tmp_path / "d.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["messages", "topic"], *([cell, "a"] for cell in (*cells, cells[0]))])
    rows = [
        {"instruction": "x", "output": "y", "history": None},
        {"instruction": "x", "output": "y", "history": cells[1]},
    ]
    parquet.write_table(pyarrow.Table.from_pylist([*rows, rows[0]]), tmp_path / "d.parquet")

    report = import_files(store, "wf-1", [table, tmp_path / "d.parquet"])

    assert (report.good, [bad.line for bad in report.bad]) == (4, [3, 2])


@pytest.mark.slow
@pytest.mark.parametrize("depth", (150, 100_000))
def test_deep_json_within_texts_stops_nothing(tmp_path: Path, store: Store, depth: int) -> None:
    """Arguments and results are texts: a record keeps them as they are, and nobody who looks into them fails."""
    deep = "[" * depth + "]" * depth
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": deep}}
    turns = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": deep},
        {"role": "assistant", "content": "done"},
    ]
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    path = tmp_path / "d.jsonl"
    path.write_text(f"{GOOD}\n{json.dumps({'messages': turns, 'tools': tools, 'topic': 'b'})}\n")

    runner = CliRunner()
    commands = [
        ["import", str(path), "-w", "wf-1"],
        ["analyze", "-w", "wf-1"],
        ["recommend", "-w", "wf-1"],
        ["validate", "-w", "wf-1"],
        ["export", "-w", "wf-1", "-o", str(tmp_path / "out.jsonl")],
        ["export", "-w", "wf-1", "-o", str(tmp_path / "sharegpt.json"), "--format", "sharegpt"],
    ]
    for command in commands:
        result = runner.invoke(app, command)
        assert result.exit_code == 0, (command, result.output)
