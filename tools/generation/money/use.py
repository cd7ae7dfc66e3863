"""What was used, and how that is said: the one place that puts it into words.

An endpoint may answer without counting; then the worst case of the call is charged to the budget, and what is said
must not sound like a count. It may also not answer at all and charge for it, which nobody here can know: that stays
set aside, and is said apart from what was used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, Field, computed_field

from .amounts import usd_words


class Use(BaseModel):
    """What calls to models took, as it is charged to the budget of their approval."""

    tokens: int = Field(0, description="Prompt and reply tokens together, as charged to the budget.")
    usd: float | None = Field(0.0, description="What they cost; null where a price is not known.")
    uncounted_calls: int = Field(
        0, description="Calls that the endpoint did not count; they are charged at their worst case."
    )
    uncounted_tokens: int = Field(0, description="That worst case; it is among the tokens.")
    lost_calls: int = Field(
        0, description="Calls without an answer, which may have been charged; not among the tokens."
    )
    lost_tokens: int = Field(0, description="The most that they can have taken.")
    lost_usd: float | None = Field(0.0, description="What that would cost; null where a price is not known.")

    @computed_field(description="The same in words.")  # type: ignore[prop-decorator]
    @property
    def used(self) -> str:
        """The same in words."""
        return use_words(self)

    def figures(self) -> dict[str, Any]:
        """The figures by name, for whatever tells them as its own."""
        return {name: getattr(self, name) for name in Use.model_fields}


def sum_of(uses: Iterable[Use]) -> Use:
    """Several together; the cost is known where all of them are."""
    every = list(uses)
    sums = {}
    for name in Use.model_fields:
        values = [getattr(use, name) for use in every]
        sums[name] = None if None in values else sum(values)
    return Use.model_validate(sums)


def use_words(use: Use, details: Sequence[str] = ()) -> str:
    """``12,345 tokens, $0.02``; "at most" so much where the endpoint did not count, and why.

    Args:
        use: what to say.
        details: what else is known of the tokens, such as "200 of them hidden reasoning".
    """
    said = ", ".join([f"{tokens_figure(use)} tokens", *details, usd_figure(use)])
    why = why_at_most(use)
    said = f"{said} ({why})" if why else said
    return "; ".join(filter(None, [said, may_be_charged_words(use)]))


def may_be_charged_words(use: Use) -> str:
    """What calls without an answer may cost beside what was used; empty where there were none."""
    if not use.lost_calls:
        return ""
    calls = f"{use.lost_calls:,} {'call' if use.lost_calls == 1 else 'calls'}"
    money = f" and {usd_words(use.lost_usd)}" if use.lost_usd else ""
    return f"{calls} without an answer may have been charged: up to {use.lost_tokens:,} tokens{money} more"


def tokens_figure(use: Use) -> str:
    """``12,345``, or ``at most 12,345``."""
    return f"{_at_most(use)}{use.tokens:,}"


def usd_figure(use: Use, *, nothing: str = "no cost", unknown: str = "cost not known") -> str:
    """``$0.02``, or ``at most $0.02``.

    Args:
        use: what to say.
        nothing: said of what is free.
        unknown: said where a price is not known.
    """
    if use.usd is None:
        return unknown
    return f"{_at_most(use)}{usd_words(use.usd)}" if use.usd else nothing


def why_at_most(use: Use) -> str:
    """Why figures are "at most"; empty where the endpoint counted everything."""
    if not use.uncounted_calls:
        return ""
    if use.uncounted_tokens >= use.tokens:
        return "charged to the budget; the endpoint did not tell what the calls took"
    calls = f"{use.uncounted_calls:,} {'call' if use.uncounted_calls == 1 else 'calls'}"
    return f"of which {calls} without usage count at their worst case, {use.uncounted_tokens:,} tokens"


def _at_most(use: Use) -> str:
    return "at most " if use.uncounted_calls else ""
