"""What is done with attempts outside of the event loop: drafting, journalling, judging. Each takes many at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..dataset.record import Record
from ..dataset.store import Store
from ..errors import BudgetExceeded
from . import journal
from .acceptance import Acceptance, as_record
from .draft import Candidate, Draft, Rejection, Strategy, TopicContext
from .ledger import Attempt, Job
from .open_attempt import Failed, Open, Outcome
from .provenance import provenance_of
from .spending import NOTHING, Amount, Spending
from .worst_case import overrun, worst_case_tokens


class AttemptWork:
    """The blocking part of one job. The judging methods are for one thread at a time.

    Args:
        store: where the journal is.
        job: what is owed.
        strategy: writes the drafts and builds the records.
        context: what the strategy knows of the topic.
        acceptance: the gates.
        spending: the budget of the approval.
    """

    def __init__(
        self,
        store: Store,
        job: Job,
        strategy: Strategy,
        context: TopicContext,
        acceptance: Acceptance,
        spending: Spending,
    ) -> None:
        self._store = store
        self._job = job
        self._strategy = strategy
        self._context = context
        self._acceptance = acceptance
        self._spending = spending

    def draft(self, number: int) -> Draft:
        """The draft of an attempt; the same one after a crash, since it is drawn by job and number."""
        return self._strategy.draft(self._context, number, random.Random(f"{self._job.id}:{number}"))

    def open(self, number: int, slot: int) -> Open:
        """An attempt from its beginning, not written down yet."""
        draft = self.draft(number)
        return Open(number, slot, draft, self._spending.worst_case(draft))

    def begin(self, owed: Sequence[tuple[int, int]]) -> tuple[list[Open], BudgetExceeded | None]:
        """Draft attempts for (number, slot) pairs, set their worst case aside and write them down.

        Returns:
            Those that the budget allows, from the first on, and what it said to the next one.
        """
        drafted = [self.open(number, slot) for number, slot in owed]
        allowed, refusal = journal.begin_attempts(
            self._store,
            self._job.id,
            [(_as_attempt(one), one.reserved) for one in drafted],
            self._spending,
        )
        return drafted[:allowed], refusal

    def write_down(self, answered: Sequence[Open]) -> str | None:
        """Journal what has just been paid for; tells why the job must stop when a call took more than it could."""
        if not answered:
            return None
        paid = [
            journal.Paid(
                one.number,
                one.response,
                one.prompt_tokens,
                one.completion_tokens,
                one.is_whole,
                one.reserved,
                self._used(one),
            )
            for one in answered
        ]
        problem = journal.journal_answers(self._store, self._job.id, paid, self._spending)
        return problem or next(filter(None, map(_overrun, answered)), None)

    def note_batch(self, batch_id: str | None) -> None:
        """Remember which batch the attempts under way are in; None: in none any more."""
        journal.note_batch(self._store, self._job.id, batch_id)

    def noted_batch(self) -> str | None:
        """The batch that the attempts under way are in."""
        return journal.noted_batch(self._store, self._job.id)

    def _used(self, one: Open) -> Amount:
        if not one.replies:
            return NOTHING
        # An endpoint that does not count: all that was set aside.
        unknown = one.prompt_tokens + one.completion_tokens == 0
        return one.reserved if unknown else self._spending.cost(one.prompt_tokens, one.completion_tokens)

    def judge(self, answered: Sequence[Open], failed: Sequence[Failed] = ()) -> list[Outcome]:
        """Send answers through the gates and commit what came of them."""
        outcomes = [Outcome(one.attempt, "failed", one.rejection) for one in failed]
        refused = [
            journal.Refused(
                one.attempt.number,
                one.rejection,
                failed=True,
                settled=(one.attempt.reserved, self._used(one.attempt)) if one.is_free else None,
            )
            for one in failed
        ]
        accepted: list[journal.Accepted] = []
        for one in answered:
            judged = self._judged(one)
            if isinstance(judged, Rejection):
                outcomes.append(Outcome(one, "rejected", judged))
                open_yet = None if one.is_whole else (one.reserved, self._used(one))
                refused.append(journal.Refused(one.number, judged, settled=open_yet))
            elif one.is_whole:
                record = self._record(one, judged)
                outcomes.append(Outcome(one, "accepted"))
                accepted.append(journal.Accepted(one.number, one.slot, record, judged.scores))
                # At once, not when it is committed: the next answer of this batch may be its twin.
                self._acceptance.remember(judged)
            else:
                outcomes.append(Outcome(one, "continues"))
        doubled = self._end(accepted, refused)
        twins = Rejection("exact_duplicate", "the same record is there already")
        self._end([], [journal.Refused(number, twins) for number in doubled])
        return [
            Outcome(outcome.attempt, "rejected", twins) if outcome.attempt.number in doubled else outcome
            for outcome in outcomes
        ]

    def _end(self, accepted: Sequence[journal.Accepted], refused: Sequence[journal.Refused]) -> set[int]:
        if not accepted and not refused:
            return set()
        return journal.end_attempts(self._store, self._job, accepted, refused, self._spending)

    def _judged(self, one: Open) -> Candidate | Rejection:
        if one.is_whole:
            return self._acceptance.judge(self._strategy, one.draft, one.response)
        return self._acceptance.examine(self._strategy, one.draft, one.response)

    def _record(self, one: Open, candidate: Candidate) -> Record:
        provenance = provenance_of(
            self._job, one.slot, one.number, one.draft, self._acceptance.gate_names(), candidate.scores
        )
        return as_record(candidate, provenance)


def _overrun(one: Open) -> str | None:
    """Why no cap can be kept with the endpoint, if a reply is longer than it could be."""
    asked = [worst_case_tokens(request) for request in one.draft.requests[: len(one.replies)]]
    worst = (sum(prompt for prompt, _ in asked), sum(reply for _, reply in asked))
    return overrun(worst, (one.prompt_tokens, one.completion_tokens))


def _as_attempt(one: Open) -> Attempt:
    return Attempt(
        number=one.number,
        slot=one.slot,
        status="calling",
        seed_ids=[seed.id for seed in one.draft.seeds],
        details=one.draft.details,
    )
