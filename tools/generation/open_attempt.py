"""An attempt that is under way, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .draft import Draft, Rejection
from .replies import joined
from .spending import Amount

NOT_SENT = "not_sent"
"""The reason of attempts that were begun ahead of need and never sent: no refusal, and nothing to pay."""
UNSENT = Rejection(NOT_SENT, "the job had stopped")


@dataclass
class Open:
    """An attempt that is under way.

    Attributes:
        reserved: what was set aside for it.
        replies: what the model has answered so far, one for each request of the draft that was sent.
    """

    number: int
    slot: int
    draft: Draft
    reserved: Amount
    replies: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def response(self) -> str:
        """The replies as they are journalled."""
        return joined(self.draft, self.replies)

    @property
    def is_whole(self) -> bool:
        """Whether every request has its reply."""
        return len(self.replies) == len(self.draft.requests)


@dataclass(frozen=True)
class Failed:
    """An attempt whose call gave no answer.

    Attributes:
        is_free: whether the endpoint surely did not charge for the call: it refused it.
    """

    attempt: Open
    rejection: Rejection
    is_free: bool


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt; ``continues`` when its next request is to be sent."""

    attempt: Open
    status: Literal["accepted", "rejected", "failed", "continues"]
    rejection: Rejection | None = None
