"""Datasets as people have them: the cases of a collection, with the outcome that it calls right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Command

Json = dict[str, Any]


@pytest.fixture
def case(shared_data: Path, request: pytest.FixtureRequest) -> Json:
    """A case of the collection by its id."""
    folder = shared_data / "public_cases"
    if not folder.is_dir():
        pytest.skip(f"needs the cases in {folder}, which are not part of the project")
    cases = map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    found: Json = next(one for one in cases if one["id"] == request.param)
    return found | {"paths": [folder / name for name in found["files"]]}


def exported(command: Command, tmp_path: Path) -> str:
    assert command("export", "-o", tmp_path / "out.jsonl", "-w", "wf-1", "--all").code == 0
    return (tmp_path / "out.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", ["31", "37", "39", "58", "85", "88"], indirect=True)
def test_what_the_case_asks_for_is_in_the_export(command: Command, tmp_path: Path, case: Json) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1", *case["args"], "--json")
    report = outcome.document["import"]
    if case["records"] is not None:
        assert (outcome.code, report["added"], report["bad"]) == (0, case["records"], [])
    messages = json.dumps(
        [json.loads(line)["messages"] for line in exported(command, tmp_path).splitlines()],
        ensure_ascii=False,
    )
    assert all(text in messages for text in case["must"]), messages
    assert not any(text in messages for text in case["mustnot"])
    assert report["left_beside"] == {}


@pytest.mark.parametrize(("case", "bad"), [("42", 1), ("43", 3)], indirect=["case"])
def test_answers_that_are_marked_bad_are_no_training_data(
    command: Command, tmp_path: Path, case: Json, bad: int
) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1")
    assert outcome.code == 0
    assert f"{bad} records are marked as bad answers and were not imported" in " ".join(outcome.out.split())
    text = exported(command, tmp_path)
    assert len(text.splitlines()) == 1 and "Yes, until six." in text
    assert not any(unwanted in text for unwanted in ("Find out yourself", "Who cares", "No clue", "Go away"))
    assert '"total_records": 1' in command("analyze", "-w", "wf-1", "--json").out


@pytest.mark.parametrize("case", ["58"], indirect=True)
def test_what_is_certain_is_mended_and_said(command: Command, case: Json) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1")
    assert outcome.code == 0
    assert "4 records imported" in outcome.out
    assert "Mended in 2 places: a comma after a record, left out." in outcome.out
    assert "Mended in 1 place: a comma too many, left out." in outcome.out
    assert "Mended in 1 place: a comment, left out." in outcome.out


@pytest.mark.parametrize("case", ["88"], indirect=True)
def test_context_is_part_of_the_question(command: Command, tmp_path: Path, case: Json) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1", "--json")
    asked = [json.loads(line)["messages"][0]["content"] for line in exported(command, tmp_path).splitlines()]
    assert asked == ["How high?\nThe tower has 31 m.", "P?\nI"]
    assert [bad["line"] for bad in outcome.document["import"]["bad"]] == [2]  # its answer is an object


@pytest.mark.parametrize("case", ["31"], indirect=True)
def test_history_stands_before_the_question(command: Command, tmp_path: Path, case: Json) -> None:
    assert command("import", *case["paths"], "-w", "wf-1").code == 0
    first = json.loads(exported(command, tmp_path).splitlines()[0])["messages"]
    assert [message["role"] for message in first] == ["system", "user", "assistant", "user", "assistant"]
    assert [message["content"] for message in first[:3]] == [
        "Garden help.",
        "How do I plant onions?",
        "Just under the soil.",
    ]
