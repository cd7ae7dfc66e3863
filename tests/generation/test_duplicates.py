"""The duplicate gates: which records count as the same, which do not, and what a rejection says."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.dataset.index_entries import indexed_text
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.dataset.records import load_records
from finetune_coverage.tools.dataset.spread import unit_rows
from finetune_coverage.tools.generation.acceptance import duplicate_gates
from finetune_coverage.tools.generation.draft import Candidate
from finetune_coverage.tools.generation.gates.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.gates.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.gates.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.gates.written_vector import WrittenVector
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.services import Services

from .tool_messages import call, result

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


def semantic(known: Sequence[Record]) -> SemanticDuplicate:
    model = MiniLMEmbeddings()
    vectors = unit_rows(model.embed_array([one.written_text("user") for one in known]))
    return SemanticDuplicate(WrittenVector(model), known, vectors)


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
    assert rejection is not None and rejection.gate == "exact_duplicate" and "r3" in rejection.evidence
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
    gate = ExactDuplicate([record(known, "Sorry.")])
    assert gate.check(candidate(*dialogue(said, STANDARD))) is None


def test_a_turn_of_a_longer_conversation_counts_and_a_greeting_does_not(candidate: Make) -> None:
    gate = ExactDuplicate([record("Hello there!", "Hello.", SAYS, "Sorry.")])
    assert gate.check(candidate(*dialogue(SAYS, STANDARD))) is not None
    assert gate.check(candidate(*dialogue("Hello there!", STANDARD))) is None


def test_what_was_accepted_is_named(candidate: Make) -> None:
    first = candidate(*dialogue(SAYS, STANDARD))
    for gate in (ExactDuplicate(), NearDuplicate()):
        assert gate.check(first) is None
        gate.accepted(first)
        rejection = gate.check(candidate(*dialogue(SAYS, "Other.")))
        assert rejection is not None and first.record_id in rejection.evidence


def test_the_first_of_several_owners_is_named(candidate: Make) -> None:
    gate = ExactDuplicate(record(SAYS, "Sorry.", number=number) for number in range(5000))
    rejection = gate.check(candidate(*dialogue(SAYS, STANDARD)))
    assert rejection is not None and rejection.evidence.endswith(" r0")


# Near


def test_a_few_changed_words_make_a_near_duplicate(candidate: Make) -> None:
    gate = NearDuplicate([record("The export stops at 80 percent on my old laptop since Monday.", number=4)])
    made = candidate(*dialogue(SAYS, STANDARD))
    rejection = gate.check(made)
    assert rejection is not None and "r4" in rejection.evidence
    assert made.scores["near_duplicate"] == pytest.approx(
        20 / 24, abs=0.001
    )  # 11 + 10 and 12 + 11, 20 of them shared


def test_a_fresh_text_passes(candidate: Make) -> None:
    gate = NearDuplicate([record(SAYS, "Sorry.")])
    made = candidate(*dialogue("Thumbnails of my panorama photos are rotated by a quarter.", STANDARD))
    assert gate.check(made) is None


def test_near_duplicates_in_a_script_without_spaces(candidate: Make) -> None:
    gate = NearDuplicate(
        [record("我的新银行卡昨天在超市付款的时候被拒绝了请问是什么原因", "好的。", number=9)]
    )
    made = candidate(*dialogue("我的新银行卡今天在超市付款的时候被拒绝了请问是什么原因", "好的。"))
    rejection = gate.check(made)
    assert rejection is not None and "r9" in rejection.evidence


def test_a_prefix_copied_from_a_seed_is_not_what_is_compared(candidate: Make) -> None:
    prefix = ("My photos are gone after the update of last night.", "Which device do you use?")
    other = varied(*prefix, "It is a tablet that I bought in March.", "Thank you.", number=1)
    made = candidate(*dialogue(prefix[0], STANDARD))
    assert ExactDuplicate([other]).check(made) is None
    assert NearDuplicate([other]).check(made) is None


# Semantic


def test_other_words_with_the_same_content(candidate: Make) -> None:
    gate = semantic(
        [record("Since Monday, the export on my laptop stops at 80 percent.", "Sorry.", number=2)]
    )
    made = candidate(*dialogue(SAYS, STANDARD))
    rejection = gate.check(made)
    assert rejection is not None and "r2" in rejection.evidence
    assert made.scores["semantic_duplicate"] >= 0.96
    assert gate.check(candidate(*dialogue("Can I pay with a gift card?", STANDARD))) is None


CLOSE = "My export stops at 80 percent on the laptop, what can I do?"


def test_the_same_long_reply_to_nearly_the_same_question(candidate: Make) -> None:
    made = candidate(*dialogue(CLOSE, STANDARD))
    rejection = semantic([record(SAYS, STANDARD)]).check(made)
    assert rejection is not None and "the assistant says the same" in rejection.evidence
    assert made.scores["semantic_duplicate"] < 0.96
    # Each side by itself is no fault: another reply, a short standard reply, another question.
    assert semantic([record(SAYS, "Which version of the program do you use?")]).check(made) is None
    assert semantic([record(SAYS, "Try again.")]).check(candidate(*dialogue(CLOSE, "Try again."))) is None
    other = candidate(*dialogue("How do I free space on the memory card of my camera?", STANDARD))
    assert semantic([record(SAYS, STANDARD)]).check(other) is None


def test_a_variation_may_keep_its_reply_and_a_stand_in_is_not_compared(candidate: Make) -> None:
    seed = record(SAYS, STANDARD)
    turns = dialogue(CLOSE, STANDARD)
    assert semantic([seed]).check(candidate(*turns, strategy="message_variation", seeds=[seed])) is None
    whole = candidate(*turns)
    half = Candidate(source=whole.source, draft=whole.draft, is_whole=False)
    assert semantic([seed]).check(half) is None


def test_one_form_filled_with_other_values(candidate: Make) -> None:
    """Nearly the same words make a duplicate, unless the calls show that something else was asked for."""
    asks = "I would like to book {} at the Hilton Hotel from {}, please, with a view of the sea."
    known, like = asks.format("a room", "May 3 to May 9"), asks.format("rooms", "May 14 to June 2")
    booked = {"from": "May 3", "to": "May 9"}

    def told(text: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        return [turn("user", text), call(arguments), result(), turn("assistant", "It is booked.")]

    body = json.dumps({"messages": told(known, booked)})
    gate = semantic([Record(id="r0", body=body, topic="technical_issues")])
    assert gate.check(candidate(*told(like, booked))) is not None
    assert gate.check(candidate(*told(like, {"from": "May 14", "to": "June 2"}))) is None
    assert gate.check(candidate(*told(known, {"from": "May 14", "to": "June 2"}))) is not None


def test_a_variation_that_left_its_source(candidate: Make) -> None:
    seed = record(SAYS, STANDARD)
    far = dialogue("Which cake goes well with green tea?", STANDARD)
    rejection = semantic([seed]).check(candidate(*far, strategy="message_variation", seeds=[seed]))
    assert rejection is not None and rejection.gate == "variation"


def test_accepted_candidates_are_known_also_when_there_were_no_records(candidate: Make) -> None:
    gate = SemanticDuplicate(WrittenVector(MiniLMEmbeddings()), [], np.empty((0, 0), np.float32))
    first = candidate(*dialogue(SAYS, STANDARD))
    assert gate.check(first) is None
    gate.accepted(first)
    rejection = gate.check(
        candidate(*dialogue("Since Monday the export on my laptop stops at 80 percent.", "?"))
    )
    assert rejection is not None and first.record_id in rejection.evidence


def test_a_candidate_without_a_user_is_not_compared(candidate: Make) -> None:
    made = candidate(turn("assistant", STANDARD))
    for gate in (
        ExactDuplicate([record("", "x")]),
        NearDuplicate([record("", "x")]),
        semantic([record(SAYS)]),
    ):
        assert gate.check(made) is None


# At scale


def test_a_variation_is_compared_by_what_it_wrote() -> None:
    one = varied("My photos are gone.", "Which device?", "A tablet from March.", "Thank you.", number=1)
    assert (one.written_text("user"), one.written_text("assistant")) == ("A tablet from March.", "Thank you.")
    assert indexed_text(one) == "A tablet from March."
    real = record("My photos are gone.", "Which device?", "A tablet from March.", "Thank you.")
    assert indexed_text(real) == real.user_text


def test_vectors_of_existing_records_are_computed_once(services: Services) -> None:
    class Counting(MiniLMEmbeddings):
        embedded = 0

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            Counting.embedded += len(texts)
            return super().embed_documents(texts)

    counted = Services(services.settings, make_embeddings=lambda _: Counting())
    of_topic = len(list(load_records(services.store, "wf-1", topic="technical_issues")))
    for _ in range(2):
        duplicate_gates(counted, "wf-1", "technical_issues", WrittenVector(counted.embeddings))
        assert Counting.embedded == of_topic
    counted.index.close()
    counted.store.close()


def test_what_a_record_costs_in_memory() -> None:
    rng = random.Random(5)
    words = SAYS.lower().split() + STANDARD.lower().split()
    records = [record(" ".join(rng.choices(words, k=12)), "Sorry.", number=number) for number in range(6000)]
    exact, near = ExactDuplicate(), NearDuplicate()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for one in records:
        exact.know(one)
        near.know(one)
        one.__dict__.pop("source", None)  # the parsed record is not what the gates keep
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / len(records) < 600


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
