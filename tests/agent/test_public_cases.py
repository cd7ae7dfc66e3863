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


AS_ASKED = (
    *(
        "01",
        "03",
        "04",
        "05",
        "07",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "18",
        "20",
        "21",
        "22",
        "25",
        "26",
        "27",
    ),
    *(
        "29",
        "30",
        "31",
        "33",
        "34",
        "36",
        "37",
        "38",
        "39",
        "40",
        "45",
        "46",
        "47",
        "58",
        "65",
        "69",
        "70",
        "71",
        "73",
    ),
    *("79", "85", "87", "88"),
)
"""Cases of which all records are wanted, with what has to be in their export."""


@pytest.mark.parametrize("case", AS_ASKED, indirect=True)
def test_what_the_case_asks_for_is_in_the_export(command: Command, tmp_path: Path, case: Json) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1", *case["args"], "--json")
    report = outcome.document["import"]
    if case["records"] is not None:
        assert (outcome.code, report["added"], report["bad"]) == (0, case["records"], [])
    lines = [json.loads(line) for line in exported(command, tmp_path).splitlines()]
    # What belongs to the conversation is to be in it, and not only somewhere beside it.
    said = json.dumps([line["messages"] for line in lines], ensure_ascii=False)
    whole = json.dumps(lines, ensure_ascii=False)
    assert all(text in (whole if text in _SETTINGS else said) for text in case["must"]), said
    assert not any(text in said for text in case["mustnot"])
    assert report["left_beside"] == {}


_SETTINGS = ("strict", "parallel_tool_calls")
"""What the cases ask for that stands beside the messages in OpenAI chat."""


@pytest.mark.parametrize(
    ("case", "good", "said"),
    [
        ("09", 2, ["Without an assistant turn: 2."]),
        ("41", 2, ["41-bad-role.json:1: message 1 has the unknown speaker 'hummany'"]),
        ("51", 0, ["a table without a column that is known"]),
        ("56", 3, ["Mended or left out in 2 places: Python's notation, read as JSON."]),
        ("60", 0, ["NaN is not a JSON number", "Infinity is not a JSON number"]),
        ("61", 0, ["the key 'content' stands more than once", "the key 'messages' stands more than once"]),
        ("62", 1, ["is half of a character"]),
        ("63", 2, ["2 records imported"]),
        ("64", 2, ["2 records imported"]),
        (
            "68",
            2,
            [
                "Mended or left out in 2 places: a string that holds JSON (encoded twice), read as what it holds."
            ],
        ),
        (
            "74",
            21,
            [
                "differ only in how they are written: 'billing', 'Billing'",
                "topics merge Billing -w wf-1 --into billing",
                "topics merge 'caf",
            ],
        ),
        (
            "76",
            4,
            [
                ":5: no `messages` (keys: 'hello')",
                "OpenAI chat",
                "ShareGPT",
                "Alpaca",
                "prompt and completion",
            ],
        ),
        ("78", 1, ["message 3 (ipython) is a tool's answer", "message 2 (observation) is a tool's answer"]),
        ("81", 7, ["7 records imported"]),
        ("92", 4, ["has the weight '0.5', not 0 or 1", "has the weight '1', not 0 or 1"]),
    ],
    indirect=["case"],
)
def test_what_is_not_a_record_is_named_and_what_is_mended_is_said(
    command: Command, case: Json, good: int, said: list[str]
) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1")
    assert "Traceback" not in outcome.err
    text = " ".join(outcome.out.split())
    assert all(words in text for words in said), text
    report = command("import", *case["paths"], "-w", "wf-2", "--json").document["import"]
    assert report["added"] == good
    assert outcome.code == (1 if len(report["bad"]) > good else 0)


@pytest.mark.parametrize(("case", "bad"), [("42", 1), ("43", 3)], indirect=["case"])
def test_answers_that_are_marked_bad_are_no_training_data(
    command: Command, tmp_path: Path, case: Json, bad: int
) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1")
    assert outcome.code == 0
    assert f"Marked as bad answers, from which nothing is to be learnt, and not imported: {bad}." in " ".join(
        outcome.out.split()
    )
    text = exported(command, tmp_path)
    assert len(text.splitlines()) == 1 and "Yes, until six." in text
    assert not any(unwanted in text for unwanted in ("Find out yourself", "Who cares", "No clue", "Go away"))
    assert '"total_records": 1' in command("analyze", "-w", "wf-1", "--json").out


@pytest.mark.parametrize("case", ["58"], indirect=True)
def test_what_is_certain_is_mended_and_said(command: Command, case: Json) -> None:
    outcome = command("import", *case["paths"], "-w", "wf-1")
    assert outcome.code == 0
    assert "4 records imported" in outcome.out
    assert "Mended or left out in 2 places: a comma after a record, left out." in outcome.out
    assert "Mended or left out in 1 place: a comma too many, left out." in outcome.out
    assert "Mended or left out in 1 place: a comment, left out." in outcome.out


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


@pytest.mark.parametrize("case", ["83"], indirect=True)
def test_a_strategy_that_can_run_is_recommended(command: Command, case: Json) -> None:
    imported = command("import", *case["paths"], "-w", "wf-1", *case["args"], "--json").document["import"]
    assert (imported["added"], imported["bad"]) == (case["records"], [])
    plans = command("recommend", "-w", "wf-1", "--json").document["recommendation"]["plans"]
    assert plans and all(plan["cost"] is not None for plan in plans), (
        "a strategy that cannot be used has no cost"
    )
