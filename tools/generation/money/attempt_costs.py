"""What an attempt may use, and has used: the writing model's calls and the verifier's."""

from __future__ import annotations

from ...models.usage import TokenUsage
from ..attempts.draft import Draft, Request
from ..attempts.journal_entries import Charge
from ..attempts.open_attempt import Open
from ..checks.verifier.verifier import Verifier
from .amounts import NOTHING, Amount
from .spending import Spending
from .worst_case import overrun, worst_case_tokens

BYTES_PER_TOKEN = 4
"""For what an endpoint does not count, and no more than a person has to be told."""


class AttemptCosts:
    """Reckons for the attempts of one job.

    Args:
        spending: knows the prices.
        verifier: what will be asked about written records; None when there is no verifier.
    """

    def __init__(self, spending: Spending, verifier: Verifier | None) -> None:
        self._spending = spending
        self._verifier = verifier

    def worst_case(self, draft: Draft, *, is_verified: bool) -> Amount:
        """What to set aside for an attempt: the most that its calls can use, and about what a verdict can."""
        worst = self._spending.worst_case(draft)
        if self._verifier is None or not is_verified:
            return worst
        return worst + self._spending.verifier_cost(TokenUsage(*self._verifier.expected_worst_case(draft)))

    def of(self, usage: TokenUsage) -> Amount:
        """What a call that the endpoint counted cost."""
        return self._spending.cost(usage)

    def used(self, one: Open) -> Amount:
        """What an attempt has used so far; where the endpoint does not count, the most that it can have been."""
        if not one.replies:
            return NOTHING
        uncounted = (self._spending.worst_case_of(one.draft.requests[number]) for number in one.uncounted)
        used = sum([*uncounted, *map(self.of, one.counted_calls)], one.assumed)
        if one.verdict is None:
            return used
        if one.verifier_usage.tokens == 0 and one.question is not None:
            return used + self._of_verdict(one.question)
        return used + self._spending.verifier_cost(one.verifier_usage)

    def charge(self, one: Open) -> Charge:
        """What is charged for an attempt so far, or in the end when its reservation is settled."""
        lost = NOTHING if one.question is None else self._of_verdict(one.question) * one.lost_verdicts
        return _charge(one, self.used(one) + lost)

    def in_the_end(self, one: Open, settled: tuple[Amount, Amount] | None) -> Charge | None:
        """What is charged for an attempt that ends; None where that was written down when it was settled.

        Args:
            one: the attempt.
            settled: as `settled` has it; None when its reservation stays, since the endpoint may charge all of it.
        """
        if one.reserved.tokens == 0:
            return None
        return self.charge(one) if settled is not None else _charge(one, one.reserved)

    def tokens(self, one: Open) -> int:
        """What an attempt has used so far; estimated by its length where the endpoint does not count."""
        estimated = sum(
            len(text.encode()) // BYTES_PER_TOKEN
            for number in one.uncounted
            for text in (*(text for _, text in one.draft.requests[number].prompt), one.replies[number])
        )
        return one.usage.tokens + estimated + one.verifier_usage.tokens

    def missing_for_verdict(self, one: Open) -> Amount:
        """What has to be set aside before the verifier is asked, beyond what is set aside already."""
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
        judged = one.verifier_usage
        return overrun(worst_case_tokens(one.question), (judged.prompt_tokens, judged.completion_tokens))

    def _of_verdict(self, question: Request) -> Amount:
        return self._spending.verifier_cost(TokenUsage(*worst_case_tokens(question)))


def _charge(one: Open, amount: Amount) -> Charge:
    beyond = amount.tokens - one.usage.tokens - one.verifier_usage.tokens
    if beyond <= 0:  # also of one that took more than it could
        return Charge(amount.picodollars)
    is_verdict_uncounted = one.verdict is not None and one.verifier_usage.tokens == 0
    calls = len(one.uncounted) + is_verdict_uncounted + one.lost_verdicts
    return Charge(amount.picodollars, max(1, calls), beyond)
