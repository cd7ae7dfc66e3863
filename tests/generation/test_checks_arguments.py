"""Where the values of a call come from: what people said, what assistants choose, what earlier results gave."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.checks.facts.grounded_arguments import GroundedArguments
from finetune_coverage.tools.generation.checks.facts.used_results import UsedResults

from .test_checks_tools import BOOK, REPLY, Make, real, user
from .tool_messages import call, result


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("A table at half past, I mean 7:30 p.m.", {"at": "19:30"}),
        ("From May 7-29, please", {"at": "29th"}),
        ("There will be twenty five of us", {"guests": 25}),
        ("We spend $1,200.00", {"guests": 1200}),
        ("It is on 17 March 2023", {"at": "2023-03-17"}),
        ("Tomorrow at 2 pm", {"at": "2023-03-18 14:00:00"}),
        ("my number is 703 607 3363", {"guests": "703-607-3363"}),
        ("The hilton would be nice", {"hotel": "Hilton Hotel"}),
        ("the Hiltn hotel", {"hotel": 'is_equal_to("Hilton Hotel")'}),
        ("a flight to LA", {"at": "Los Angeles"}),
        ("a flight to L.A., please", {"at": "Los Angeles"}),
        ("the weather in San Fran", {"at": "San Francisco"}),
        ("a doctor in Santa Rosa", {"at": "Santa Rosa, CA"}),
        ("5% interest", {"guests": 0.05}),
        ("We are two adults and no children", {"guests": "0"}),
        ("All of March 20th, 2023", {"at": "2023-03-20 00:00:00"}),
        ("At 8 am, and wake me 30 minutes before", {"at": "07:30:00"}),
        ("A 0.5-second window", {"guests": 0.5}),
        ("I feel nauseous", {"at": "nausea"}),
        ("as soon as possible, asap", {"at": "2 pm"}),
        ("hello", {"guests": None, "at": True, "hotel": ""}),
    ],
)
def test_what_people_say_explains_an_argument(candidate: Make, said: str, arguments: dict[str, Any]) -> None:
    made = candidate(user(said), call(arguments, "book"), result(), REPLY, tools=BOOK)
    assert GroundedArguments().check(made) is None


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("A table at 7:30 p.m.", {"at": "20:30"}),
        ("The Hilton would be nice", {"hotel": "Hyatt Hotel"}),
        ("A hotel would be nice", {"hotel": "Hyatt Hotel"}),
        ("On Tuesday", {"at": "Thursday"}),
        ("My name is John", {"at": "John Doe"}),
        ("At least give me a room", {"at": "East"}),
        ("Invoice INV-2044", {"at": "INV-2045"}),
        ("There will be 25 of us", {"guests": 26}),
    ],
)
def test_what_nobody_said(candidate: Make, said: str, arguments: dict[str, Any]) -> None:
    made = candidate(user(said), call(arguments, "book"), result(), REPLY, tools=BOOK)
    rejection = GroundedArguments().check(made)
    assert rejection is not None and "was said by nobody" in rejection.evidence


def test_an_argument_that_real_assistants_choose_is_left_alone(candidate: Make) -> None:
    asks = user("A room for 12, please")
    chosen = [real(n, asks, call({"guests": 20 + n}, "book"), result()) for n in range(3)]
    told = [real(n, user("For 14 people"), call({"guests": 14}, "book"), result()) for n in range(3, 9)]
    made = candidate(asks, call({"guests": 77}, "book"), result(), REPLY, tools=BOOK)
    assert GroundedArguments([*chosen, *told]).check(made) is None
    assert GroundedArguments(told).check(made) is not None
    assert GroundedArguments([*chosen, *told], CheckSettings(invented_arguments=0.5)).check(made) is not None


def test_a_value_passed_over_weighs_more_than_one_that_nobody_gave(candidate: Make) -> None:
    told = [real(n, user("On Friday"), call({"at": "Friday"}, "book"), result()) for n in range(60)]
    chosen = [
        real(n, user("A room, please"), call({"at": "Monday"}, "book"), result()) for n in range(60, 62)
    ]
    for asks, passes in (("A room, please", True), ("A room on Friday", False)):
        made = candidate(user(asks), call({"at": "Sunday"}, "book"), result(), REPLY, tools=BOOK)
        assert (GroundedArguments([*told, *chosen]).check(made) is None) == passes


def test_a_later_value_comes_from_the_result_that_gave_it(candidate: Make) -> None:
    found = [call({}, "find"), result('{"booking_id": "B-1207", "room_id": "R-3301"}')]
    for booking, passes in (("B-1207", True), ("R-3301", False)):
        later = call({"booking_id": booking}, "cancel", "call_2")
        made = candidate(user("Cancel it"), *found, later, result(call_id="call_2"), REPLY)
        rejection = UsedResults().check(made)
        assert (rejection is None) == passes
    named = candidate(user("Cancel R-3301"), *found, later, result(call_id="call_2"), REPLY)
    assert UsedResults().check(named) is None
