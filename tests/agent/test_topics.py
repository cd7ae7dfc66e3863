"""`topics`: assigning, reviewing, discovering, merging, splitting, listing and undoing from the command line."""

from __future__ import annotations

import io
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Command, chat_line

pytestmark = pytest.mark.slow

WORDS = {
    "cooking": ["oven", "bake", "flour", "sugar", "recipe", "pan", "boil", "salt", "soup", "stir"],
    "sailing": ["boat", "wind", "anchor", "harbour", "sail", "tide", "mast", "rope", "deck", "crew"],
}


@pytest.fixture(autouse=True)
def _fast_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wordllama")
    monkeypatch.setenv("FINETUNE_COVERAGE_EMBEDDING_MODEL", "wordllama")


@pytest.fixture
def unlabelled(command: Command, tmp_path: Path) -> str:
    """A workflow with 24 records of two kinds, of which two each carry their topic."""
    rng = random.Random(0)
    lines = [
        chat_line(topic if number < 2 else None, " ".join(rng.choices(words, k=8)))
        for topic, words in WORDS.items()
        for number in range(12)
    ]
    file = tmp_path / "data.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert command("import", file, "-w", "wf-1").code == 0
    return "wf-1"


def counts(command: Command) -> dict[str, int]:
    coverage = command("analyze", "-w", "wf-1", "--json").document["coverage"]
    return {**coverage["topic_distribution"], "": coverage["uncategorized"]}


def test_assigns_lists_and_undoes(command: Command, unlabelled: str) -> None:
    done = command("topics", "assign", "-w", unlabelled, "--confidence", "0", "--json").document["assignment"]
    assert (done["run"], done["judged"], done["labelled"], done["uncategorized"]) == (1, 20, 4, 0)
    assert counts(command) == {"cooking": 12, "sailing": 12, "": 0}
    listed = command("topics", "list", "-w", unlabelled, "--json").document["topics"]
    assert listed == [{"parent": None, "records": 24, "topics": {"cooking": 12, "sailing": 12}}]
    undone = command("topics", "undo", "-w", unlabelled, "--json").document["undone"]
    assert (undone["run"], undone["records"]) == (1, 20)
    assert counts(command) == {"cooking": 2, "sailing": 2, "": 20}
    again = command("topics", "undo", "-w", unlabelled, "--json")
    assert again.code == 1
    assert again.document["error"]["code"] == "invalid_input"


def test_one_of_several_new_names_is_taken_back(command: Command, unlabelled: str) -> None:
    command("topics", "assign", "-w", unlabelled, "--confidence", "0")
    command("topics", "merge", "-w", unlabelled, "cooking", "sailing", "--into", "休闲")
    undone = command("topics", "undo", "-w", unlabelled, "cooking")
    assert "Of run 2, cooking is undone: 12 records got back what they had before." in undone.out
    assert counts(command) == {"cooking": 12, "休闲": 12, "": 0}
    wrong = command("topics", "undo", "-w", unlabelled, "cooking", "--json")
    assert wrong.document["error"]["code"] == "invalid_input" and "sailing → 休闲" in wrong.out + wrong.err
    undone = command("topics", "undo", "-w", unlabelled, "休闲", "--json").document["undone"]
    assert undone == {"workflow_id": unlabelled, "run": 2, "records": 12, "moved_since": 0}
    assert counts(command) == {"cooking": 12, "sailing": 12, "": 0}


def test_says_what_was_done_and_what_is_left(command: Command, unlabelled: str) -> None:
    said = command("topics", "assign", "-w", unlabelled, "--confidence", "1")
    assert said.code == 0
    assert "0 of 20 records got a topic" in said.out
    assert "20 are too uncertain" in said.out
    assert "topics review -w wf-1" in said.err


def test_reads_topics_with_parents_from_a_file(command: Command, unlabelled: str, tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    infos = [{"name": topic, "parent": "leisure", "examples": [words[0]]} for topic, words in WORDS.items()]
    file.write_text(json.dumps({"topics": infos}), encoding="utf-8")
    assert command("topics", "assign", "-w", unlabelled, "--topics", file, "--confidence", "0").code == 0
    listed = command("topics", "list", "-w", unlabelled).out
    assert "leisure" in listed and "24" in listed
    missing = command("topics", "assign", "-w", "nobody", "--topics", file, "--json")
    assert missing.document["error"]["code"] == "workflow_not_found"


def test_review_lists_doubts_and_learns_from_answers(command: Command, unlabelled: str) -> None:
    command("topics", "assign", "-w", unlabelled, "--confidence", "1")
    doubtful = command("topics", "review", "-w", unlabelled, "--limit", "3", "--json").document["doubtful"]
    assert len(doubtful) == 3
    assert {"id", "likeliest", "confidence", "record"} == set(doubtful[0])
    first = doubtful[0]["id"]
    answer = command("topics", "review", "-w", unlabelled, "--set", f"{first}=Sailing", "--json")
    review: dict[str, Any] = answer.document["review"]
    assert review["corrected"] == 1
    assert review["assignment"]["labelled"] == 5
    assert (
        "Perhaps"
        in command("topics", "assign", "-w", unlabelled, "--confidence", "1").out
        + command("topics", "review", "-w", unlabelled).out
    )
    wrong = command("topics", "review", "-w", unlabelled, "--set", f"{first}=chess", "--json")
    assert wrong.document["error"]["code"] == "topic_not_found"
    assert command("topics", "review", "-w", unlabelled, "--set", "nothing").code == 2


def test_discovers_merges_and_splits(command: Command, unlabelled: str) -> None:
    shown = command("topics", "discover", "-w", unlabelled, "--count", "2")
    assert shown.code == 0 and "Nothing was changed" in shown.err
    assert counts(command)[""] == 20
    found = command("topics", "discover", "-w", unlabelled, "--count", "2", "--yes", "--json").document
    names = [group["topic"]["name"] for group in found["discovery"]["topics"]]
    assert counts(command)[""] == 0
    merged = command("topics", "merge", *names, "--into", "leisure", "--json").code
    assert merged == 2  # no workflow was named
    assert command("topics", "merge", "-w", unlabelled, *names, "--into", "leisure").code == 0
    assert counts(command) == {"cooking": 2, "sailing": 2, "leisure": 20, "": 0}
    split = command("topics", "split", "-w", unlabelled, "leisure", "--count", "2", "--json").document[
        "split"
    ]
    assert {group["topic"]["parent"] for group in split} == {"leisure"}
    for _ in range(3):
        assert command("topics", "undo", "-w", unlabelled).code == 0
    assert counts(command) == {"cooking": 2, "sailing": 2, "": 20}


def test_a_topic_is_described(command: Command, unlabelled: str) -> None:
    done = command("topics", "describe", "cooking", "Food and how it is made.", "-w", unlabelled, "--json")
    assert done.document["before"] == ""
    again = command("topics", "describe", "cooking", "Recipes.", "-w", unlabelled)
    assert "Before: Food and how it is made." in again.out
    assert command("topics", "describe", "coking", "Recipes.", "-w", unlabelled).code == 1
    assert counts(command) == {"cooking": 2, "sailing": 2, "": 20}


def test_a_merge_says_when_it_made_a_new_topic(command: Command, unlabelled: str) -> None:
    renamed = command("topics", "merge", "cooking", "--into", "sailling", "-w", unlabelled)
    assert "sailling is a new topic. If you meant sailing: finetune-coverage topics undo" in renamed.err
    assert command("topics", "undo", "-w", unlabelled).code == 0
    known = command("topics", "merge", "cooking", "--into", "SAILING", "-w", unlabelled)
    assert "new topic" not in known.err and counts(command) == {"sailing": 4, "": 20}
    assert command("topics", "undo", "-w", unlabelled).code == 0
    for into in ("", "cooking"):
        assert command("topics", "merge", "cooking", "--into", into, "-w", unlabelled).code == 1
    assert "nothing to take back" in command("topics", "undo", "-w", unlabelled).err


def test_a_split_says_where_the_records_are(command: Command, unlabelled: str) -> None:
    too_few = command("topics", "split", "cooking", "-w", unlabelled)
    assert too_few.code == 1 and "'cooking' has 2 records of its own" in too_few.err


def test_a_description_can_be_taken_away(command: Command, unlabelled: str) -> None:
    command("topics", "describe", "cooking", "Food.", "-w", unlabelled)
    assert "has no description now" in command("topics", "describe", "cooking", "", "-w", unlabelled).out


def test_what_was_settled_before_an_interruption_is_kept(
    command: Command, unlabelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("topics", "assign", "-w", unlabelled, "--confidence", "1")
    before = counts(command)

    class AtTheTerminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as terminal:
        terminal.setattr("sys.stdin", AtTheTerminal("cooking\n"))  # and then Ctrl-D
        terminal.setattr(sys.stdout, "isatty", lambda: True)
        ended = command("topics", "review", "-w", unlabelled, "--limit", "3")
    assert ended.code == 130 and "1 answer kept" in ended.err
    assert counts(command) == {**before, "cooking": before["cooking"] + 1, "": before[""] - 1}
