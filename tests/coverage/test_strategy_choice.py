"""The strategy that suits a topic's records, and why; which of them can be used there is the strategies' own to say."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from finetune_coverage.tools.coverage.strategy_choice import (
    STRATEGIES,
    RefusedDrafts,
    StrategyName,
    TopicProfile,
    choose_strategy,
    explain_strategy,
    passed_over,
    profile_topics,
    warned_of,
)
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import TopicCount
from finetune_coverage.tools.store.workflows import TopicInfo


def profile(**values: Any) -> TopicProfile:
    return TopicProfile(topic="topic", **values)


@pytest.mark.parametrize(
    ("values", "chosen", "figures"),
    [
        (
            {"records": 15, "usable_seeds": 15, "multi_turn": 12, "uses_tools": 3},
            "message_variation",
            "12 of",
        ),
        (
            {"records": 15, "usable_seeds": 15, "multi_turn": 15, "uses_tools": 3},
            "message_variation",
            "All of",
        ),
        ({"records": 10, "usable_seeds": 10, "multi_turn": 10, "uses_tools": 5}, "tool_chain", "5 of its 10"),
        ({"records": 10, "usable_seeds": 10, "multi_turn": 5, "uses_tools": 4}, "few_shot", "10 of them"),
        ({"records": 8, "usable_seeds": 8}, "few_shot", "8 of them"),
        ({"records": 8, "usable_seeds": 7}, "scenario_expansion", "Only 7"),
        ({"records": 1, "usable_seeds": 1}, "scenario_expansion", "Only 1"),
        ({"records": 1, "usable_seeds": 1, "uses_tools": 1}, "tool_chain", "its only record"),
        ({"records": 0, "has_description": True}, "topic_description", "no records"),
        ({"records": 9, "usable_seeds": 0, "multi_turn": 9}, "topic_description", "none of its 9"),
        (
            {"records": 9, "usable_seeds": 9, "multi_turn": 9, "unusable": {"message_variation"}},
            "few_shot",
            "9 of them",
        ),
        (
            {"records": 9, "usable_seeds": 9, "uses_tools": 9, "multi_turn": 9, "unusable": {"tool_chain"}},
            "message_variation",
            "All of",
        ),
        (
            {
                "records": 9,
                "usable_seeds": 9,
                "uses_tools": 9,
                "multi_turn": 2,
                "unusable": {"tool_chain", "few_shot"},
            },
            "message_variation",
            "2 of its 9",
        ),
        (  # where none can, what would suit it: asking for it says what is missing
            {"records": 9, "usable_seeds": 9, "uses_tools": 9, "unusable": set(get_args(StrategyName))},
            "tool_chain",
            "all of its 9",
        ),
    ],
)
def test_chooses_from_the_topics_own_records(values: dict[str, Any], chosen: str, figures: str) -> None:
    strategy, reason = choose_strategy(profile(**values))
    assert strategy == chosen
    assert figures in reason
    assert not reason[0].islower() and reason.endswith(".")


TALKS = {"records": 9, "usable_seeds": 9, "multi_turn": 9, "has_description": True}


def refused(*strategies: StrategyName) -> dict[StrategyName, RefusedDrafts]:
    return {name: RefusedDrafts(12, "near duplicate", "the texts are alike") for name in strategies}


@pytest.mark.parametrize(
    ("strategies", "chosen", "said"),
    [
        ((), "message_variation", ""),
        (("tool_chain",), "message_variation", ""),
        (
            ("message_variation",),
            "few_shot",
            "For 'topic' Message Variation (12 of 12 drafts refused, most by near duplicate) brought nothing "
            "lately, so Few-Shot is next.",
        ),
        (("message_variation", "few_shot"), "scenario_expansion", "so Scenario Expansion is next."),
        (
            ("message_variation", "few_shot", "scenario_expansion", "topic_description"),
            "message_variation",
            "and no other strategy suits it: the texts are alike.",
        ),
    ],
)
def test_what_brought_nothing_lately_comes_last(
    strategies: tuple[StrategyName, ...], chosen: str, said: str
) -> None:
    one = profile(**TALKS, refused=refused(*strategies))
    assert choose_strategy(one)[0] == chosen
    assert passed_over(one).endswith(said) and bool(passed_over(one)) == bool(said)
    assert choose_strategy(one)[1].endswith(said)


def test_one_that_is_named_all_the_same_comes_with_a_word() -> None:
    one = profile(**TALKS, refused=refused("few_shot"))
    said = warned_of(one, "few_shot")
    assert said.startswith("For 'topic' Few-Shot brought nothing lately (12 of 12 drafts refused")
    assert said.endswith("; Message Variation may do better.")
    every = profile(**TALKS, refused=refused(*STRATEGIES))
    assert warned_of(every, "few_shot").endswith("near duplicate): the texts are alike.")


def test_every_strategy_has_a_guide_with_the_specifications_row() -> None:
    assert tuple(STRATEGIES) == get_args(StrategyName)
    assert {(guide.title, guide.best_for, guide.description) for guide in STRATEGIES.values()} == {
        ("Message Variation", "Multi-turn conversations", "Vary the last user message while keeping context"),
        ("Few-Shot", "Consistent patterns", "Generate similar examples from existing records"),
        ("Topic Description", "New topics", "Generate from topic description alone"),
        ("Scenario Expansion", "Specific cases", "Expand edge cases and variations"),
        ("Tool Chain", "Tool-using agents", "Generate tool usage patterns"),
    }
    for name, guide in STRATEGIES.items():
        assert guide.name == name
        assert guide.description in explain_strategy(name)
        assert guide.details in explain_strategy(name)


def test_unknown_strategies_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as error:
        explain_strategy("magic")
    assert "'magic'" in error.value.message
    assert all(name in error.value.hint for name in STRATEGIES)


def test_profiles_cover_declared_and_found_topics() -> None:
    counts = [TopicCount("found", 4, 1, 2, 1, 3), TopicCount(None, 9, 0, 0, 0, 9)]
    topics = [TopicInfo("declared", description="What it is about"), TopicInfo("bare", description="  ")]
    assert profile_topics(counts, topics) == {
        "declared": TopicProfile(topic="declared", has_description=True),
        "bare": TopicProfile(topic="bare"),
        "found": TopicProfile(topic="found", records=4, usable_seeds=3, multi_turn=2, uses_tools=1),
    }
