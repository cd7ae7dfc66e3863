"""Real datasets by others import with the counts that their description gives."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.records import topic_counts
from finetune_coverage.tools.dataset.store import Store


@pytest.mark.parametrize(
    ("name", "records", "topics", "largest", "without_assistant"),
    [
        ("support/star_support.jsonl", 2400, 24, 231, 0),
        ("support/star_spec_shape_150.jsonl", 150, 3, 90, 0),
        ("tools/bfcl_multi_turn_base.jsonl", 200, 8, 40, 0),
        ("tools/tooltalk.jsonl", 78, 7, 21, 0),
        ("intents/banking77_test.jsonl", 3080, 77, 40, 3080),
        ("messy/chatterbot_multilingual.jsonl", 1335, 21, 266, 0),
    ],
)
def test_imports_wholly_and_comes_out_byte_for_byte(
    shared_data: Path,
    store: Store,
    tmp_path: Path,
    name: str,
    records: int,
    topics: int,
    largest: int,
    without_assistant: int,
) -> None:
    report = import_files(store, "wf-1", [shared_data / name])
    assert (report.added, report.bad, report.without_topic) == (records, [], 0)
    assert report.without_assistant == without_assistant
    counts = topic_counts(store, "wf-1")
    assert len(counts) == len(report.topics) == topics
    assert max(count.records for count in counts) == largest
    assert sum(count.usable for count in counts) == records - without_assistant
    exported = export_records(store, "wf-1", tmp_path / "out.jsonl", include_all=True)
    assert (exported.written, exported.relabelled) == (records, 0)
    assert (tmp_path / "out.jsonl").read_bytes() == (shared_data / name).read_bytes()


def test_lists_of_topics_are_kept(shared_data: Path, store: Store) -> None:
    report = import_files(store, "wf-1", [shared_data / "support/star_multitask.jsonl"])
    assert (report.added, report.bad, report.without_topic) == (300, [], 0)
    with store.read() as connection:
        listed = [
            json.loads(row[0]) for row in connection.exec_driver_sql("SELECT other_topics FROM records")
        ]
    assert all(listed)


def test_each_bad_line_of_the_messy_file_is_named(shared_data: Path, store: Store) -> None:
    report = import_files(store, "wf-1", [shared_data / "messy/messy_mixed.jsonl"])
    with (shared_data / "messy/messy_mixed.manifest.csv").open() as file:
        manifest = {int(row["line"]): row for row in csv.DictReader(file)}
    blank = {line for line, row in manifest.items() if row["mutation"] == "blank"}
    invalid = {line for line, row in manifest.items() if row["json_valid"] == "0"} - blank
    codes = {bad.line: bad.code for bad in report.bad}
    assert len(codes) == len(report.bad)
    assert report.blank == len(blank)
    assert report.added + len(report.bad) + report.blank == len(manifest)
    for line in invalid:
        expected = "not_utf8" if manifest[line]["shape"] == "UnicodeDecodeError" else "invalid_json"
        assert codes.get(line) == expected, (line, codes.get(line))
    refused = {line for line, code in codes.items() if code in ("invalid_json", "not_utf8")}
    # Python's own parser takes Infinity, which is not JSON.
    assert {manifest[line]["from"] for line in refused - invalid} == {
        "messy/jsontestsuite/n_number_infinity.json"
    }
    good = [row for line, row in manifest.items() if line not in codes and line not in blank]
    assert all("messages" in row["shape"] for row in good)
    for line, row in manifest.items():
        if row["shape"].startswith(
            ("conversations", "input,instruction", "text", "completion", "messages,system")
        ):
            assert codes[line] == "unsupported_format"


@pytest.mark.parametrize(
    ("name", "records", "bad"),
    [
        ("bom_utf8.jsonl", 11, [(12, "unsupported_format")]),
        ("crlf.jsonl", 11, [(12, "unsupported_format")]),
        ("no_final_newline.jsonl", 11, [(12, "unsupported_format")]),
        ("truncated_last_line.jsonl", 11, [(12, "unsupported_format"), (13, "invalid_json")]),
        ("exact_duplicates.jsonl", 22, None),
        ("huge_line.jsonl", 2, []),
        ("empty.jsonl", 0, []),
        ("only_blank_lines.jsonl", 0, []),
        ("gzipped.jsonl.gz", 0, [(None, "unsupported_format")]),
        ("utf16le_bom.jsonl", 0, [(None, "unsupported_format")]),
        ("json_array_in_jsonl.jsonl", 0, [(None, "unsupported_format")]),
        ("pretty_concatenated_objects.jsonl", 0, [(None, "unsupported_format")]),
        ("json_array_one_line.json", 0, [(1, "unsupported_format")]),
        ("object_with_data_key.json", 0, [(1, "unsupported_format")]),
    ],
)
def test_whole_files(
    shared_data: Path, store: Store, name: str, records: int, bad: list[tuple[int | None, str]] | None
) -> None:
    report = import_files(store, "wf-1", [shared_data / "messy/files" / name])
    assert report.added == records
    if bad is not None:
        assert [(line.line, line.code) for line in report.bad] == bad
    assert import_files(store, "wf-1", [shared_data / "messy/files" / name]).added == 0


def test_json_test_suite_makes_no_record_and_no_trouble(shared_data: Path, store: Store) -> None:
    files = sorted((shared_data / "messy/jsontestsuite").iterdir())
    assert len(files) > 100
    report = import_files(store, "wf-1", files)
    assert report.good == 0
    by_file: dict[str, set[str]] = {}
    for bad in report.bad:
        by_file.setdefault(Path(bad.file).name, set()).add(bad.code)
    for path in files:
        codes = by_file.get(path.name, set())
        if path.name.startswith("n_") and path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip():
            assert codes & {"invalid_json", "not_utf8", "nested_too_deep", "unsupported_format"}, path.name
        if path.name.startswith("y_") and b"\n" not in path.read_bytes().strip():
            assert codes <= {"not_an_object", "no_messages"}, path.name


@pytest.mark.parametrize(
    "name",
    [
        "native/sharegpt/glaive_toolcall_zh_demo.first80.json",
        "native/alpaca/msswift_alpaca.jsonl",
        "native/alpaca/msswift_alpaca.csv",
        "native/anthropic/json_mode_dataset.odd250.jsonl",
        "native/llamafactory_v1/reason_tool_use_demo_50.jsonl",
        "native/multimodal/v1_multimodal_demo.jsonl",
        "native/oasst/en_message.first50.jsonl",
        "native/openai/dpo_chat.jsonl",
        "native/labelled_prompts/mt_bench_question.jsonl",
    ],
)
def test_other_formats_are_named_unsupported(shared_data: Path, store: Store, name: str) -> None:
    report = import_files(store, "wf-1", [shared_data / name])
    assert report.good == 0
    assert {bad.code for bad in report.bad} == {"unsupported_format"}


def test_what_another_checker_passes_as_chat_is_passed(shared_data: Path, store: Store) -> None:
    folder = shared_data / "conformance/together_check_file"
    cases = json.loads((folder / "expected.json").read_text())["cases"]
    chats = [case for case in cases if "conversational" in case["file"] or "weights_mixed" in case["file"]]
    assert len(chats) == 2
    for case in chats:
        assert import_files(store, "wf-1", [folder / case["file"]]).bad == []
    for name in ("empty_messages", "wrong_turn_type", "invalid_weight", "invalid_value_type"):
        assert import_files(store, "wf-2", [folder / f"{name}.jsonl"]).good == 0, name
