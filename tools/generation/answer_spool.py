"""Answers that were paid for, from the moment they are read until the journal has them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .open_attempt import Open

ROOM = 2**20
"""Bytes from which on a spool that holds nothing new is emptied."""


@dataclass(frozen=True)
class Spooled:
    """What an attempt had got from the models when an answer came.

    Attributes:
        number: of the attempt.
        replies: of the model that writes, so far.
        verdict: of the judge, if it was asked.
    """

    number: int
    replies: list[str]
    prompt_tokens: int
    completion_tokens: int
    verdict: str | None
    judge_prompt_tokens: int
    judge_completion_tokens: int

    @classmethod
    def of(cls, one: Open) -> Spooled:
        """What the attempt has now."""
        return cls(
            one.number,
            one.replies,
            one.prompt_tokens,
            one.completion_tokens,
            one.verdict,
            one.judge_prompt_tokens,
            one.judge_completion_tokens,
        )

    def is_news(self, one: Open) -> bool:
        """Whether there is more in it than in the attempt."""
        return len(self.replies) > len(one.replies) or (self.verdict is not None and one.verdict is None)

    def add_to(self, one: Open) -> None:
        """Give the attempt what it had."""
        one.replies = self.replies
        one.prompt_tokens, one.completion_tokens = self.prompt_tokens, self.completion_tokens
        one.verdict = self.verdict
        one.judge_prompt_tokens = self.judge_prompt_tokens
        one.judge_completion_tokens = self.judge_completion_tokens
        one.lost_verdicts = 0 if self.verdict is not None else one.lost_verdicts
        one.is_journalled = False


class AnswerSpool:
    """A file that answers are appended to from the event loop, some microseconds after they were read.

    What is not written down when a program is killed is paid for again. A transaction of the store takes
    milliseconds, and waits for other transactions; this waits for nobody. The operating system keeps what was
    appended when the program dies, as it does for the store (a machine that loses power may lose the last moments
    of both).

    Args:
        path: of the file; what an earlier run left in it is kept until `empty` is called.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without effect on a file on a disk; it tells those who watch over event loops that writing does not wait.
        at_once = getattr(os, "O_NONBLOCK", 0)
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | at_once, 0o600)
        self._size = 0

    def append(self, one: Open) -> None:
        """Write down what an attempt has got so far.

        Raises:
            OSError: it cannot be written, for want of room for example.
        """
        line = json.dumps(asdict(Spooled.of(one)))  # in ASCII: a reply may hold half a surrogate pair
        assert self._file is not None
        self._size += os.write(self._file, f"{line}\n".encode())

    def empty(self) -> None:
        """All that was appended is in the journal: begin anew, if that is worth the while."""
        if self._size >= ROOM and self._file is not None:
            os.ftruncate(self._file, 0)
            self._size = 0

    def remove(self) -> None:
        """All is in the journal, and nothing more comes."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def spooled_answers(path: Path) -> dict[int, Spooled]:
    """What a killed program left, by attempt: the last that was said of each. A line that broke off is left out."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    found: dict[int, Spooled] = {}
    for line in lines[:-1]:
        try:
            one = Spooled(**json.loads(line))
        except (ValueError, TypeError):
            continue  # the disk was full, or the machine lost power, in the middle of it
        found[one.number] = one
    return found
