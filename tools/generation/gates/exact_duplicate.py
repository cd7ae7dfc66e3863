"""Exact duplicates: the same words, whatever the case and the punctuation."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from ...dataset.record import Record
from ..draft import Candidate, Rejection


class ExactDuplicate:
    """Compares what the users say with every record of the workflow and everything accepted so far."""

    name = "exact_duplicate"

    def __init__(self, existing: Iterable[Record]) -> None:
        self._seen: dict[bytes, str] = {}
        for record in existing:
            self._seen.setdefault(_key(record.user_text), record.id)
            for turn in record.user_turns:
                if len(turn.split()) >= 5:
                    self._seen.setdefault(_key(turn), record.id)

    def check(self, candidate: Candidate) -> Rejection | None:
        """The record that says the same already."""
        other = self._seen.get(_key(candidate.written_text("user")))
        return Rejection(self.name, f"the user says the same as in {other}") if other else None

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        self._seen[_key(candidate.written_text("user"))] = "a record accepted in this job"


def _key(text: str) -> bytes:
    plain = " ".join(re.sub(r"[^\w]+", " ", text.lower()).split())
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=16).digest()
