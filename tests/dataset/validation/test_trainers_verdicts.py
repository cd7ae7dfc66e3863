"""The rules agree with what trainers' own checkers say of real and of broken records."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exports import llamafactory
from finetune_coverage.tools.dataset.exports.converted import Unfit
from finetune_coverage.tools.dataset.formats.json_text.json_line import parse_object, text_of_line
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.validation.validate import check_record
from finetune_coverage.tools.dataset.validation.vendors import LLAMA_FACTORY, OPENAI, TOGETHER, Vendor

_OF_TOOLS = {"message_missing_key", "message_unrecognized_key", "missing_content", "unrecognized_role"}
"""What the cookbook says of tool calls, tool messages and messages without content: it is older than tools."""


def refused_by(trainer: Vendor, source: dict[str, Any]) -> bool:
    return any(finding.rule in trainer.refuses for finding in check_record(source))


def read(raw: bytes) -> dict[str, Any] | None:
    """A line as the importer reads it, or nothing when it is no OpenAI chat record."""
    try:
        source: dict[str, Any] = parse_object(text_of_line(raw))
        check_chat(source)
    except Refused:
        return None
    return source


def uses_tools(source: dict[str, Any]) -> bool:
    return any(
        message["role"] == "tool" or message.get("tool_calls") or message.get("function_call")
        for message in source["messages"]
    )


def test_openai_cookbook(shared_data: Path) -> None:
    seen: Counter[str] = Counter()
    lines: dict[str, list[bytes]] = {}
    with (shared_data / "conformance/openai_cookbook_verdicts.csv").open() as file:
        for row in csv.DictReader(file):
            name = row["file"]
            lines.setdefault(name, (shared_data / name).read_bytes().split(b"\n"))
            source = read(lines[name][int(row["line"]) - 1])
            if source is None:
                seen["not a record"] += 1
                continue
            errors = {error.partition("=")[0] for error in row["errors"].split(";") if error}
            if uses_tools(source) and errors and errors <= _OF_TOOLS:
                seen["older than tools"] += 1
            else:
                assert refused_by(OPENAI, source) == (row["verdict"] != "ok"), row
                seen[row["verdict"]] += 1
    assert seen["ok"] >= 98 and seen["errors"] >= 7, seen


def test_together_check_file(shared_data: Path) -> None:
    folder = shared_data / "conformance/together_check_file"
    compared = []
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        path = folder / case["file"]
        records = [read(line) for line in path.read_bytes().split(b"\n") if line.strip()]
        if path.suffix == ".jsonl" and records and all(records):
            refused = any(refused_by(TOGETHER, record) for record in records if record)
            assert refused != case["expected"]["is_check_passed"], case["file"]
            compared.append(case["file"])
    assert compared == [
        "valid_conversational_multiple_turns.jsonl",
        "non_alternating_roles.jsonl",
        "valid_weights_mixed.jsonl",
    ]


@pytest.mark.parametrize(
    "name",
    ["support/star_spec_shape_150", "tools/tooltalk", "tools/apibank_lv1_lv2", "tools/bfcl_multi_turn_base"],
)
def test_what_llama_factory_refuses_is_what_its_export_refuses(shared_data: Path, name: str) -> None:
    lines = (shared_data / f"{name}.jsonl").read_bytes().splitlines()[:150]
    for source in map(json.loads, lines):
        try:
            llamafactory.convert(source, None)
            fits = True
        except Unfit:
            fits = False
        assert refused_by(LLAMA_FACTORY, source) != fits, source["source"]
