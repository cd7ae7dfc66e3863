"""What a job spends: its attempts against the budget of its approval. Called inside the journal's transactions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from ...errors import BudgetExceeded
from ...models.usage import TokenUsage
from ..attempts.draft import Draft, Request
from . import budget
from .amounts import NOTHING, Amount
from .prices import Price


class Spending:
    """Reserves and settles for one job.

    Args:
        approval_id: whose budget is spent.
        price: of the model; None when it is not known.
        verifier_price: of the verifier, likewise.
        in_batches: whether calls to the model cost what they do in the Batch API; the verifier is asked directly.
    """

    def __init__(
        self,
        approval_id: str,
        price: Price | None,
        *,
        verifier_price: Price | None = None,
        in_batches: bool = False,
    ) -> None:
        self._approval_id = approval_id
        self._price = price
        self._verifier_price = verifier_price
        self._in_batches = in_batches

    def open(self, connection: Connection, cap_tokens: int | None, cap_usd: float | None) -> None:
        """Fix the caps, or make them tighter."""
        budget.open_budget(connection, self._approval_id, cap_tokens, cap_usd)

    def worst_case(self, draft: Draft) -> Amount:
        """The most that all requests of a draft can use: nothing of a prompt is cached."""
        return sum((self.worst_case_of(request) for request in draft.requests), NOTHING)

    def worst_case_of(self, request: Request) -> Amount:
        """The most that one request to the model can use."""
        return self.cost(TokenUsage(*request.set_aside))

    def cost(self, usage: TokenUsage) -> Amount:
        """What a call to the model used; rounded up, so it is asked for once for each call."""
        return _amount(self._price, usage, in_batches=self._in_batches)

    def verifier_cost(self, usage: TokenUsage) -> Amount:
        """What a call to the verifier used."""
        return _amount(self._verifier_price, usage)

    def reserve(self, connection: Connection, amounts: Sequence[Amount]) -> tuple[int, BudgetExceeded | None]:
        """Set aside as many of these amounts, from the first on, as the budget allows.

        Returns:
            How many were set aside, and what refused the next one.
        """
        if not amounts:
            return 0, None
        total = sum(amounts, NOTHING)
        try:  # mostly all of them fit, and one statement does
            budget.reserve(connection, self._approval_id, total)
            return len(amounts), None
        except BudgetExceeded as error:
            if len(amounts) == 1:
                return 0, error
        for number, amount in enumerate(amounts):
            try:
                budget.reserve(connection, self._approval_id, amount)
            except BudgetExceeded as error:
                return number, error
        return len(amounts), None

    def settle(self, connection: Connection, pairs: Sequence[tuple[Amount, Amount]]) -> str | None:
        """Replace reservations by what was used, as (reserved, used) pairs.

        Returns:
            Why the job must stop: a call used more than was set aside, and the budget does not allow for it. None when
            all is well.
        """
        within = [(reserved, used) for reserved, used in pairs if used.fits(reserved)]
        beyond = [(reserved, used) for reserved, used in pairs if not used.fits(reserved)]
        summed = (
            [(sum((r for r, _ in within), NOTHING), sum((u for _, u in within), NOTHING))] if within else []
        )
        reasons = [
            budget.settle(connection, self._approval_id, reserved, used)
            for reserved, used in [*summed, *(self._made_up(connection, *pair) for pair in beyond)]
        ]
        return next((reason for reason in reasons if reason), None)

    def _made_up(self, connection: Connection, reserved: Amount, used: Amount) -> tuple[Amount, Amount]:
        """The pair with what was missing set aside too, where the budget allows it."""
        missing = used.beyond(reserved)
        try:
            budget.reserve(connection, self._approval_id, missing)
        except BudgetExceeded:
            return reserved, used
        return reserved + missing, used


def _amount(price: Price | None, usage: TokenUsage, *, in_batches: bool = False) -> Amount:
    tokens = usage.tokens
    if price is None:
        return Amount(tokens, None)
    money = price.picodollars(
        usage.prompt_tokens, usage.completion_tokens, cached_tokens=usage.cached_tokens, batch=in_batches
    )
    return Amount(tokens, money)
