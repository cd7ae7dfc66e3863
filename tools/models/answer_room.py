"""How long an answer may be: room for its text, and for what a model does before it writes, as far as that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from .usage import FILTERED, NO_USAGE, TokenUsage

STEP = 8_000
"""Tokens that a model gets more when an answer was cut off, or shows hidden ones for the first time."""
MOST = 4 * STEP
"""What it can get at most: the longest that reasoning models think about a text of some sentences."""
TEXT_FACTOR, TEXT_MARGIN = 2, 500
"""An answer may be twice as long as its text should be, and so much longer: a limit that cuts off costs a call."""


class AnswerRoom:
    """The limit of the answers of one model at one endpoint; it grows with what its answers show.

    Args:
        extra: tokens beyond the text, as they were found out before.
        is_known: whether an answer of this model was seen before.
        answers: how many were seen.
        reasoning_tokens: of all these together.

    Attributes:
        extra: the tokens now; None for a model whose answers keep to their text (the embedded one).
        is_known: whether an answer was seen.
        has_changed: whether there is something new to remember.
    """

    def __init__(
        self,
        extra: int | None = 0,
        *,
        is_known: bool = False,
        answers: int = 0,
        reasoning_tokens: int = 0,
    ) -> None:
        self.extra = extra
        self.is_known = is_known
        self.answers = answers
        self.reasoning_tokens = reasoning_tokens
        self.has_changed = False
        self._most = MOST

    @classmethod
    def fixed(cls) -> AnswerRoom:
        """Of the embedded model, which does not think, and whose context is small."""
        return cls(None, is_known=True)

    def learn(self, had: int | None, text: str, usage: TokenUsage) -> bool:
        """Take note of an answer.

        An answer that was cut off, is empty, or took hidden tokens shows that this model needs more room. Where all
        of a cut-off answer is to be seen, more room may only make it longer, so that counts once.

        Args:
            had: what ``extra`` was when it was asked for: answers that were under way together count as one.
            text: the answer.
            usage: what it took.

        Returns:
            Whether there is more room now.
        """
        self.is_known = self.has_changed = True
        self.answers += 1
        self.reasoning_tokens += usage.reasoning_tokens
        if self.extra is None or had != self.extra or self.extra >= self._most:
            return False
        is_hidden = usage.reasoning_tokens > 0
        if is_cut_off(text, usage):
            grows = is_hidden or not text.strip() or self.extra == 0
        else:
            grows = is_hidden and self.extra == 0
        if grows:
            self.extra += STEP
        return grows

    def shrink(self, had: int | None) -> bool:
        """The endpoint refused a request as too long: so much does not fit beside the prompt.

        Returns:
            Whether there is less room now, or was already, so that asking again makes sense.
        """
        if not had or self.extra is None:
            return False
        if had == self.extra:
            self.extra = self._most = self.extra - STEP
            self.has_changed = True
        return True

    @property
    def hidden_tokens(self) -> float:
        """Tokens that an answer takes beside its text, on average of those that were seen."""
        return self.reasoning_tokens / self.answers if self.answers else 0.0


def token_limit(text_tokens: int, extra: int | None) -> int:
    """The limit to ask with.

    Args:
        text_tokens: what the text should take at most.
        extra: of the `AnswerRoom`.
    """
    return text_tokens if extra is None else TEXT_FACTOR * text_tokens + TEXT_MARGIN + extra


def is_cut_off(text: str, usage: TokenUsage) -> bool:
    """Whether an answer ended at its limit, or its text never began though nobody kept it back."""
    return usage.finish_reason == "length" or not (text.strip() or usage.finish_reason == FILTERED)


def cut_off_words(limit: int, usage: TokenUsage) -> str:
    """What happened to an answer that was cut off, for a person."""
    hidden = f", {usage.reasoning_tokens:,} of them hidden reasoning" if usage.reasoning_tokens else ""
    used = f" after {usage.completion_tokens:,} tokens{hidden}" if usage.completion_tokens else ""
    return f"the answer was cut off or empty{used}; its limit was {limit:,}"


class AskForJson(Protocol):
    """Asks for one JSON object, as `structured_json` of a model and `EndpointSession.json` do."""

    async def __call__(
        self,
        messages: Sequence[tuple[str, str]],
        schema: dict[str, Any],
        /,
        *,
        name: str,
        max_tokens: int,
        temperature: float,
    ) -> tuple[str, TokenUsage]:
        """The raw reply, and what it took."""
        ...


async def json_with_room(
    ask: AskForJson,
    room: AnswerRoom,
    messages: Sequence[tuple[str, str]],
    schema: dict[str, Any],
    *,
    name: str,
    text_tokens: int,
    temperature: float = 0.0,
) -> tuple[str, TokenUsage]:
    """One JSON object, asked for once more with more room when the answer was cut off.

    Args:
        ask: the line to the model.
        room: for its answers.
        messages: the prompt, as (role, text) pairs.
        schema: of the object.
        name: for the schema.
        text_tokens: what its text takes at most.
        temperature: 0 for the likeliest reply.

    Returns:
        The last reply, and what all calls together took.
    """
    total = NO_USAGE
    for _ in range(2):
        had = room.extra
        text, usage = await ask(
            messages,
            schema,
            name=name,
            max_tokens=token_limit(text_tokens, had),
            temperature=temperature,
        )
        total += usage
        if not (room.learn(had, text, usage) and is_cut_off(text, usage)):
            break
    return text, replace(total, finish_reason=usage.finish_reason)
