"""An attempt that is under way, and what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from ...models.answer_room import cut_off_words, is_cut_off
from ...models.usage import DECLINED, FILTERED, NO_USAGE, TokenUsage
from ...text.whole_characters import whole_characters
from ..jobs.ledger import NOT_SENT
from ..money.amounts import NOTHING, Amount
from .draft import Candidate, Draft, Rejection, Request
from .replies import Call, calls_to_answer, joined

CUT_OFF = "cut_off"
"""The reason of attempts whose answer ended at its limit."""
UNSENT = Rejection(NOT_SENT, "the job had stopped")
MOST_CHARACTERS = 500_000
"""Of an answer that are kept and looked at: more than any limit on its tokens lets through."""
OUTGROWN = Rejection(NOT_SENT, "what is known of the model changed before it was sent: it is drafted anew")


@dataclass
class Open:
    """An attempt that is under way.

    Attributes:
        reserved: what is set aside for it in the budget at this moment.
        counted: what of its use the budget has counted already; its reservation was given back then.
        needs_verdict: whether the verifier is asked when all checks have passed.
        replies: what the model has answered so far, one for each request that was sent.
        further: what is asked beyond the draft's requests: to go on after results of the user's own tools.
        results: these results, for each reply that calls tools.
        calls: what the last reply calls and the tools have not answered.
        usage: what these took together.
        counted_calls: what each of them took whose call the endpoint counted; of an earlier run, their sum.
        last_usage: what the last of them took.
        uncounted: numbers of the requests whose replies the endpoint did not count.
        assumed: what an earlier run charged beyond that sum: for replies that were not counted, and for rounding up
            each call.
        passed: the record that the checks have passed and the verifier is asked about; of an earlier run, None.
        question: what to ask the verifier; None until the checks have passed.
        verdict: what the verifier answered.
        verifier_usage: what that took.
        cut_verdicts: what answers of the verifier took that were cut off before.
        lost_verdicts: calls to the verifier whose answer never came, though they may have been charged.
        is_journalled: whether the journal has all that came for it.
        began_at: when this process took it in hand, in nanoseconds since 1970.
    """

    number: int
    slot: int
    draft: Draft
    reserved: Amount
    counted: Amount = NOTHING
    needs_verdict: bool = False
    replies: list[str] = field(default_factory=list)
    further: list[Request] = field(default_factory=list)
    results: list[list[str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    usage: TokenUsage = NO_USAGE
    counted_calls: list[TokenUsage] = field(default_factory=list)
    last_usage: TokenUsage = NO_USAGE
    uncounted: list[int] = field(default_factory=list)
    assumed: Amount = NOTHING
    passed: Candidate | None = None
    question: Request | None = None
    verdict: str | None = None
    verifier_usage: TokenUsage = NO_USAGE
    cut_verdicts: list[TokenUsage] = field(default_factory=list)
    lost_verdicts: int = 0
    is_journalled: bool = True
    began_at: int = field(default_factory=time.time_ns)

    def add_reply(self, reply: str, usage: TokenUsage) -> None:
        """The model that writes has answered."""
        if usage.tokens == 0:
            self.uncounted.append(len(self.replies))
        else:
            self.counted_calls.append(usage)
        self.replies.append(whole_characters(reply[:MOST_CHARACTERS]))
        self.calls = calls_to_answer(self.draft, self.replies[-1])
        self.usage += usage
        self.last_usage = usage
        self.is_journalled = False

    def add_results(self, results: list[str], going_on: Request) -> None:
        """The user's tools have answered, and what to ask next is known."""
        self.results.append(results)
        self.calls = []
        self.further.append(going_on)
        self.is_journalled = False

    def add_verdict(self, verdict: str, usage: TokenUsage) -> None:
        """The verifier has answered."""
        self.verdict = whole_characters(verdict[:MOST_CHARACTERS])
        self.verifier_usage = usage
        self.is_journalled = False

    def add_cut_verdict(self, usage: TokenUsage) -> None:
        """The verifier's answer was cut off; one that the endpoint does not count can have taken anything."""
        if usage.tokens == 0:
            self.lost_verdicts += 1
            return
        self.cut_verdicts.append(usage)
        self.is_journalled = False

    @property
    def judged_with(self) -> TokenUsage:
        """What all answers of the verifier took."""
        return sum(self.cut_verdicts, self.verifier_usage)

    @property
    def failed_verdicts(self) -> int:
        """How often the verifier was asked in vain."""
        return self.lost_verdicts + len(self.cut_verdicts)

    @property
    def response(self) -> str:
        """The replies as they are journalled."""
        return joined(self.draft, self.replies, self.results)

    @property
    def requests(self) -> list[Request]:
        """All that is asked of the writing model, as far as it is known."""
        return [*self.draft.requests, *self.further]

    @property
    def no_draft(self) -> Rejection | None:
        """Why nothing could be made of the last reply: it was cut off, or kept back; None when it only is no draft."""
        if self.last_usage.finish_reason == FILTERED:
            return Rejection(FILTERED, "the endpoint's content filter kept the answer back")
        if self.last_usage.finish_reason == DECLINED:
            return Rejection("declined", f"the model declined: {self.replies[-1]}"[:300])
        if not self.replies or not is_cut_off(self.replies[-1], self.last_usage):
            return None
        limit = self.requests[len(self.replies) - 1].max_tokens
        return Rejection(CUT_OFF, cut_off_words(limit, self.last_usage))

    @property
    def is_written(self) -> bool:
        """Whether every request has its reply, and every call of these its result."""
        return len(self.replies) == len(self.requests) and not self.calls

    @property
    def waits_for_tools(self) -> bool:
        """Whether it is written in parts, and parts are to come: there is nothing for the checks to see."""
        return self.draft.tool_rounds is not None and not self.is_written

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is to be asked."""
        return self.is_written and (self.verdict is not None or not self.needs_verdict)


@dataclass(frozen=True)
class Failed:
    """An attempt whose call gave no answer.

    Attributes:
        is_free: whether the endpoint surely did not charge for the call: it refused it, or never got it.
    """

    attempt: Open
    rejection: Rejection
    is_free: bool


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt; ``continues`` when its next request is to be sent, to the model or to the verifier."""

    attempt: Open
    status: Literal["accepted", "rejected", "failed", "continues"]
    rejection: Rejection | None = None
