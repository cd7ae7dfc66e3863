"""Real datasets in disorder: each line is read or named, each packing gives the same records."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import Item, read_dataset
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.store import Store

# Lines of messy_mixed.jsonl that are JSON and no record, with the code of the refusal.
MESSY_REFUSED = {
    54: "unsupported_format",  # plain text
    58: "bad_message",  # weight 2
    64: "unsupported_format",  # plain text, and a number at that
    68: "unsupported_format",  # plain text
    75: "unsupported_format",  # plain text
    106: "unsupported_format",  # plain text
    118: "repeated_key",
    134: "bad_message",  # a turn that is a string
    153: "no_messages",
}


MESSY_MENDED = {42: "openai", 116: "alpaca"}
"""Lines with a comma after a whole record, with their formats: no JSON, and certain to mend."""

MESSY_COMMENTS = {124}
"""A record after a ``#``: left out, and said."""

MESSY_FORMATS = {
    "messages": "openai",
    "messages,tools": "openai",
    "conversations": "sharegpt",
    "input,instruction": "alpaca",
    "messages,system": "anthropic",
    "completion,prompt": "prompt_completion",
    "input,non_preferred_output": "preference",
    "deleted,emojis": "oasst",
}


def messy_manifest(shared_data: Path) -> dict[int, dict[str, str]]:
    with (shared_data / "messy/messy_mixed.manifest.csv").open() as file:
        return {int(row["line"]): row for row in csv.DictReader(file)}


def test_each_line_of_the_messy_file_is_read_or_named(shared_data: Path, store: Store) -> None:
    report = import_files(store, "wf-1", [shared_data / "messy/messy_mixed.jsonl"])
    manifest = messy_manifest(shared_data)
    codes = {bad.line: bad.code for bad in report.bad}
    blank = {line for line, row in manifest.items() if row["mutation"] == "blank"}
    assert len(codes) == len(report.bad)
    assert (report.blank, report.added) == (len(blank), 94)
    assert list(report.mended.values()) == [len(MESSY_MENDED), len(MESSY_COMMENTS)]
    assert report.added + len(report.bad) + report.blank + len(MESSY_COMMENTS) == len(manifest) == 156
    for line, row in manifest.items():
        if line in blank | MESSY_COMMENTS:
            continue
        if line in MESSY_MENDED:
            assert row["mutation"] == "trailing comma after object" and line not in codes
            continue
        if row["json_valid"] == "0":
            expected = "not_utf8" if row["shape"] == "UnicodeDecodeError" else "invalid_json"
        elif row["top_type"] != "dict":
            # Python's own parser, which the manifest is made with, takes Infinity and halves of characters.
            name = row["from"].removeprefix("messy/jsontestsuite/")
            expected = {"n_number_infinity.json": "invalid_json"}.get(name, "not_an_object")
            expected = "lone_surrogate" if "surrogate" in name else expected
        elif not row["shape"]:
            expected = "no_messages"
        else:
            assert codes.get(line) == MESSY_REFUSED.get(line), (line, row, codes.get(line))
            continue
        assert codes.get(line) == expected, (line, row)


def test_formats_of_the_messy_file(shared_data: Path) -> None:
    manifest = messy_manifest(shared_data)
    for item in read_dataset(shared_data / "messy/messy_mixed.jsonl"):
        if isinstance(item, Item):
            row = manifest[item.place]
            if item.place in MESSY_MENDED:
                assert item.format == MESSY_MENDED[item.place]
                continue
            expected = next(
                name for shape, name in reversed(MESSY_FORMATS.items()) if row["shape"].startswith(shape)
            )
            if row["from"].startswith(("native/llamafactory_v1", "native/multimodal")):
                expected = "llamafactory"
            if row["mutation"].startswith("key "):
                expected = "turns"
            assert item.format == expected, (item.place, row)


WHOLE_FILES = {
    "bom_utf8.jsonl": (12, "one object per line", []),
    "crlf.jsonl": (12, "one object per line", []),
    "no_final_newline.jsonl": (12, "one object per line", []),
    "truncated_last_line.jsonl": (12, "one object per line", [(13, "invalid_json")]),
    "exact_duplicates.jsonl": (23, "one object per line", []),
    "huge_line.jsonl": (2, "one object per line", []),
    "empty.jsonl": (0, "", []),
    "only_blank_lines.jsonl": (0, "", []),
    "gzipped.jsonl.gz": (12, "one object per line; gzip", []),
    "utf16le_bom.jsonl": (12, "one object per line; UTF-16", []),
    "json_array_in_jsonl.jsonl": (12, "JSON list", []),
    "pretty_concatenated_objects.jsonl": (12, "objects over several lines", []),
    "json_array_one_line.json": (12, "JSON list", []),
    "object_with_data_key.json": (12, "list within an object", []),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_whole_files(shared_data: Path, store: Store, name: str) -> None:
    records, container, bad = WHOLE_FILES[name]
    report = import_files(store, "wf-1", [shared_data / "messy/files" / name])
    assert report.added == records
    assert [(line.line, line.code) for line in report.bad] == bad
    assert all(found.evidence.endswith(f"; {container}") for found in report.formats)
    assert sum(found.records for found in report.formats) == records
    assert import_files(store, "wf-1", [shared_data / "messy/files" / name]).added == 0


def test_whole_files_hold_the_same_records(shared_data: Path, store: Store) -> None:
    """The same twelve records are in ten files of different kinds: after the first, nothing new is found."""
    assert import_files(store, "wf-1", [shared_data / "messy/files/bom_utf8.jsonl"]).added == 12
    same = [name for name, (records, _, _) in WHOLE_FILES.items() if records == 12]
    assert len(same) == 10
    report = import_files(store, "wf-1", [shared_data / "messy/files" / name for name in same])
    assert (report.added, report.already_there) == (0, 12 * len(same))


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
        if path.name.startswith("y_"):
            # It is JSON, and no record.
            assert codes <= {"not_an_object", "no_messages", "unsupported_format", "repeated_key"}, path.name
