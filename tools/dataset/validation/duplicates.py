"""Records that are there already, word for word or nearly so, and questions that are answered in more than one way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from ...generation.search.growing_rows import GrowingRows
from ...generation.search.similar_sets import SimilarSets
from ...generation.search.sorted_keys import SortedKeys
from ...generation.search.words import shingles_of_each
from ...store.stored_rows import StoredRow
from ...text.letters import letters_in
from ..record import message_text
from .rules import Finding

NEAR = 0.8
"""Jaccard similarity of the sets of words and word pairs from which two records say almost the same."""
LEAST_LETTERS = 35
"""Letters of a text, about eight words, below which a likeness says nothing: greetings, yes and no."""
_QUESTION, _CALLS, _ANSWER = range(3)
_NULL = b"null"
MOST_HASHES = 50_000_000
"""Hashes that are kept for near duplicates, 4 bytes each; records after that are only compared with those before."""


@dataclass(frozen=True)
class Known:
    """An earlier record that one repeats.

    Attributes:
        id: of the earlier one.
        topic: its topic.
        similarity: how much of the wording is shared; ``None`` where the two are the same.
    """

    id: str
    topic: str | None
    similarity: float | None


@dataclass(frozen=True)
class OtherAnswer:
    """An earlier record in which the same is said up to the user's last turn, and then answered otherwise.

    Attributes:
        id: of the first such record.
        is_call: whether other tools are called, or tools in one and none in the other; else only the words differ.
    """

    id: str
    is_call: bool


Earlier = Known | OtherAnswer


class Duplicates:
    """Knows the records that went by: about 170 bytes each, and 4 bytes for each word and word pair up to a limit."""

    def __init__(self) -> None:
        self._records = _Firsts()
        self._ids: list[str] = []
        self._topics = GrowingRows(np.uint32)
        self._topic_numbers: dict[str | None, int] = {}
        self._questions, self._calls, self._answers = _Firsts(), _Firsts(), _Firsts()
        self._askers = GrowingRows(np.uint32)
        self._sets = _Firsts()
        self._owners = GrowingRows(np.uint32)
        self._near = SimilarSets()
        self._near_owners = GrowingRows(np.uint32)
        self._kept_hashes = 0
        self.not_remembered = 0
        """Records that later ones were not compared with for want of room."""

    def check(
        self, rows: Sequence[StoredRow], sources: Sequence[dict[str, Any] | None]
    ) -> list[list[Earlier]]:
        """What each of some records repeats of those before it, or contradicts; they join them.

        Args:
            rows: the records.
            sources: their parsed bodies; ``None`` where one cannot be parsed.
        """
        found: list[list[Earlier]] = [[] for _ in rows]
        learnt = learnt_of(sources)
        places = np.array(learnt.places, np.intp)
        firsts, is_new = self._records.of(learnt.hashes)
        for place in places[is_new].tolist():
            topic = rows[place].topic
            self._ids.append(rows[place].id)
            self._topics.extend([self._topic_numbers.setdefault(topic, len(self._topic_numbers))])
        for number in np.flatnonzero(~is_new).tolist():
            found[places[number]].append(self._known(firsts[number], None))
        told = [number for number in np.flatnonzero(is_new).tolist() if len(learnt.sets[number])]
        near = self._nearest([learnt.sets[number] for number in told], firsts[told])
        for number, nearest in zip(told, near, strict=True):
            if nearest is not None:
                found[places[number]].append(self._known(*nearest))
        for number, other in self._answered_otherwise(learnt, firsts):
            found[places[number]].append(other)
        return found

    def _answered_otherwise(
        self, learnt: Learnt, firsts: NDArray[np.intp]
    ) -> Iterator[tuple[int, OtherAnswer]]:
        """Those of the learnt records whose question had another answer before."""
        answered = np.flatnonzero(learnt.answered[:, _QUESTION])
        questions, is_new = self._questions.of(learnt.answered[answered, _QUESTION])
        self._askers.extend(firsts[answered[is_new]])
        _, are_new_calls = self._calls.of(learnt.answered[answered, _CALLS])
        _, are_new_words = self._answers.of(learnt.answered[answered, _ANSWER])
        for row in np.flatnonzero(~is_new & are_new_words).tolist():
            asker = int(self._askers.rows[questions[row]])
            yield int(answered[row]), OtherAnswer(self._ids[asker], bool(are_new_calls[row]))

    def _known(self, number: int, similarity: float | None) -> Known:
        topic = int(self._topics.rows[number])
        name = next(name for name, one in self._topic_numbers.items() if one == topic)
        return Known(self._ids[number], name, similarity)

    def _nearest(
        self, sets: Sequence[NDArray[Any]], owners: NDArray[np.intp]
    ) -> list[tuple[int, float] | None]:
        """The record before each that is most like it, and how much."""
        firsts, is_new = self._sets.of(np.array([hash_of_set(one) for one in sets], np.uint64))
        self._owners.extend(owners[is_new])
        nearest = [
            None if new else (int(self._owners.rows[first]), 1.0)
            for first, new in zip(firsts, is_new, strict=True)
        ]
        # Of equal sets the first stands for all.
        new = np.flatnonzero(is_new)
        fits = np.zeros(len(new), np.bool_)
        for number, one in enumerate(new.tolist()):
            fits[number] = self._kept_hashes + len(sets[one]) <= MOST_HASHES
            self._kept_hashes += len(sets[one]) * int(fits[number])
        self.not_remembered += int((~fits).sum())
        self._near_owners.extend(owners[new[fits]])
        similar = self._near.add_each([sets[one] for one in new.tolist()], fits, at_least=NEAR)
        for number, (other, similarity) in similar.items():
            nearest[new[number]] = int(self._near_owners.rows[other]), similarity
        return nearest


class _Firsts:
    """Numbers different hashes of 64 bits in the order in which they come, from 0: 16 bytes each."""

    def __init__(self) -> None:
        self._keys = SortedKeys(columns=1)
        self._hashes = GrowingRows(np.uint64)

    def of(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The number of each hash, and whether it comes for the first time."""
        halves = (hashes & np.uint64(0xFFFFFFFF))[:, None]
        queries, rows = self._keys.pairs_with(halves)
        same = self._hashes.rows[rows] == hashes[queries]
        numbers = np.full(len(hashes), -1, np.intp)
        numbers[queries[same]] = rows[same]
        unknown = np.flatnonzero(numbers < 0)
        _, firsts, which = np.unique(hashes[unknown], return_index=True, return_inverse=True)
        order = np.argsort(firsts)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        numbers[unknown] = len(self._hashes) + ranks[which]
        new = unknown[np.sort(firsts)]
        self._keys.add(halves[new])
        self._hashes.extend(hashes[new])
        is_new = np.zeros(len(hashes), np.bool_)
        is_new[new] = True
        return numbers, is_new


def findings_of(earlier: Earlier, topic: str | None, tokens: int) -> list[Finding]:
    """The findings about a record that repeats an earlier one, or contradicts it.

    Args:
        earlier: the earlier one.
        topic: of the record.
        tokens: in it.
    """
    if isinstance(earlier, OtherAnswer):
        rule = "other_calls" if earlier.is_call else "other_words"
        return [Finding(rule, f"asks what {earlier.id} asks")]
    if earlier.similarity is not None:
        return [
            Finding("near_duplicate", f"shares {earlier.similarity:.0%} of its wording with {earlier.id}")
        ]
    found = [Finding("exact_duplicate", f"the same as {earlier.id}", tokens)]
    if topic != earlier.topic:
        found.append(Finding("same_record_other_topic", f"{topic!r} here, {earlier.topic!r} in {earlier.id}"))
    return found


class Learnt(NamedTuple):
    """What records are compared by, of those that can be.

    Attributes:
        places: of these records among those that were given.
        hashes: of all that is learnt from each.
        answered: three hashes of each: of all up to the user's last turn; of that and which tools are called next; of
            that and what is said and called next. 0 where nothing is asked or answered.
        sets: the sorted hashes of what is said in each; empty where that is too little to tell anything.
    """

    places: list[int]
    hashes: NDArray[np.uint64]
    answered: NDArray[np.uint64]
    sets: list[NDArray[Any]]


def learnt_of(sources: Sequence[dict[str, Any] | None]) -> Learnt:
    """What records are compared by, from their parsed bodies."""
    places: list[int] = []
    hashes: list[int] = []
    answered: list[tuple[int, int, int]] = []
    spoken: list[str] = []
    for place, source in enumerate(sources):
        try:
            number, answers = _hashes_of(source or {})
            text = _spoken(source or {})
        except Exception:  # the rules name such a record as unreadable; it must not hide all others
            continue
        places.append(place)
        hashes.append(number)
        answered.append(answers)
        spoken.append(text if _says_enough(text) else "")
    of_answers = np.array(answered, np.uint64).reshape(-1, 3)
    return Learnt(places, np.array(hashes, np.uint64), of_answers, shingles_of_each(spoken))


def hash_of_set(shingles: NDArray[Any]) -> int:
    """64 bits of a hash of sorted different hashes."""
    return int.from_bytes(hashlib.blake2b(shingles.data, digest_size=8).digest(), "little")


def _says_enough(text: str) -> bool:
    # Mostly the beginning tells. Put together with what follows, a character or two may become one.
    return letters_in(text[: 8 * LEAST_LETTERS]) >= LEAST_LETTERS + 2 or letters_in(text) >= LEAST_LETTERS


def _hashes_of(source: dict[str, Any]) -> tuple[int, tuple[int, int, int]]:
    """Of what is learnt, messages and tools, however they were written: of all, and `Learnt.answered`."""
    messages = source["messages"]
    asked = next((n for n in range(len(messages), 0, -1) if messages[n - 1]["role"] == "user"), 0)
    declared = {key: source.get(key) for key in ("tools", "functions") if source.get(key)}
    question = hashlib.blake2b(_written({**declared, "messages": messages[:asked]}), digest_size=8)
    after, whole = messages[asked:], question.copy()
    whole.update(_written(after))
    is_answered = bool(asked and after) and after[0]["role"] == "assistant"
    if not is_answered or not message_text(messages[asked - 1]).strip():
        return _number(whole), (0, 0, 0)
    calls, answer = question.copy(), question.copy()
    calls.update(_written(sorted(call["function"]["name"] for call in after[0].get("tool_calls") or ())))
    answer.update(_written(after[0]))
    return _number(whole), (_number(question), _number(calls), _number(answer))


def _number(hashed: hashlib.blake2b) -> int:
    return int.from_bytes(hashed.digest(), "little")


def _written(learnt: dict[str, Any] | list[Any]) -> bytes:
    """JSON that is the same for equal values only."""
    try:
        fast = orjson.dumps(learnt, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # numbers beyond 64 bits, halves of characters, very deep nesting
        fast = _NULL
    # It writes null for what is not a number, too.
    return json.dumps(learnt, sort_keys=True, separators=(",", ":")).encode() if _NULL in fast else fast


def _spoken(source: dict[str, Any]) -> str:
    """What users and assistants say and call, without system prompts and declared tools."""
    texts = []
    for message in source["messages"]:
        if message["role"] in ("user", "assistant"):
            texts.append(message_text(message))
            texts += [str(call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    return "\n".join(texts)
