"""Duplicates by meaning: other words with the same content, replies, variations, and what is compared."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.acceptance import duplicate_checks
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.index.index_entries import indexed_text
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records

from .test_duplicates import SAYS, STANDARD, Make, dialogue, record, semantic, turn, varied
from .tool_messages import call, result


def test_other_words_with_the_same_content(candidate: Make) -> None:
    check = semantic(
        [record("Since Monday, the export on my laptop stops at 80 percent.", "Sorry.", number=2)]
    )
    made = candidate(*dialogue(SAYS, STANDARD))
    rejection = check.check(made)
    assert rejection is not None and "r2" in rejection.evidence
    assert made.scores["semantic_duplicate"] >= 0.96
    assert check.check(candidate(*dialogue("Can I pay with a gift card?", STANDARD))) is None


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


def test_a_rewording_may_keep_its_reply_and_a_stand_in_is_not_compared(candidate: Make) -> None:
    seed = record(SAYS, STANDARD)
    turns = dialogue(CLOSE, STANDARD)
    varied_one = candidate(*turns, strategy="message_variation", seeds=[seed])
    assert semantic([seed], stays_close=True).check(varied_one) is None
    assert semantic([seed]).check(varied_one) is not None, (
        "where something else is to be said, the reply counts"
    )
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
    check = semantic([Record(id="r0", body=body, topic="technical_issues")])
    assert check.check(candidate(*told(like, booked))) is not None
    assert check.check(candidate(*told(like, {"from": "May 14", "to": "June 2"}))) is None
    assert check.check(candidate(*told(known, {"from": "May 14", "to": "June 2"}))) is not None


def test_a_rewording_that_left_its_source(candidate: Make) -> None:
    seed = record(SAYS, STANDARD)
    far = dialogue("Which cake goes well with green tea?", STANDARD)
    varied_one = candidate(*far, strategy="message_variation", seeds=[seed])
    rejection = semantic([seed], stays_close=True).check(varied_one)
    assert rejection is not None and rejection.check == "variation"
    assert semantic([seed]).check(varied_one) is None, "where something else is to be said, it is far"


def test_accepted_candidates_are_known_also_when_there_were_no_records(candidate: Make) -> None:
    check = SemanticDuplicate(
        WrittenVector(MiniLMEmbeddings()), [], np.empty((0, 0), np.float32), stays_close=True
    )
    first = candidate(*dialogue(SAYS, STANDARD))
    assert check.check(first) is None
    check.accepted(first)
    rejection = check.check(
        candidate(*dialogue("Since Monday the export on my laptop stops at 80 percent.", "?"))
    )
    assert rejection is not None and first.record_id in rejection.evidence


def test_a_candidate_without_a_user_is_not_compared(candidate: Make) -> None:
    made = candidate(turn("assistant", STANDARD))
    for check in (
        ExactDuplicate([record("", "x")]),
        NearDuplicate([record("", "x")]),
        semantic([record(SAYS)]),
    ):
        assert check.check(made) is None


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
        duplicate_checks(counted, "wf-1", "technical_issues", WrittenVector(counted.embeddings))
        assert Counting.embedded == of_topic
    counted.index.close()
    counted.store.close()
