"""What people type, and what it must be read as. Not one of them may become a yes that was not given."""

from __future__ import annotations

import pytest
from finetune_coverage.benchmarks.utterances import (
    ALL,
    WORST,
    after_analysis,
    after_generation,
    item,
    still_poor,
)
from finetune_coverage.graph.offers.offer import Reply
from finetune_coverage.graph.reading.grammar.sentence import read_reply
from finetune_coverage.tools.coverage.recommendation import PlanItem
from hypothesis import given
from hypothesis import strategies as st

from .reply_cases import BESIDE, CHANGES, NOT_A_YES, OPTION_TWO, PLAIN_YES


@pytest.mark.parametrize("text", PLAIN_YES)
def test_a_plain_yes_is_to_exactly_the_plan_shown(text: str) -> None:
    reply = read_reply(text, after_analysis())
    assert (reply.kind, reply.items) == ("approve", WORST)


@pytest.mark.parametrize("text", OPTION_TWO)
def test_the_second_option_is_a_yes_to_its_own_items(text: str) -> None:
    reply = read_reply(text, after_analysis())
    assert (reply.kind, reply.items) == ("approve", ALL)


@pytest.mark.parametrize(("text", "kind"), NOT_A_YES)
def test_everything_else_is_no_yes(text: str, kind: str) -> None:
    reply = read_reply(text, after_analysis())
    assert reply.kind == kind, reply


@pytest.mark.parametrize(("text", "items"), CHANGES)
def test_a_change_is_a_new_plan_to_ask_about(text: str, items: list[PlanItem]) -> None:
    reply = read_reply(text, after_analysis())
    assert reply.kind == ("change" if items else "unclear"), reply
    assert reply.items == items


@pytest.mark.parametrize("text", ["yes", "ok", "go ahead", "sounds good"])
def test_a_bare_yes_is_asked_back_when_the_plan_is_not_the_first_option(text: str) -> None:
    assert read_reply(text, still_poor()).kind == "unclear"
    assert read_reply("2", still_poor()) == Reply(kind="approve", items=WORST, text="2", read_by="exact")
    assert read_reply("1", still_poor()).kind == "proceed"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1", "proceed"), ("yes", "proceed"), ("yes, proceed", "proceed"), ("2", "more"), ("generate more", "more"),
     ("3", "review"), ("show me the new ones", "review"), ("no", "reject"), ("thanks!", "unclear")],
)  # fmt: skip
def test_after_generation_the_numbers_mean_other_things(text: str, kind: str) -> None:
    assert read_reply(text, after_generation()).kind == kind


def test_an_option_that_was_not_shown_with_its_items_is_shown_first() -> None:
    offer = after_analysis()
    offer.options[1].shown = False
    assert read_reply("2", offer).kind == "change"


def test_without_a_pending_plan_a_yes_starts_nothing() -> None:
    declined = after_analysis(plan_id=None, items=[], action="choose_next_step")
    assert read_reply("yes", declined).kind == "unclear"


@pytest.mark.parametrize(
    ("text", "numbers"), [("drop 2", [2]), ("remove records 1, 3 and 4", [1, 3, 4]), ("reject #2", [2])]
)
def test_records_are_dropped_by_number_only_while_they_are_shown(text: str, numbers: list[int]) -> None:
    reply = read_reply(text, after_analysis(shown_records=["a", "b", "c", "d"]))
    assert (reply.kind, reply.numbers) == ("drop", numbers)
    assert read_reply(text, after_analysis()).kind not in ("drop", "approve")


@pytest.mark.parametrize("text", ["bank", "bank_balance or the other bank"])
def test_a_name_that_fits_two_topics_is_asked_back(text: str) -> None:
    offer = after_analysis(topics=["bank_balance", "bank_fraud_report", "hotel_book"])
    reply = read_reply(f"20 for {text}", offer)
    assert reply.kind == "unclear"
    assert "bank_balance" in reply.note


def test_neighbouring_words_narrow_a_topic_down() -> None:
    offer = after_analysis(topics=["bank_balance", "bank_fraud_report", "hotel_book"])
    reply = read_reply("20 for bank fraud with few shot", offer)
    assert reply.items == [item("bank_fraud_report", 20, "few_shot")]


def test_a_digit_in_a_topic_name_is_no_count() -> None:
    offer = after_analysis(topics=["tier_2_support", "tier_1_support"], suggestions={})
    assert read_reply("15 for tier 2 support, few-shot", offer).items == [
        item("tier_2_support", 15, "few_shot")
    ]


@pytest.mark.parametrize("text", ["yes first,", "ok first", "sure, second"])
def test_an_ordinal_after_a_yes_is_no_option(text: str) -> None:
    assert read_reply(text, after_analysis()).kind not in ("approve", "resume")


@pytest.mark.parametrize("text", ["first", "the first", "the first one", "first option, please"])
def test_an_ordinal_names_an_option(text: str) -> None:
    assert read_reply(text, after_analysis()).kind == "approve"


@given(
    st.sampled_from(["yes", "ok", "sure", "go ahead", "approve", "1", "option 1", "do it"]),
    st.lists(st.sampled_from(BESIDE), min_size=1, max_size=4),
    st.booleans(),
)
def test_a_yes_with_anything_beside_it_is_no_yes(yes: str, beside: list[str], before: bool) -> None:
    words = [*beside, yes] if before else [yes, *beside]
    assert read_reply(" ".join(words), after_analysis()).kind not in ("approve", "resume")


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert read_reply(text, after_analysis()).kind
    assert read_reply(text, after_generation()).kind != "approve"
