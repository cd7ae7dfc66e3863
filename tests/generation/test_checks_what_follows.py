"""What follows from what was said is no invention: counts, spans, days and years that somebody gave in other words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.facts.grounded_arguments import GroundedArguments
from finetune_coverage.tools.generation.checks.facts.used_results import UsedResults

from .test_checks_left_to_choose import REPLY, says, user
from .tool_messages import call, result

Make = Callable[..., Candidate]

VISIT = [
    {
        "type": "function",
        "function": {
            "name": "visit",
            "parameters": {
                "type": "object",
                "properties": {
                    "guest": {"type": "string"},
                    "day": {"type": "string", "enum": ["Monday", "Thursday", "Friday", "Saturday", "Sunday"]},
                    "food": {"type": "string", "enum": ["Chinese", "Thai", "Italian"]},
                    "side": {"type": "string", "enum": ["East", "West"]},
                    "venue": {"type": "string", "enum": ["North Hall", "Old Mill", "West Bay"]},
                    "date": {"type": "string"},
                    "begins": {"type": "string"},
                    "ends": {"type": "string"},
                    "guests": {"type": "integer", "minimum": 3},
                    "nights": {"type": "integer"},
                    "year": {"type": "integer"},
                },
            },
        },
    }
]
NO = result('{"message": "Not free. Try another time or another venue."}')


def passes(candidate: Make, *messages: dict[str, Any]) -> bool:
    made = candidate(*messages, tools=VISIT)
    return GroundedArguments().check(made) is None


@pytest.mark.parametrize(
    ("said", "arguments", "follows"),
    [
        ("I come with 8 other people", {"guests": 9}, True),
        ("I come with 8 other people", {"guests": 10}, False),
        ("It is me and 4 friends", {"guests": 5}, True),
        ("Bringing 5 guests", {"guests": 6}, True),
        ("A room from August 15th to August 17th, 2023", {"nights": 2}, True),
        ("A room from August 15th to August 17th, 2023", {"nights": 3}, False),
        ("A room from August 30th until September 2nd", {"nights": 3}, True),
        ("A song of seven years ago, from 2023 that is", {"year": 2016}, True),
        ("A song of seven years ago, from 2023 that is", {"year": 2015}, False),
        ("On Saturday. Oh, the following day", {"day": "Sunday"}, True),
        ("On Saturday. Oh, the following day", {"day": "Monday"}, False),
        ("On Saturday. Or rather the day before", {"day": "Friday"}, True),
        ("Any day between the 21st and the 30th", {"date": "24th"}, True),
        ("Any day between the 21st and the 30th", {"date": "7th"}, False),
        ("Not under 20 guests", {"guests": 25}, True),
        ("Not under 20 guests", {"guests": 15}, False),
        ("On the eastside", {"side": "East"}, True),
        ("On the eastside", {"side": "West"}, False),
        ("For 4ng3la", {"guest": "Angela"}, True),
        ("For Orengae", {"guest": "Orange"}, True),
        ("For Mr. Wells", {"guest": "Orange"}, False),
        ("From 3-5 today", {"begins": "3 pm"}, True),
        ("From 3-5 today", {"begins": "6 pm"}, False),
        ("It does not matter how many guests", {"guests": "is_less_than(3)"}, True),
        ("There will be two hundred and fifty of us", {"guests": 250}, True),
        ("There will be two hundred and fifty of us", {"guests": 260}, False),
        ("We are two dozen", {"guests": 24}, True),
        ("The year was nineteen eighty four", {"year": 1984}, True),
        ("My number is nine four three one", {"guests": 9431}, True),
        ("Half a million of them", {"guests": 500_000}, True),
        ("1.5 million of them", {"guests": 1_500_000}, True),
        ("For me and my brother", {"guests": 2}, True),
        ("For me and my brother", {"guests": 4}, False),
        ("It is just me", {"guests": 1}, True),
        ("For two weeks", {"nights": 14}, True),
        ("For two weeks", {"nights": 12}, False),
        ("At half past seven", {"begins": "7:30 pm"}, True),
        ("At half past seven", {"begins": "8:30 pm"}, False),
        ("At a quarter to 8", {"begins": "7:45 am"}, True),
        ("At 730 in the hall", {"begins": "7:30 pm"}, True),
        ("For 1900 hours", {"begins": "7 pm"}, True),
        ("At 7ish, when the children are all in bed", {"begins": "7 pm"}, True),
        ("For Angel4", {"guest": "Angela"}, True),
        ("I pay in US dollars", {"guest": "USD"}, True),
        ("I pay in US dollars", {"guest": "GBP"}, False),
        ("I pay $50", {"guest": "USD"}, True),
        ("Shares of Microsoft", {"guest": "MSFT"}, True),
        ("Shares of Apple", {"guest": "AAPL"}, True),
        ("Shares of Apple", {"guest": "MSFT"}, False),
        ("20 percent of 500", {"guests": 1200}, False),
        ("A rate of 5 percent", {"guests": 0.05}, True),
        ("It takes 20 minutes", {"nights": 1200}, True),
        ("I pay 850.00", {"guests": 5000}, False),
        ("Born today", {"date": "2034-77-39"}, False),
        ("I am 6 feet 2 inches tall", {"nights": 188}, True),
        ("20 percent of 500", {"guests": 1200}, False),
        ("A rate of 5 percent", {"guests": 0.05}, True),
        ("It takes 20 minutes", {"nights": 1200}, True),
        ("I pay 850.00", {"guests": 5000}, False),
        ("Born today", {"date": "2034-77-39"}, False),
        ("I am 6 feet 2 inches tall", {"nights": 179}, False),
        ("I weigh 150 pounds", {"nights": 68}, True),
        ("From New York to Rome", {"guest": "New York City"}, True),
        ("From New York to Rome", {"guest": "Kansas City"}, False),
        ("Find me a book on gardens", {"query": "Books about gardening"}, True),
        ("Find me a book on gardens", {"query": "Cooking for 8"}, False),
        ("Find me a book on gardens", {"guest": "Books about gardening"}, False),
        ("What is on tomorrow?", {"begins": "2023-09-12 09:00:00"}, True),
        ("What is on tomorrow at 10 am?", {"begins": "2023-09-12 09:00:00"}, False),
    ],
)
def test_what_follows_from_words(
    candidate: Make, said: str, arguments: dict[str, Any], follows: bool
) -> None:
    assert passes(candidate, user(said), call(arguments, "visit"), result(), REPLY) == follows


@pytest.mark.parametrize(("ends", "follows"), [("5 pm", True), ("6 pm", False)])
def test_a_visit_that_is_moved_stays_as_long(candidate: Make, ends: str, follows: bool) -> None:
    first = call({"begins": "2 pm", "ends": "4 pm"}, "visit")
    moved = call({"begins": "3 pm", "ends": ends}, "visit")
    asks = [user("A visit from 2 pm to 4 pm"), first, NO, says("That is taken."), user("At 3 pm, please")]
    assert passes(candidate, *asks, moved, result(), REPLY) == follows


def test_a_span_that_was_told_leads_from_the_beginning_to_the_end(candidate: Make) -> None:
    asks = user("On 2023-09-11 at 13:20 I have an hour for it")
    begins = "2023-09-11 13:20:00"
    right = call({"begins": begins, "ends": "2023-09-11 14:20:00"}, "visit")
    assert passes(candidate, asks, right, result(), REPLY)
    wrong = call({"begins": begins, "ends": "2023-09-11 15:45:00"}, "visit")
    assert not passes(candidate, asks, wrong, result(), REPLY)


@pytest.mark.parametrize(
    ("said", "arguments", "allowed"),
    [
        ("At 8 am I slept. Now visit me in an hour", {"begins": "10:30 pm"}, False),
        ("Visit me in an hour", {"begins": "10:30 pm"}, True),
        ("Visit me at noon", {"begins": "10:30 pm"}, False),
        ("On Thursday I have a wedding, so I need a different day", {"day": "Friday"}, True),
        ("On Thursday, and no other", {"day": "Friday"}, False),
        ("Any Asian food would be nice", {"food": "Chinese"}, True),
        ("Thai food would be nice", {"food": "Chinese"}, False),
        ("That would be nice, any food", {"food": "Chinese"}, True),
    ],
)
def test_what_is_open_by_its_kind(
    candidate: Make, said: str, arguments: dict[str, Any], allowed: bool
) -> None:
    assert passes(candidate, user(said), call(arguments, "visit"), result(), REPLY) == allowed


def test_a_day_that_is_taken_back_is_not_passed_over(candidate: Make) -> None:
    asks = [user("On Friday"), says("Until when?"), user("Make it from the 5th to the 16th instead")]
    day = call({"day": "Thursday"}, "visit")
    assert passes(candidate, *asks, day, result(), REPLY)
    assert not passes(candidate, *asks[:2], user("Until the evening"), day, result(), REPLY)


def test_a_result_that_asks_for_another_lets_the_assistant_try(candidate: Make) -> None:
    def tries(answer: dict[str, Any], second: dict[str, Any]) -> bool:
        first = {"venue": "North Hall", "guest": "Mark", "guests": 40}
        asks = [user("I am Mark. A visit of 40 at North Hall"), call(first, "visit"), answer]
        return passes(candidate, *asks, call(first | second, "visit"), result(), REPLY)

    assert tries(NO, {"venue": "Old Mill"})
    assert not tries(result('{"message": "Not free."}'), {"venue": "Old Mill"})
    assert not tries(NO, {"guests": 70})
    assert not tries(NO, {"guest": "Angela"})  # who wants another venue is nobody else


def test_trying_again_leaves_open_what_was_open(candidate: Make) -> None:
    hall, mill = (call({"venue": venue}, "visit") for venue in ("North Hall", "Old Mill"))
    begins = [
        user("A visit at West Bay"),
        call({"venue": "West Bay"}, "visit"),
        result("{}"),
        says("Not free."),
    ]
    again = [says("That failed."), user("Could you try it again?"), mill, result("{}"), REPLY]
    assert passes(candidate, *begins, user("Any other hall would do"), hall, result("{}"), *again)
    assert not passes(candidate, *begins, *again[1:])


@pytest.mark.parametrize(("asks", "allowed"), [("Find another flight", True), ("Book it, please", False)])
def test_another_flight_has_another_id(candidate: Make, asks: str, allowed: bool) -> None:
    first = [user("Flight 740, please"), call({"flight": 740}), result('{"flight": 740, "state": "failed"}')]
    made = candidate(*first, says("It failed."), user(asks), call({"flight": 739}), result(), REPLY)
    assert (UsedResults().check(made) is None) == allowed


@pytest.mark.parametrize(
    ("described", "passes"),
    [
        ("The id of the side: 1 for East, 2 for West.", True),
        ("The id of the side: 2 for East, 1 for West.", False),
        ("The id of the side. Default is 1.", True),
        ("The id of the side, such as 1.", False),
    ],
)
def test_a_code_that_the_declaration_explains(candidate: Make, described: str, passes: bool) -> None:
    schema = {"type": "object", "properties": {"side": {"type": "integer", "description": described}}}
    tools = [{"type": "function", "function": {"name": "visit", "parameters": schema}}]
    made = candidate(user("On the east side"), call({"side": 1}, "visit"), result(), REPLY, tools=tools)
    assert (GroundedArguments().check(made) is None) == passes
