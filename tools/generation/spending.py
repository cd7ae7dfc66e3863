"""What a job spends: its attempts against the budget of its approval. Called inside the journal's transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ..errors import BudgetExceeded
from . import budget
from .draft import Draft
from .prices import Price
from .worst_case import worst_case_tokens


@dataclass(frozen=True)
class Amount:
    """Tokens, and what they cost in USD; None where the price is not known."""

    tokens: int
    usd: float | None

    def __add__(self, other: Amount) -> Amount:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Amount(self.tokens + other.tokens, usd)

    def __sub__(self, other: Amount) -> Amount:
        usd = None if self.usd is None or other.usd is None else self.usd - other.usd
        return Amount(self.tokens - other.tokens, usd)

    def __mul__(self, times: int) -> Amount:
        return Amount(self.tokens * times, None if self.usd is None else self.usd * times)

    def beyond(self, other: Amount) -> Amount:
        """How much more this is, at least nothing."""
        more = self - other
        return Amount(max(0, more.tokens), None if more.usd is None else max(0.0, more.usd))


NOTHING = Amount(0, 0.0)


class Spending:
    """Reserves and settles for one job.

    Args:
        approval_id: whose budget is spent.
        price: of the model; None when it is not known.
        judge_price: of the judge, likewise.
        in_batches: whether calls to the model cost what they do in the Batch API; the judge is asked directly.
    """

    def __init__(
        self,
        approval_id: str,
        price: Price | None,
        *,
        judge_price: Price | None = None,
        in_batches: bool = False,
    ) -> None:
        self._approval_id = approval_id
        self._price = price
        self._judge_price = judge_price
        self._in_batches = in_batches

    def open(self, connection: Connection, cap_tokens: int | None, cap_usd: float | None) -> None:
        """Fix the caps, or make them tighter."""
        budget.open_budget(connection, self._approval_id, cap_tokens, cap_usd)

    def worst_case(self, draft: Draft) -> Amount:
        """The most that all requests of a draft can use."""
        total = NOTHING
        for request in draft.requests:
            total += self.cost(*worst_case_tokens(request))
        return total

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Amount:
        """What a call to the model used."""
        return _amount(self._price, prompt_tokens, completion_tokens, in_batches=self._in_batches)

    def judge_cost(self, prompt_tokens: int, completion_tokens: int) -> Amount:
        """What a call to the judge used."""
        return _amount(self._judge_price, prompt_tokens, completion_tokens)

    def reserve(self, connection: Connection, amounts: Sequence[Amount]) -> tuple[int, BudgetExceeded | None]:
        """Set aside as many of these amounts, from the first on, as the budget allows.

        Returns:
            How many were set aside, and what refused the next one.
        """
        if not amounts:
            return 0, None
        total = sum(amounts, NOTHING)
        try:  # mostly all of them fit, and one statement does
            budget.reserve(connection, self._approval_id, tokens=total.tokens, usd=total.usd)
            return len(amounts), None
        except BudgetExceeded as error:
            if len(amounts) == 1:
                return 0, error
        for number, amount in enumerate(amounts):
            try:
                budget.reserve(connection, self._approval_id, tokens=amount.tokens, usd=amount.usd)
            except BudgetExceeded as error:
                return number, error
        return len(amounts), None

    def settle(self, connection: Connection, pairs: Sequence[tuple[Amount, Amount]]) -> str | None:
        """Replace reservations by what was used, as (reserved, used) pairs.

        Returns:
            Why the job must stop: a call used more than it could have. None when all is well.
        """
        within = [(reserved, used) for reserved, used in pairs if _fits(used, reserved)]
        beyond = [pair for pair in pairs if not _fits(pair[1], pair[0])]
        summed = (
            [(sum((r for r, _ in within), NOTHING), sum((u for _, u in within), NOTHING))] if within else []
        )
        reasons = [
            budget.settle(
                connection,
                self._approval_id,
                reserved_tokens=reserved.tokens,
                reserved_usd=reserved.usd,
                used_tokens=used.tokens,
                used_usd=used.usd,
            )
            for reserved, used in [*summed, *beyond]
        ]
        return next((reason for reason in reasons if reason), None)


def _amount(
    price: Price | None, prompt_tokens: int, completion_tokens: int, *, in_batches: bool = False
) -> Amount:
    usd = price.cost(prompt_tokens, completion_tokens, batch=in_batches) if price else None
    return Amount(prompt_tokens + completion_tokens, usd)


def _fits(used: Amount, reserved: Amount) -> bool:
    return used.tokens <= reserved.tokens and (used.usd or 0) <= (reserved.usd or 0)
