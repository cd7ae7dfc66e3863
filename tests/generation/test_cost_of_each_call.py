"""Each call is rounded up by itself, as an endpoint bills it; a resume keeps what was charged."""

from __future__ import annotations

from finetune_coverage.tools.generation.attempts.draft import Draft, Request
from finetune_coverage.tools.generation.attempts.open_attempt import Open
from finetune_coverage.tools.generation.money.amounts import NOTHING, Amount
from finetune_coverage.tools.generation.money.attempt_costs import AttemptCosts
from finetune_coverage.tools.generation.money.counted_prompts import CountedPrompts
from finetune_coverage.tools.generation.money.prices import Price
from finetune_coverage.tools.generation.money.spending import Spending
from finetune_coverage.tools.models.usage import TokenUsage


def attempt() -> Open:
    request = Request(prompt=[("user", "Write.")], schema={}, text_tokens=50)
    draft = Draft(strategy="message_variation", topic="t", seeds=[], requests=[request, request])
    return Open(number=1, slot=0, draft=draft, reserved=Amount(10_000, 10_000))


def test_two_calls_are_rounded_up_twice() -> None:
    # A third of a picodollar a token: 10 of them are 3 1/3, which is billed as 4.
    costs = AttemptCosts(Spending("approval", Price(input=1e-6 / 3, output=1e-6 / 3)), None, CountedPrompts())
    one = attempt()
    assert costs.used(one) == NOTHING
    one.add_reply("{}", TokenUsage(prompt_tokens=6, completion_tokens=4))
    first = costs.used(one)
    one.add_reply("{}", TokenUsage(prompt_tokens=6, completion_tokens=4))
    assert (first, costs.used(one)) == (Amount(10, 4), Amount(20, 8)), "7 if both were rounded up together"
    # A call that was not counted beside one that was: its worst case, rounded up by itself too.
    other = attempt()
    other.add_reply("{}", TokenUsage(prompt_tokens=6, completion_tokens=4))
    other.add_reply("{}", TokenUsage(uncounted_calls=1))
    worst = costs.worst_case(attempt().draft, is_verified=False)
    assert costs.used(other) == Amount(10 + worst.tokens // 2, 4 + (worst.picodollars or 0) // 2)
