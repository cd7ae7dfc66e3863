"""Tables, packings, parts and topics as people have them: the cases of a collection, with the outcome that is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Command

Json = dict[str, Any]
Messages = list[tuple[str, str]]


@pytest.fixture
def file_of(shared_data: Path) -> Callable[[str], Path]:
    """The file of a case of the collection."""
    folder = shared_data / "public_cases"
    if not folder.is_dir():
        pytest.skip(f"needs the cases in {folder}, which are not part of the project")
    return lambda case: next(folder.glob(f"{case}-*"))


def exported(command: Command) -> list[Json]:
    outcome = command("export", "-w", "wf-1", "--all", "-o", "-")
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def said(record: Json) -> Messages:
    return [(message["role"], message["content"]) for message in record["messages"]]


READ: dict[str, tuple[list[Messages], list[str | None]]] = {
    # One row per turn: two conversations, not six records.
    "48": (
        [
            [
                ("user", "My bill is wrong"),
                ("assistant", "Which line of it?"),
                ("user", "The third"),
                ("assistant", "That is corrected now"),
            ],
            [("user", "App hangs"), ("assistant", "Please restart it")],
        ],
        ["billing", "tech"],
    ),
    # Excel's UTF-8 with a byte order mark, capital letters, a line break in a cell.
    "50": (
        [
            [("user", 'Do you ship to "Jersey"?'), ("assistant", "Yes,\nwithin a week.")],
            [("user", "Is VAT included?"), ("assistant", "It is.")],
        ],
        ["Shipping", "Prices"],
    ),
    "53": ([[("user", "Any seats left?"), ("assistant", "Six.")]], ["seats"]),
    "54": ([[("user", "Any seats left?"), ("assistant", "Six.")]], ["seats"]),
    "55": ([[("user", "Any seats left?"), ("assistant", "Seven.")]], ["seats"]),
    # Messages in a cell: as JSON, as NumPy writes an array, as Python writes a list.
    "56": (
        [
            [("user", "Is it raining?"), ("assistant", "Not yet.")],
            [("user", 'Is it "cold"?'), ("assistant", "Bring a coat.")],
            [("user", "Is it windy?"), ("assistant", "It isn't.")],
        ],
        ["weather"] * 3,
    ),
    "90": ([[("user", "A?"), ("assistant", "a")], [("user", "B?"), ("assistant", "b")]], ["t", "t"]),
}


@pytest.mark.parametrize("case", READ)
def test_what_is_read(command: Command, file_of: Callable[[str], Path], case: str) -> None:
    outcome = command("import", file_of(case), "-w", "wf-1", "--json")
    assert outcome.code == 0, outcome.err
    report = outcome.document["import"]
    records = exported(command)
    assert ([said(record) for record in records], [record.get("topic") for record in records]) == READ[case]
    assert (report["bad"], report["without_topic"]) == ([], 0)


def test_48_says_that_a_row_is_a_turn(command: Command, file_of: Callable[[str], Path]) -> None:
    assert "one row per turn): 2 records" in command("import", file_of("48"), "-w", "wf-1").out


@pytest.mark.parametrize("named", ["topic", "TOPIC", "Topic"])
@pytest.mark.parametrize("case", ["50", "90"])
def test_the_column_of_the_topic_is_named_in_any_case(
    command: Command, file_of: Callable[[str], Path], case: str, named: str
) -> None:
    outcome = command("import", file_of(case), "-w", "wf-1", "--topic-field", named, "--json")
    assert (outcome.code, outcome.document["import"]["without_topic"]) == (0, 0)


def test_51_a_table_without_header_is_refused_with_the_way_out(
    command: Command, file_of: Callable[[str], Path]
) -> None:
    outcome = command("import", file_of("51"), "-w", "wf-1")
    assert outcome.code == 1
    shown = " ".join(outcome.out.split())
    assert "0 records imported" in shown
    assert "its first line is 'Where is gate 4?', 'Next to the cafe.', 'wayfinding'" in shown
    assert "write a line with names above it" in shown and "--suggest" in shown
    proposed = command("import", file_of("51"), "--suggest")
    assert proposed.code == 1 and "seems to be a record, not names of columns" in proposed.err


def test_66_the_parts_of_a_dataset_stay_known(command: Command, file_of: Callable[[str], Path]) -> None:
    outcome = command("import", file_of("66"), "-w", "wf-1")
    assert "parts kept in the field split: train 2, validation 1" in outcome.out
    assert [record["split"] for record in exported(command)] == ["train", "train", "validation"]


def test_74_every_label_is_kept_or_is_none(command: Command, file_of: Callable[[str], Path]) -> None:
    topics = command("import", file_of("74"), "-w", "wf-1", "--json").document["import"]["topics"]
    assert {"a/b", "Größe & Maß", "🛠️ repair", "7", "7.0", "true", "false", "x", "nested"} <= set(topics)
    assert not {"", "None", "null", "[]"} & set(topics)


def test_75_fields_that_could_be_the_topic_are_named(
    command: Command, file_of: Callable[[str], Path]
) -> None:
    file = file_of("75")
    outcome = command("import", file, "-w", "wf-1")
    assert outcome.code == 0
    assert "Topics could be in category (money, tech); tags (billing, tech)" in outcome.out
    assert f"finetune-coverage import {file} --topic-field category -w" in outcome.out
    reason = command("recommend", "-w", "wf-1").out
    assert "category (money, tech) could be it: import with --topic-field category" in " ".join(
        reason.split()
    )

    again = command("import", file, "-w", "wf-2", "--topic-field", "category", "--json").document["import"]
    assert (again["topics"], again["topic_candidates"]) == ({"money": 1, "tech": 1}, [])
    absent = command("import", file, "-w", "wf-3", "--topic-field", "intent")
    assert absent.code == 1
    assert "No record has the field 'intent'" in absent.err and "there are: tags, category" in absent.err
    assert "wf-3" not in command("workflows").out
