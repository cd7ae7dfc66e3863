"""The duplicate checks: which records count as the same, which do not, and what a rejection says."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.index.spread import unit_rows
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings

Make = Callable[..., Candidate]

SAYS = "The export stops at 80 percent on my laptop since Monday."
STANDARD = (
    "Please open the settings of the app, choose storage, delete the files that you no longer need, and then "
    "start the export once more; if it stops again, write to us with the time at which it happened."
)


def turn(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def dialogue(*texts: str) -> list[dict[str, Any]]:
    """Turns of user and assistant, alternately."""
    return [turn("user" if number % 2 == 0 else "assistant", text) for number, text in enumerate(texts)]


def record(*texts: str, number: int = 0, **more: Any) -> Record:
    body = json.dumps({"messages": dialogue(*texts)})
    return Record(id=f"r{number}", body=body, topic="technical_issues", **more)


def varied(*texts: str, number: int) -> Record:
    """A synthetic variation: only the last two turns were written."""
    drawn = {"varied_message": len(texts) - 2}
    return record(*texts, number=number, origin="synthetic", provenance={"drawn": drawn})


def semantic(known: Sequence[Record], *, stays_close: bool = False) -> SemanticDuplicate:
    model = MiniLMEmbeddings()
    vectors = unit_rows(model.embed_array([one.written_text("user") for one in known]))
    return SemanticDuplicate(WrittenVector(model), known, vectors, stays_close=stays_close)


# Exact


@pytest.mark.parametrize(
    "known",
    [
        "the export stops, at 80 percent on my laptop SINCE monday!",
        "The  export\nstops at 80 percent on my laptop — since Monday",
        "The export stops at ８０ percent on my laptop since Monday.",
    ],
)
def test_the_same_words_are_the_same_text(candidate: Make, known: str) -> None:
    made = candidate(*dialogue(SAYS, STANDARD))
    rejection = ExactDuplicate([record(known, "Sorry.", number=3)]).check(made)
    assert rejection is not None and rejection.check == "exact_duplicate" and "r3" in rejection.evidence
    assert made.scores["exact_duplicate"] == 1.0


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("The export stops at 81 percent on my laptop since Monday.", SAYS),
        ("कि", "का"),  # differ in a vowel sign only
        ("???", "!!!"),
        ("👍", "👎"),
    ],
)
def test_other_words_are_another_text(candidate: Make, known: str, said: str) -> None:
    check = ExactDuplicate([record(known, "Sorry.")])
    assert check.check(candidate(*dialogue(said, STANDARD))) is None


def test_a_turn_of_a_longer_conversation_counts_and_a_greeting_does_not(candidate: Make) -> None:
    check = ExactDuplicate([record("Hello there!", "Hello.", SAYS, "Sorry.")])
    assert check.check(candidate(*dialogue(SAYS, STANDARD))) is not None
    assert check.check(candidate(*dialogue("Hello there!", STANDARD))) is None


def test_what_was_accepted_is_named(candidate: Make) -> None:
    first = candidate(*dialogue(SAYS, STANDARD))
    for check in (ExactDuplicate(), NearDuplicate()):
        assert check.check(first) is None
        check.accepted(first)
        rejection = check.check(candidate(*dialogue(SAYS, "Other.")))
        assert rejection is not None and first.record_id in rejection.evidence


def test_the_first_of_several_owners_is_named(candidate: Make) -> None:
    check = ExactDuplicate(record(SAYS, "Sorry.", number=number) for number in range(5000))
    rejection = check.check(candidate(*dialogue(SAYS, STANDARD)))
    assert rejection is not None and rejection.evidence.endswith(" r0")


# Near


def test_a_few_changed_words_make_a_near_duplicate(candidate: Make) -> None:
    check = NearDuplicate([record("The export stops at 80 percent on my old laptop since Monday.", number=4)])
    made = candidate(*dialogue(SAYS, STANDARD))
    rejection = check.check(made)
    assert rejection is not None and "r4" in rejection.evidence
    assert made.scores["near_duplicate"] == pytest.approx(
        20 / 24, abs=0.001
    )  # 11 + 10 and 12 + 11, 20 of them shared


def test_a_fresh_text_passes(candidate: Make) -> None:
    check = NearDuplicate([record(SAYS, "Sorry.")])
    made = candidate(*dialogue("Thumbnails of my panorama photos are rotated by a quarter.", STANDARD))
    assert check.check(made) is None


def test_near_duplicates_in_a_script_without_spaces(candidate: Make) -> None:
    check = NearDuplicate(
        [record("我的新银行卡昨天在超市付款的时候被拒绝了请问是什么原因", "好的。", number=9)]
    )
    made = candidate(*dialogue("我的新银行卡今天在超市付款的时候被拒绝了请问是什么原因", "好的。"))
    rejection = check.check(made)
    assert rejection is not None and "r9" in rejection.evidence


def test_a_prefix_copied_from_a_seed_is_not_what_is_compared(candidate: Make) -> None:
    prefix = ("My photos are gone after the update of last night.", "Which device do you use?")
    other = varied(*prefix, "It is a tablet that I bought in March.", "Thank you.", number=1)
    made = candidate(*dialogue(prefix[0], STANDARD))
    assert ExactDuplicate([other]).check(made) is None
    assert NearDuplicate([other]).check(made) is None


# Semantic


# At scale


def test_what_a_record_costs_in_memory() -> None:
    rng = random.Random(5)
    words = SAYS.lower().split() + STANDARD.lower().split()
    records = [record(" ".join(rng.choices(words, k=12)), "Sorry.", number=number) for number in range(1500)]
    exact, near = ExactDuplicate(), NearDuplicate()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for one in records:
        exact.know(one)
        near.know(one)
        one.__dict__.pop("source", None)  # the parsed record is not what the checks keep
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / len(records) < 600


@pytest.mark.slow
def test_real_dialogues_are_rarely_taken_for_duplicates(candidate: Make, shared_data: Path) -> None:
    lines = (shared_data / "support" / "star_support.jsonl").read_text(encoding="utf-8").splitlines()
    records = [
        Record(id=f"s{number}", body=line, topic=json.loads(line)["topic"])
        for number, line in enumerate(lines)
    ]
    exact, near = ExactDuplicate(records[400:]), NearDuplicate(records[400:])
    refused = 0
    for one in records[:400]:
        made = candidate(*one.messages)
        refused += (exact.check(made) or near.check(made)) is not None
    assert refused <= 4
