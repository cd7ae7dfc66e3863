"""When a job stops by itself and a person is asked: one reason again and again, or more use than the plan said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

LEAST_DRAFTS = 10
"""A job may always take what so many drafts are expected to: the use of a few records is a matter of luck."""
ENOUGH_ANSWERS = 20
"""After so many it is known what a job takes."""
WORTH_TELLING = 0.25
"""A part of what the plan said by which all that is likely must differ for a person to be told."""
STEPPED_OVER = frozenset(("endpoint", "interrupted", "budget", "changed_draft"))
"""Reasons of attempts that say nothing of the texts: a row of refusals goes on over them."""


class Stops(BaseModel):
    """What was told with a plan, for one of its items.

    Attributes:
        refusals: drafts refused for one reason with none accepted in between.
        tokens: of all calls together; None when the plan was made without an estimate.
        draft_tokens: what one draft was expected to take.
        expected_tokens: what all of it was expected to take.
    """

    model_config = ConfigDict(frozen=True)

    refusals: int = Field(ge=1)
    tokens: int | None = None
    draft_tokens: float = 0.0
    expected_tokens: float | None = None

    def of_part(self, share: float) -> Stops:
        """What was told, for a share of the item's records."""
        if share == 1 or self.tokens is None:
            return self
        tokens = max(round(share * self.tokens), round(LEAST_DRAFTS * self.draft_tokens))
        expected = None if self.expected_tokens is None else share * self.expected_tokens
        return self.model_copy(update={"tokens": tokens, "expected_tokens": expected})


def stop_tokens(expected: float, draft: float, factor: float) -> int:
    """The tokens at which a job stops.

    Args:
        expected: what all of it should take.
        draft: what one draft should take.
        factor: how many times as much it may be.
    """
    return round(max(expected * factor, draft * LEAST_DRAFTS))


class StopWatch:
    """Counts what a job uses and how its drafts are refused.

    Args:
        stops: what was told with its plan.
        tokens: what earlier runs of the job used.
        is_counted: whether the endpoint counted all of that; else it is estimated.
        drafts: how many attempts of theirs ended.
        refused: their reasons for refusal, in order; None for an accepted draft.
    """

    def __init__(
        self,
        stops: Stops,
        *,
        tokens: int = 0,
        is_counted: bool = True,
        drafts: int = 0,
        refused: Iterable[str | None] = (),
    ) -> None:
        self._stops = stops
        self._tokens = tokens
        self._is_counted = is_counted
        self._drafts = drafts
        self._refused: Counter[str] = Counter()  # since the last accepted draft
        self._answers = self._accepted = 0
        for reason in refused:
            self._judged(reason)

    def ended(self, tokens: int, reason: str | None, *, is_counted: bool = True) -> None:
        """An attempt ended.

        Args:
            tokens: what it used.
            reason: why it was refused; None when it was accepted.
            is_counted: whether the endpoint counted that; else it is estimated.
        """
        self._tokens += tokens
        self._is_counted &= is_counted
        self._drafts += 1
        self._judged(reason)

    def drafts_left(self, in_hand: int) -> int | None:
        """How many more attempts to begin, so that those do not pass the tokens; None for any number.

        Args:
            in_hand: attempts that are under way.
        """
        if self._stops.tokens is None:
            return None
        each = self._tokens / self._drafts if self._drafts else self._stops.draft_tokens
        left = self._stops.tokens - self._tokens
        return max(0, -int(-left // max(1.0, each)) - in_hand)

    @property
    def reason(self) -> str | None:
        """Why the job must stop, for a person; None when it need not."""
        for check, number in self._refused.most_common(1):
            row = self._refused.total()
            if number >= self._stops.refusals:
                # Others between them are no better news: two reasons that take turns would never make a row.
                some = f", {number} of them" if row > number else ""
                return f"the last {row} drafts in a row were refused{some} by {check}"
        if self._stops.tokens is not None and self._tokens >= self._stops.tokens:
            about = "" if self._is_counted else "about "
            how = "" if self._is_counted else " (by the length of texts, since the endpoint does not count)"
            return (
                f"it has used {about}{self._tokens:,} tokens{how}, and the plan said that it would stop and ask at "
                f"{self._stops.tokens:,}"
            )
        return None

    def expected_now(self, count: int) -> str | None:
        """What all of the job will take by its answers so far, for a person; None while the plan seems right.

        Args:
            count: records that the job owes in all.
        """
        said = self._stops.expected_tokens
        if said is None or self._answers < ENOUGH_ANSWERS:
            return None
        least, most = (
            self._tokens / self._answers / share * count
            for share in _likely_shares(self._accepted, self._answers)
        )
        if least <= (1 + WORTH_TELLING) * said and most >= (1 - WORTH_TELLING) * said:
            return None
        end = f"; it stops and asks at {self._stops.tokens:,}" if (self._stops.tokens or most) < most else ""
        each, planned = _rounded(self._tokens / self._drafts), _rounded(self._stops.draft_tokens)
        whole = (
            f"about {_rounded(least):,} to {_rounded(most):,}"
            if self._accepted
            else f"more than {_rounded(least):,}"
        )
        return (
            f"By its first {self._answers} answers, {self._accepted} of them accepted, all of it will take {whole} "
            f"tokens, and the plan said {_rounded(said):,} ({each:,} for a draft, and not {planned:,}){end}"
        )

    def taken(self, count: int, *, is_part: bool = False) -> str | None:
        """What the job has taken beside what the plan said for so many records, for a person; None where that is near.

        Args:
            count: records that the job, or this part of it, owed in all.
            is_part: whether other parts of it are not counted here.
        """
        said = self._stops.expected_tokens
        if said is None or self._answers < ENOUGH_ANSWERS or not self._accepted:
            return None
        planned = said * self._accepted / count
        if abs(self._tokens - planned) <= WORTH_TELLING * planned:
            return None
        each, draft = _rounded(self._tokens / self._drafts), _rounded(self._stops.draft_tokens)
        times = f"{self._tokens / planned:.1f}"
        whose = f"{self._accepted} of its" if is_part else f"Its {self._accepted}"
        return (
            f"{whose} records took {_rounded(self._tokens):,} tokens, {times} × the "
            f"{_rounded(planned):,} of the plan (a draft {each:,}, not {draft:,})"
        )

    def _judged(self, reason: str | None) -> None:
        if reason in STEPPED_OVER:
            return
        self._answers += 1
        self._accepted += reason is None
        if reason is None:
            self._refused.clear()
        else:
            self._refused[reason] += 1


def _likely_shares(accepted: int, answers: int) -> tuple[float, float]:
    """Between which, the higher first, the true share of accepted drafts lies in 90 of 100 jobs: Jeffreys' interval."""
    from scipy.special import betaincinv

    rest = answers - accepted + 0.5
    return float(betaincinv(accepted + 0.5, rest, 0.95)), float(betaincinv(accepted + 0.5, rest, 0.05))


def _rounded(tokens: float) -> int:
    """To two digits: more would promise what nobody knows."""
    return int(float(f"{tokens:.2g}"))


def stops_told(details: dict[str, Any], number: int) -> Stops | None:
    """What a plan's details say of one of its items; None for a plan that was made without an estimate."""
    told = details.get("stops") or []
    return Stops.model_validate(told[number]) if number < len(told) else None
