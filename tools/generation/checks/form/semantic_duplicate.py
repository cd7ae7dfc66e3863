"""Semantic near-duplicates: other words, the same content; and variations that left their source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dataset.record import Message, Record, message_text
from ....text.letters import letters_in
from ...attempts.draft import Candidate, Rejection
from ...search.growing_rows import GrowingRows
from ...search.minhash import signatures
from ...search.vector_search import VectorSearch
from ...search.words import shingles_of, words_of
from ..check import EMBEDDED
from .likeness import SAME_WORDS, likeness_limit
from .said_again import SaidAgain, Words
from .written_calls import calls_of, leaves, read_arguments
from .written_vector import WrittenVector

LIMIT_WITH_REPLY = 0.88
"""The same when the assistant says the same at length: then the user's few other words teach nothing new. It
refuses 0.2% of the STAR dialogues; the same reply by itself would refuse 13%."""
SAME_REPLY = 0.9
"""Jaccard similarity of two replies, estimated, from which they count as the same."""
SAME_CALLS = 0.5
"""Share of the tools and values of two dialogues' calls that they have in common; with less, and words below
`SAME_WORDS`, the same form is filled with other values, and both are worth having."""
LONG_REPLY = 90
"""Letters of a reply that is compared, about twenty words. Support teams answer many questions with the same short
sentence."""
LEAST_NEAR = 0.6
"""Cosine below which no record is near enough to be the source of a copy."""
ROUNDING = 1e-9
CLOSE_TO_SOURCE = 0.55
"""Least cosine of a varied user turn to its source; below it the request is another one."""
_PERMUTATIONS = 64
"""Of a reply's signature: 256 bytes, and at 0.9 a standard error of √(0.9 · 0.1 / 64) = 0.04."""


class SemanticDuplicate:
    """Compares both sides with the topic's records and everything accepted so far.

    A record is a duplicate when the users say the same, whatever the replies: one question with two answers
    teaches a contradiction. The same reply alone is no fault. Real support data is full of standard answers, long
    ones too, to questions that differ, and to learn them is what such a dataset is for; so a reply only counts
    together with a user who says nearly the same. A variation's reply is a rewording of its seed's, so for
    variations only the user's side is compared.

    Only the topic's records are compared, since only they need vectors; the same words in another topic are found
    by the checks for exact and near duplicates.
    """

    name = "semantic_duplicate"
    languages = EMBEDDED

    def __init__(
        self,
        written: WrittenVector,
        known: Sequence[Record],
        vectors: NDArray[Any],
        *,
        stays_close: bool = False,
        said_again: SaidAgain | None = None,
    ) -> None:
        """Compare with the topic's records.

        Args:
            written: the candidates' vectors.
            known: the topic's records.
            vectors: a unit vector of what the user says in each, shape (n, d).
            stays_close: whether a variation is a rewording, which must be close to its source.
            said_again: finds copies with their words in another order; ``None`` where nobody looks for them.
        """
        self._written = written
        self._stays_close = stays_close
        self._limit = likeness_limit(
            vectors[[record.origin == "real" for record in known]] if len(known) else vectors
        )
        self._owners = [record.id for record in known]
        self._calls = [_passed(record.messages) for record in known]
        self._said_again = said_again if said_again is not None and said_again.limit is not None else None
        self._words: list[Words] = []
        self._search: VectorSearch | None = None
        self._replies = GrowingRows(np.uint32, _PERMUTATIONS)
        self._add(
            vectors, [(record.written_text("user"), record.written_text("assistant")) for record in known]
        )

    def check(self, candidate: Candidate) -> Rejection | None:
        """Too close to another record, or, for a variation, too far from its source."""
        if not candidate.written_text("user").strip():
            return None
        nearest = (
            self._search.nearest(self._written.of(candidate), LEAST_NEAR)
            if self._search is not None
            else None
        )
        return (
            self._too_close(candidate, nearest)
            or self._copied(candidate, nearest)
            or (self._too_far(candidate) if self._stays_close else None)
        )

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        self._owners.append(candidate.record_id)
        self._calls.append(_passed(candidate.messages))
        said = (candidate.written_text("user"), candidate.written_text("assistant"))
        self._add(self._written.of(candidate)[None, :], [said])

    def know(self, record: Record) -> None:
        """Remember a record that another job added."""
        text = record.written_text("user")
        if text.strip():
            self._owners.append(record.id)
            self._calls.append(_passed(record.messages))
            self._add(self._written.of_text(text)[None, :], [(text, record.written_text("assistant"))])

    def among(self, records: Iterable[Record]) -> SemanticDuplicate:
        """The same with its limit, for these records only."""
        other = SemanticDuplicate(self._written, (), np.zeros((0, 0)), stays_close=self._stays_close)
        other._limit = self._limit
        for record in records:
            other.know(record)
        return other

    def _too_close(self, candidate: Candidate, nearest: tuple[int, float] | None) -> Rejection | None:
        if self._search is None or nearest is None or nearest[1] < LIMIT_WITH_REPLY:
            return None
        rows, cosines = self._search.at_least(self._written.of(candidate), LIMIT_WITH_REPLY)
        own = _passed(candidate.messages)
        same = [
            place
            for place, row in enumerate(rows)
            if cosines[place] >= SAME_WORDS or _are_alike(own, self._calls[row])
        ]
        rows, cosines = rows[same], cosines[same]
        if not len(rows):
            return None
        candidate.scores[self.name] = round(float(cosines[0]), 3)
        if cosines[0] >= self._limit:
            return Rejection(
                self.name, f"likeness {cosines[0]:.3f} to {self._owners[rows[0]]} (limit {self._limit:.3f})"
            )
        # The stand-in for a reply that is still to come is its source's.
        is_reworded = self._stays_close and candidate.draft.strategy == "message_variation"
        if is_reworded or not candidate.is_whole:
            return None
        reply = _reply_signatures([candidate.written_text("assistant")])[0]
        likeness = (self._replies.rows[rows] == reply).mean(axis=1) if reply.any() else np.zeros(len(rows))
        best = int(np.argmax(likeness))
        if likeness[best] < SAME_REPLY:
            return None
        return Rejection(
            self.name,
            f"likeness {cosines[best]:.3f} to {self._owners[rows[best]]} (limit {LIMIT_WITH_REPLY} where the "
            f"assistant says the same: they share about {likeness[best]:.0%} of the wording)",
        )

    def _copied(self, candidate: Candidate, nearest: tuple[int, float] | None) -> Rejection | None:
        """Says again what the record nearest in meaning says; a variation has its source's words to begin with."""
        limit = self._said_again.limit if self._said_again is not None else None
        if self._said_again is None or limit is None or nearest is None:
            return None
        if candidate.draft.strategy == "message_variation":
            return None
        row, _ = nearest
        if not _are_alike(_passed(candidate.messages), self._calls[row]):
            return None
        words = SaidAgain.words(candidate.written_text("user"))
        part = self._said_again.part(words, self._words[row])
        if part < limit - ROUNDING:
            return None
        return Rejection(
            self.name, f"says {part:.0%} of what {self._owners[row]} says again (limit {limit:.0%})"
        )

    def _too_far(self, candidate: Candidate) -> Rejection | None:
        if candidate.draft.strategy != "message_variation":
            return None
        source = message_text(candidate.draft.seeds[0].messages[candidate.first_written])
        closeness = float(self._written.of_text(source) @ self._written.of(candidate))
        if closeness >= CLOSE_TO_SOURCE:
            return None
        return Rejection("variation", f"likeness {closeness:.2f} to its source (at least {CLOSE_TO_SOURCE})")

    def _add(self, vectors: NDArray[Any], said: list[tuple[str, str]]) -> None:
        """File the vectors, with what user and assistant say in each record."""
        if len(vectors):
            self._search = self._search or VectorSearch(vectors.shape[1])
            self._search.add(vectors)
            self._replies.extend(_reply_signatures([reply for _, reply in said]))
            if self._said_again is not None:
                self._words += [SaidAgain.words(user) for user, _ in said]


def _passed(messages: Sequence[Message]) -> frozenset[str]:
    """The tools and values of all calls."""
    return frozenset(
        f"{tool} {value}"
        for message in messages
        for tool, written in calls_of(message)
        for argument, argued in read_arguments(written).items()
        for _, value in leaves(argued, argument)
    )


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or len(one & other) >= SAME_CALLS * len(one | other)


def _reply_signatures(replies: list[str]) -> NDArray[np.uint32]:
    """The signatures of long replies; zeros for short ones, which match nothing."""
    found = np.zeros((len(replies), _PERMUTATIONS), dtype=np.uint32)
    long_enough = [row for row, reply in enumerate(replies) if letters_in(reply) >= LONG_REPLY]
    found[long_enough] = signatures(
        [shingles_of(words_of(replies[row])) for row in long_enough], _PERMUTATIONS
    )
    return found
