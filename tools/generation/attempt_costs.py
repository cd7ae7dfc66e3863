"""What an attempt may use, and has used: the writing model's calls and the judge's."""

from __future__ import annotations

from ..models.usage import TokenUsage
from .draft import Draft, Request
from .judge.judge import Judge
from .money import NOTHING, Amount
from .open_attempt import Open
from .spending import Spending
from .worst_case import overrun, worst_case_tokens

BYTES_PER_TOKEN = 4
"""For what an endpoint does not count, and no more than a person has to be told."""


class AttemptCosts:
    """Reckons for the attempts of one job.

    Args:
        spending: knows the prices.
        judge: what will be asked about written records; None when there is no judge.
    """

    def __init__(self, spending: Spending, judge: Judge | None) -> None:
        self._spending = spending
        self._judge = judge

    def worst_case(self, draft: Draft) -> Amount:
        """What to set aside for an attempt: the most that its calls can use, and about what a verdict can."""
        worst = self._spending.worst_case(draft)
        if self._judge is None:
            return worst
        return worst + self._spending.judge_cost(TokenUsage(*self._judge.expected_worst_case(draft)))

    def used(self, one: Open) -> Amount:
        """What an attempt has used so far; where the endpoint does not count, the most that it can have been."""
        if not one.replies:
            return NOTHING
        is_counted = one.usage.tokens > 0
        used = self._spending.cost(one.usage) if is_counted else self._spending.worst_case(one.draft)
        if one.verdict is None:
            return used
        if one.judge_usage.tokens == 0 and one.question is not None:
            return used + self._of_verdict(one.question)
        return used + self._spending.judge_cost(one.judge_usage)

    def tokens(self, one: Open) -> int:
        """What an attempt has used so far; estimated by its length where the endpoint does not count."""
        told = one.usage.tokens or sum(
            len(text.encode()) // BYTES_PER_TOKEN
            for text in (
                *(text for request in one.draft.requests[: len(one.replies)] for _, text in request.prompt),
                *one.replies,
            )
        )
        return told + one.judge_usage.tokens

    def missing_for_verdict(self, one: Open) -> Amount:
        """What has to be set aside before the judge is asked, beyond what is set aside already."""
        assert one.question is not None
        needed = self.used(one) - one.counted + self._of_verdict(one.question) * (one.lost_verdicts + 1)
        return needed.beyond(one.reserved)

    def settled(self, one: Open) -> tuple[Amount, Amount] | None:
        """What to give back for an attempt that ends, and what it used; None when that was done before."""
        if one.reserved.tokens == 0:
            return None
        if one.lost_verdicts == 0:
            return one.reserved, self.used(one) - one.counted
        if one.question is None:
            return (
                None  # how much the lost call can have cost is not known any more: all of it stays reserved
            )
        lost = self._of_verdict(one.question) * one.lost_verdicts
        return one.reserved - lost, self.used(one) - one.counted

    def overrun(self, one: Open) -> str | None:
        """Why no cap can be kept with the endpoint, if a reply is longer than it could be."""
        asked = [worst_case_tokens(request) for request in one.draft.requests[: len(one.replies)]]
        worst = (sum(prompt for prompt, _ in asked), sum(reply for _, reply in asked))
        written = overrun(worst, (one.usage.prompt_tokens, one.usage.completion_tokens))
        if written or one.verdict is None or one.question is None:
            return written
        judged = one.judge_usage
        return overrun(worst_case_tokens(one.question), (judged.prompt_tokens, judged.completion_tokens))

    def _of_verdict(self, question: Request) -> Amount:
        return self._spending.judge_cost(TokenUsage(*worst_case_tokens(question)))
