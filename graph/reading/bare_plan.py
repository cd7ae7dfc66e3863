"""The fast path beside a small model: a bare plan in English, such as "20 for billing and 10 for tax with few-shot"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.strategy_choice import STRATEGIES, StrategyName
from ..actions.catalog import PlannedItem, ProposePlan
from .names import words_of

T = TypeVar("T")

_LONGEST = 200
"""Characters."""
_NOT_PLAIN = re.compile(r"[?？]|[-−+]\d|\d[.,]\d")
_AFTER_COUNT = ("more", "new", "record", "records", "example", "examples", "for", "of", "about", "in", "the")
_BETWEEN = ("and", "plus", "please", "with", "using", "by", "via")


def read_bare_plan(text: str, topics: Sequence[str]) -> ProposePlan | None:
    """The plan that ``text`` is, if it is one and nothing else: numbers, whole names of topics, perhaps strategies.

    A strategy counts for the parts before it that have none.
    """
    words = words_of(text) if len(text) <= _LONGEST and not _NOT_PLAIN.search(text) else []
    names = {tuple(words_of(topic)): topic for topic in topics}
    strategies: dict[tuple[str, ...], StrategyName] = {
        tuple(words_of(form)): name for name, guide in STRATEGIES.items() for form in (name, guide.title)
    }
    items: list[PlannedItem] = []
    at = 0
    while at < len(words):
        if items and words[at] in _BETWEEN:
            at += 1
            continue
        strategy, end = _longest(words, at, strategies)
        if items and strategy is not None:
            items = [
                item if item.strategy else item.model_copy(update={"strategy": strategy}) for item in items
            ]
            at = end
            continue
        if not words[at].isdigit() or not 1 <= int(words[at][:9]) <= MAX_PER_ITEM:
            return None
        count = int(words[at][:9])
        at += 1
        topic, end = _longest(words, at, names)
        while topic is None and at < len(words) and words[at] in _AFTER_COUNT:
            at += 1
            topic, end = _longest(words, at, names)
        if topic is None:
            return None
        items.append(PlannedItem(topic=topic, count=count))
        at = end
    return ProposePlan(items=items) if items else None


def _longest(words: Sequence[str], at: int, names: Mapping[tuple[str, ...], T]) -> tuple[T | None, int]:
    """The longest name that the words from ``at`` on begin with, and where it ends."""
    for size in sorted({len(name) for name in names if name}, reverse=True):
        if (name := tuple(words[at : at + size])) in names:
            return names[name], at + size
    return None, at
