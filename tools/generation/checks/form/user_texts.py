"""What of a record is compared with what a strategy wrote for the user."""

from __future__ import annotations

from collections.abc import Iterator

from ....dataset.record import Record, message_text
from ...search.words import words_of

LEAST_WORDS = 5
"""Words of a turn that is compared by itself: greetings and thanks are the same in every conversation."""


def compared_texts(record: Record) -> Iterator[tuple[str, list[str]]]:
    """The texts to compare with, each once, and their words.

    All that the user says, since most strategies write whole conversations, and each turn that says something,
    since a variation writes one. Turns copied from a seed are left out: the seed has them.
    """
    written = record.messages[record.first_written :]
    turns = [message_text(message) for message in written if message.get("role") == "user"]
    whole = "\n".join(turns)
    yield whole, words_of(whole)
    for turn in dict.fromkeys(turns if len(turns) > 1 else ()):
        words = words_of(turn)
        if len(words) >= LEAST_WORDS:
            yield turn, words
