"""What is done with attempts outside of the event loop: drafting, journalling, judging. Each takes many at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ...dataset.record import Record
from ...errors import BudgetExceeded
from ...models.answer_room import AnswerRoom
from ...store.records import generated_after
from ...store.store import Store
from ..checks.form.exact_duplicate import text_key
from ..checks.verifier.verifier import NAME as VERIFIER
from ..checks.verifier.verifier import Verifier
from ..jobs import notes as job_notes
from ..jobs.ledger import Attempt, Job
from ..money.amounts import NOTHING
from ..money.attempt_costs import AttemptCosts
from ..money.counted_prompts import CountedPrompts
from ..money.spending import Spending
from ..topic_context import JobContexts
from . import journal
from .acceptance import PARSE, PART_MISSING, Acceptance, as_record
from .draft import Candidate, Draft, Rejection, Strategy
from .journal_entries import Accepted, Answered, Lost, Paid, Refused
from .open_attempt import Failed, Open, Outcome
from .own_tools import OwnTools
from .provenance import provenance_of

COMPARED_TOGETHER = 256
"""Records whose texts are embedded at once; a batch of the Batch API has thousands."""


class AttemptWork:
    """The blocking part of one job, or of a part of one. The judging methods are for one thread at a time.

    Attributes:
        costs: what attempts may use, and have used.
        room: for the model's answers, as it is now.

    Args:
        store: where the journal is.
        job: what is owed.
        strategy: writes the drafts and builds the records.
        contexts: what the strategy knows of the topic, by attempt.
        acceptance: the checks.
        spending: the budget of the approval.
        room: for the model's answers.
        verifier: looks at records last; None when there is no verifier.
        own_tools: answer the calls of records; None where the model writes results.
        counted: what the endpoint counted for earlier prompts.
        seen: position of the last record that the checks know.
    """

    def __init__(
        self,
        store: Store,
        job: Job,
        strategy: Strategy,
        contexts: JobContexts,
        acceptance: Acceptance,
        spending: Spending,
        room: AnswerRoom,
        verifier: Verifier | None = None,
        own_tools: OwnTools | None = None,
        *,
        counted: CountedPrompts,
        seen: int,
    ) -> None:
        self._store = store
        self._job = job
        self._strategy = strategy
        self._contexts = contexts
        self._acceptance = acceptance
        self._spending = spending
        self._verifier = verifier
        self._own_tools = own_tools
        self.room = room
        self._seen = seen
        self.costs = AttemptCosts(spending, verifier, counted)

    def draft(self, number: int, room: int | None) -> Draft:
        """The draft of an attempt; the same one after a crash, since it is drawn by job and number."""
        rng = random.Random(f"{self._job.id}:{number}")
        draft = self._strategy.draft(self._contexts.at(number), number, rng)
        return replace(draft, requests=[replace(request, room=room) for request in draft.requests])

    def open(self, number: int, slot: int, room: int | None = None) -> Open:
        """An attempt from its beginning, not written down yet.

        Args:
            number: of the attempt.
            slot: that it is for.
            room: what was set aside for it allows for, when it is taken up; None for what is known of the model now.
        """
        draft = self.draft(number, self.room.extra if room is None else room)
        draft = self.costs.counted.bounded_draft(draft)
        is_verified = self._verifier is not None and self._verifier.is_asked(number)
        return Open(
            number,
            slot,
            draft,
            self.costs.worst_case(draft, is_verified=is_verified),
            needs_verdict=is_verified,
        )

    def begin(self, owed: Sequence[tuple[int, int]]) -> tuple[list[Open], BudgetExceeded | None]:
        """Draft attempts for (number, slot) pairs, set their worst case aside and write them down.

        Returns:
            Those that the budget allows, from the first on, and what it said to the next one.
        """
        drafted = [self.open(number, slot) for number, slot in owed]
        allowed, refusal = journal.begin_attempts(
            self._store,
            self._job,
            [(_as_attempt(one), one.reserved) for one in drafted],
            self._spending,
        )
        return drafted[:allowed], refusal

    def entry(self, one: Open) -> Answered:
        """What the journal is to hold of an answer that is not judged yet."""
        if not one.is_whole:
            return Answered(one.number, self._paid(one), is_whole=False, settled=None)
        lost = self.costs.lost(one)
        settled, details = self.costs.settled(one, lost), lost.beside(one.draft.details)
        return Answered(one.number, self._paid(one), is_whole=True, settled=settled, details=details)

    def write_down(self, answered: Sequence[Open]) -> str | None:
        """Journal what was paid for and is not judged yet, unless the journal has it.

        Returns:
            Why the job must stop: a call took more than it could.
        """
        news = [one for one in answered if not one.is_journalled]
        if not news:
            return None
        problem = journal.journal_answers(
            self._store, self._job, [self.entry(one) for one in news], self._spending
        )
        for one in news:
            one.is_journalled = True
            if one.is_whole:
                one.reserved, one.counted = NOTHING, self.costs.used(one)
        return problem or self._overrun(news)

    def note_batch(self, batch_id: str | None) -> None:
        """Remember which batch the attempts under way are in; None: in none any more."""
        job_notes.note_batch(self._store, self._job.id, batch_id)

    def noted_batch(self) -> str | None:
        """The batch that the attempts under way are in."""
        return job_notes.noted_batch(self._store, self._job.id)

    def judge(
        self, answered: Sequence[Open], failed: Sequence[Failed] = ()
    ) -> tuple[list[Outcome], str | None]:
        """Send answers through the checks and commit what came of them, with what was paid for it.

        Returns:
            What became of each, and why the job must stop: a call took more than it could.

        Raises:
            EndpointError: the embedding model does not answer; nothing is committed then.
        """
        self._look_at_other_jobs()
        for one in answered:
            self.costs.learn(one)
        judged: list[tuple[Open, Candidate | Rejection | None]] = []
        for start in range(0, len(answered), COMPARED_TOGETHER):
            looked = [(one, self._looked_at(one)) for one in answered[start : start + COMPARED_TOGETHER]]
            self._acceptance.expect([found for _, found in looked if isinstance(found, Candidate)])
            judged += [(one, self._judged(one, found)) for one, found in looked]
        refused = [(one, found) for one, found in judged if isinstance(found, Rejection)]
        passed = [(one, found) for one, found in judged if not isinstance(found, Rejection)]
        whole = [(one, found) for one, found in passed if isinstance(found, Candidate) and one.is_whole]
        going_on = [one for one, _ in passed if not one.is_whole]
        problems = [self._overrun(answered), self.write_down(going_on)]
        while True:
            ended = self._end(
                [self._accepted(one, candidate) for one, candidate in whole],
                [self._refused(one, rejection) for one, rejection in refused]
                + [self._failed(one) for one in failed],
            )
            if not ended.unseen:
                break
            # Others had records accepted while these were judged; each time round, somebody else got on.
            whole, too_late = self._compared(whole, ended.unseen)
            refused += too_late
        doubled = ended.twins
        problems.append(ended.problem)
        for one, candidate in whole:
            if one.number not in doubled:
                self._contexts.accepted.add(self._record(one, candidate))
        for one in answered:
            one.is_journalled = True
        outcomes = [Outcome(one.attempt, "failed", one.rejection) for one in failed]
        outcomes += [Outcome(one, "rejected", rejection) for one, rejection in refused]
        outcomes += [Outcome(one, "rejected", journal.TWIN) for one, _ in whole if one.number in doubled]
        outcomes += [Outcome(one, "accepted") for one, _ in whole if one.number not in doubled]
        outcomes += [Outcome(one, "continues") for one in going_on if not one.is_written and not one.further]
        outcomes += self._begin_further([one for one in going_on if one.is_written or one.further])
        return outcomes, next(filter(None, problems), None)

    def _look_at_other_jobs(self) -> None:
        """What other jobs had accepted since the last look is compared with, too."""
        news, self._seen = generated_after(
            self._store, self._job.workflow_id, self._seen, is_ours=journal.is_by(self._job)
        )
        self._acceptance.know(news)

    def _compared(
        self, whole: Sequence[tuple[Open, Candidate]], unseen: Sequence[Record]
    ) -> tuple[list[tuple[Open, Candidate]], list[tuple[Open, Rejection]]]:
        """Those that are unlike the records which other jobs had accepted meanwhile, and those that are like one."""
        self._acceptance.know(unseen)
        found = [(one, candidate, self._acceptance.likeness(candidate, unseen)) for one, candidate in whole]
        return (
            [(one, candidate) for one, candidate, rejection in found if rejection is None],
            [(one, rejection) for one, _, rejection in found if rejection is not None],
        )

    def _begin_further(self, to_ask: Sequence[Open]) -> list[Outcome]:
        """Set aside what a call may take that was not foreseen, beyond what is set aside already, and write it down.

        The verifier is asked about what is written, the model to go on with what waited for results of tools.
        """
        if not to_ask:
            return []
        missing = [self.costs.missing_for_next(one) for one in to_ask]
        begun = [
            (one.number, more, one.reserved + more, "judging" if one.is_written else "calling")
            for one, more in zip(to_ask, missing, strict=True)
        ]
        allowed, refusal = journal.begin_further_calls(self._store, self._job, begun, self._spending)
        for one, (_, _, reserved, _) in zip(to_ask[:allowed], begun, strict=False):
            one.reserved = reserved
        outcomes = [Outcome(one, "continues") for one in to_ask[:allowed]]
        if len(to_ask) == allowed:
            return outcomes
        # What is left of the budget is not enough to judge or end it, nor for another attempt: the job ends by itself.
        unjudged = Rejection("budget", f"there was no room for the next call: {refusal}"[:300])
        self._end(
            [],
            [
                self._without_record(one, unjudged, self.costs.lost(one), failed=True)
                for one in to_ask[allowed:]
            ],
        )
        return outcomes + [Outcome(one, "failed", unjudged) for one in to_ask[allowed:]]

    def _end(self, accepted: Sequence[Accepted], refused: Sequence[Refused]) -> journal.Ended:
        if not accepted and not refused:
            return journal.Ended((), self._seen)
        ended = journal.end_attempts(
            self._store, self._job, accepted, refused, self._spending, seen=self._seen
        )
        self._seen = ended.seen
        return ended

    def _looked_at(self, one: Open) -> Candidate | Rejection | None:
        """What the checks say of an attempt by itself; None while it waits for tools."""
        if one.waits_for_tools:
            assert self._own_tools is not None
            return self._own_tools.answer(one) if one.calls else None
        if one.passed is not None:
            return one.passed
        found = self._acceptance.examine(self._strategy, one.draft, one.response)
        if isinstance(found, Candidate) and one.is_written and not found.is_whole:
            found = PART_MISSING
        if isinstance(found, Rejection) and found.check == PARSE:
            return one.no_draft or found
        return found

    def _judged(self, one: Open, found: Candidate | Rejection | None) -> Candidate | Rejection | None:
        """What the checks that compare say of what was looked at, and then the verifier, if it was asked."""
        if not isinstance(found, Candidate):
            return found
        # With a verdict, once more: what was accepted meanwhile may be the same.
        refusal = (
            self._acceptance.compare(self._strategy, found)
            if one.passed is None
            else self._acceptance.twin(found)
        )
        if refusal is not None or not one.is_written:
            return refusal or found
        if one.verdict is not None and self._verifier is not None:
            refusal = self._verifier.refusal(found, one.verdict)
        elif not one.is_whole and self._verifier is not None:
            one.passed, one.question = found, self.costs.counted.bounded(self._verifier.question(found))
        if refusal is None and one.is_whole:
            # At once, not when it is committed: the next answer of this batch may be its twin.
            self._acceptance.remember(found)
        return refusal or found

    def _paid(self, one: Open) -> Paid:
        charge, judged = self.costs.charge(one), one.judged_with
        return Paid(
            response=one.response,
            prompt_tokens=one.usage.prompt_tokens,
            completion_tokens=one.usage.completion_tokens,
            cached_tokens=one.usage.cached_tokens,
            reasoning_tokens=one.usage.reasoning_tokens,
            picodollars=charge.picodollars,
            verdict=one.verdict,
            verifier_prompt_tokens=judged.prompt_tokens,
            verifier_completion_tokens=judged.completion_tokens,
            verifier_cached_tokens=judged.cached_tokens,
            uncounted_calls=charge.uncounted_calls,
            uncounted_tokens=charge.uncounted_tokens,
        )

    def _unwritten(self, one: Open) -> Paid | None:
        return None if one.is_journalled else self._paid(one)

    def _overrun(self, answered: Sequence[Open]) -> str | None:
        return next(filter(None, map(self.costs.overrun, answered)), None)

    def _accepted(self, one: Open, candidate: Candidate) -> Accepted:
        record, lost = self._record(one, candidate), self.costs.lost(one)
        return Accepted(
            one.number,
            one.slot,
            record,
            text_key(candidate.written_text("user")),
            candidate.scores,
            self._unwritten(one),
            self.costs.settled(one, lost),
            lost.beside(one.draft.details),
        )

    def _refused(self, one: Open, rejection: Rejection) -> Refused:
        return self._without_record(one, rejection, self.costs.lost(one))

    def _failed(self, one: Failed) -> Refused:
        lost = self.costs.lost(one.attempt, is_call_lost=not one.is_free)
        return self._without_record(one.attempt, one.rejection, lost, failed=True)

    def _without_record(
        self, one: Open, rejection: Rejection, lost: Lost, *, failed: bool = False
    ) -> Refused:
        return Refused(
            one.number,
            rejection,
            failed=failed,
            paid=self._unwritten(one),
            settled=self.costs.settled(one, lost),
            details=lost.beside(one.draft.details),
        )

    def _record(self, one: Open, candidate: Candidate) -> Record:
        checks, verifier = self._acceptance.check_names(), None
        if one.verdict is not None and self._verifier is not None:
            checks, verifier = [*checks, VERIFIER], self._verifier.provenance(one.draft)
        not_judged = [*self._acceptance.not_judged, *([] if verifier else [VERIFIER])]
        provenance = provenance_of(self._job, one.slot, one.number, candidate, checks, verifier, not_judged)
        return as_record(candidate, provenance)


def _as_attempt(one: Open) -> Attempt:
    return Attempt(
        number=one.number,
        slot=one.slot,
        status="calling",
        seed_ids=[seed.id for seed in one.draft.seeds],
        details=one.draft.details,
        draft=one.draft.digest(),
        room=one.draft.requests[0].room,
    )
