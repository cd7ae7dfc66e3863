"""Decontamination: records that are too close to an evaluation set, which then would measure memory, not skill."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ...dataset.record import Record, message_text
from ..draft import Candidate, Rejection
from ..search.shared_runs import SharedRuns
from ..search.vector_search import VectorSearch
from .written_vector import WrittenVector

if TYPE_CHECKING:
    from ...dataset.few_shot_index import FewShotIndex

LIMIT = 0.95
"""Cosine of two user texts from which one gives the other away. Stricter than between two training records: there a
twin costs little, here it spoils a measurement."""
_SPOKEN = ("user", "assistant")


class Decontamination:
    """Compares each written turn with the turns of the evaluation set, and the user's side as a whole by meaning.

    A shared run of 13 words (8 to 12 for shorter texts) is the rule of GPT-3 (Brown et al. 2020, appendix C);
    runs that are standard phrases of the real data do not count. The cosine finds what was reworded. System
    prompts and tool schemas are not compared: training and evaluation share them by design.
    """

    name = "decontamination"

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
        turns = [(record.id, text) for record in eval_set for text in _turns(record.messages)]
        self._owner_of_turn = [owner for owner, _ in turns]
        self._runs = SharedRuns(text for _, text in turns)
        self._runs.note_phrases(text for record in real for text in _turns(record.messages))
        self._search = VectorSearch(vectors.shape[1])
        self._search.add(vectors)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The record of the evaluation set that is too close."""
        for text in _turns(candidate.written):
            shared = self._runs.first_in(text)
            if shared is not None:
                number, words = shared
                return Rejection(
                    self.name,
                    f"shares words with {self._owner_of_turn[number]} of the evaluation set: {words!r}",
                )
        if not candidate.written_text("user").strip():
            return None
        rows, cosines = self._search.at_least(self._written.of(candidate), LIMIT)
        if not len(rows):
            return None
        candidate.scores[self.name] = round(float(cosines[0]), 3)
        return Rejection(
            self.name,
            f"cosine {cosines[0]:.3f} with {self._owners[rows[0]]} of the evaluation set (limit {LIMIT})",
        )


def eval_vectors(index: FewShotIndex, eval_set: Sequence[Record]) -> NDArray[Any]:
    """The unit vectors of an evaluation set's user texts, shape (n, d); made once and kept in the index."""
    content = hashlib.sha256()
    for record in eval_set:
        content.update(f"{record.id}\n{record.body}\n".encode("utf-8", "replace"))
    # A line break stands in no workflow's id, so this is never taken for one.
    name = f"evaluation set\n{content.hexdigest()}"
    index.ensure(name, eval_set)
    return index.vectors(name, [record.id for record in eval_set])


def _turns(messages: Iterable[dict[str, Any]]) -> list[str]:
    return [message_text(message) for message in messages if message.get("role") in _SPOKEN]
