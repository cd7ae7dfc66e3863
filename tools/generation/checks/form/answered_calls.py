"""Answered calls: the results follow their calls at once, every id once and in the order of the calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ....dataset.record import Message, Record
from ....dataset.tool_exchanges import ToolExchange, exchanges
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits

LEFT_UNANSWERED = 0.05
"""Share of the real records that leave calls unanswered, from which such records are the dataset's kind: many teach
the call only, and end with it."""


class AnsweredCalls:
    """Parallel calls of one message are answered one after the other; a result without its call is refused too."""

    name = "answered_calls"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first call without its answer, or answer without its call."""
        written = candidate.messages[candidate.first_written :]
        found = self._habits.first_unexcused(_findings(written))
        return Rejection(self.name, found.evidence) if found else None


def _findings(messages: Sequence[Message]) -> Iterator[Finding]:
    calls = exchanges(messages)
    open_calls: list[ToolExchange] = []
    seen: set[Any] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if not open_calls or open_calls[0].answer != index:
                expected = [call.id for call in open_calls[:1]] or "no result"
                yield Finding(
                    f"message {index + 1} answers {message.get('tool_call_id')!r}; expected {expected}"
                )
            open_calls = open_calls[1:]
            continue
        if open_calls:
            yield _unanswered(open_calls, f"before message {index + 1}", "in between")
        open_calls = [call for call in calls if call.message == index]
        ids = [call.id for call in open_calls]
        if seen.intersection(ids) or len(set(ids)) < len(ids):
            yield Finding(f"message {index + 1} uses a call id again: {ids}")
        seen.update(ids)
    if open_calls:
        yield _unanswered(open_calls, "at the end", "at the end")


def _unanswered(calls: list[ToolExchange], where: str, deed: str) -> Finding:
    ids = [call.id for call in calls]
    return Finding(f"calls {ids} have no answer {where}", (Excuse(deed, None, LEFT_UNANSWERED),))
