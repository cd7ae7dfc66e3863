"""What results and calls have to do with each other, and answers with both, learned from the real records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.facts.answer_follows_results import AnswerFollowsResults
from finetune_coverage.tools.generation.checks.facts.grounded_arguments import GroundedArguments
from finetune_coverage.tools.generation.checks.facts.results_fit_calls import ResultsFitCalls

from .tool_messages import call, result

Make = Callable[..., Candidate]

REPLY = {"role": "assistant", "content": "There you are."}
CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito")


def booked(city: str, kind: str, says: str) -> list[dict[str, Any]]:
    outcome = json.dumps({"place": city, "message": says})
    return [
        {"role": "user", "content": f"{kind} {city}"},
        call({"city": city, "kind": kind}, "book"),
        result(outcome),
        REPLY,
    ]


def test_a_result_is_one_to_its_call(candidate: Make) -> None:
    known = [
        Record(id=f"r{n}", body=json.dumps({"messages": booked(CITIES[n % 6], kind, said)}), topic="booking")
        for n, (kind, said) in enumerate([("Check", "It is free."), ("Book", "It is booked.")] * 15)
    ]
    check = ResultsFitCalls(known)
    assert check.check(candidate(*booked("Bonn", "Book", "It is booked."))) is None
    assert ResultsFitCalls().check(candidate(*booked("Bonn", "Check", "It is booked."))) is None
    other_choice = check.check(candidate(*booked("Bonn", "Check", "It is booked.")))
    assert other_choice is not None and "is the answer to 'book'" in other_choice.evidence
    turns = booked("Bonn", "Book", "It is booked.")
    turns[1] = call({"city": "Riga", "kind": "Book"}, "book")
    other_city = check.check(candidate(*turns))
    assert other_city is not None and "the result is for 'Bonn'" in other_city.evidence
    turns[1] = call({"city": 'is_one_of(["Riga", "Bonn"])', "kind": "Book"}, "book")
    assert check.check(candidate(*turns)) is None


def test_a_message_that_is_passed_is_not_what_the_result_says_again(candidate: Make) -> None:
    known = [
        Record(id=f"r{n}", body=json.dumps({"messages": booked(CITIES[n % 6], kind, said)}), topic="booking")
        for n, (kind, said) in enumerate([("Check", "It is free."), ("Book", "It is booked.")] * 15)
    ]
    known += [  # where a city is passed under the name of the field that says it again
        Record(id=f"w{n}", body=json.dumps({"messages": weather(CITIES[n], CITIES[n])}), topic="weather")
        for n in range(6)
    ]
    turns = booked("Bonn", "Book", "It is booked.")
    turns[1] = call({"city": "Bonn", "kind": "Book", "message": "with a view"}, "book")
    assert ResultsFitCalls(known).check(candidate(*turns)) is None
    assert ResultsFitCalls(known).check(candidate(*weather("Bonn", "Riga"))) is not None


def weather(asked: str, answered: str) -> list[dict[str, Any]]:
    outcome = json.dumps({"place": answered, "warm": True})
    return [{"role": "user", "content": asked}, call({"place": asked}, "weather"), result(outcome), REPLY]


def rated(number: int, told: int, route: str = "") -> list[dict[str, Any]]:
    outcome = json.dumps({"rating": number, "stars": 9 - number, "route": "Walk for 3 blocks and turn left."})
    says = f"The place has an average rating of {told}. {route}"
    return [
        {"role": "user", "content": "How good is it?"},
        call({}, "find"),
        result(outcome),
        {"role": "assistant", "content": says.strip()},
    ]


def real_ratings() -> list[Record]:
    ratings = [1 + n % 5 for n in range(10)]
    return [
        Record(id=f"r{n}", body=json.dumps({"messages": rated(rating, rating)}), topic="places")
        for n, rating in enumerate(ratings)
    ]


def test_a_field_is_told_where_real_answers_tell_it(candidate: Make) -> None:
    check = AnswerFollowsResults(real_ratings())
    assert check.check(candidate(*rated(4, 4))) is None
    # 5 is said by the result too, but as something else.
    rejection = check.check(candidate(*rated(4, 5)))
    assert rejection is not None and "'rating' is told" in rejection.evidence
    assert AnswerFollowsResults().check(candidate(*rated(4, 5))) is None


def test_a_field_may_be_told_in_other_degrees(candidate: Make) -> None:
    def warm(celsius: int, told: str) -> list[dict[str, Any]]:
        found = result(json.dumps({"warmthCelsius": celsius, "humidity": 30 + celsius}))
        says = {"role": "assistant", "content": f"It will be a day of around {told} degrees."}
        return [{"role": "user", "content": "How warm is it?"}, call({}, "find"), found, says]

    real = [
        Record(id=f"r{n}", body=json.dumps({"messages": warm(n, str(n))}), topic="weather") for n in range(10)
    ]
    check = AnswerFollowsResults(real)
    assert check.check(candidate(*warm(14, "14"))) is None
    assert check.check(candidate(*warm(14, "44"))) is not None
    turns = warm(14, "57")
    turns[-1]["content"] = "It will be a day of around 57 degrees Fahrenheit."
    assert check.check(candidate(*turns)) is None
    turns[-1]["content"] = "It will be a day of around 44 degrees Fahrenheit."
    assert check.check(candidate(*turns)) is not None


def test_a_title_in_quotation_marks(candidate: Make) -> None:
    asks = [{"role": "user", "content": "A soup?"}, call({}, "find"), result('{"dishes": ["Red Bean Soup"]}')]

    def told(text: str) -> list[dict[str, Any]]:
        return [*asks, {"role": "assistant", "content": text}]

    assert AnswerFollowsResults().check(candidate(*told('There is "Red Bean Soup".'))) is None
    other = candidate(*told('There is "Green Pea Soup".'))
    rejection = AnswerFollowsResults().check(other)
    assert rejection is not None and "quotes 'Green Pea Soup'" in rejection.evidence
    house = [
        Record(id=f"r{n}", body=json.dumps({"messages": told(f'Choose "Dish {n}"')}), topic="food")
        for n in range(2)
    ]
    assert AnswerFollowsResults(house).check(other) is None


def test_a_sentence_copied_from_a_result_with_another_number(candidate: Make) -> None:
    check = AnswerFollowsResults()
    assert check.check(candidate(*rated(4, 4, "Walk for 3 blocks and turn left."))) is None
    rejection = check.check(candidate(*rated(4, 4, "Walk for 5 blocks and turn left.")))
    assert rejection is not None and "between the same words" in rejection.evidence


def test_a_query_for_zero(candidate: Make) -> None:
    turns = [{"role": "user", "content": "A room, no children"}, call({"children": "at_least(0)"}, "book")]
    tools = [{"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}]
    assert GroundedArguments().check(candidate(*turns, result(), tools=tools)) is None


RIDE = [{"type": "function", "function": {"name": "OrderRide", "parameters": {"properties": {}}}}]


def test_a_tool_may_be_named_before_it_is_called(candidate: Make) -> None:
    known = [
        Record(
            id=f"r{n}",
            body=json.dumps({"messages": [*rated(n, n)[:-1], result(f'{{"tool": "{tool}"}}'), REPLY]}),
            topic="rides",
        )
        for n, tool in enumerate(["OrderRide", "CancelRide", "FindRide"] * 5)
    ]
    check = AnswerFollowsResults(known)
    asks = [{"role": "user", "content": "Rate it."}, call({}, "rate"), result('{"rating": 3}')]

    def answered(text: str) -> Candidate:
        return candidate(*asks, {"role": "assistant", "content": text}, tools=RIDE)

    assert check.check(answered("Now I will call the OrderRide API.")) is None
    assert check.check(answered("Now I will call the FindRide API.")) is not None


def test_who_compares_tells_of_earlier_results(candidate: Make) -> None:
    check = AnswerFollowsResults(real_ratings())
    asks = [*rated(5, 5)[:-1], {"role": "assistant", "content": "There."}, *rated(3, 3)[:-1]]

    def answered(text: str) -> Candidate:
        return candidate(*asks, {"role": "assistant", "content": text})

    assert check.check(answered("This has an average rating of 3.")) is None
    assert check.check(answered("This has an average rating of 5.")) is not None
    assert check.check(answered("The first one is higher with an average rating of 5.")) is None
    assert check.check(answered("The first one is higher with an average rating of 2.")) is not None


def test_a_result_may_be_less_exact_than_the_call(candidate: Make) -> None:
    def agenda(day: str, said: str) -> list[dict[str, Any]]:
        asks = {"role": "user", "content": f"What is on my agenda on {day}?"}
        return [asks, call({"time": day}, "agenda"), result(json.dumps({"time": said})), REPLY]

    known = [
        Record(id=f"r{n}", body=json.dumps({"messages": agenda(day, day)}), topic="agenda")
        for n in range(8)
        if (day := f"2023-03-{n + 11} 15:00:00")
    ]
    check = ResultsFitCalls(known)
    assert check.check(candidate(*agenda("2023-03-18 15:00:00", "2023-03-18"))) is None
    assert check.check(candidate(*agenda("2023-03-18 15:00:00", "2023-03-19"))) is not None
