"""`validate` on the command line and as a tool."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.validate_dataset import validate_dataset, validate_dataset_tool

from .conftest import Command, chat_line

WriteDataset = Callable[..., Path]


@pytest.fixture
def faulty(command: Command, write_dataset: WriteDataset) -> str:
    """A workflow with an empty question, a question without an answer and two equal records."""
    rows = [
        chat_line("a", "How do I change the address on my invoice?"),
        chat_line("a", "How do I change the address on my invoice?"),
        chat_line("b", ""),
        chat_line("b", "Anybody?\x1b[31m", assistant=None),
    ]
    assert command("import", write_dataset(*rows), "-w", "wf-1").code == 0
    return "wf-1"


def test_a_clean_dataset(command: Command, sample: str) -> None:
    outcome = command("validate", "-w", sample)
    assert outcome.code == 0
    assert "150 records, 150 of them without a finding." in outcome.out
    assert "estimated" in outcome.err or "tiktoken" in outcome.err


def test_what_a_person_sees(command: Command, faulty: str) -> None:
    outcome = command("validate", "-w", faulty)
    assert outcome.code == 0
    assert "4 records, 1 of them without a finding." in outcome.out
    assert "OpenAI refuses or skips 2 records." in outcome.out
    assert "data.jsonl:2" in outcome.out and "data.jsonl:4" in outcome.out
    assert "exact_duplicate" in outcome.out and "drop it; the first one stays" in outcome.out
    assert "Dropping them costs: b 50% (1)" in outcome.out


def test_what_a_program_gets(command: Command, faulty: str, tmp_path: Path) -> None:
    outcome = command("validate", "-w", faulty, "--json", "--max-tokens", "10", "-o", tmp_path / "f.jsonl")
    report = outcome.document["validation"]
    assert outcome.document["success"] and report["workflow_id"] == faulty and report["max_tokens"] == 10
    by_rule = {rule["rule"]: rule for rule in report["rules"]}
    assert by_rule["too_long"]["wasted_tokens"] > 0
    assert by_rule["no_assistant_turn"]["if_dropped"] == {"b": {"records": 1, "share": 0.5}}
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == sum(rule["records"] for rule in report["rules"])
    assert {(line["rule"], line["record_id"]) for line in lines} >= {
        (rule["rule"], place["record_id"]) for rule in report["rules"] for place in rule["places"]
    }


def test_by_the_rules_of_who_takes_the_file(command: Command, faulty: str, tmp_path: Path) -> None:
    shown = command("validate", "-w", faulty, "--for", "bedrock", "-o", tmp_path / "f.jsonl")
    assert shown.code == 0
    assert "Amazon Bedrock refuses or skips 2 records." in shown.out
    assert "For Amazon Bedrock: 3 records" in shown.out and "export --format bedrock" in shown.out
    assert "Amazon Bedrock wants at least 8 [too_few_records]" in " ".join(shown.out.split())
    assert "https://docs.aws.amazon.com/" in shown.err
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["rule"]: line["refused_by"] for line in lines if line["severity"] == "refused"} == {
        "no_assistant_turn": ["Amazon Bedrock"],
        "empty_content": ["Amazon Bedrock"],
    }
    report = command("validate", "-w", faulty, "--for", "vertex", "--json").document["validation"]
    assert report["file"]["vendor"] == "gemini" and report["max_tokens"] == 131_072
    unknown = command("validate", "-w", faulty, "--for", "acme")
    assert unknown.code == 1 and "openai, azure, together" in unknown.err


def test_what_stands_beside_the_conversation_is_said_again(
    command: Command, write_dataset: WriteDataset, tmp_path: Path
) -> None:
    row = json.loads(chat_line("a", "Where is it?")) | {"context": "The map shows three doors.", "lang": "en"}
    assert (
        command("import", write_dataset(json.dumps(row), chat_line("a", "And that?")), "-w", "wf-1").code == 0
    )
    said = (
        "Beside the conversation in up to 1 record, not learnt: context (1), lang (1). "
        "`context` may carry a part of the conversation, in 1 record."
    )
    assert said in " ".join(command("validate", "-w", "wf-1").out.split())
    for form in ("openai", "trl"):
        shown = command("export", "-w", "wf-1", "-o", tmp_path / f"{form}.jsonl", "--format", form)
        assert said in " ".join(shown.err.split())
    answer = command("export", "-w", "wf-1", "-o", tmp_path / "again.jsonl", "--json").document["export"]
    assert answer["left_beside"] == {"context": 1} and answer["beside"] == {"context": 1, "lang": 1}


def test_the_file_of_findings_is_never_replaced_unasked(
    command: Command, faulty: str, tmp_path: Path
) -> None:
    (tmp_path / "f.jsonl").write_text("mine")
    refused = command("validate", "-w", faulty, "-o", tmp_path / "f.jsonl")
    assert refused.code == 1 and "there already" in refused.err
    assert (tmp_path / "f.jsonl").read_text() == "mine"
    assert command("validate", "-w", faulty, "-o", tmp_path / "f.jsonl", "--overwrite").code == 0
    assert (tmp_path / "f.jsonl").read_text() != "mine"


def test_wrong_usage_and_an_unknown_workflow(command: Command, faulty: str) -> None:
    assert command("validate", "-w", faulty, "--max-tokens", "0").code == 2
    outcome = command("validate", "-w", "wf-2", "--json")
    assert outcome.code == 1 and outcome.document["error"]["code"] == "workflow_not_found"


def test_the_tool_answers_and_never_raises(faulty: str) -> None:
    services = Services()
    try:
        tool = validate_dataset_tool(services)
        answer = json.loads(tool.invoke({"workflow_id": faulty, "max_tokens": 9}))
        assert answer["success"] and answer["validation"]["records"] == 4
        assert validate_dataset(services, "wf-2")["error"]["code"] == "workflow_not_found"
        assert validate_dataset(services, faulty, 0)["error"]["code"] == "invalid_input"
        answer = json.loads(tool.invoke({"workflow_id": faulty, "vendor": "mistral"}))
        assert answer["validation"]["file"]["records"] == 3
        assert validate_dataset(services, faulty, vendor="acme")["error"]["code"] == "invalid_input"
    finally:
        services.store.close()


def test_call_ids_that_repeat_are_named_with_their_record(
    command: Command, write_dataset: WriteDataset
) -> None:
    def turn(name: str) -> list[object]:
        function = {"name": name, "arguments": "{}"}
        called = [{"id": "random_id", "type": "function", "function": function}]
        return [
            {"role": "user", "content": f"Now {name}, please."},
            {"role": "assistant", "content": None, "tool_calls": called},
            {"role": "tool", "tool_call_id": "random_id", "content": "done"},
            {"role": "assistant", "content": "It is done."},
        ]

    tools = [{"type": "function", "function": {"name": name}} for name in ("find", "book")]
    row = {"messages": turn("find") + turn("book"), "tools": tools, "topic": "a"}
    assert command("import", write_dataset(json.dumps(row)), "-w", "wf-1").code == 0
    (rule,) = command("validate", "-w", "wf-1", "--json").document["validation"]["rules"]
    assert (rule["rule"], rule["severity"], rule["records"]) == ("call_id_twice", "suspicious", 1)
    assert "data.jsonl:1" in json.dumps(rule) and "2 calls have the id 'random_id' (messages 2, 6)" in str(
        rule
    )
