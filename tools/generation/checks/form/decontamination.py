"""Decontamination: records that are too close to an evaluation set, which then would measure memory, not skill."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ....dataset.record import Record, message_text
from ...attempts.draft import Candidate, Rejection
from ...search.shared_runs import SharedRuns
from ...search.vector_search import VectorSearch
from ..check import ANY
from .written_vector import WrittenVector

if TYPE_CHECKING:
    from ....index.few_shot_index import FewShotIndex

LIMIT = 0.95
"""Cosine of two user texts from which one gives the other away. Stricter than between two training records: there a
twin costs little, here it spoils a measurement."""
LONG_SIDE, COPIED_SIDE = 20, 0.5
"""An assistant's side with at least 20 runs of its own counts as copied when half of them are there. By single runs,
half of the STAR dialogues would give each other away: agents answer with the same sentences."""


class Decontamination:
    """Compares what was written for the user and for the assistant with the same side of the evaluation set.

    On the user's side one shared run of 13 words is enough (8 to 12 in a shorter text), the rule of GPT-3 (Brown et
    al. 2020, appendix C); on the assistant's side it takes half of a long answer. Runs that are standard phrases
    of the real data do not count. The cosine of the user's side finds what was reworded. System prompts and tool
    schemas are not compared: training and evaluation share them by design.
    """

    name = "decontamination"
    languages = ANY

    def __init__(
        self,
        eval_set: Sequence[Record],
        vectors: NDArray[Any],
        written: WrittenVector,
        real: Iterable[Record] = (),
    ) -> None:
        """Compare with an evaluation set.

        Args:
            eval_set: its records.
            vectors: a unit vector of what the user says for each of them, shape (n, d).
            written: the candidates' vectors.
            real: real training records, which show what is a standard phrase.
        """
        self._written = written
        self._owners = [record.id for record in eval_set]
        known = list(real)
        self._asked = _runs(eval_set, known, "user")
        self._told = _runs(eval_set, known, "assistant")
        self._search = VectorSearch(vectors.shape[1])
        self._search.add(vectors)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The record of the evaluation set that is too close."""
        return self._same_words(candidate) or self._same_meaning(candidate)

    def _same_words(self, candidate: Candidate) -> Rejection | None:
        for text in _turns(candidate.written, "user"):
            shared = self._asked.first_in(text)
            if shared is not None:
                number, words = shared
                return self._refused(f"the user shares words with {self._owners[number]}: {words!r}")
        copied = self._told.most_shared(_turns(candidate.written, "assistant"), LONG_SIDE)
        if copied is not None and copied[1] >= COPIED_SIDE:
            number, share = copied
            return self._refused(f"{share:.0%} of what the assistant says stands in {self._owners[number]}")
        return None

    def _same_meaning(self, candidate: Candidate) -> Rejection | None:
        if not candidate.written_text("user").strip():
            return None
        rows, cosines = self._search.at_least(self._written.of(candidate), LIMIT)
        if not len(rows):
            return None
        candidate.scores[self.name] = round(float(cosines[0]), 3)
        return self._refused(f"likeness {cosines[0]:.3f} to {self._owners[rows[0]]} (limit {LIMIT})")

    def _refused(self, evidence: str) -> Rejection:
        return Rejection(self.name, f"too close to the evaluation set: {evidence}")


def eval_vectors(index: FewShotIndex, workflow_id: str, eval_set: Sequence[Record]) -> NDArray[Any]:
    """The unit vectors of an evaluation set's user texts, shape (n, d); made once and kept in the index.

    They are those of the workflow's embedding model.
    """
    content = hashlib.sha256()
    for record in eval_set:
        content.update(f"{record.id}\n{record.body}\n".encode("utf-8", "replace"))
    # A line break stands in no workflow's id, so this is never taken for one.
    name = f"{workflow_id}\nevaluation set {content.hexdigest()}"
    index.ensure(name, eval_set)
    return index.vectors(name, [record.id for record in eval_set])


def _runs(eval_set: Sequence[Record], real: Sequence[Record], role: str) -> SharedRuns:
    elsewhere = (text for record in real for text in _turns(record.messages, role))
    return SharedRuns((_turns(record.messages, role) for record in eval_set), elsewhere)


def _turns(messages: Iterable[dict[str, Any]], role: str) -> list[str]:
    return [message_text(message) for message in messages if message.get("role") == role]
