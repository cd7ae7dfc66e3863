"""What an attempt may use, and has used: the writing model's calls and the verifier's."""

from __future__ import annotations

from ...models.usage import TokenUsage
from ..attempts.draft import Draft, Request
from ..attempts.journal_entries import NONE_LOST, Charge, Lost
from ..attempts.open_attempt import Open
from ..checks.verifier.verifier import Verifier
from .amounts import NOTHING, Amount
from .counted_prompts import CountedPrompts
from .spending import Spending
from .worst_case import overrun

BYTES_PER_TOKEN = 4
"""For what an endpoint does not count, and no more than a person has to be told."""


class AttemptCosts:
    """Reckons for the attempts of one job.

    Args:
        spending: knows the prices.
        verifier: what will be asked about written records; None when there is no verifier.
        counted: what the endpoint counted for earlier prompts, of this job or another one.

    Attributes:
        counted: this.
    """

    def __init__(self, spending: Spending, verifier: Verifier | None, counted: CountedPrompts) -> None:
        self._spending = spending
        self._verifier = verifier
        self.counted = counted

    def learn(self, one: Open) -> None:
        """Take note of what the endpoint counted for the prompts of an attempt."""
        if len(one.requests) == len(one.counted_calls) == 1:
            self.counted.learn(one.requests[0], one.counted_calls[0].prompt_tokens)
        if one.question is not None and one.verdict is not None:
            self.counted.learn(one.question, one.verifier_usage.prompt_tokens)

    def worst_case(self, draft: Draft, *, is_verified: bool) -> Amount:
        """What to set aside for an attempt: the most that its calls can use, and about what a verdict can."""
        worst = self._spending.worst_case(draft)
        if self._verifier is None or not is_verified:
            return worst
        return worst + self._spending.verifier_cost(
            TokenUsage(*self._verifier.expected_worst_case(draft, self.counted))
        )

    def of(self, usage: TokenUsage) -> Amount:
        """What a call that the endpoint counted cost."""
        return self._spending.cost(usage)

    def used(self, one: Open) -> Amount:
        """What an attempt has used so far; where the endpoint does not count, the most that it can have been."""
        if not one.replies:
            return NOTHING
        uncounted = (self._spending.worst_case_of(one.requests[number]) for number in one.uncounted)
        cut = map(self._spending.verifier_cost, one.cut_verdicts)
        used = sum([*uncounted, *map(self.of, one.counted_calls), *cut], one.assumed)
        if one.verdict is None:
            return used
        if one.verifier_usage.tokens == 0 and one.question is not None:
            return used + self._of_verdict(one.question)
        return used + self._spending.verifier_cost(one.verifier_usage)

    def charge(self, one: Open) -> Charge:
        """What is charged for what an attempt has got so far."""
        used = self.used(one)
        beyond = used.tokens - one.usage.tokens - one.judged_with.tokens
        if beyond <= 0:  # also of one that took more than it could
            return Charge(used.picodollars)
        is_verdict_uncounted = one.verdict is not None and one.verifier_usage.tokens == 0
        return Charge(used.picodollars, max(1, len(one.uncounted) + is_verdict_uncounted), beyond)

    def lost(self, one: Open, *, is_call_lost: bool = False) -> Lost:
        """What the endpoint may charge for calls of an attempt that gave no answer.

        Args:
            one: the attempt.
            is_call_lost: whether the next call to the writing model is among them.
        """
        if is_call_lost:
            return Lost(1, self._spending.worst_case_of(one.requests[len(one.replies)]))
        if one.question is not None:
            return Lost(one.lost_verdicts, self._of_verdict(one.question) * one.lost_verdicts)
        # What the verifier was asked is not known any more: all that was set aside beside what was used.
        if not one.lost_verdicts:
            return NONE_LOST
        return Lost(1, one.reserved.beyond(self.used(one) - one.counted))

    def tokens(self, one: Open) -> int:
        """What an attempt has used so far; estimated by its length where the endpoint does not count."""
        estimated = sum(
            len(text.encode()) // BYTES_PER_TOKEN
            for number in one.uncounted
            for text in (*(text for _, text in one.requests[number].prompt), one.replies[number])
        )
        return one.usage.tokens + estimated + one.judged_with.tokens

    def missing_for_next(self, one: Open) -> Amount:
        """What has to be set aside before the verifier, or the model once more, is asked, beyond what is already."""
        if not one.is_written:
            following = self._spending.worst_case_of(one.requests[len(one.replies)])
        else:
            assert one.question is not None
            following = self._of_verdict(one.question) * (one.lost_verdicts + 1)
        return (self.used(one) - one.counted + following).beyond(one.reserved)

    def settled(self, one: Open, lost: Lost) -> tuple[Amount, Amount] | None:
        """What to give back for an attempt that ends, and what it used; None when that was done before.

        Args:
            one: the attempt.
            lost: stays set aside, since the endpoint may charge it.
        """
        if one.reserved.tokens == 0:
            return None
        used = self.used(one) - one.counted
        if one.uncounted:  # taken up, and then not known any more how much of it was set aside for which call
            used -= used.beyond(one.reserved)
        return one.reserved - lost.amount, used

    def overrun(self, one: Open) -> str | None:
        """Why no cap can be kept with the endpoint, if a reply is longer than it could be."""
        asked = [request.worst_case for request in one.requests[: len(one.replies)]]
        worst = (sum(prompt for prompt, _ in asked), sum(reply for _, reply in asked))
        written = overrun(worst, (one.usage.prompt_tokens, one.usage.completion_tokens))
        if written or one.verdict is None or one.question is None:
            return written
        judged = one.verifier_usage
        return overrun(one.question.worst_case, (judged.prompt_tokens, judged.completion_tokens))

    def _of_verdict(self, question: Request) -> Amount:
        return self._spending.verifier_cost(TokenUsage(*question.set_aside))
