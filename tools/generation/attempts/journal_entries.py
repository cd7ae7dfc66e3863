"""What is written into the journal of generation: answers, and what became of attempts."""

from __future__ import annotations

from dataclasses import dataclass

from ...dataset.record import Record
from ..money.amounts import Amount
from .draft import Rejection


@dataclass(frozen=True)
class Charge:
    """What is charged to the budget for an attempt, beside the tokens that were counted; named like the columns.

    Attributes:
        picodollars: all that it costs; None when the price is not known.
        uncounted_calls: calls that the endpoint did not count, or that it may charge for without an answer.
        uncounted_tokens: the worst case that is charged for these.
    """

    picodollars: int | None
    uncounted_calls: int = 0
    uncounted_tokens: int = 0


@dataclass(frozen=True)
class Paid:
    """What an attempt has got from the models so far; named like the columns of the table.

    Attributes:
        response: the replies, as `replies.joined` puts them together.
        picodollars: as in `Charge`, so far.
        verdict: the verifier's answer, if there is one, with its own tokens.
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
    verifier_prompt_tokens: int = 0
    verifier_completion_tokens: int = 0
    verifier_cached_tokens: int = 0
    uncounted_calls: int = 0
    uncounted_tokens: int = 0


@dataclass(frozen=True)
class Answered:
    """An attempt with an answer that nobody has judged yet, or that leads on to the next request.

    Attributes:
        is_whole: whether no further request is needed.
        settled: (reserved, used) when the reservation ends here.
    """

    number: int
    paid: Paid
    is_whole: bool
    settled: tuple[Amount, Amount] | None


@dataclass(frozen=True)
class Accepted:
    """An attempt whose record passed every check, and the slot that it fills.

    Attributes:
        text_key: of what the user says in it, as `exact_duplicate.text_key` has it.
        paid: what it got, unless the journal has that.
        settled: (reserved, used) when the attempt ends here with its reservation open.
        charge: what is charged for it in the end, unless the journal has that.
    """

    number: int
    slot: int
    record: Record
    text_key: str | None
    scores: dict[str, float]
    paid: Paid | None = None
    settled: tuple[Amount, Amount] | None = None
    charge: Charge | None = None


@dataclass(frozen=True)
class Refused:
    """An attempt that gives no record: refused by a check, or without an answer (failed).

    Attributes:
        paid: what it got, unless the journal has that.
        settled: (reserved, used) when the attempt ends here with its reservation open and the use is known.
        charge: what is charged for it in the end, unless the journal has that.
    """

    number: int
    rejection: Rejection
    failed: bool = False
    paid: Paid | None = None
    settled: tuple[Amount, Amount] | None = None
    charge: Charge | None = None
    scores: dict[str, float] | None = None
