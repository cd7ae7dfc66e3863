"""The files of vendors as a whole, and records as they are in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.exports.export_format import FORMATS
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.validation.report import FileReport, ValidationReport
from finetune_coverage.tools.dataset.validation.validate import validate_records
from finetune_coverage.tools.dataset.validation.vendors import VENDORS
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.store import Store

Json = dict[str, Any]
Load = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "coverage.db")
    yield opened
    opened.close()


@pytest.fixture
def load(store: Store, tmp_path: Path) -> Load:
    """Imports records into wf-1."""

    def run(*records: Json) -> None:
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        assert import_files(store, "wf-1", [path]).added == len(records)

    return run


def chat(*said: tuple[str, str], **more: Any) -> Json:
    return {"messages": [{"role": role, "content": text} for role, text in said], "topic": "t", **more}


def asked(store: Store, vendor: str) -> tuple[dict[str, str], FileReport]:
    """Severity of each rule that found something, and the file."""
    report: ValidationReport = validate_records(store, "wf-1", vendor=vendor)
    assert report.file is not None
    return {rule.rule: rule.severity for rule in report.rules}, report.file


GOOD = [("user", "Where is it?"), ("assistant", "On the left.")]
CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_export_writes_for_a_vendor_its_rules_pass(
    store: Store, load: Load, tmp_path: Path, vendor: str
) -> None:
    load(*(chat(*GOOD[:1], ("assistant", f"On the left, door number {n}.")) for n in range(10)))
    rules, file = asked(store, vendor)
    assert "refused" not in rules.values()
    assert [found.rule for found in file.findings if not found.models] == []
    out = tmp_path / "out.jsonl"
    report = export_records(store, "wf-1", out, file_format=VENDORS[vendor].form)
    assert (file.records, file.bytes, file.lost) == (report.written, out.stat().st_size, report.lost)
    assert VENDORS[vendor].form in FORMATS and all(one.startswith("https://") for one in file.sources)


@pytest.mark.parametrize(
    ("vendor", "record", "refused"),
    [
        ("bedrock", chat(*GOOD, ("user", "Thanks.")), "does_not_end_with_assistant"),
        ("bedrock", chat(*GOOD[:1], ("assistant", "The User: field is empty.")), "reserved_words"),
        ("bedrock", chat(*GOOD[:1], ("assistant", "")), "empty_answer"),
        ("bedrock", chat(*GOOD[:1], ("system", "late"), *GOOD[1:]), "system_not_first"),
        ("gemini", chat(("assistant", "Hello."), *GOOD), "starts_with_assistant"),
        ("vertex", chat(*GOOD, ("user", "Thanks.")), "does_not_end_with_assistant"),
        ("together", chat(("assistant", "Hello."), *GOOD), "starts_with_assistant"),
        ("azure", chat(*GOOD, tools=[]), "empty_list"),
        ("mistral", chat(*GOOD, ("user", "Thanks.")), "does_not_end_with_assistant"),
        ("cohere", chat(*GOOD, tools=[{"type": "function", "function": {"name": "f"}}]), "does_not_fit"),
        ("Cohere", chat(("system", "Be brief."), *GOOD[1:]), "no_user_turn"),
    ],
)
def test_what_a_vendor_refuses(store: Store, load: Load, vendor: str, record: Json, refused: str) -> None:
    load(record)
    rules, _ = asked(store, vendor)
    assert [rule for rule, severity in rules.items() if severity == "refused"] == [refused]


def test_what_the_file_mends_is_no_finding(store: Store, load: Load) -> None:
    in_a_row = chat(*GOOD[:1], *GOOD)
    calling = {
        "messages": [
            {"role": "user", "content": "Find it."},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "found"},
            {"role": "assistant", "content": "Here."},
        ],
        "tools": [{"type": "function", "function": {"name": "find", "description": "Finds it."}}],
    }
    load(in_a_row, calling)
    assert asked(store, "bedrock")[0] == asked(store, "gemini")[0] == asked(store, "mistral")[0] == {}
    assert asked(store, "together")[0] == {"roles_do_not_alternate": "refused"}


def test_limits_are_told_with_the_models_that_have_them(store: Store, load: Load) -> None:
    load(chat(*GOOD), {"messages": [{"role": "user", "content": "Nobody answers."}]})
    findings = {(found.rule, found.models): found.says for found in asked(store, "bedrock")[1].findings}
    assert findings == {
        ("too_few_records", ""): "1 records go into the file; Amazon Bedrock wants at least 8",
        ("too_few_records", "Nova 2 Lite"): "1 records go into the file; Nova 2 Lite wants at least 200",
    }
    assert validate_records(store, "wf-1", vendor="gemini").max_tokens == 131_072
    assert validate_records(store, "wf-1", vendor="gemini", max_tokens=9).max_tokens == 9
    with pytest.raises(InvalidInput, match="takes no files"):
        validate_records(store, "wf-1", vendor="acme")


def test_what_is_too_long_is_dropped_by_one_and_cut_by_another(store: Store, load: Load) -> None:
    load(chat(*GOOD[:1], ("assistant", "x " * 400_000)))
    assert asked(store, "gemini")[0] == {"too_long": "refused"}
    assert asked(store, "openai")[0] == {"too_long": "wasteful"}
