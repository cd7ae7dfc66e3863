"""The bare plan that is read beside a small model, and the names of topics in what was typed."""

from __future__ import annotations

import pytest
from finetune_coverage.graph.reading.bare_plan import read_bare_plan
from finetune_coverage.graph.reading.names import named_topics, shares_a_word, words_of
from hypothesis import given
from hypothesis import strategies as st

TOPICS = ["billing", "technical_issues", "tier_2_support", "c", "c#", "bank fraud", "fraud", "天气查询"]


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("20 for billing with few-shot", [("billing", 20, "few_shot")]),
        ("20 Technical Issues", [("technical_issues", 20, None)]),
        ("15 more examples for tier 2 support, topic description", [("tier_2_support", 15, "topic_description")]),
        ("5 for billing and 7 of the c# using Few-Shot", [("billing", 5, "few_shot"), ("c#", 7, "few_shot")]),
        ("5 billing few shot, 3 c tool_chain", [("billing", 5, "few_shot"), ("c", 3, "tool_chain")]),
        ("12 天气查询", [("天气查询", 12, None)]),
        ("12条天气查询", None),
        ("20", None),
        ("20 for cooking", None),
        ("0 for billing", None),
        ("-5 for billing", None),
        ("2.5 for billing", None),
        ("20 for billing?", None),
        ("I told 20 friends about billing", None),
        ("20 for billing, but cheap", None),
        ("9999999999999 for billing", None),
    ],
)  # fmt: skip
def test_a_bare_plan(text: str, plan: list[tuple[str, int, str | None]] | None) -> None:
    read = read_bare_plan(text, TOPICS)
    assert (read and [(item.topic, item.count, item.strategy) for item in read.items]) == plan


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what about bank fraud?", ["bank fraud"]),
        ("fraud, then BANK-FRAUD", ["fraud", "bank fraud"]),
        ("c# rather than c", ["c#", "c"]),
        ("why is c++ missing", []),
        ("天气查询太少了", ["天气查询"]),
        ("Tier_2_Support or technical issues", ["tier_2_support", "technical_issues"]),
        ("billings", []),
    ],
)
def test_topics_are_named_by_their_whole_names(text: str, named: list[str]) -> None:
    assert named_topics(text, TOPICS) == named


@given(st.text(max_size=80))
def test_any_text_has_words(text: str) -> None:
    assert all(word for word in words_of(text))
    read_bare_plan(text, TOPICS)
    named_topics(text, TOPICS)


@pytest.mark.parametrize(
    ("name", "text", "shares"),
    [
        ("contact_human_agent", "do the human agent thing", True),
        ("Alarm", "just the alarms then", True),
        ("change_order", "why so few modified orders", True),
        ("refund_policy", "fine, both 5", False),
        ("天气查询", "查询天气的太少", True),
        ("날씨_조회", "날씨는 왜 적어", True),
        ("c", "count them", False),
    ],
)
def test_a_word_in_common(name: str, text: str, shares: bool) -> None:
    assert shares_a_word(name, text) == shares
