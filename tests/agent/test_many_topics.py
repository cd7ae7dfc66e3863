"""Very many topics: the first answers take seconds, fit on a screen, and do not wait for the label check."""

from __future__ import annotations

import io
import json
import random
import sys
import time
from pathlib import Path

import pytest
from finetune_coverage.tools.coverage.label_check import FEWEST_RECORDS, judged_parts

from .conftest import Command

pytestmark = pytest.mark.slow

TOPICS = 1_500
OF_EACH = 6
MOST_SECONDS = 30.0
"""CPU time of a command; measured: 2 to 6. The label check alone took minutes."""
SCREENFUL = 90
"""Lines, the plans and options among them; a line for each topic would be 1,500."""


@pytest.fixture
def many(command: Command, tmp_path: Path) -> str:
    """Topics that each have words of their own; one record of the smallest topic has those of another."""
    rng = random.Random(1)
    lines = []
    for topic in range(TOPICS):
        for number in range(OF_EACH + (40 if topic % 50 == 0 else topic > 0)):
            words = f"t{topic}" if (topic, number) != (0, 3) else "t1"
            said = " ".join(f"{words}w{rng.randrange(4)}" for _ in range(8))
            turns = [{"role": "user", "content": said}, {"role": "assistant", "content": f"Here is {said}."}]
            lines.append(json.dumps({"messages": turns, "topic": f"topic_{topic:04d}", "n": number}))
    lines = [line for line in lines if '"topic_0000"' not in line or json.loads(line)["n"] < OF_EACH]
    (path := tmp_path / "many.jsonl").write_text("\n".join(lines))
    assert command("import", path, "-w", "wf-1").code == 0
    return "wf-1"


def test_answers_about_many_topics_are_quick_and_short(
    many: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {}
    for name in ("analyze", "recommend", "chat"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("Review existing records first\n"))
        began = time.process_time()
        answers[name] = command(name, "-w", many)
        taken = time.process_time() - began
        assert answers[name].code == 0, answers[name].err
        assert taken < MOST_SECONDS, f"{name}: {taken:.1f} s"
        assert answers[name].out.partition("you> ")[0].count("\n") < SCREENFUL, name
    assert f"… and {TOPICS - 5:,} more topics" in answers["analyze"].out
    assert f"and {TOPICS - 3:,} more topics" in answers["chat"].out
    assert command("analyze", "-w", many, "--all").out.count("topic_") >= TOPICS

    # Labels are looked at after the first answer.
    first, _, reviewed = answers["chat"].out.partition("you> ")
    assert "“more” shows the details and what needs your eye" in first, "the labels are still being looked at"
    assert "t1w" in reviewed.split("Record 2")[0], "a review waits for it, and begins with what it finds"

    found = command("recommend", "-w", many, "--json").document["recommendation"]
    assert found["labels_looked_at"] is True
    reasons = [need["reason"] for need in found["review"]]
    assert f"Labels were looked at in 100 of {TOPICS:,} topics, those with the fewest records." in reasons
    assert [len(need["record_ids"]) for need in found["review"] if need["topic"] == "topic_0000"] == [1]


@pytest.mark.parametrize(
    ("topics", "each"), [(2, 500_000), (24, 40_000), (2_000, 500), (10_000, 100), (77, 130)]
)
def test_what_the_label_check_judges_is_bounded_in_all(topics: int, each: int) -> None:
    parts = judged_parts({f"topic_{number}": each for number in range(topics)})
    assert all(part >= FEWEST_RECORDS for part in parts.values())
    assert sum(parts.values()) <= 20_000
    assert sum(parts.values()) * len(parts) <= 210_000
