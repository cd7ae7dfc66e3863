"""Finds topics, counts and strategies in a sentence, whatever their spelling: "20 for tecnical with fewshot"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz, process

from ....tools.coverage.caps import MAX_PER_ITEM as MAX_COUNT
from ....tools.coverage.strategy_choice import STRATEGIES, StrategyName
from .number_words import ascii_digits, is_number_word, read_number, vocabulary

# A spelling must be this near (0 to 100) to count as the name; below it we ask rather than guess.
_NEAR = 86
_NEAR_WORD = 85

# Words of commands and of half of all topic names: alone they name no topic.
_COMMON = vocabulary(
    "about add all and any are but can change conversation conversations create data dataset description do each "
    "else every example examples existing few for from general generate generation give go have how instead issue "
    "issues just keep less like make many maybe message messages more need none not of only option options other "
    "please plan problem problems proceed question questions record records reject request requests review sample "
    "samples scenario service shot show skip some stop strategy support synthetic that the them then these this "
    "those to tool tools topic topics under underrepresented represented use user using variation want what which "
    "with without yes you"
)
_STRATEGY_PHRASES: dict[str, StrategyName] = {
    "message variation": "message_variation",
    "message variations": "message_variation",
    "variation": "message_variation",
    "variations": "message_variation",
    "few shot": "few_shot",
    "few shots": "few_shot",
    "fewshot": "few_shot",
    "topic description": "topic_description",
    "topic descriptions": "topic_description",
    "scenario expansion": "scenario_expansion",
    "scenario expansions": "scenario_expansion",
    "scenarios": "scenario_expansion",
    "edge cases": "scenario_expansion",
    "tool chain": "tool_chain",
    "tool chains": "tool_chain",
    "toolchain": "tool_chain",
}


@dataclass(frozen=True)
class Mention:
    """One thing named in the text, at the words ``start`` to ``end`` (exclusive)."""

    kind: Literal["topic", "count", "strategy"]
    value: str | int
    start: int
    end: int


@dataclass
class Mentions:
    """All that was found, in the order of the text.

    Attributes:
        found: the mentions.
        words: the text's words.
        ambiguous: words that could name several topics, and which.
        bad_counts: numbers that cannot be a count.
    """

    words: list[str]
    found: list[Mention] = field(default_factory=list)
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    bad_counts: list[str] = field(default_factory=list)

    @property
    def topics(self) -> list[str]:
        """The topics named, each once, in order."""
        return list(dict.fromkeys(str(m.value) for m in self.found if m.kind == "topic"))

    @property
    def counts(self) -> list[int]:
        """The counts named, in order."""
        return [int(m.value) for m in self.found if m.kind == "count"]

    @property
    def rest(self) -> list[str]:
        """The words that belong to no topic, count or strategy."""
        taken = {position for mention in self.found for position in range(mention.start, mention.end)}
        return [word for position, word in enumerate(self.words) if position not in taken]

    @property
    def strategies(self) -> list[StrategyName]:
        """The strategies named, in order."""
        return [STRATEGIES[m.value].name for m in self.found if m.kind == "strategy"]  # type: ignore[index]


def split_words(text: str) -> list[str]:
    """Lower-case words and numbers; underscores and hyphens part words, a comma within a number does not."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", ascii_digits(text.lower().replace("’", "'")))
    # "20条": a number beside letters that are not Latin is a word of its own.
    text = re.sub(r"(?<=\d)(?=[^\W\d_\u0000-\u024f])|(?<=[^\W\d_\u0000-\u024f])(?=\d)", " ", text)
    return re.findall(r"(?<![\w])-?\d+(?:\.\d+)?%?k?(?![^\W_])|[^\W_]+(?:'[^\W_]+)?", text)


def find_mentions(text: str, topics: Sequence[str]) -> Mentions:
    """All topics, strategies and counts in ``text``.

    A topic's full name wins over a strategy, a strategy over a part or misspelling of a name, and all of them over
    numbers, so that a digit within a topic's name is never taken for a count.
    """
    mentions = Mentions(split_words(text))
    free = [True] * len(mentions.words)
    names = _names(tuple(topics))
    _exact_names(mentions, free, names)
    _strategies(mentions, free)
    _near_names(mentions, free, names)
    _parts_of_names(mentions, free, names)
    _counts(mentions, free)
    mentions.found.sort(key=lambda mention: mention.start)
    return mentions


@lru_cache(maxsize=16)
def _names(topics: tuple[str, ...]) -> dict[str, list[str]]:
    return {topic: split_words(topic) for topic in topics}


def _take(
    mentions: Mentions,
    free: list[bool],
    kind: Literal["topic", "count", "strategy"],
    value: str | int,
    at: range,
) -> None:
    mentions.found.append(Mention(kind, value, at.start, at.stop))
    for position in at:
        free[position] = False


def _windows(free: list[bool], sizes: Iterable[int]) -> list[range]:
    """Runs of words not yet taken, longest first."""
    return [
        range(start, start + size)
        for size in sorted(set(sizes), reverse=True)
        if size > 0
        for start in range(len(free) - size + 1)
        if all(free[start : start + size])
    ]


def _joined(words: Sequence[str], at: range) -> str:
    return "".join(words[at.start : at.stop])


def _exact_names(mentions: Mentions, free: list[bool], names: dict[str, list[str]]) -> None:
    compact = {"".join(words): topic for topic, words in names.items() if words}
    sizes = {size for words in names.values() for size in range(1, len(words) + 1)}
    for at in _windows(free, sizes):
        topic = compact.get(_joined(mentions.words, at))
        if topic is not None and all(free[position] for position in at):
            _take(mentions, free, "topic", topic, at)


def _strategies(mentions: Mentions, free: list[bool]) -> None:
    for at in _windows(free, (2, 1)):
        phrase = " ".join(mentions.words[at.start : at.stop])
        name = _STRATEGY_PHRASES.get(phrase)
        if name is None and len(at) == 2:
            near = [n for p, n in _STRATEGY_PHRASES.items() if " " in p and fuzz.ratio(phrase, p) >= _NEAR]
            name = near[0] if near and len(set(near)) == 1 else None
        if name is not None and all(free[position] for position in at):
            _take(mentions, free, "strategy", name, at)


def _near_names(mentions: Mentions, free: list[bool], names: dict[str, list[str]]) -> None:
    """Misspelled full names; two names equally near are no answer."""
    sizes = {size for words in names.values() for size in range(1, len(words) + 2)}
    compact = {topic: "".join(words) for topic, words in names.items()}
    for at in _windows(free, sizes):
        written = _joined(mentions.words, at)
        if len(written) < 6 or not all(free[position] for position in at):
            continue
        if any(is_number_word(word) or word[:1].isdigit() for word in mentions.words[at.start : at.stop]):
            continue  # "12 acount" is a count and a name
        near = process.extract(written, compact, scorer=fuzz.ratio, limit=2, score_cutoff=_NEAR - 5)
        _, best, topic = near[0] if near else ("", 0.0, "")
        if best >= _NEAR and (len(near) == 1 or near[1][1] <= best - 5):
            _take(mentions, free, "topic", topic, at)


def _parts_of_names(mentions: Mentions, free: list[bool], names: dict[str, list[str]]) -> None:
    """Single words that belong to one topic's name only; neighbours narrow each other down."""
    position = 0
    with_word = {word: _topics_with(word, names) for word in set(mentions.words)}
    while position < len(free):
        start, candidates = (
            position,
            set(with_word[mentions.words[position]]) if free[position] else set(),
        )
        position += 1
        if not candidates:
            continue
        while position < len(free) and free[position]:
            narrowed = candidates & with_word[mentions.words[position]]
            if not narrowed:
                break
            candidates, position = narrowed, position + 1
        at = range(start, position)
        if len(candidates) == 1:
            _take(mentions, free, "topic", candidates.pop(), at)
        else:
            written = " ".join(mentions.words[start:position])
            mentions.ambiguous[written] = sorted(candidates)


def _topics_with(word: str, names: dict[str, list[str]]) -> set[str]:
    if len(word) < 4 or word in _COMMON or is_number_word(word):
        return set()
    return {
        topic
        for topic, words in names.items()
        if any(_is_part(word, part) for part in words if part not in _COMMON)
    }


def _is_part(word: str, part: str) -> bool:
    if part.startswith(word) or word == part + "s":
        return True
    return min(len(word), len(part)) >= 6 and fuzz.ratio(word, part) >= _NEAR_WORD


def _counts(mentions: Mentions, free: list[bool]) -> None:
    position = 0
    while position < len(free):
        number, size = read_number(mentions.words[position:]) if free[position] else (None, 1)
        if number is not None:
            written = " ".join(mentions.words[position : position + size])
            if 1 <= number <= MAX_COUNT:
                _take(mentions, free, "count", number, range(position, position + size))
            else:
                mentions.bad_counts.append(written)
        position += size
