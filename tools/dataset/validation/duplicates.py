"""Records that are there already, word for word or nearly so."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...generation.search.growing_rows import GrowingRows
from ...generation.search.similar_sets import SimilarSets
from ...generation.search.sorted_keys import SortedKeys
from ...generation.search.words import shingles_of, words_of
from ...store.stored_rows import StoredRow
from ...text.letters import letters_in
from ..record import message_text
from .rules import Finding

NEAR = 0.8
"""Jaccard similarity of the sets of words and word pairs from which two records say almost the same."""
LEAST_LETTERS = 35
"""Letters of a text, about eight words, below which a likeness says nothing: greetings, yes and no."""
MOST_HASHES = 50_000_000
"""Hashes that are kept for near duplicates, 4 bytes each; records after that are only compared with those before."""


class Duplicates:
    """Knows the records that went by: about 100 bytes each, and 4 bytes for each word and word pair up to a limit."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._keys = SortedKeys(columns=1)
        self._hashes = GrowingRows(np.uint64)
        self._topics = GrowingRows(np.uint32)
        self._topic_numbers: dict[str | None, int] = {}
        self._near = SimilarSets()
        self._near_owners = GrowingRows(np.uint32)
        self._kept_hashes = 0
        self.not_remembered = 0
        """Records that later ones were not compared with for want of room."""

    def check(self, row: StoredRow, source: dict[str, Any], tokens: int) -> list[Finding]:
        """Findings about a record in the light of those before it, which it joins."""
        number = hash_of(source)
        topic = self._topic_numbers.setdefault(row.topic, len(self._topic_numbers))
        first = self._first(number)
        if first is None:
            found = self._near_finding(source)
            self._remember(row.id, number, topic)
            return found
        number_of_other = int(self._topics.rows[first])
        other = next(name for name, one in self._topic_numbers.items() if one == number_of_other)
        return exact_findings(row.topic, tokens, self._ids[first], other)

    def _first(self, number: int) -> int | None:
        rows = self._keys.rows_with(np.array([number & 0xFFFFFFFF], dtype=np.uint64))
        same = rows[self._hashes.rows[rows] == np.uint64(number)]
        return int(same.min()) if len(same) else None

    def _remember(self, record_id: str, number: int, topic: int) -> None:
        self._keys.add(np.array([number & 0xFFFFFFFF], dtype=np.uint64))
        self._hashes.extend([number])
        self._topics.extend([topic])
        self._ids.append(record_id)

    def _near_finding(self, source: dict[str, Any]) -> list[Finding]:
        shingles = compared_shingles(source)
        if shingles is None:
            return []
        nearest = self._near.nearest(shingles)
        self._remember_near(shingles)
        if nearest is None or nearest[1] < NEAR:
            return []
        return [near_finding(nearest[1], self._ids[int(self._near_owners.rows[nearest[0]])])]

    def _remember_near(self, shingles: NDArray[Any]) -> None:
        if self._kept_hashes + len(shingles) > MOST_HASHES:
            self.not_remembered += 1
            return
        self._kept_hashes += len(shingles)
        self._near.add(shingles)
        self._near_owners.extend([len(self._ids)])


def exact_findings(topic: str | None, tokens: int, first: str, its_topic: str | None) -> list[Finding]:
    """The findings about a record that is the same as an earlier one.

    Args:
        topic: its topic.
        tokens: in it.
        first: the id of the first that is the same.
        its_topic: the topic of that one.
    """
    found = [Finding("exact_duplicate", f"the same as {first}", tokens)]
    if topic != its_topic:
        found.append(Finding("same_record_other_topic", f"{topic!r} here, {its_topic!r} in {first}"))
    return found


def near_finding(similarity: float, other: str) -> Finding:
    """The finding about a record that says almost the same as an earlier one, by the id of that."""
    return Finding("near_duplicate", f"shares {similarity:.0%} of its wording with {other}")


def compared_shingles(source: dict[str, Any]) -> NDArray[Any] | None:
    """What near duplicates are told by; ``None`` when too little is said for that."""
    spoken = _spoken(source)
    return shingles_of(words_of(spoken)) if letters_in(spoken) >= LEAST_LETTERS else None


def hash_of(source: dict[str, Any]) -> int:
    """64 bits of a hash of what is learnt: messages and tools, however they were written."""
    learnt = {key: source.get(key) for key in ("messages", "tools", "functions") if source.get(key)}
    text = json.dumps(learnt, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _spoken(source: dict[str, Any]) -> str:
    """What users and assistants say and call, without system prompts and declared tools."""
    texts = []
    for message in source["messages"]:
        if message["role"] in ("user", "assistant"):
            texts.append(message_text(message))
            texts += [str(call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    return "\n".join(texts)
