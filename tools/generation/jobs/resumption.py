"""Taking a job up where it stopped: after a crash, a cancelled program or a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...models.usage import TokenUsage
from ...store.store import Store
from ..attempts import journal
from ..attempts.answer_spool import spooled_answers
from ..attempts.draft import Rejection
from ..attempts.journal_entries import Answered, Lost, Refused
from ..attempts.open_attempt import Open
from ..attempts.own_tools import going_on
from ..attempts.replies import calls_to_answer, split
from ..attempts.stages import AttemptWork
from ..money.amounts import NOTHING, Amount
from ..money.attempt_costs import BYTES_PER_TOKEN
from ..money.spending import Spending
from ..money.stops import Stops, StopWatch
from .ledger import NO_DRAFTS, Attempt, Job, attempts_of_part, next_attempt, slot_records

INTERRUPTED = Rejection("interrupted", "the program ended during the call")
CHANGED_DRAFT = Rejection(
    "changed_draft",
    "its prompt cannot be drawn again as it was sent (by another version of the program, or from records that have "
    "changed), so its answer cannot be judged",
)


@dataclass(frozen=True)
class Left:
    """What earlier runs of the part left.

    Attributes:
        answered: attempts with answers that were paid for and lead on: to be judged, never asked again.
        asked: attempts whose first answer is still to come, in a batch that outlived the program.
        owed: slots that need a new attempt.
        accepted: filled slots.
        elsewhere: those of the job's other parts.
        rejected: refused and failed attempts by reason.
        watch: what they used, and how they were refused.
    """

    answered: list[Open]
    asked: list[Open]
    owed: list[int]
    accepted: int
    elsewhere: int
    rejected: Counter[str]
    watch: StopWatch
    next_attempt: int


def what_is_left(
    store: Store,
    job: Job,
    work: AttemptWork,
    spending: Spending,
    spools: Mapping[int, Path],
    stops: Stops,
    *,
    in_batches: bool = False,
) -> Left:
    """Read the journal, and what a killed program left in the spool.

    Calls whose end nobody saw are written down as interrupted, and stay reserved.

    Args:
        store: where the journal is.
        job: what is taken up: its part.
        work: draws the drafts again.
        spending: the budget of the approval.
        spools: what earlier holders left, as `left_spools` has it; it goes into the journal, and the files away.
        stops: when the part stops and a person is asked.
        in_batches: whether calls go on without this program: then they are waited for.
    """
    _take_in(store, job, spending, spools)
    of_job = slot_records(store, job.id)
    filled = {slot: of_job.pop(slot) for slot in job.slots}
    attempts = [
        attempt for attempt in attempts_of_part(store, job) if attempt.number >= 0
    ]  # the rest planned
    empty = {slot for slot, record in filled.items() if record is None}
    answered = [
        _opened(work, attempt)
        for attempt in attempts
        if attempt.status in ("answered", "calling", "judging")
        and attempt.response is not None
        and attempt.slot in empty
    ]
    unanswered = [attempt for attempt in attempts if attempt.status == "calling" and attempt.response is None]
    asked = [_opened(work, attempt) for attempt in unanswered if in_batches]
    lost = [] if in_batches else unanswered
    refused = [_interrupted(work, attempt) for attempt in lost]
    by_number = {attempt.number: attempt for attempt in attempts}
    changed = [one for one in [*answered, *asked] if not _is_drafted_alike(one, by_number[one.number])]
    for one in changed:
        may_be = work.costs.lost(one) if one.replies else Lost(1, one.reserved)
        settled, details = work.costs.settled(one, may_be), may_be.beside(by_number[one.number].details)
        refused.append(Refused(one.number, CHANGED_DRAFT, failed=True, settled=settled, details=details))
    answered, asked = ([one for one in these if one not in changed] for these in (answered, asked))
    if refused:
        journal.end_attempts(store, job, [], refused, spending)
    rejected = Counter(
        attempt.check or "unknown"
        for attempt in attempts
        if attempt.status in ("rejected", "failed") and attempt.check not in NO_DRAFTS
    )
    rejected += Counter(one.rejection.check for one in refused)
    busy = {one.slot for one in [*answered, *asked]}
    ended = [
        one
        for one in attempts
        if one.status in ("accepted", "rejected", "failed") and one.check not in NO_DRAFTS
    ]
    return Left(
        answered=answered,
        asked=asked,
        owed=[slot for slot in filled if slot in empty - busy],
        accepted=len(filled) - len(empty),
        elsewhere=sum(record is not None for record in of_job.values()),
        rejected=rejected,
        watch=StopWatch(
            stops,
            tokens=sum(one.tokens + one.uncounted_tokens // BYTES_PER_TOKEN for one in ended),
            is_counted=not any(one.uncounted_calls for one in ended),
            drafts=len(ended),
            refused=[one.check for one in ended],
        ),
        next_attempt=next_attempt(store, job),
    )


def _is_drafted_alike(one: Open, attempt: Attempt) -> bool:
    """Whether what was drawn again is what the answer was written for."""
    if attempt.draft is not None:
        return attempt.draft == one.draft.digest()
    return attempt.seed_ids == [seed.id for seed in one.draft.seeds]  # up to version 7 nothing more is known


def _interrupted(work: AttemptWork, attempt: Attempt) -> Refused:
    """An attempt whose first call nobody saw the end of: what that may have cost stays set aside, and no more."""
    one = _opened(work, attempt)
    is_known = _is_drafted_alike(one, attempt)
    lost = work.costs.lost(one, is_call_lost=True)
    lost = lost if is_known and lost.amount.fits(one.reserved) else Lost(1, one.reserved)
    settled, details = work.costs.settled(one, lost), lost.beside(attempt.details)
    return Refused(attempt.number, INTERRUPTED, failed=True, settled=settled, details=details)


def _take_in(store: Store, job: Job, spending: Spending, spools: Mapping[int, Path]) -> None:
    known = {attempt.number: attempt for attempt in attempts_of_part(store, job)} if spools else {}
    late = {
        number: one
        for holder, spool in spools.items()
        for number, one in spooled_answers(spool).items()
        if number in known and _is_news(one, holder, known[number])
    }
    if late:
        journal.journal_answers(store, job, list(late.values()), spending)
    for spool in spools.values():
        spool.unlink(missing_ok=True)


def _is_news(answered: Answered, holder: int, attempt: Attempt) -> bool:
    if attempt.status not in ("calling", "judging"):
        return False
    if (attempt.holder or 0) > holder:
        return False  # somebody with another data folder has gone on with it, who had not seen this answer
    has_verdict = answered.paid.verdict is not None and attempt.verdict is None
    return has_verdict or answered.paid.response != attempt.response


def _opened(work: AttemptWork, attempt: Attempt) -> Open:
    one = work.open(attempt.number, attempt.slot, attempt.room)
    if attempt.response is not None:
        one.replies, one.results = split(one.draft, attempt.response)
        if len(one.replies) > len(one.results):
            one.calls = calls_to_answer(one.draft, one.replies[-1])
        parts = range(1, len(one.results) + 1)
        one.further = [going_on(one.draft, one.replies[:n], one.results[:n]) for n in parts]
    one.usage = TokenUsage(
        attempt.prompt_tokens, attempt.completion_tokens, attempt.cached_tokens, attempt.reasoning_tokens
    )
    if one.usage.tokens == 0:
        one.uncounted = list(range(len(one.replies)))
    else:
        one.counted_calls = [one.usage]
    one.verdict = attempt.verdict
    judged = TokenUsage(
        attempt.verifier_prompt_tokens, attempt.verifier_completion_tokens, attempt.verifier_cached_tokens
    )
    if one.verdict is not None:
        one.verifier_usage = judged
    elif judged.tokens:
        one.cut_verdicts = [judged]
    if one.usage.tokens and one.verdict is None and attempt.picodollars is not None:
        charged = Amount(attempt.tokens + attempt.uncounted_tokens, attempt.picodollars)
        one.assumed = charged - work.costs.used(one)
    if attempt.status == "answered":
        one.reserved, one.counted = NOTHING, work.costs.used(one)
    else:
        one.reserved = Amount(attempt.reserved_tokens, attempt.reserved_picodollars)
    if attempt.status == "judging":
        one.lost_verdicts = 1  # the verifier had been asked, and may charge for it
    return one
