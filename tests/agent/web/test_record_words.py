"""What the page says of a record: where it is from, and what another one lacks."""

from __future__ import annotations

import json
import re
from typing import Any

from finetune_coverage.agent.web.origin_words import origin_lines
from finetune_coverage.agent.web.screens.transcript import share_in_common
from finetune_coverage.tools.dataset.record import Record


def test_where_a_record_is_from_is_said_in_words() -> None:
    model = "mock at http://127.0.0.1:9/v1"
    found: dict[str, Any] = {
        "job": "job-98327914d0d0",
        "model": model,
        "strategy": "tool_chain",
        "approved": {"approver": "eva", "channel": "web", "created_at": "2026-12-01T14:00:09Z"},
        "drawn": {
            "scenario": {"situation": "a storm", "difficulty": "it is urgent"},
            "like": ["weather", "weather"],
            "chain": ["weather", "book_ride"],
            "tool_results": ["simulated", "simulated"],
            "simulated": True,
            "avoid": ["b291ba848cd02a6d54d6-s"],
        },
        "checks": ["near_duplicate"],
        "scores": {"topic": 0.7312},
        "verdict": [],
        "verifier": {"model": model, "passed": ["nothing_invented"]},
    }
    lines = origin_lines(found, {})
    said = "\n".join(lines)
    assert lines[:2] == [
        f"Written by {model}, by tool chain.",
        "Approved by eva on this page, 2026-12-01 14:00.",
    ]
    assert "The case: situation: a storm; difficulty: it is urgent." in lines
    assert "It calls: weather, book_ride." in lines and "real record that calls: weather (2 times)." in said
    assert lines[-1] == "Read and judged by the model that wrote it: nothing invented."
    assert said.count("http://") == 1 and not re.search(r"[{}\[\]']|True|job-|-s", said)
    bare = found | {"drawn": {}, "verifier": None}
    assert origin_lines(bare, {"not_judged": ["verifier"]})[-1] == "No verifier read it."
    assert "Not judged: topic." in origin_lines(bare, {"not_judged": ["verifier", "topic"]})


def test_capitals_are_no_difference() -> None:
    def record(said: str) -> Record:
        return Record(id=said, body=json.dumps({"messages": [{"role": "user", "content": said}]}), topic="a")

    assert share_in_common(record("What is THIS?"), record("this is what?")) == 1.0
