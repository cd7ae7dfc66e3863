"""Copied runs: long runs of letters that a record shares with those that its prompt shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

from ....dataset.record import Record, message_text
from ....text.letters import squeezed
from ...attempts.draft import Candidate, Rejection
from ...search.copied_runs import copied_run
from ..check import ANY

LETTERS = 60
"""Of a run that counts as copied: twelve words of English, twenty Chinese characters. Set phrases are shorter."""


class CopiedRuns:
    """Compares what the user says; with a small model, which copies whatever it is shown, the replies too.

    A capable model's replies repeat the house's own rules and steps, which is right. What several real records say is
    a standard phrase of theirs. A message variation is compared with its source by its strategy.
    """

    name = "copied_phrase"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._real = list(real)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The record that has the run, and the run."""
        draft = candidate.draft
        if draft.strategy == "message_variation":
            return None
        shown = [*draft.seeds, *draft.examples]
        sources = [_said(record) for record in shown]
        for message in candidate.written:
            if message["role"] == "user" or (message["role"] == "assistant" and draft.profile == "small"):
                found = copied_run(message_text(message), sources, LETTERS)
                if found and sum(found[1] in said for said in self._all_said) < 2:
                    number, run = found
                    return Rejection(self.name, f"stands in record {shown[number].id} too: {run[:120]!r}")
        return None

    @cached_property
    def _all_said(self) -> list[str]:
        return [_said(record) for record in self._real]


def _said(record: Record) -> str:
    return _squeezed(
        tuple(message_text(one) for one in record.messages if one["role"] in ("user", "assistant"))
    )


@lru_cache(maxsize=1024)
def _squeezed(texts: tuple[str, ...]) -> str:
    """Kept, since the same seeds come again and again. No run goes over a line break, from one turn into the next."""
    return "\n".join(map(squeezed, texts))
