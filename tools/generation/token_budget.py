"""The cap on tokens: reserved in the worst case before a call, settled after it."""

from __future__ import annotations

from ..errors import BudgetExceeded
from ..settings import Settings
from .draft import Draft

TEMPLATE_TOKENS_PER_MESSAGE = 8
"""What a chat template adds to each message, generously."""


def worst_case(draft: Draft) -> int:
    """The most tokens that an attempt can use: no tokenizer makes more tokens than there are bytes."""
    return sum(
        sum(len(text.encode()) + TEMPLATE_TOKENS_PER_MESSAGE for _, text in request.prompt)
        + request.max_tokens
        for request in draft.requests
    )


def refuse_uncheckable_cap(settings: Settings) -> None:
    """A cap on money can only be kept where the price is known: free for the embedded model, unknown elsewhere.

    Raises:
        BudgetExceeded: a cap on money is set and the model's price is not known; nothing has been spent.
    """
    if settings.budget_usd is not None and not settings.uses_embedded_model:
        raise BudgetExceeded(
            f"A cap of ${settings.budget_usd:,.2f} is set, and the price of {settings.model_in_use} is not known, "
            "so the cap could not be kept.",
            hint="Set FINETUNE_COVERAGE_BUDGET_TOKENS instead of FINETUNE_COVERAGE_BUDGET_USD.",
        )


class TokenBudget:
    """Counts what is spent and what is reserved against a cap.

    Args:
        cap: tokens, prompt and reply together; None is no cap.
        spent: what earlier runs of the same job used.
    """

    def __init__(self, cap: int | None, spent: int = 0) -> None:
        self.cap = cap
        self.spent = spent
        self._reserved = 0

    def reserve(self, tokens: int) -> int:
        """Set the worst case of a call aside.

        Raises:
            BudgetExceeded: the call could pass the cap; nothing is set aside.
        """
        if self.cap is not None and self.spent + self._reserved + tokens > self.cap:
            raise BudgetExceeded(
                f"The token budget of {self.cap:,} is used up: {self.spent:,} spent, "
                f"{self._reserved:,} reserved, and the next call may need {tokens:,}.",
                hint="Raise FINETUNE_COVERAGE_BUDGET_TOKENS or ask for fewer records.",
            )
        self._reserved += tokens
        return tokens

    def settle(self, reservation: int, used: int) -> None:
        """Replace a reservation by what the call used."""
        self._reserved -= reservation
        self.spent += used
