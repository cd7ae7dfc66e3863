"""What a sentence names beside its wish: topics, a strategy, and its numbers by what they are numbers of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ...tools.coverage.strategy_choice import STRATEGIES, StrategyName
from ..offers.offer import Offer
from .names import partly_named_topics, shares_a_word, words_of
from .numbers import NUMBER, ascii_digits, readings, thousands
from .wishes import LISTED, Part

_NUMBER = re.compile(NUMBER)
# What stands behind the number of a limit; looked for where one ends, since one pattern of both takes long on digits.
_UNIT = re.compile(r"\s?(?P<k>k?)\s?(?P<unit>tokens?\b|dollars?\b|usd\b|\$|cents?\b|¢)")
_PER_DOLLAR = {"usd": 1, "cents": 100}


@dataclass(frozen=True)
class Named:
    """What stands in a sentence, as far as it is there.

    Attributes:
        topics: in the order of the sentence.
        numbers: without the limits.
        strategy: if one is named.
        max_tokens: a number of tokens, if one is named.
        max_usd: a number of dollars, likewise.
        dataset: another dataset.
        shown: how many records are shown under a number.
        has_plan: whether a plan is on the table.
    """

    topics: Sequence[str] = ()
    numbers: Sequence[float] = ()
    strategy: StrategyName | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    dataset: str | None = None
    shown: int = 0
    has_plan: bool = False

    @property
    def whole(self) -> list[int]:
        """The numbers that can be counts, or numbers of something."""
        return [int(one) for one in self.numbers if one == int(one) and one > 0]

    @property
    def has_limit(self) -> bool:
        """Whether a number of tokens or dollars is named."""
        return self.max_tokens is not None or self.max_usd is not None

    @property
    def parts(self) -> list[frozenset[Part]]:
        """For each kind of thing that is named what it may be."""
        found: list[tuple[object, tuple[Part, ...]]] = [
            (self.topics, ("topic",)),
            (self.strategy, ("strategy",)),
            (self.dataset, ("dataset",)),
            (self.has_limit, ("limit",)),
            (any(one != int(one) for one in self.numbers), ("score",)),
        ]
        if self.whole:
            is_shown = min(self.whole) <= self.shown
            # While records are shown, numbers beside no topic and no plan are rather those of records.
            is_count = max(self.whole) > self.shown or self.has_plan or bool(self.topics)
            counts: tuple[Part, ...] = ("count", "limit", "round", "rule") if is_count else ("round", "rule")
            found.append((True, (*counts, "record") if is_shown else counts))
        return [frozenset(kinds) for there, kinds in found if there]


def named_in(
    text: str,
    english: str,
    offer: Offer,
    *,
    topics: Sequence[str] = (),
    numbers: Sequence[float] = (),
    strategy: str = "",
    dataset: str | None = None,
) -> Named:
    """What ``text`` names, as a model read it: what does not stand in the text does not count.

    Args:
        text: what was typed.
        english: the same in English, by the model.
        offer: what lies on the table, with the topics there are.
        topics: that the model read; one counts where a word of its name stands in the text or in its translation.
        numbers: that the model read.
        strategy: that the model read, likewise.
        dataset: that the text names.

    Raises:
        ValueError: a number that the model read is not in the text.
    """
    said = f"{text} {english}"
    listed = [name for name in topics if name in offer.topics and shares_a_word(name, said)]
    found = partly_named_topics(text, offer.topics, _VOCABULARY)
    written = _written(text)
    limits = _limits(english, written, numbers) or _limits(text, written, numbers)
    left = _without(_in_the_text(numbers, written) or _standing_alone(text), limits)
    return Named(
        topics=found or listed,
        numbers=left,
        strategy=_strategy(strategy, said),
        max_tokens=next((int(value) for unit, value in limits if unit == "tokens" and value >= 1), None),
        max_usd=next(
            (value / _PER_DOLLAR[unit] for unit, value in limits if unit in _PER_DOLLAR and value > 0), None
        ),
        dataset=dataset,
        shown=len(offer.shown_records),
        has_plan=bool(offer.items),
    )


_VOCABULARY = frozenset(word for wish in LISTED.values() for word in words_of(wish.meaning))
"""Words in which wishes are told: one of them alone is rather what is wanted than a part of a topic's name."""


def _written(text: str) -> set[float]:
    """The values of the numbers that stand in the text; "50k" is fifty, and fifty thousand."""
    plain = ascii_digits(text)
    values = {value for part in re.findall(NUMBER, plain) for value, _ in readings(part)}
    return values | set(thousands(plain))


def _in_the_text(read: Sequence[float], written: Collection[float]) -> list[float]:
    """The numbers as read; where the text has digits, they must be in it, since a small model makes numbers up."""
    if written and not set(written).issuperset(read):
        raise ValueError(f"{list(read)} are not the numbers of the text")
    return list(read)


def _standing_alone(text: str) -> list[float]:
    """The numbers of the text in their order, without those that are a part of a word, or percents."""
    found = re.findall(rf"{NUMBER}(?![\w%]| %)", ascii_digits(text))
    return [readings(number)[0][0] for number in found]


def _limits(english: str, written: Collection[float], read: Collection[float]) -> list[tuple[str, float]]:
    """The numbers of tokens, dollars and cents in it, as far as they stand in the text."""
    found = []
    plain = ascii_digits(english).lower()
    for number in _NUMBER.finditer(plain):
        behind = _UNIT.match(plain, number.end())
        if behind is None and not plain[max(0, number.start() - 2) : number.start()].rstrip().endswith("$"):
            continue
        said = behind["unit"] if behind is not None else ""
        unit = "tokens" if said.startswith("token") else "cents" if said.startswith(("cent", "¢")) else "usd"
        values = [value for value, _ in readings(number[0])]
        # Nobody has a limit of 9.000 tokens that is nine.
        value = max(values) if unit == "tokens" else values[0]
        is_thousands = behind is not None and behind["k"]
        value = next((one for one in values if one in read), value) * (1000 if is_thousands else 1)
        if value in (written or read):
            found.append((unit, value))
    return found


def _without(numbers: Sequence[float], limits: Sequence[tuple[str, float]]) -> list[float]:
    """The numbers that are no limits; one that was read of "50k" may be either."""
    left = list(numbers)
    for _, value in limits:
        for one in (value, value / 1000):
            if one in left:
                at = len(left) - 1 - left[::-1].index(one)  # a limit is rather said last
                del left[at]
                break
    return left


def _strategy(read: str, said: str) -> StrategyName | None:
    """The strategy whose whole name stands there; else the one read, where a word of its name does."""
    words = words_of(said)
    spoken = f" {' '.join(words)} "
    for guide in STRATEGIES.values():
        if f" {' '.join(words_of(guide.title))} " in spoken:
            return guide.name
    guide = STRATEGIES.get(read)  # type: ignore[call-overload]
    return guide.name if guide is not None and set(words) & {*words_of(guide.title)} else None
