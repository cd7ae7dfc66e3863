"""What is said in the terminal's words, for somebody who has only the page before them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SCREENS: Mapping[str, str] = {
    "analyze": "Overview",
    "recommend": "Overview",
    "export": "Export",
    "validate": "Export",
    "import": "Datasets",
    "jobs": "Plan",
    "plans": "Plan",
    "review": "Review",
    "records": "Review",
    "rules": "Topics",
    "scenarios": "Topics",
    "targets": "Topics",
    "topics": "Topics",
}
"""What commands of the terminal do is done on these screens."""
_COMMAND = re.compile(r"`finetune-coverage ([a-z]{1,20})[^`\n]{0,200}`")
_MORE = re.compile(r" \(“more” shows [^)\n]{0,60}\)")
_OTHERWISE: Mapping[str, str] = {
    "`export --oversample`": "repeating records as they are exported",
    "`topics review`": "see the screen “Topics”",
    "a look at some in `jobs show` tells": "a look at some of them tells",
    "at the calls with `jobs show`": "at the calls",
    "for the reasons that `jobs show` lists": "for the reasons below",
    "(`rules`)": "(see the screen “Topics”)",
}
"""What is said in the terminal's words, and how the page says it."""


def without_commands(said: str) -> str:
    """What is said, with a screen named in the place of each command that does the same."""

    def screen(found: re.Match[str]) -> str:
        name = _SCREENS.get(found.group(1))
        return f"the screen “{name}”" if name else found.group()

    for words, ours in _OTHERWISE.items():
        said = said.replace(words, ours)
    return _COMMAND.sub(screen, _MORE.sub("", said))


def has_more(said: str) -> bool:
    """Whether the agent offers the details of what it said."""
    return _MORE.search(said) is not None
