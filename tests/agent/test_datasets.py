"""`import`, `export`, `workflows` and `analyze` on a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.agent.commands.options_and_prompts import open_services
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts.answer_spool import spool_path

from .conftest import Command, chat_line

WriteDataset = Callable[..., Path]


def test_import_counts_and_a_second_time_adds_nothing(command: Command, sample: str) -> None:
    assert "150 records" in command("workflows").out or "150" in command("workflows").out
    again = command("import", sample_path(), "-w", sample, "--json")
    assert again.code == 0
    assert again.document["import"]["added"] == 0
    assert again.document["import"]["already_there"] == 150


def test_bad_lines_are_named_and_the_rest_goes_in(command: Command, write_dataset: WriteDataset) -> None:
    file = write_dataset(chat_line("a", "One?"), "{broken", chat_line("b", "Two?"), "[1]")
    outcome = command("import", file, "-w", "wf-1")
    assert outcome.code == 0
    assert f"{file}:2: " in outcome.out and "[invalid_json]" in outcome.out
    assert f"{file}:4: " in outcome.out and "[not_an_object]" in outcome.out
    assert "2 records imported" in outcome.out

    document = command("import", file, "-w", "wf-1", "--json").document
    assert [(bad["line"], bad["code"]) for bad in document["import"]["bad"]] == [
        (2, "invalid_json"),
        (4, "not_an_object"),
    ]


def test_other_formats_are_read_and_the_evidence_is_shown(command: Command, tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    file = tmp_path / "glaive.json"
    file.write_text(json.dumps([{"conversations": turns, "topic": "a"}] * 2))
    outcome = command("import", file, "-w", "wf-1")
    assert outcome.code == 0
    assert "glaive.json: ShareGPT (`conversations` with from/value; JSON list): 2 records" in outcome.out
    (found,) = command("import", file, "-w", "wf-1", "--json").document["import"]["formats"]
    assert (found["format"], found["records"]) == ("sharegpt", 2)


def test_a_format_can_be_named(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text("text,label\nWhere is my card?,cards\n")
    assert command("import", file, "-w", "wf-1").code == 1
    outcome = command("import", file, "-w", "wf-1", "--format", "prompts", "--topic-field", "label", "--json")
    assert outcome.document["import"]["topics"] == {"cards": 1}
    unknown = command("import", file, "-w", "wf-1", "--format", "word")
    assert unknown.code == 2
    assert "sharegpt" in unknown.err


def test_nothing_usable_fails_and_leaves_no_workflow(command: Command, write_dataset: WriteDataset) -> None:
    outcome = command("import", write_dataset("{broken"), "-w", "wf-1", "--json")
    assert outcome.code == 1
    assert outcome.document["success"] is False
    assert command("workflows", "--json").document["workflows"] == []


def test_a_missing_file_fails(command: Command, tmp_path: Path) -> None:
    outcome = command("import", tmp_path / "nowhere.jsonl", "-w", "wf-1")
    assert outcome.code == 1
    assert "nowhere.jsonl" in outcome.err


def test_messy_file_of_others_gives_no_traceback(command: Command, shared_data: Path) -> None:
    outcome = command("import", shared_data / "messy" / "messy_mixed.jsonl", "-w", "wf-1", "--json")
    assert outcome.code == 0
    report = outcome.document["import"]
    assert report["added"] > 0
    assert all(bad["line"] and bad["reason"] for bad in report["bad"])


def test_another_topic_field(command: Command, write_dataset: WriteDataset) -> None:
    line = json.dumps({"label": "x", "messages": [{"role": "user", "content": "One?"}]})
    command("import", write_dataset(line), "-w", "wf-1", "--topic-field", "label")
    records = command("review", "-w", "wf-1", "--json").document["records"]
    assert [record["topic"] for record in records] == ["x"]


def test_topics_with_targets_count_even_when_empty(
    command: Command, write_dataset: WriteDataset, tmp_path: Path
) -> None:
    topics = tmp_path / "topics.yaml"
    topics.write_text("topics: [{name: a, weight: 1}, {name: b, weight: 1}]", encoding="utf-8")
    command("import", write_dataset(chat_line("a", "One?")), "-w", "wf-1", "--topics", topics)
    coverage = command("analyze", "-w", "wf-1", "--json").document["coverage"]
    assert coverage["topic_distribution"] == {"a": 1, "b": 0}
    assert coverage["under_represented"] == ["b"]


def test_analyze_without_topics_says_how_to_get_some(command: Command, write_dataset: WriteDataset) -> None:
    command("import", write_dataset(chat_line(None, "One?")), "-w", "wf-1")
    shown = command("analyze", "-w", "wf-1")
    assert "topics discover" in shown.err and "Share" not in shown.out, "there is no empty table"


def test_analyze_gives_the_worked_example(command: Command, sample: str) -> None:
    document = command("analyze", "-w", sample, "--json").document
    assert document["success"] is True
    coverage = document["coverage"]
    assert coverage["balance_score"] == 0.45
    assert coverage["total_records"] == 150
    assert coverage["topic_distribution"] == {
        "billing_questions": 45,
        "technical_issues": 15,
        "account_management": 90,
    }
    assert coverage["under_represented"] == ["technical_issues"]

    shown = command("analyze", "-w", sample).out
    assert "0.45 (poor)" in shown
    assert "under-represented" in shown
    assert "10%" in shown and "30%" in shown and "60%" in shown


def test_analyze_of_an_unknown_workflow(command: Command, sample: str) -> None:
    outcome = command("analyze", "-w", "wf-2", "--json")
    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "workflow_not_found"
    assert sample in outcome.document["error"]["hint"]


def test_export_gives_back_what_came_in(command: Command, sample: str, tmp_path: Path) -> None:
    target = tmp_path / "out" / "balanced.jsonl"
    outcome = command("export", "-w", sample, "-o", target)
    assert outcome.code == 0
    assert target.read_text(encoding="utf-8") == sample_path().read_text(encoding="utf-8")

    refused = command("export", "-w", sample, "-o", target)
    assert refused.code == 1 and "there already" in refused.err
    assert (
        command("export", "-w", sample, "-o", target, "--overwrite", "--json").document["export"]["written"]
        == 150
    )


def test_records_without_an_answer_are_left_out_with_a_warning(
    command: Command, write_dataset: WriteDataset, tmp_path: Path
) -> None:
    file = write_dataset(chat_line("a", "One?"), chat_line("a", "Two?", assistant=None))
    command("import", file, "-w", "wf-1")
    outcome = command("export", "-w", "wf-1", "-o", tmp_path / "some.jsonl")
    assert "1 records written" in outcome.out
    assert "Left out: 1 record without an assistant turn" in outcome.err
    command("export", "-w", "wf-1", "-o", tmp_path / "all.jsonl", "--all")
    assert (tmp_path / "all.jsonl").read_text(encoding="utf-8") == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["--format", "csv"]])
def test_an_unknown_format_is_wrong_usage(
    command: Command, sample: str, tmp_path: Path, arguments: list[str]
) -> None:
    assert command("export", "-w", sample, "-o", tmp_path / "x", *arguments).code == 2
    assert command("import", sample_path(), "-w", sample, *arguments).code == 2


def test_deleting_a_workflow_needs_a_yes(command: Command, sample: str) -> None:
    refused = command("workflows", "delete", sample)
    assert refused.code == 4
    assert command("workflows", "delete", sample, "--json").document["success"] is False
    assert command("analyze", "-w", sample).code == 0
    assert command("workflows", "delete", sample, "--yes", "--json").document == {
        "success": True,
        "deleted": sample,
    }
    assert command("workflows").out.startswith("No workflows yet")
    assert command("workflows", "delete", sample, "--yes").code == 1


def test_what_cannot_be_compared_is_said(command: Command, sample: str, small: str) -> None:
    for other, why in (("wf-9", "no workflow 'wf-9'"), (sample, "with itself"), (small, "--fork-at")):
        outcome = command("workflows", "compare", sample, other)
        assert outcome.code == 1 and why in outcome.err


def test_nothing_of_a_killed_job_outlives_its_workflow(command: Command, sample: str) -> None:
    services = open_services()
    plan = propose_plan(
        services.store, sample, [PlanItem(topic="technical_issues", count=1, strategy="few_shot")]
    )
    approval = approve_plan(services.store, plan.id, approver="tester", channel="test")
    job = take_item(services.store, approval.id, 0, days=7, model="m", coverage_before={})
    left = spool_path(services.settings.home, job.id, 3)
    left.parent.mkdir()
    left.write_text("an answer")
    assert command("workflows", "delete", sample, "--yes").code == 0
    assert not left.exists()


def test_a_file_of_which_most_is_lost_fails_and_says_what_is_in(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    lines = [chat_line("a", f"Question {number}?") for number in range(5)]
    file.write_text("[" + lines[0] + "\nx\n" + ",\n".join(lines[1:]) + "]")  # a comma is missing
    outcome = command("import", file, "-w", "wf-1")
    assert outcome.code == 1
    assert "1 record imported" in outcome.out and "a comma is missing" in outcome.out
    assert "could not be read; what could is in wf-1" in " ".join(outcome.err.split())
    document = command("import", file, "-w", "wf-1", "--json").document
    assert (document["success"], document["import"]["mostly_unread"]) == (False, [str(file)])


def test_lines_with_one_reason_do_not_push_another_off_the_screen(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    lines = (
        ['{"text": "only a text"}'] * 40 + ["no JSON"] + [chat_line("a", f"Question {n}?") for n in range(50)]
    )
    file.write_text("\n".join(lines))
    outcome = command("import", file, "-w", "wf-1")
    named = [line for line in outcome.out.splitlines() if line.startswith(f"{file}:")]
    assert [line.split(": ")[0].rpartition(":")[2] for line in named] == ["1", "2", "3", "4", "5", "41"]
    assert (
        "… and 35 more; --json lists them all." in outcome.out
        and "41 bad lines were left out." in outcome.out
    )
    assert len(command("import", file, "-w", "wf-1", "--json").document["import"]["bad"]) == 41


def test_fields_that_stay_beside_the_conversation_are_said(
    command: Command, write_dataset: WriteDataset
) -> None:
    row = json.loads(chat_line("a", "How high is it?")) | {"context": "The tower has 31 m."}
    outcome = command("import", write_dataset(json.dumps(row)), "-w", "wf-1")
    assert outcome.code == 0
    assert "`context` stays beside the conversation in 1 record" in outcome.out
