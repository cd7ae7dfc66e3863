"""The played example in the documentation: whole, and every figure in it in keeping with the others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from finetune_coverage.docs.transcript import PAGE, TYPED
from finetune_coverage.tools.coverage.balance import balance_score

NAMES = {
    "Billing Questions": "billing_questions",
    "Technical Issues": "technical_issues",
    "Account Management": "account_management",
}
ROW = re.compile(r"^\| ([A-Z][a-z]+ [A-Z][a-z]+) \| ([\d,]+) \| (\d+)% \|", re.MULTILINE)


@pytest.fixture(scope="module")
def played() -> str:
    return PAGE.read_text(encoding="utf-8")


def reports(played: str) -> list[str]:
    """The parts that show a distribution: the analysis and one after each round."""
    parts = re.split(r"(?=\*\*(?:Coverage Analysis|Generation Complete|Generation Ended Short)\*\*)", played)
    return [part for part in parts if part.startswith("**")]


def counts(report: str) -> dict[str, int]:
    """The first table of topics."""
    rows = ROW.findall(report)[: len(NAMES)]
    return {name: int(count.replace(",", "")) for name, count, _ in rows}


def test_it_is_the_whole_flow(played: str) -> None:
    assert [line.removeprefix("you> ") for line in played.splitlines() if line.startswith("you> ")] == (
        TYPED.read_text(encoding="utf-8").splitlines()
    )
    asked = [report.splitlines()[0] for report in reports(played)]
    assert asked == ["**Coverage Analysis**", "**Generation Complete**", "**Generation Complete**"]
    assert "**Balance Score:** 0.45 (Poor)" in played and "- Balance Score: 0.45 → 0.72 ✓" in played
    assert "- Technical Issues: 15 → 45 records" in played and "On to the grader configuration." in played
    assert not re.search(r"(?m)^(Traceback|Error)", played)  # a menu in a record may be called Errors


def test_counts_shares_and_scores_follow_from_each_other(played: str) -> None:
    scores = []
    for report in reports(played):
        shown = counts(report)
        assert shown.keys() == NAMES.keys()
        total = sum(shown.values())
        shares = {name: int(share) for name, _, share in ROW.findall(report)[: len(NAMES)]}
        assert shares == {name: round(100 * count / total) for name, count in shown.items()}
        score = balance_score({NAMES[name]: count for name, count in shown.items()})
        assert score is not None
        scores.append(f"{score:.2f}")
    first, *rounds = reports(played)
    assert f"**Balance Score:** {scores[0]} " in first
    for before, after, report in zip(scores, scores[1:], rounds, strict=False):
        assert f"- Balance Score: {before} → {after}" in report


def test_what_was_promised_is_what_came(played: str) -> None:
    before, *rounds = map(counts, reports(played))
    for report, after in zip(reports(played)[1:], rounds, strict=True):
        grown = {name for name in after if after[name] != before[name]}
        told = re.findall(r"^- ([A-Z][a-z]+ [A-Z][a-z]+): (\d+) → (\d+) records$", report, re.MULTILINE)
        assert [(name, int(old), int(new)) for name, old, new in told] == [
            (name, before[name], after[name]) for name in grown
        ]
        made = re.findall(r"I've generated (\d+) new synthetic records? for", report)
        assert sum(map(int, made)) == sum(after.values()) - sum(before.values())
        before = after
    total, score, added = re.findall(
        r"The dataset has (\d+) records; balance score ([\d.]+) \(\w+\)\. (\d+) synthetic records were added",
        played,
    )[0]
    first = counts(reports(played)[0])
    assert int(total) == sum(before.values()) and int(added) == int(total) - sum(first.values())
    assert float(score) == round(balance_score({NAMES[n]: c for n, c in before.items()}) or 0, 2)


def test_tokens_and_rejections_of_the_rounds_are_the_same_everywhere(played: str) -> None:
    used = re.findall(r"\bUsed: ([\d,]+) tokens", played)
    final = played.rsplit("| Round | Generated |", 1)[1]
    rows = re.findall(
        r"^\| \d+ \| (\d+) of (\d+) [^|]*\| ([^|]*) \| [^|]* \| ([\d,]+) \|", final, re.MULTILINE
    )
    assert [row[3] for row in rows] == used
    rejected = re.findall(r"written anew, by check: (.*)\.$", played, re.MULTILINE)
    assert [row[2] for row in rows if row[2] not in ("none", "")] == rejected
    assert all(made == asked for made, asked, _, _ in rows)


def test_the_page_names_no_folder_of_the_machine(played: str) -> None:
    assert "/tmp/" not in played and str(Path.home()) not in played
