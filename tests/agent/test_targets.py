"""`targets`, `recommend`, and what `analyze` and `import` say of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path

from .conftest import Command, chat_line

NAMES = ["billing_questions", "technical_issues", "account_management"]


def shares(command: Command, workflow: str = "wf-1") -> dict[str, float | None]:
    document = command("targets", "show", "-w", workflow, "--json").document
    return {topic["name"]: topic["target"] for topic in document["targets"]["topics"]}


def test_uniform_targets(command: Command, sample: str) -> None:
    assert shares(command) == pytest.approx(dict.fromkeys(NAMES, 1 / 3))
    assert "uniform" in command("targets", "show", "-w", sample).out
    assert command("targets", "-w", sample).out == command("targets", "show", "-w", sample).out
    assert command("targets").code == 2


def test_set_and_reset(command: Command, sample: str) -> None:
    outcome = command("targets", "set", "-w", sample, "billing_questions=2")
    assert outcome.code == 0
    assert "Balance score: 0.45 (poor) → " in outcome.out
    assert "can no longer be approved" in outcome.out
    assert shares(command) == {NAMES[0]: 0.5, NAMES[1]: 0.25, NAMES[2]: 0.25}
    command("targets", "set", "-w", sample, "account_management=50%")
    assert shares(command)[NAMES[2]] == 0.5
    command("targets", "set", "-w", sample, "technical_issues=x3", "account_management=none")
    assert shares(command) == {NAMES[0]: 0.4, NAMES[1]: 0.6, NAMES[2]: None}
    document = command("targets", "reset", "-w", sample, "--json").document
    assert document["targets"]["uniform"] is True
    assert document["targets"]["balance_score"] == 0.45
    assert document["before"] == {NAMES[0]: 0.4, NAMES[1]: 0.6}
    assert command("targets", "reset", "-w", sample, "--json").document["changed"] is False


@pytest.mark.slow
def test_a_ceiling_holds_what_is_recommended(command: Command, sample: str) -> None:
    outcome = command("targets", "set", "-w", sample, "--most", "technical_issues=20")
    assert outcome.code == 0 and "At most" in outcome.out
    shown = command("targets", "show", "-w", sample, "--json").document["targets"]
    assert [topic["most"] for topic in shown["topics"] if topic["name"] in NAMES].count(20) == 1
    assert shown["uniform"]
    assert ", at most 20" in command("analyze", "-w", sample).out
    plans = command("recommend", "-w", sample, "--json").document["recommendation"]["plans"]
    items = [item for plan in plans for item in plan["items"] if item["topic"] == "technical_issues"]
    assert items and max(item["count"] for item in items) == 5
    outcome = command("targets", "set", "-w", sample, "billing_questions=2", "--most", "technical_issues=10")
    assert "technical_issues has 15 records, and 10 at most are wanted" in " ".join(outcome.err.split())
    coverage = command("analyze", "-w", sample, "--json").document["coverage"]
    assert "technical_issues" not in coverage["under_represented"]
    document = command("targets", "set", "-w", sample, "--most", "technical_issues=none", "--json").document
    assert document["ceilings"] == {"technical_issues": None} and document["changed"]
    assert shares(command)["billing_questions"] == 0.5
    for wrong in (
        "technical_issues",
        "technical_issues=",
        "technical_issues=2.5",
        "=5",
        "technical_issues=-1",
    ):
        assert command("targets", "set", "-w", sample, "--most", wrong).code == 2
    assert command("targets", "set", "-w", sample, "--most", "technical_issues=0").code == 1
    assert command("targets", "set", "-w", sample, "--most", "cooking=5").code == 1
    assert command("targets", "set", "-w", sample).code == 2


def test_a_topic_that_has_only_others_under_it_gets_no_ceiling(command: Command, tmp_path: Path) -> None:
    data, topics = tmp_path / "data.jsonl", tmp_path / "topics.yaml"
    data.write_text("".join(chat_line(topic, f"About {topic}") + "\n" for topic in ("rock", "jazz")))
    topics.write_text("topics: [music, {name: rock, parent: music}, {name: jazz, parent: music}]\n")
    assert command("import", data, "-w", "wf-1", "--topics", topics).code == 0
    outcome = command("targets", "set", "-w", "wf-1", "--most", "music=5")
    assert outcome.code == 1 and "only topics under it" in " ".join(outcome.err.split())


def test_ceilings_in_a_topics_file(command: Command, tmp_path: Path) -> None:
    data, topics = tmp_path / "data.jsonl", tmp_path / "topics.yaml"
    lines = [chat_line("音乐", f"播放歌曲 {number}") for number in range(3)]
    lines += [chat_line("天气", f"明天 {number} 点的天气") for number in range(30)]
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    topics.write_text("topics:\n  - name: 音乐\n    most: 5\n  - 天气\n", encoding="utf-8")
    assert command("import", data, "-w", "wf-1", "--topics", topics).code == 0
    coverage = command("analyze", "-w", "wf-1", "--json").document["coverage"]
    assert coverage["additions"] == {"音乐": 2}
    assert coverage["capped"] == {"音乐": "at most 5 records of it are wanted"}
    assert command("topics", "merge", "-w", "wf-1", "音乐", "--into", "music").code == 0
    shown = command("targets", "show", "-w", "wf-1", "--json").document["targets"]["topics"]
    assert {topic["name"]: topic["most"] for topic in shown} == {"music": 5, "天气": None}
    outcome = command("topics", "merge", "-w", "wf-1", "music", "--into", "天气")
    assert "With it ends the ceiling of music." in " ".join(outcome.err.split())
    for wrong, said in (("2.5", "not a whole number"), ("yes", "not a whole number"), ("0", "from 1 to")):
        topics.write_text(f"topics:\n  - name: 音乐\n    most: {wrong}\n", encoding="utf-8")
        outcome = command("import", data, "-w", "wf-2", "--topics", topics)
        assert outcome.code == 1 and said in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("wish", "code", "said"),
    [
        ("cooking=2", 1, "has no topic 'cooking'"),
        ("billing_questions", 2, "NAME=WEIGHT"),
        ("billing_questions=", 2, "NAME=WEIGHT"),
        ("billing_questions=lots", 2, "is none of"),
        ("billing_questions=0", 1, "above 0"),
        ("billing_questions=-1", 1, "above 0"),
        ("billing_questions=nan", 1, "above 0"),
        ("billing_questions=100%", 1, "leave nothing"),
    ],
)
def test_what_cannot_be_set_changes_nothing(
    command: Command, sample: str, wish: str, code: int, said: str
) -> None:
    outcome = command("targets", "set", "-w", sample, wish)
    assert outcome.code == code
    assert said in " ".join(outcome.err.split())
    assert shares(command) == pytest.approx(dict.fromkeys(NAMES, 1 / 3))


def test_from_a_file(command: Command, sample: str, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.csv"
    traffic.write_text("topic,count\nBilling Questions,600\ntechnical_issues,300\nrefund_fraud,100\n,5\n")
    outcome = command("targets", "from-file", "-w", sample, traffic)
    assert outcome.code == 0
    assert "refund_fraud (10.0%)" in outcome.err and "Describe them" in outcome.err
    assert "Without a target, not in the score: account_management." in outcome.err
    assert "1 items of the file name no topic" in outcome.err
    assert shares(command) == {NAMES[0]: 0.6, NAMES[1]: 0.3, NAMES[2]: None, "refund_fraud": 0.1}

    bad = tmp_path / "bad.csv"
    bad.write_text("topic,count\nbilling_questions,many\n")
    outcome = command("targets", "from-file", "-w", sample, bad, "--json")
    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "invalid_input"
    assert shares(command)["refund_fraud"] == 0.1


def test_import_with_targets(command: Command, write_dataset: Callable[..., Path], tmp_path: Path) -> None:
    data = write_dataset(chat_line("a", "One?"), chat_line("b", "Two?"), chat_line("b", "Three?"))
    traffic = tmp_path / "traffic.json"
    traffic.write_text('{"a": 3, "b": 1}')
    document = command("import", data, "-w", "wf-2", "--targets-from", traffic, "--json").document
    assert document["import"]["targets"] == {"a": 0.75, "b": 0.25}
    assert shares(command, "wf-2") == {"a": 0.75, "b": 0.25}
    outcome = command("import", data, "-w", "wf-3", "--targets-from", tmp_path / "nowhere.csv")
    assert outcome.code == 1 and "cannot be read" in outcome.err
    listed = command("workflows", "--json").document["workflows"]
    assert [workflow["id"] for workflow in listed] == ["wf-2"], "nothing was imported"


def test_recommend(command: Command, sample: str) -> None:
    found = command("recommend", "-w", sample, "--json").document["recommendation"]
    assert found["action"] == "generate_synthetic_data"
    plans = {plan["goal"]: plan for plan in found["plans"]}
    assert list(plans) == ["default", "target", "excellent", "minimum"]
    assert {goal: plan["records"] for goal, plan in plans.items()} == {
        "default": 30, "target": 5, "excellent": 48, "minimum": 150,
    }  # fmt: skip
    assert plans["default"]["predicted_score"] == pytest.approx(13 / 18)
    assert all(plan["cost"]["calls"] > 0 and plan["cost"]["usd"] == 0 for plan in plans.values())
    out = command("recommend", "-w", sample).out
    assert "Cheapest to excellent (0.8 or more)" in out and "5 for technical_issues with" in out
    focused = command("recommend", "-w", sample, "--topic", "billing_questions", "--json").document
    assert focused["recommendation"]["unreachable"]


def test_analyze_names_the_cheapest_plans(command: Command, sample: str) -> None:
    document = command("analyze", "-w", sample, "--json").document
    assert [plan["records"] for plan in document["cheapest_plans"]["plans"]] == [5, 48, 150]
    assert "Cheapest to good (above 0.5)" in command("analyze", "-w", sample).out


def test_of_a_workflow_that_is_not_there(command: Command) -> None:
    for arguments in (["show"], ["reset"], ["set", "a=2"], ["from-file", sample_path()]):
        outcome = command("targets", arguments[0], "-w", "nope", *arguments[1:], "--json")
        assert outcome.code == 1
        assert outcome.document["error"]["code"] == "workflow_not_found"


def test_a_plan_that_lowers_the_score_says_so_wherever_it_is_shown(command: Command, sample: str) -> None:
    wanted = ("billing_questions=3", "technical_issues=1", "account_management=6")
    assert command("targets", "set", *wanted, "-w", sample).code == 0
    (plan,) = command("recommend", "-w", sample, "--json").document["recommendation"]["plans"]
    assert (plan["goal"], plan["lowers_score"]) == ("minimum", True) and plan["predicted_score"] < 1
    (cheapest,) = command("analyze", "-w", sample, "--json").document["cheapest_plans"]["plans"]
    assert cheapest["lowers_score"] is True
    for shows in ("recommend", "analyze"):
        assert "(lower than now)" in command(shows, "-w", sample).out

    lower = "(lower: the plan makes the balance worse)"
    item = ("--topic", "technical_issues", "--count", "30", "--strategy", "few_shot")
    asked = command("generate", "-w", sample, *item)
    (waiting,) = command("plans", "--json").document["plans"]
    change = f"1.00 → {waiting['predicted_score']:.2f} {lower}"
    assert asked.code == 4 and f"Balance score: {change}" in asked.out
    assert lower in " ".join(command("plans").out.split())
    assert waiting["lowers_score"] is True and waiting["predicted_score"] < 1
    assert change in command("plans", "approve", waiting["id"], "--yes").out
