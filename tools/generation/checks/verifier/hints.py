"""Hints: where what is written has no literal source. Code cannot tell whether that is a fault; a reader can.

Compared are letters and digits without case, so it is the same in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ....dataset.record import Message, message_text
from ....text.letters import squeezed
from ...attempts.draft import Candidate
from ..form.written_calls import calls_of, leaves, read_arguments

MOST_HINTS = 12
"""More would hide what they point to."""
_NUMBER = re.compile(r"\d[\d.,:/-]*\d")
"""Two digits and more; single ones are mostly numbers of a list."""


def hints_of(candidate: Candidate) -> list[str]:
    """Arguments that nothing before their call says, and numbers in replies that nothing before them says."""
    return list(dict.fromkeys(_hints(candidate.messages, candidate.first_written)))[:MOST_HINTS]


def _hints(messages: Sequence[Message], first: int) -> Iterator[str]:
    known = ""
    any_result = False
    for index, message in enumerate(messages):
        text = message_text(message)
        if index >= first and message["role"] == "assistant":
            for tool, written in calls_of(message):
                yield from _ungrounded(tool, written, known)
            if any_result:
                for number in _NUMBER.findall(text):
                    if squeezed(number) not in known:
                        yield f"the number {number} in the reply {text[:60]!r} stands nowhere before it"
        any_result = any_result or message["role"] == "tool"
        known += " " + squeezed(text)
        known += "".join(" " + squeezed(written) for _, written in calls_of(message))


def _ungrounded(tool: str, written: str, known: str) -> Iterator[str]:
    for path, value in leaves(read_arguments(written), ""):
        if _says_something(value) and squeezed(str(value)) not in known:
            name = path.lstrip(".")
            yield f"argument `{name}` = {str(value)[:60]!r} of `{tool}` does not stand literally before the call"


def _says_something(value: Any) -> bool:
    return value is not None and not isinstance(value, bool) and len(squeezed(str(value))) > 1
