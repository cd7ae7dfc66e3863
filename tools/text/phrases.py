"""Phrases: whether a text has one, letter by letter, in any language."""

from __future__ import annotations

import re

from .scripts import is_joined


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """The phrase in any case; as whole words, unless it begins or ends in a script that joins words to others."""
    phrase = phrase.strip()
    before = "" if is_joined(phrase[0]) else r"(?<!\w)"
    after = "" if is_joined(phrase[-1]) else r"(?!\w)"
    return re.compile(before + re.escape(phrase) + after, re.IGNORECASE)
