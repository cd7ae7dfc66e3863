"""Each check refuses what it is for, says why, and lets the rest pass."""

from __future__ import annotations

import json
from collections.abc import Callable

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.recognised_facts import facts, menus

Make = Callable[..., Candidate]

USER = {"role": "user", "content": "The export stops at 80 percent on my laptop since Monday."}
REPLY = {"role": "assistant", "content": "Free some disk space and start the export again."}


def record(user: str, topic: str = "technical_issues", number: int = 0) -> Record:
    source = {"messages": [{"role": "user", "content": user}, REPLY], "topic": topic}
    return Record(id=f"r{number}", body=json.dumps(source), topic=topic)


def test_facts_are_numbers_names_and_quotations() -> None:
    text = 'My iPhone 13 says "Preparing 0 of 18,442 photos", I use Lumeo 6.1.8 on Wi-Fi. Why?'
    assert facts(text) == ["Preparing 0 of 18,442 photos", "13", "6.1.8", "iPhone", "Lumeo", "Wi-Fi"]
    assert menus("Open Settings > Privacy > Face grouping, then wait.") == ["Privacy", "Face grouping"]


def test_clean_text_is_no_artefact(candidate: Make) -> None:
    assert Artefacts().check(candidate(USER, REPLY)) is None
