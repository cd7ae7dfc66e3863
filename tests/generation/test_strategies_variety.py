"""What keeps prompts apart: attributes, openings and seeds in even use, after the style of the real records."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable
from math import ceil, gcd
from typing import Any, get_args

import pytest
from finetune_coverage.tools.coverage.strategy_choice import StrategyName
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import TopicContext
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.strategies.attributes import (
    CHANNELS,
    DIFFICULTIES,
    LENGTHS,
    MANNERS,
    PERSONAS,
    SITUATIONS,
    TONES,
    attributes_of,
    in_turn,
    pick,
    unlocked,
)
from finetune_coverage.tools.generation.strategies.message_variation.strategy import TWISTS
from finetune_coverage.tools.generation.strategies.scenario_expansion.axes import AXES
from finetune_coverage.tools.generation.strategies.seed_order import examples_for, seed_for
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings
from finetune_coverage.tools.generation.topic_context import topic_context
from finetune_coverage.tools.generation.topic_style import (
    DEFAULT_STYLE,
    MOST_EXCHANGES,
    TopicStyle,
    opening_of,
)
from finetune_coverage.tools.services import Services
from hypothesis import given
from hypothesis import strategies as st

from .conftest import WORKFLOW

MakeContext = Callable[..., TopicContext]
NAMES: tuple[StrategyName, ...] = get_args(StrategyName)
LISTS = {
    "persona": PERSONAS,
    "situation": SITUATIONS,
    "tone": TONES,
    "channel": CHANNELS,
    "length": list(LENGTHS),
    "difficulty": DIFFICULTIES,
}


def conversation(*turns: str, calls: bool = False) -> Record:
    roles = itertools.cycle(("user", "assistant"))
    messages: list[dict[str, Any]] = [
        {"role": role, "content": text} for role, text in zip(roles, turns, strict=False)
    ]
    if calls:
        messages[-1]["tool_calls"] = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    body = json.dumps({"messages": messages})
    return Record(id=str(hash(body)), body=body, topic="t")


def test_lists_of_attributes_have_no_common_divisors() -> None:
    for one, other in itertools.combinations(LISTS.values(), 2):
        assert gcd(len(one), len(other)) == 1


def test_every_pair_of_attributes_is_covered_evenly() -> None:
    drawn = [attributes_of(number, 1, DEFAULT_STYLE) for number in range(2 * 13 * 11 * 7)]
    for one, other in itertools.combinations(LISTS, 2):
        pairs = Counter((getattr(each, one), getattr(each, other)) for each in drawn)
        assert len(pairs) == len(LISTS[one]) * len(LISTS[other])
        assert max(pairs.values()) - min(pairs.values()) <= 1


def test_no_combination_comes_twice_in_a_long_job() -> None:
    drawn = [attributes_of(number, 1, DEFAULT_STYLE) for number in range(3000)]
    assert len({tuple(each.named(*LISTS).values()) for each in drawn}) == 3000


@pytest.mark.parametrize("seeds", [1, 5, 10, 12, 13, 15, 90])
def test_each_seed_meets_every_value(seeds: int) -> None:
    for values in [*LISTS.values(), MANNERS]:
        met: dict[int, set[Any]] = {}
        for number in range(seeds * len(values)):
            met.setdefault(number % seeds, set()).add(pick(list(values), unlocked(number, seeds)))
        assert all(len(one) == len(values) for one in met.values())


@pytest.mark.parametrize("seeds", [1, 3, 4, 5, 7, 15, 90])
@pytest.mark.parametrize("values", [AXES, TWISTS])
def test_a_seed_meets_all_values_before_one_comes_again(values: dict[str, Any], seeds: int) -> None:
    drawn = {(number % seeds, in_turn(list(values), number, seeds)) for number in range(seeds * len(values))}
    assert len(drawn) == seeds * len(values)


@pytest.mark.parametrize("name", NAMES)
def test_drafts_name_what_was_drawn(name: StrategyName, context: MakeContext) -> None:
    details = make_strategy(name).draft(context("account_management"), 2, random.Random(0)).details
    expected = (
        {"manner"}
        if name in ("message_variation", "tool_chain")
        else {"persona", "tone", "length", "opening"}
    )
    assert expected <= details.keys()


@pytest.mark.parametrize("name", ["few_shot", "topic_description", "scenario_expansion"])
def test_what_was_drawn_stands_in_the_prompt(name: StrategyName, context: MakeContext) -> None:
    for attempt in range(5):
        made = make_strategy(name).draft(context(), attempt, random.Random(0))
        task = made.requests[0].prompt[-1][1]
        for attribute in ("persona", "tone", "channel"):
            assert made.details[attribute] in task


def test_scenario_axes_and_attributes_meet_evenly(context: MakeContext) -> None:
    strategy, topic = make_strategy("scenario_expansion"), context()
    pairs = Counter(
        (details["axis"], details["channel"])
        for number in range(15 * 25)
        if (details := strategy.draft(topic, number, random.Random(0)).details)
    )
    assert len(pairs) == len(AXES) * len(CHANNELS)
    assert max(pairs.values()) - min(pairs.values()) <= 3


@pytest.mark.parametrize("name", NAMES)
def test_a_second_job_goes_on_where_the_first_ended(name: StrategyName, context: MakeContext) -> None:
    first, second = context("account_management"), context("account_management", offset=7)
    late = make_strategy(name).draft(first, 9, random.Random(0))
    early = make_strategy(name).draft(second, 2, random.Random(0))
    assert late.requests == early.requests and late.details == early.details


@pytest.mark.parametrize("name", NAMES)
def test_an_attempt_does_not_depend_on_those_before_it(name: StrategyName, context: MakeContext) -> None:
    topic, used, fresh = context("account_management"), make_strategy(name), make_strategy(name)
    forwards = [used.draft(topic, number, random.Random(f"job:{number}")) for number in range(8)]
    for number in reversed(range(8)):
        again = fresh.draft(topic, number, random.Random(f"job:{number}"))
        assert (again.requests, again.details, again.seeds) == (
            forwards[number].requests,
            forwards[number].details,
            forwards[number].seeds,
        )


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 200))
def test_examples_are_used_evenly_and_never_twice_in_a_prompt(size: int, wanted: int, attempts: int) -> None:
    seeds = list(range(size))
    uses: Counter[int] = Counter()
    for attempt in range(attempts):
        examples = examples_for(seeds, attempt, wanted)
        assert len(examples) == len(set(examples)) == min(wanted, size)
        uses.update(examples)
    assert max(uses.values()) <= ceil(min(wanted, size) * attempts / size) + wanted
    whole_rounds = attempts // size * size
    counted = Counter(seed for n in range(whole_rounds) for seed in examples_for(seeds, n, wanted))
    assert len(set(counted.values())) <= 1


def test_sets_of_examples_do_not_come_again_soon() -> None:
    sets = [frozenset(examples_for(list(range(15)), attempt, 3)) for attempt in range(15 * 4)]
    assert len(set(sets)) == len(sets)


def test_seeds_are_used_evenly() -> None:
    seeds = list("abcdefg")
    assert [seed_for(seeds, attempt) for attempt in range(7)] == seeds
    assert sorted(seed_for(seeds, attempt) for attempt in range(21)) == sorted(seeds * 3)


def test_style_is_measured() -> None:
    style = TopicStyle.of(
        [
            conversation(
                "Hello there", "What can I do for you today, please tell me?", "My app is slow", "Restart."
            ),
            conversation("Why is it slow?", "Because of the cache, which you can empty.", calls=True),
        ]
    )
    assert list(style.user_words) == [4, 4]  # "Hello there" asks for nothing
    assert list(style.exchanges) == [1, 2]
    assert style.tool_rate == 0.5
    assert style.openings == {"greeting": 1, "question": 1}
    assert style.words_of_user(0.9) == 4
    assert {style.opening_at(share / 10) for share in range(10)} == {"greeting", "question"}


def test_a_topic_without_records_has_the_default_style() -> None:
    assert TopicStyle.of([]) == DEFAULT_STYLE


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("hi, my app is slow", "greeting"),
        ("Can I pay in euros", "question"),
        ("The app is slow, why?", "question"),
        ("I'm locked out", "first person"),
        ("Invoice INV-3 is wrong. Why?", "other"),
        ("high fees on my bill", "other"),
        ("Wo ist meine Rechnung geblieben", "other"),
    ],
)
def test_openings_are_recognised(text: str, opening: str) -> None:
    assert opening_of(text) == opening


def test_exchanges_and_openings_follow_the_real_distribution() -> None:
    short, long = (
        ("My app is slow", "Restart."),
        ("Hi", "Hello.", "My app is slow", "Restart.", "No.", "Then wait."),
    )
    style = TopicStyle.of([conversation(*short)] * 3 + [conversation(*long)])
    drawn = [attributes_of(number, 4, style) for number in range(100)]
    assert Counter(each.exchanges for each in drawn)[3] == pytest.approx(25, abs=2)
    assert Counter(each.opening for each in drawn)["greeting"] == pytest.approx(25, abs=2)
    # Neither decides the other.
    assert Counter((each.exchanges, each.opening) for each in drawn)[3, "greeting"] == pytest.approx(6, abs=4)


def test_long_real_conversations_are_written_shorter() -> None:
    turns = ["My app is slow"] * 20
    assert TopicStyle.of([conversation(*turns)]).exchanges == [MOST_EXCHANGES]


@pytest.mark.parametrize("name", ["few_shot", "topic_description", "scenario_expansion"])
def test_turns_may_be_as_long_as_real_ones(name: StrategyName, context: MakeContext) -> None:
    def limits(words: int) -> tuple[int, int, int]:
        turns = ["My app is very slow. " * words, "Please restart it now. " * words] * 2
        made = make_strategy(name).draft(context(seeds=[conversation(*turns)]), 0, random.Random(0))
        pair = made.requests[0].schema["properties"]["exchanges"]["items"]["properties"]
        return pair["user"]["maxLength"], pair["assistant"]["maxLength"], made.requests[0].max_tokens

    assert all(short < long for short, long in zip(limits(3), limits(25), strict=True))


def test_the_context_of_a_job_carries_its_offset_and_shares(services: Services) -> None:
    shares = ToolChainSettings(negative_share=0.5)
    made = topic_context(services, WORKFLOW, "technical_issues", 3, spread=False, offset=4, tool_chain=shares)
    assert (made.offset, made.tool_chain, made.count) == (4, shares, 3)
    assert made.style is made.style
    assert topic_context(services, WORKFLOW, "technical_issues", 3, spread=False).offset == 0
