"""What an answer may say beside the results: how long things take in the house, and what it is asked about itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PERIOD = (
    r"(?:(?:within|up to|for|takes?|after|every|at least|at most|wait|in|about|around|the next|the last|keep\w* it) "
    r"(?:\d+ ?(?:-|–|to|or) ?)?{number}(?: ?(?:-|–|to|or) ?\d+)?[ -](day|week|month|year|hour)s?"
    r"|(?<![\w.]){number}(?: ?(?:-|–|to|or) ?\d+)? (?:business|working|calendar) (day)s?)\b(?! old)"
)
"""A number of days or hours; ``{number}`` is put in."""
_ABOUT_ITSELF = re.compile(
    r"\bwhere (you are|are you|do you live)\b|\bhow (old )?are you\b|\byour (day|age|birthday|favou?rite)\b"
    r"|\bhave you (ever|been)\b|\bdo you (like|enjoy|live|eat|sleep)\b|\bare you (human|real|a (bot|robot|person))\b",
    re.IGNORECASE,
)


def is_period_of_the_house(number: str, answer: str, results: Iterable[str]) -> bool:
    """Whether an answer tells a period of which no result tells one: "we keep it for 90 days".

    The house knows how long it takes to do a thing, and no tool says so. Where a result counts in the same unit, the
    answer must have its number.
    """
    found = re.search(_PERIOD.format(number=re.escape(number)), answer, re.IGNORECASE)
    unit = (found[1] or found[2]).lower() if found else ""
    return bool(unit) and not any(unit in text.lower() for text in results)


def asks_about_itself(question: str) -> bool:
    """Whether a user makes small talk: what the assistant answers then, no result says."""
    return _ABOUT_ITSELF.search(question) is not None
