"""`rules` and `review --reason`: what a rejection teaches, from the command line."""

from __future__ import annotations

from .conftest import Command


def test_rules_are_added_listed_and_removed(command: Command, sample: str) -> None:
    assert "No rules" in command("rules", "list", "-w", sample).out
    added = command("rules", "add", "-w", sample, "max_words", "5", "--topic", "technical_issues", "--json")
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
    refused = command("rules", "add", "-w", sample, "max_words", "few")
    assert refused.code == 1 and "Traceback" not in refused.err
    assert command("rules", "add", "-w", "wf-9", "max_words", "5").code == 1


def test_a_reason_says_which_rule_it_could_be(command: Command, sample: str) -> None:
    first, second = command("review", "-w", sample, "--limit", "2", "--json").document["records"]
    done = command("review", "-w", sample, "--reject", first["id"], "--reason", "never mention discounts")
    assert done.code == 0 and f"rules add -w {sample} forbidden_phrase" in done.err
    done = command("review", "-w", sample, "--reject", second["id"], "--reason", "too long")
    assert "rules add" not in done.err
    assert command("analyze", "-w", sample, "--json").document["coverage"]["total_records"] == 148
    assert command("review", "-w", sample, "--reason", "too long").code == 2
