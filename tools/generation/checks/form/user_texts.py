"""What of a record is compared with what a strategy wrote for the user."""

from __future__ import annotations

from collections.abc import Iterator

from ....dataset.record import Record, message_text
from ....text.letters import letters_in

LEAST_LETTERS = 20
"""Of a text that says enough to be compared by itself: shorter are greetings, thanks and answers such as "yes, that
one", which are the same in many conversations, in every language."""


def compared_texts(record: Record) -> Iterator[str]:
    """The texts to compare with, each once.

    All that the user says, since most strategies write whole conversations, and each turn that says something,
    since a variation writes one. Turns copied from a seed are left out: the seed has them.
    """
    written = record.messages[record.first_written :]
    turns = [message_text(message) for message in written if message.get("role") == "user"]
    yield "\n".join(turns)
    yield from filter(says_enough, dict.fromkeys(turns if len(turns) > 1 else ()))


def says_enough(text: str) -> bool:
    """Whether a text is long enough to be compared by itself."""
    return letters_in(text) >= LEAST_LETTERS
