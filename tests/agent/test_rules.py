"""`rules` and `review --reason`: what a rejection teaches, from the command line."""

from __future__ import annotations

import pytest

from .conftest import Command


def test_rules_are_added_listed_and_removed(command: Command, sample: str) -> None:
    assert "No rules" in command("rules", "list", "-w", sample).out
    added = command(
        "rules", "add", "5", "-w", sample, "--kind=max_words", "--topic=technical_issues", "--json"
    )
    rule = added.document["rule"]
    assert (rule["broken_by_real"], rule["looked_at"]) == (15, 15)
    assert (
        "no reply of the assistant may have more than 5 words" in command("rules", "list", "-w", sample).out
    )
    assert [r["id"] for r in command("rules", "list", "-w", sample, "--json").document["rules"]] == [
        rule["id"]
    ]
    assert command("rules", "remove", "-w", sample, str(rule["id"])).code == 0
    assert command("rules", "remove", "-w", sample, str(rule["id"])).code == 1
    refused = command("rules", "add", "-w", sample, "--kind", "max_words", "few")
    assert refused.code == 1 and "Traceback" not in refused.err
    assert command("rules", "add", "-w", "wf-9", "never rude").code == 1


def test_a_rule_in_words_says_where_nothing_judges_by_it(
    command: Command, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = command("rules", "add", "-w", sample, "回答不要超过两句")
    assert "Rule 1: 回答不要超过两句" in said.out and "No verifier runs" in said.err
    assert "No verifier runs" in command("rules", "list", "-w", sample).err
    monkeypatch.setenv("FINETUNE_COVERAGE_VERIFIER_MODEL", "embedded")
    monkeypatch.setenv("FINETUNE_COVERAGE_VERIFIER_SHARE", "1")
    listed = command("rules", "list", "-w", sample)
    assert "回答不要超过两句" in listed.out and "No verifier runs" not in listed.err


def test_a_reason_can_be_made_a_rule(command: Command, sample: str) -> None:
    first, second = command("review", "-w", sample, "--limit", "2", "--json").document["records"]
    done = command("review", "-w", sample, "--reject", first["id"], "--reason", "never mention discounts")
    assert done.code == 0 and f"rules add -w {sample} 'never mention discounts'" in done.err
    done = command("review", "-w", sample, "--reject", second["id"])
    assert "rules add" not in done.err
    assert command("analyze", "-w", sample, "--json").document["coverage"]["total_records"] == 148
    assert command("review", "-w", sample, "--reason", "too long").code == 2
