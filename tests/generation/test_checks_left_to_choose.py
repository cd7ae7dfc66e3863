"""What users leave to the assistant, rule out or limit is no invention; what they asked for and did not get is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.facts.answer_follows_results import AnswerFollowsResults
from finetune_coverage.tools.generation.checks.facts.grounded_arguments import GroundedArguments
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts

from .test_checks_habits import records
from .tool_messages import call, result

Make = Callable[..., Candidate]

REPLY = {"role": "assistant", "content": "Done."}
DAYS = ["Monday", "Tuesday", "Wednesday", "Friday", "Sunday"]
DRIVERS = ["Mark", "Ella", "Zoe"]
RIDE = [
    {
        "type": "function",
        "function": {
            "name": "ride",
            "parameters": {
                "type": "object",
                "properties": {
                    "driver": {"type": "string", "enum": DRIVERS},
                    "day": {"type": "string", "enum": DAYS},
                    "at": {"type": "string"},
                    "price": {"type": "integer"},
                    "seats": {"type": "integer", "maximum": 50},
                    "date": {"type": "string"},
                    "until": {"type": "string"},
                },
            },
        },
    }
]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def says(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize(
    ("said", "arguments", "passes"),
    [
        ("A ride with anybody but Mark", {"driver": "Ella"}, True),
        ("Please don't send Mark again", {"driver": "Zoe"}, True),
        ("I want Mark to drive me", {"driver": "Ella"}, False),
        ("Not Mark. Ella, please", {"driver": "Zoe"}, False),
        ("You choose the driver", {"driver": "Ella"}, True),
        ("When will a ride be free?", {"day": "Monday"}, True),
        ("On Tuesday at 4 pm. Oh no, I have an interview then", {"day": "Wednesday"}, True),
        ("On Tuesday at 4 pm", {"day": "Wednesday"}, False),
        ("For tomorrow; today is Sunday", {"day": "Monday"}, True),
        ("For tomorrow; today is Sunday", {"day": "Tuesday"}, False),
        ("It must cost less than 50 credits", {"price": 45}, True),
        ("It must cost less than 50 credits", {"price": 54}, False),
        ("At 2:25 pm", {"at": "2 pm"}, True),
        ("At 2:25 pm", {"at": "5 pm"}, False),
        ("For tomorrow. It's Sunday, so I am still asleep", {"day": "Monday"}, True),
        ("For tomorrow. It's Sunday, so I am still asleep", {"day": "Tuesday"}, False),
        ("For the day after tomorrow. Today is Wednesday", {"day": "Friday"}, True),
        ("At the weekend, when Friday is over", {"day": "Sunday"}, True),
        ("At the weekend, when Friday is over", {"day": "Monday"}, False),
        ("Any day after Wednesday", {"day": "Friday"}, True),
        ("Any day after Wednesday", {"day": "Monday"}, False),
        ("Some day after the 24th", {"date": "27th"}, True),
        ("Some day after the 24th", {"date": "21st"}, False),
        ("Some day before the 10th", {"date": "7th"}, True),
        ("From the 21st on", {"date": "23rd"}, True),
        ("Some day from the 3rd to the 6th", {"date": "4th"}, True),
        ("Some day from the 3rd to the 6th", {"date": "8th"}, False),
        ("From the 3rd to the 6th", {"date": "4th", "until": "6th"}, False),
        ("On Tuesday, ride 384 please", {"date": "2nd"}, True),
        ("On Tuesday the 9th", {"date": "2nd"}, False),
        ("Either of them is fine", {"driver": "Zoe"}, True),
        ("Keep looking, please", {"driver": "Zoe"}, True),
    ],
)
def test_what_a_user_leaves_open(candidate: Make, said: str, arguments: dict[str, Any], passes: bool) -> None:
    made = candidate(user(said), call(arguments, "ride"), result(), REPLY, tools=RIDE)
    assert (GroundedArguments().check(made) is None) == passes


def test_what_was_left_open_stays_so_while_the_assistant_tries(candidate: Make) -> None:
    tries = [call({"day": day}, "ride") for day in ("Monday", "Tuesday")]
    asks = [user("When will you have a ride?"), tries[0], result(), tries[1], result(), REPLY]
    assert GroundedArguments().check(candidate(*asks, tools=RIDE)) is None
    told = [user("A ride on Friday"), tries[0], result(), tries[1], result(), REPLY]
    assert GroundedArguments().check(candidate(*told, tools=RIDE)) is not None


@pytest.mark.parametrize(
    ("asked", "answer", "passes"),
    [
        ("How warm is it?", "It is 3 degrees Celsius, so 37.4 degrees Fahrenheit.", True),
        ("How warm is it?", "It is 3 degrees Celsius, so 39.2 degrees Fahrenheit.", False),
        ("What will both cost?", "The total is 96.50.", True),
        ("What will both cost?", "The total is 98.50.", False),
        ("Which day is it?", "The ride is on 9/12.", True),
        ("Which day is it?", "The ride is on 9/13.", False),
        ("Can you book it?", "It is already 10 pm, but yes.", True),
        ("Can you book it?", "It starts at 10 pm.", False),
        ("Can you book it?", "The most that I can book are 50 seats.", True),
        ("Can you book it?", "The most that I can book are 60 seats.", False),
        ("Can you book it?", "I will have 50 seats for you.", False),
        ("Is it far below zero?", "It is -20 there, which is -4 degrees Fahrenheit.", True),
        ("Is it far below zero?", "It is -20 there, which is -59 degrees Fahrenheit.", False),
        ("How warm is it?", "That is about 38 degrees in your country.", True),
        ("What does it cost?", "It costs about 70.", True),
        ("What does it cost?", "It costs about 90.", False),
        ("What does it cost?", "It costs 70.", True),
        ("What does it cost?", "It costs 72.", False),
        ("When do I get it back?", "We pay it back within 10 business days.", True),
        ("When do I get it back?", "We keep it for 90 days.", True),
        ("When do I get it back?", "You get 90 of it.", False),
        ("Divided by three?", "That is 77.3333.", True),
        ("How old is it?", "It is 37 years old.", False),
        ("What does it cost?", "It costs 46 more than the tip.", False),
        ("What does it cost?", "It costs 71.25, which is 46 more than the tip.", True),
        ("How is the weather where you are?", "We have 84 here.", True),
    ],
)
def test_what_an_answer_may_compute_or_know(candidate: Make, asked: str, answer: str, passes: bool) -> None:
    found = result(
        '{"celsius": 3, "low": -20, "price": 71.25, "tip": 25.25, "third": 77.33333333, "at": "2023-09-12 08:00:00"}'
    )
    made = candidate(user(asked), call({}, "ride"), found, says(answer), tools=RIDE)
    assert (AnswerFollowsResults().check(made) is None) == passes


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("I can book that ride for you", True),
        ("The ride costs less in the west", True),
        ("The ride will be here in a minute and the", False),
        ("The ride will be here in a minute,", False),
        ("The ride will be in the west part of", False),
        ("Here it is", True),
        ("It will be in the west part of :(", True),
        ("It will be in the west part of __", True),
        ("Your ride will be in the west part of town. Enjoy", True),
        ("Your ride will be in the west part of town. The", False),
    ],
)
def test_an_open_end_is_no_cut(candidate: Make, text: str, passes: bool) -> None:
    ends = ["It will be in the west part of town.", "We have found a driver and your ride is now booked"]
    real = [one for text in ends for one in records(6, user("Hello?"), says(text))]
    assert (Artefacts(real).check(candidate(user("Hello?"), says(text))) is None) == passes


def test_a_period_that_a_result_tells_is_not_the_houses_own(candidate: Make) -> None:
    asks = [user("How long do you keep it?"), call({}, "ride"), result('{"days": 30}')]
    assert AnswerFollowsResults().check(candidate(*asks, says("We keep it 30 days."), tools=RIDE)) is None
    assert AnswerFollowsResults().check(candidate(*asks, says("We keep it 90 days."), tools=RIDE)) is not None


def test_an_answer_may_sum_up_two_calls(candidate: Make) -> None:
    def books(driver: str) -> list[dict[str, Any]]:
        return [call({"driver": driver}, "ride"), result(f'{{"driver": "{driver}"}}')]

    real = [one for driver in DRIVERS for one in records(2, user(f"Book {driver}"), *books(driver), REPLY)]
    asks = [user("Book Mark"), *books("Mark"), says("And then?"), user("Book Ella too"), *books("Ella")]
    check = AnswerFollowsResults(real)
    assert (
        check.check(candidate(*asks, says("Your rides with Ella and Mark are booked."), tools=RIDE)) is None
    )
    assert check.check(candidate(*asks, says("Your ride with Zoe is booked."), tools=RIDE)) is not None


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("I will book your ride", True),
        ("I will book your", False),
        ("Write to rides@example.com", True),
        ("Please give the time as %H:%M", True),
        ("Your ride will be here in the", False),
    ],
)
def test_a_text_may_end_where_sentences_often_do(candidate: Make, text: str, passes: bool) -> None:
    """Where few turns lack a full stop, and the last words are known as the end of sentences."""
    whole = records(
        200, user("Hello?"), *[says("I will book your ride. May I?"), user("Yes")] * 3, says("Done.")
    )
    some = records(2, user("Hello?"), says("I will book your ride"))
    assert (Artefacts([*whole, *some]).check(candidate(user("Hello?"), says(text))) is None) == passes
