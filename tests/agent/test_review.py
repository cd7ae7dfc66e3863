"""`review`: reading, rejecting, relabelling and editing records."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from .conftest import Command


def records(command: Command, *arguments: str) -> list[dict[str, object]]:
    return command("review", "-w", "wf-1", "--json", *arguments).document["records"]  # type: ignore[no-any-return]


def test_a_topic_that_was_not_there_is_said(command: Command, sample: str) -> None:
    first = records(command, "--topic", "billing_questions")[0]
    made = command("review", "-w", sample, "--set-topic", f"{first['id']}=billing_question")
    assert "No topic is called 'billing_question' yet. Like it: 'billing_questions'." in made.err
    assert (
        "No topic"
        not in command("review", "-w", sample, "--set-topic", f"{first['id']}=technical_issues").err
    )


def test_reads_records_of_a_topic(command: Command, sample: str) -> None:
    found = records(command, "--topic", "technical_issues")
    assert len(found) == 15
    assert {record["topic"] for record in found} == {"technical_issues"}
    assert records(command, "--synthetic") == []
    shown = command("review", "-w", sample, "--limit", "1").out
    assert str(records(command)[0]["id"]) in shown
    assert "user: " in shown and "assistant: " in shown


def test_a_rejected_record_neither_counts_nor_is_exported(
    command: Command, sample: str, tmp_path: Path
) -> None:
    first = str(records(command)[0]["id"])
    done = command("review", "-w", sample, "--reject", first, "--json")
    assert done.document["review"]["rejected"] == 1
    assert command("analyze", "-w", sample, "--json").document["coverage"]["total_records"] == 149
    assert (
        command("export", "-w", sample, "-o", tmp_path / "x", "--json").document["export"]["written"] == 149
    )
    command("review", "-w", sample, "--accept", first)
    assert command("analyze", "-w", sample, "--json").document["coverage"]["total_records"] == 150


def test_a_topic_is_corrected(command: Command, sample: str, tmp_path: Path) -> None:
    first = records(command, "--topic", "billing_questions")[0]
    command("review", "-w", sample, "--set-topic", f"{first['id']}=technical_issues")
    assert len(records(command, "--topic", "technical_issues")) == 16
    command("export", "-w", sample, "-o", tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(json.loads(line)["topic"] == "technical_issues" for line in lines) == 16


def test_an_edited_record_takes_the_place_of_the_old_one(
    command: Command, sample: str, tmp_path: Path
) -> None:
    first = records(command)[0]
    edited = {**first["record"], "messages": [*first["record"]["messages"]]}  # type: ignore[dict-item, index]
    edited["messages"][0] = {"role": "user", "content": "My edited question?"}
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(edited, indent=2), encoding="utf-8")

    done = command("review", "-w", sample, "--replace", f"{first['id']}={file}", "--json").document["review"]
    new_id = done["replaced"][first["id"]]
    now = {record["id"]: record for record in records(command)}
    assert first["id"] not in now and len(now) == 150
    assert now[new_id]["record"] == edited
    assert now[new_id]["topic"] == first["topic"]
    assert now[new_id]["provenance"] == {"edited_from": first["id"]}

    # The source itself was not altered: it can be taken back.
    command("review", "-w", sample, "--accept", str(first["id"]), "--reject", new_id)
    assert {record["id"]: record for record in records(command)}[first["id"]]["record"] == first["record"]


def test_an_edit_that_changes_nothing_changes_nothing(command: Command, sample: str, tmp_path: Path) -> None:
    first = records(command)[0]
    file = tmp_path / "same.json"
    file.write_text(json.dumps(first["record"]), encoding="utf-8")
    done = command("review", "-w", sample, "--replace", f"{first['id']}={file}", "--json").document["review"]
    assert done["replaced"] == {first["id"]: first["id"]}
    assert len(records(command)) == 150


@pytest.mark.parametrize("text", ["{broken", "[]", '{"messages": []}', '{"messages": [{"role": "boss"}]}'])
def test_an_edit_that_is_no_record_is_refused(
    command: Command, sample: str, tmp_path: Path, text: str
) -> None:
    first = records(command)[0]["id"]
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    outcome = command("review", "-w", sample, "--replace", f"{first}={file}")
    assert outcome.code == 1
    assert "Error: " in outcome.err and "Traceback" not in outcome.err
    assert records(command)[0]["id"] == first


def test_unknown_ids_and_wrong_forms(command: Command, sample: str) -> None:
    assert command("review", "-w", sample, "--reject", "no-such-id").code == 1
    assert command("review", "-w", sample, "--set-topic", "no-equals-sign").code == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal; needs no Windows")
def test_walking_through_records_at_a_terminal(command: Command, sample: str, tmp_path: Path) -> None:
    import pexpect

    before = records(command)
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import sys, pathlib; p = pathlib.Path(sys.argv[1]); "
        'p.write_text(p.read_text("utf-8").replace(\'"content": "\', \'"content": "Edited: \'), "utf-8")',
        encoding="utf-8",
    )
    child = pexpect.spawn(
        sys.executable,
        ["-m", "finetune_coverage.agent.cli", "review", "-w", sample, "--limit", "4"],
        env={**os.environ, "EDITOR": f"{sys.executable} {editor}"},
        encoding="utf-8",
        timeout=60,
        use_poll=True,  # select() knows 1,024 descriptors
        dimensions=(50, 150),
    )
    for prompt, answer in [
        ("1/4", "w"),
        ("imported, not generated(?s:.*)1/4", "r"),
        ("Why", "it is about something else"),
        ("2/4", "t"),
        ("Topic", "technical_isues"),
        ("No topic is called 'technical_isues' yet. Like it: 'technical_issues'. Make it one?", "no"),
        ("2/4", "t"),
        ("Topic", "technical_issues"),
        ("3/4", "e"),
        ("4/4", "q"),
    ]:
        child.expect(prompt)
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    after = {record["id"]: record for record in records(command)}
    assert before[0]["id"] not in after
    assert after[before[1]["id"]]["topic"] == "technical_issues"
    assert before[2]["id"] not in after
    edited = [record for record in after.values() if record["provenance"]]
    assert [record["provenance"] for record in edited] == [{"edited_from": before[2]["id"]}]
    assert before[3]["id"] in after
