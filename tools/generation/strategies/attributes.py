"""What makes one request differ from the next: attributes in each prompt, drawn evenly over their combinations.

The number of values of each list has no divisor in common with that of any other. Counting on by one and taking
the remainder for each list then visits every combination once before any comes twice (Chinese remainder theorem),
and every pair, triple, … of values equally often along the way. Nothing has to be remembered between attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import gcd, prod
from typing import TypeVar

from ..missing_cells import Wanted
from ..topic_style import Opening, TopicStyle

T = TypeVar("T")

PERSONAS = (
    "a busy parent",
    "a student",
    "a small-business owner",
    "a retired teacher",
    "a technician",
    "a first-time user",
    "an office manager",
    "a non-native speaker of the language",
    "a freelance designer",
    "a long-time customer",
    "a traveller on the road",
    "a nurse between two shifts",
    "somebody who helps an elderly relative",
)
"""Who writes."""

SITUATIONS = (
    "it happens for the first time",
    "the person compares two things and wants to know the difference",
    "there is a date or deadline",
    "it happened before and came back",
    "the person wants to do it for somebody else",
    "the person followed instructions and got stuck at one step",
    "only one of several items is affected",
    "the person misunderstood how it works",
    "the person asks what to expect next",
    "the person wants to undo something",
    "the person has tried one thing already",
)
"""What the new conversation is about, beside the topic."""

TONES = (
    "matter-of-fact",
    "polite",
    "a little annoyed",
    "friendly and chatty",
    "worried",
    "in a hurry",
    "unsure",
)
"""In which mood the user writes."""

CHANNELS = ("in a chat window", "on a phone", "by email", "through a web form", "by text message")
"""Where the user writes."""

LENGTHS: dict[str, float] = {"short": 0.35, "usual": 0.65, "very short": 0.1, "long": 0.9}
"""How long the user's message is: the share of the topic's real user turns that are no longer."""

DIFFICULTIES = ("a plain case", "a case with one complication", "a case that takes thought")
"""How hard the request is to answer."""

MANNERS = (
    "short, like a note",
    "polite, in full sentences",
    "a little annoyed",
    "casual, in lower case",
    "the facts in another order",
    "worried",
    "matter-of-fact",
    "in a hurry",
    "friendly and chatty",
    "careful, one fact after the other",
)
"""How another user puts the same facts: style only, since an invented fact would not fit the reply."""

HOW_TO_OPEN: dict[Opening, str] = {
    "greeting": "a greeting",
    "question": "a question",
    "first person": '"I" or "my"',
    "other": "the matter itself",
}
"""What the user's first message begins with, in the words of a prompt."""

_COMBINATIONS = prod(
    (len(PERSONAS), len(SITUATIONS), len(TONES), len(CHANNELS), len(LENGTHS), len(DIFFICULTIES))
)
_STEPS = (0.7548776662466927, 0.5698402909980532, (5**0.5 - 1) / 2, 2**0.5 - 1, 3**0.5 - 1, 7**0.5 - 2)
"""Additive recurrence (Weyl): steps that are independent over the rational numbers fill a cube evenly, however far
the sequence is followed. The first two are those of the sequence R2 (Roberts, 2018)."""


@dataclass(frozen=True)
class Attributes:
    """The attributes of one attempt.

    Attributes:
        words: of the user's first message, about.
        opening: how the user's first message begins.
        exchanges: of the conversation.
        wanted: what the topic lacks, where this attempt asks for it.
    """

    persona: str
    situation: str
    tone: str
    channel: str
    length: str
    difficulty: str
    words: int
    opening: Opening
    exchanges: int
    wanted: Wanted | None = None

    @property
    def opens_with(self) -> str:
        """What the user's first message begins with, in words."""
        return HOW_TO_OPEN[self.opening]

    @property
    def words_asked(self) -> int:
        """Words of the first message where the topic lacks such; 0 where the topic's style says how long it is."""
        return (self.wanted and self.wanted.words) or 0

    def named(self, *names: str) -> dict[str, str | int]:
        """The attributes with these names, for the provenance; and what was asked for because it is missing."""
        asked = self.wanted.provenance if self.wanted else {}
        drawn = {name: getattr(self, name) for name in names}
        if self.wanted and self.wanted.words:
            drawn.pop("length", None)  # of the first message; another one was asked for
        return drawn | asked


def attributes_of(number: int, seeds: int, style: TopicStyle, wanted: Wanted | None = None) -> Attributes:
    """The attributes of attempt ``number`` (from 0) of a strategy that goes round ``seeds`` seeds.

    Opening and number of exchanges follow the real records' distribution; the lists are covered evenly. What is
    wanted takes the place of what would be drawn.
    """
    place = unlocked(number, seeds)
    length = pick(list(LENGTHS), place)
    return Attributes(
        persona=pick(PERSONAS, place),
        situation=pick(SITUATIONS, place),
        tone=pick(TONES, place),
        channel=pick(CHANNELS, place),
        length=length,
        difficulty=pick(DIFFICULTIES, place),
        words=(wanted and wanted.words) or style.words_of_user(LENGTHS[length]),
        opening=style.opening_at(even_share(number, 0)),
        exchanges=(wanted and wanted.exchanges) or style.exchanges_at(even_share(number, 1)),
        wanted=wanted,
    )


def pick(values: Sequence[T], place: int) -> T:
    """The value at a place that counts on and on."""
    return values[place % len(values)]


def in_turn(values: Sequence[T], number: int, seeds: int) -> T:
    """The value for attempt ``number`` over ``seeds`` seeds: a seed meets all of them before one comes to it again."""
    return values[(number % seeds + number // seeds) % len(values)]


def unlocked(number: int, seeds: int) -> int:
    """A place in the attributes' combinations for an attempt, such that each seed meets every value in time.

    Where the number of seeds and that of a list have a common divisor, plain counting would give a seed the same
    few values for ever. So each round over the seeds skips as many places as make the two coprime.
    """
    return number + number // max(1, seeds) * _skipped(max(1, seeds))


@cache
def _skipped(seeds: int) -> int:
    return next(more for more in range(_COMBINATIONS) if gcd(seeds + more, _COMBINATIONS) == 1)


def even_share(number: int, dimension: int) -> float:
    """Number ``number`` of a sequence that fills 0 to 1 evenly; dimensions (0 to 5) are independent of each other."""
    return (0.5 + number * _STEPS[dimension]) % 1.0
