"""Copies of a real record with the words in another order, between a greeting and a thanks, without any verifier."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft
from finetune_coverage.tools.generation.checks.form.said_again import LEAST_LIMIT, SaidAgain
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from numpy.typing import NDArray

KNOWN = 20
"""Of each topic; the others are held out, as new records that are good."""
Real = dict[str, list[Record]]


@pytest.fixture(scope="module")
def real() -> Real:
    lines = sample_path().read_text(encoding="utf-8").splitlines()
    records = [Record(f"r{n}", line, json.loads(line)["topic"]) for n, line in enumerate(lines)]
    topics = dict.fromkeys(str(record.topic) for record in records)
    return {topic: [record for record in records if record.topic == topic] for topic in topics}


def vectors(records: list[Record]) -> NDArray[np.float32]:
    return MiniLMEmbeddings().embed_array([record.written_text("user") for record in records])


def copied(text: str, rng: random.Random) -> str:
    parts = [part.strip() for part in text.replace("\n", ". ").split(". ") if part.strip()]
    rng.shuffle(parts)
    return f"Hello there, {' '.join(parts)} Hope you can help, thanks in advance!"


def candidate(text: str) -> Candidate:
    draft = Draft(strategy="few_shot", topic="", requests=[], seeds=[])
    return Candidate({"messages": [{"role": "user", "content": text}]}, draft)


def test_copies_in_another_order_are_found_and_new_records_are_not_refused(real: Real) -> None:
    known = [record for rows in real.values() for record in rows[:KNOWN]]
    said_again = SaidAgain(known, vectors(known))
    assert said_again.limit is not None and LEAST_LIMIT <= said_again.limit < 1
    rng, copies, good = random.Random(0), [], []
    for rows in real.values():
        check = SemanticDuplicate(
            WrittenVector(MiniLMEmbeddings()), rows[:KNOWN], vectors(rows[:KNOWN]), said_again=said_again
        )
        texts = [copied(one.written_text("user"), rng) for one in rows[:10]]
        copies += [check.check(candidate(text)) for text in texts]
        good += [check.check(candidate(one.written_text("user"))) for one in rows[KNOWN : KNOWN + 25]]
    found = [one for one in copies if one is not None]
    assert len(found) >= 0.9 * len(copies)
    assert any("again (limit" in one.evidence for one in found), "it is not the vectors that find them"
    assert sum(one is not None for one in good) <= 0.03 * len(good)


def test_with_few_real_records_nobody_knows_how_much_they_say_each_other_again(real: Real) -> None:
    few = [record for rows in real.values() for record in rows[:10]]
    assert SaidAgain(few, vectors(few)).limit is None


def test_what_is_added_takes_nothing_away_and_seldom_words_weigh_more(real: Real) -> None:
    known = [record for rows in real.values() for record in rows[:KNOWN]]
    said_again = SaidAgain(known, vectors(known))
    words = said_again.words
    source = words("the zeppelin is on my roof")
    assert said_again.part(words("Hello, the zeppelin is on my roof, please help!"), source) == 1
    seldom, common = (
        said_again.part(words("zeppelin"), source),
        said_again.part(words("the is on my"), source),
    )
    assert 0 < seldom < 1 and seldom > common / 2
    assert said_again.part(words("东京的天气"), words("天气 东京的")) == 1, "the same in every script"
