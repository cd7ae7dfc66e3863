"""Values in one normal form, however they are written."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.generation.checks.facts.explained import explains
from finetune_coverage.tools.generation.checks.facts.said import Said
from finetune_coverage.tools.generation.checks.facts.spoken_values import number_form, values_of
from hypothesis import given
from hypothesis import strategies as st


def forms(text: str) -> set[str]:
    return {form for value in values_of(text) for form in value.forms}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7:30 p.m.", "19:30"),
        ("7pm", "7 PM"),
        ("12 am", "midnight"),
        ("1,200", "1200.00"),
        ("1.2k", "1200"),
        ("twenty five", "25"),
        ("3rd", "third"),
        ("2023-03-07", "2023/3/7"),
        ("703-607-3363", "703-607-3363."),
    ],
)
def test_two_ways_to_write_one_value(one: str, other: str) -> None:
    assert forms(one) & forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("7 pm", "7 am"), ("7:30 pm", "7:45 pm"), ("12", "120"), ("1.5", "15"), ("B-12", "B-13")],
)
def test_two_values(one: str, other: str) -> None:
    assert not forms(one) & forms(other)


@given(st.integers(0, 10**9))
def test_thousands_may_be_set_apart(number: int) -> None:
    assert forms(f"{number:,}") == forms(str(number)) == {number_form(number)}


@given(st.integers(0, 23), st.integers(0, 59))
def test_both_clocks_show_one_time(hour: int, minute: int) -> None:
    twelve = f"{hour % 12 or 12}:{minute:02} {'pm' if hour >= 12 else 'am'}"
    assert forms(twelve) <= forms(f"{hour}:{minute:02}")


@given(st.lists(st.text(max_size=30), max_size=4), st.text(max_size=30))
def test_whatever_was_said_is_known(before: list[str], text: str) -> None:
    said = Said()
    for one in [*before, text]:
        said.add(one)
    assert all(said.knows(value) for value in values_of(text) if value.kind != "word")
    assert explains(said, text)
