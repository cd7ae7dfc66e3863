"""What is written into the journal of generation: answers, and what became of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...dataset.record import Record
from ..jobs.ledger import MAY_BE_CHARGED
from ..money.amounts import NOTHING, Amount
from .draft import Rejection


@dataclass(frozen=True)
class Charge:
    """What is charged to the budget for an attempt, beside the tokens that were counted; named like the columns.

    Attributes:
        picodollars: all that it costs; None when the price is not known.
        uncounted_calls: calls that the endpoint answered and did not count.
        uncounted_tokens: the worst case that is charged for these.
    """

    picodollars: int | None
    uncounted_calls: int = 0
    uncounted_tokens: int = 0


@dataclass(frozen=True)
class Lost:
    """Calls without an answer, which the endpoint may charge for all the same: what they may cost stays set aside.

    Attributes:
        calls: how many.
        amount: the most that they can have taken.
    """

    calls: int
    amount: Amount

    def beside(self, details: dict[str, Any]) -> dict[str, Any] | None:
        """The details of an attempt with this among them; None when nothing was lost."""
        told = {"calls": self.calls, "tokens": self.amount.tokens, "picodollars": self.amount.picodollars}
        return {**details, MAY_BE_CHARGED: told} if self.calls else None


NONE_LOST = Lost(0, NOTHING)


@dataclass(frozen=True)
class Paid:
    """What an attempt has got from the models so far; named like the columns of the table.

    Attributes:
        response: the replies, as `replies.joined` puts them together.
        picodollars: as in `Charge`, so far.
        verdict: the judge's answer, if there is one, with its own tokens.
        uncounted_calls: as in `Charge`, so far.
        uncounted_tokens: likewise.
    """

    response: str
    prompt_tokens: int
    completion_tokens: int
    picodollars: int | None
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    verdict: str | None = None
    judge_prompt_tokens: int = 0
    judge_completion_tokens: int = 0
    judge_cached_tokens: int = 0
    uncounted_calls: int = 0
    uncounted_tokens: int = 0


@dataclass(frozen=True)
class Answered:
    """An attempt with an answer that nobody has judged yet, or that leads on to the next request.

    Attributes:
        is_whole: whether no further request is needed.
        settled: (reserved, used) when the reservation ends here.
        details: as `Lost.beside` has them; None leaves them as they are.
    """

    number: int
    paid: Paid
    is_whole: bool
    settled: tuple[Amount, Amount] | None
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class Accepted:
    """An attempt whose record passed every check, and the slot that it fills.

    Attributes:
        text_key: of what the user says in it, as `exact_duplicate.text_key` has it.
        paid: what it got, unless the journal has that.
        settled: (reserved, used) when the attempt ends here with its reservation open.
        details: as in `Answered`.
    """

    number: int
    slot: int
    record: Record
    text_key: str | None
    scores: dict[str, float]
    paid: Paid | None = None
    settled: tuple[Amount, Amount] | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True)
class Refused:
    """An attempt that gives no record: refused by a check, or without an answer (failed).

    Attributes:
        paid: what it got, unless the journal has that.
        settled: (reserved, used) when the attempt ends here with its reservation open.
        details: as in `Answered`.
    """

    number: int
    rejection: Rejection
    failed: bool = False
    paid: Paid | None = None
    settled: tuple[Amount, Amount] | None = None
    details: dict[str, Any] | None = None
    scores: dict[str, float] | None = None
