"""The last calls of a dialogue and their results: what an answer is about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ....dataset.record import Message, message_text
from ....dataset.tool_exchanges import WaitingCalls
from ..form.written_calls import calls_of
from .said import Said
from .spoken_values import Value, number_form
from .told_fields import Texts, told_texts

_SCORE = re.compile(r"\d{1,2}-\d{1,2}")
LATEST_TURNS = 3
"""Spoken turns before an answer that it may take up besides the last calls and their results."""
MANY_RESULTS = 3
"""Results from which an answer may count them: rounds played, offers made."""


class Latest:
    """The last calls with their results, and the turns since shortly before them."""

    def __init__(self) -> None:
        self.results: list[str] = []
        self._turns: list[str] = []
        self._is_over = True
        self._tools: set[str] = set()
        self._waiting = WaitingCalls[str]()
        self._by_tool: defaultdict[str, list[str]] = defaultdict(list)
        self._said: Said | None = None
        self._texts: Texts | None = None
        self._count = 0
        self.is_fresh = False

    def add(self, message: Message, text: str) -> None:
        """Take in a message."""
        self._said = None
        if message["role"] == "tool" or message.get("tool_calls"):
            if self._is_over:
                self.results, self._tools = [], set()
            self._texts = None
            self.results += [text, *(written for _, written in calls_of(message))]
            self._tools.update(tool for tool, _ in calls_of(message))
            for call, (tool, _) in zip(message.get("tool_calls") or (), calls_of(message), strict=False):
                self._waiting.call(tool, call.get("id"), tool)
            if message["role"] == "tool":
                self._count += 1
                tool = self._waiting.answer(message.get("tool_call_id"), message.get("name")) or ""
                self._by_tool[tool].append(text)
        else:
            self._turns = [*self._turns[1 - LATEST_TURNS :], text]
            if message["role"] != "assistant":
                self._waiting.give_up()
        self._is_over = message["role"] == "user"
        self.is_fresh = message["role"] == "tool" or (self.is_fresh and message["role"] == "user")

    @property
    def texts(self) -> Texts:
        """The short texts of the last calls and results, by field."""
        if self._texts is None:
            self._texts = told_texts(self.results)
        return self._texts

    def may_count(self, value: Value) -> bool:
        """Whether a number may count what the dialogue has done so far, or that there is none; "2-1" is a score."""
        if _SCORE.fullmatch(value.written):
            return all(int(count) <= self._count for count in value.written.split("-"))
        return value.forms[0] in (number_form(count) for count in range(self._count + 1)) and (
            self._count >= MANY_RESULTS or value.forms[0] == "n0"
        )

    def knows_name(self, words: Sequence[Value]) -> bool:
        """Whether the last results say a name, or earlier ones of the same tools, or the turns around them."""
        return self._all.knows_name(words, None)

    @property
    def _all(self) -> Said:
        if self._said is None:
            self._said = Said()
            earlier = (text for tool in self._tools for text in self._by_tool[tool])
            for text in (*self.results, *earlier, *self._turns):
                self._said.add_result(text)
        return self._said


def answers_with_texts(messages: Sequence[Message]) -> Iterator[tuple[str, Texts]]:
    """The answers that follow calls, with the short texts of those calls and their results."""
    latest = Latest()
    for message in messages:
        text = message_text(message)
        if message["role"] == "assistant" and text and latest.results:
            yield text, latest.texts
        latest.add(message, text)
