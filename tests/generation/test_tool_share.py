"""New records call tools as often as the real ones of their topic."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from finetune_coverage.tools.coverage.strategy_choice import StrategyName
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Draft
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.strategies.tool_share import LEAST_TRACES

from .tool_orders import ORDERS, PLAIN, orders, record, spoken

SPOKEN: tuple[StrategyName, ...] = ("few_shot", "topic_description", "scenario_expansion")


def talk(number: int, *, called: bool = False) -> Record:
    """Two exchanges in words, the first one around a call or not."""
    call: list[Any] = [[("set_mode", {"mode": "day"}, '{"mode": "day", "error": null}')]] if called else []
    return record(
        f"{'called' if called else 'talk'}{number}",
        f"May I pay number {number} in euros, or in dollars only?",
        *call,
        "Both are fine, as you like it best.",
        f"And can I pay number {number} in two parts over the summer?",
        "Yes, one part now and the other one in August.",
    )


def drawn(name: StrategyName, seeds: Sequence[Record], attempts: int = 100) -> list[Draft]:
    context, strategy = orders(PLAIN, seeds), make_strategy(name)
    return [strategy.draft(context, n, random.Random(n)) for n in range(attempts)]


@pytest.mark.parametrize("name", SPOKEN)
@pytest.mark.parametrize("talks", [0, 5, 15])
def test_the_share_of_chains_is_that_of_the_real_records(name: StrategyName, talks: int) -> None:
    seeds = [*ORDERS, *(talk(n) for n in range(talks))]
    made = drawn(name, seeds)
    chains = sum(draft.strategy == "tool_chain" for draft in made)
    assert chains == pytest.approx(100 * len(ORDERS) / len(seeds), abs=2)


@pytest.mark.parametrize("name", SPOKEN)
def test_a_topic_without_tools_or_with_hardly_any_is_spoken(name: StrategyName) -> None:
    talks = [talk(n) for n in range(4)]
    for seeds in (talks, [*ORDERS[: LEAST_TRACES - 1], *talks]):
        assert {draft.strategy for draft in drawn(name, seeds, 40)} == {name}


def test_spoken_drafts_start_from_the_records_that_call_none() -> None:
    made = drawn("few_shot", [*ORDERS, *(talk(n) for n in range(5))])
    seeds = {seed.id for draft in made if draft.strategy == "few_shot" for seed in draft.seeds}
    assert seeds == {f"talk{n}" for n in range(5)}


def test_a_chain_is_built_and_checked_as_one() -> None:
    context, strategy = orders(PLAIN, ORDERS), make_strategy("few_shot")
    draft = strategy.draft(context, 0, random.Random(0))
    built = strategy.build(draft, spoken(draft))
    assert any(message.get("tool_calls") for message in built.messages)
    assert strategy.check(built) is None
    again = make_strategy("few_shot").draft(context, 0, random.Random(0))
    assert again.requests == draft.requests, "a resumed job draws the same draft"


def test_scenarios_with_tools_are_those_that_go_wrong() -> None:
    chains = [draft for draft in drawn("scenario_expansion", ORDERS, 40) if draft.strategy == "tool_chain"]
    assert {draft.details.get("negative") for draft in chains} >= {"no_suitable_tool", "tool_error"}
    assert None not in {draft.details.get("negative") for draft in chains}


def test_variations_keep_calls_in_the_share_of_the_real_records() -> None:
    seeds = [*(talk(n, called=True) for n in range(3)), *(talk(n) for n in range(9))]
    made = drawn("message_variation", seeds)
    with_calls = sum("tool_calls" in json.dumps(draft.seeds[0].messages) for draft in made)
    assert with_calls == pytest.approx(25, abs=2)
