"""Exact duplicates: the same words, whatever the case and the punctuation."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import numpy as np

from ....dataset.record import Record
from ...attempts.draft import Candidate, Rejection
from ...search.growing_rows import GrowingRows
from ...search.sorted_keys import SortedKeys
from ..check import ANY
from .user_texts import compared_texts

_NO_WORD = re.compile(r"[\W_]+")


def text_key(text: str) -> str | None:
    """What two texts with the same words have in common, whatever the case and the punctuation; None for no text."""
    return f"{_hash(text):016x}" if text.strip() else None


class ExactDuplicate:
    """Compares what the users say with every record of the workflow and everything accepted so far.

    Texts are known by 64 bits of a hash, in arrays: about 20 bytes a text. Among 10 million texts, one new text in
    two million million would be taken for a known one.
    """

    name = "exact_duplicate"
    languages = ANY

    def __init__(self, existing: Iterable[Record] = ()) -> None:
        self._keys = SortedKeys(columns=1)
        self._hashes = GrowingRows(np.uint64)
        self._owner_of = GrowingRows(np.uint32)
        self._owners: list[str] = []
        for record in existing:
            self.know(record)

    def know(self, record: Record) -> None:
        """Remember an existing record."""
        self._remember(record.id, list(compared_texts(record)))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The record that says the same already."""
        text = candidate.written_text("user")
        other = self._found(_hash(text)) if text.strip() else None
        if other is None:
            return None
        candidate.scores[self.name] = 1.0
        return Rejection(self.name, f"the user says the same as in {other}")

    def accepted(self, candidate: Candidate) -> None:
        """Remember it."""
        self._remember(candidate.record_id, [candidate.written_text("user")])

    def among(self, records: Iterable[Record]) -> ExactDuplicate:
        """The same, for these records only."""
        return ExactDuplicate(records)

    def _found(self, text_hash: int) -> str | None:
        rows = self._keys.rows_with(np.array([text_hash & 0xFFFFFFFF]))
        same = rows[self._hashes.rows[rows] == np.uint64(text_hash)]
        return self._owners[self._owner_of.rows[same.min()]] if len(same) else None

    def _remember(self, owner: str, texts: list[str]) -> None:
        hashes = np.array([_hash(text) for text in texts if text.strip()], dtype=np.uint64)
        self._keys.add(hashes & np.uint64(0xFFFFFFFF))
        self._hashes.extend(hashes)
        self._owner_of.extend(np.full(len(hashes), len(self._owners)))
        self._owners.append(owner)


def _hash(text: str) -> int:
    digest = hashlib.blake2b(_plain(text).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _plain(text: str) -> str:
    """The text in lower case, its words parted by single spaces; as it stands when it has no words at all."""
    low = unicodedata.normalize("NFKC", text).casefold()
    if low.isascii():
        spaced = _NO_WORD.sub(" ", low)
    else:
        # The vowel signs of many scripts are marks, which a regular expression does not count as part of a word.
        spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in low)
    return " ".join(spaced.split()) or low.strip()
