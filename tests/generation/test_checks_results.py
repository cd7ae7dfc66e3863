"""What results and calls have to do with each other, learned from the real records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.results_fit_calls import ResultsFitCalls

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


def test_what_one_record_says_again_and_again_is_no_rule(candidate: Make) -> None:
    """One customer who asks for the airport ten times does not make it the answer to this customer."""

    def ride(name: str, *places: str) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = [{"role": "user", "content": f"A ride, please, I am {name}."}]
        for number, place in enumerate(places):
            found = json.dumps({"place": place, "price": 10 + number})
            turns += [call({"customer": name}, "ride", f"c{number}"), result(found, f"c{number}")]
        return [*turns, REPLY]

    riders = [
        ("Angela", ["Airport"] * 10),
        *((name, ["Harbour", "Market", "Museum"] * 3) for name in ("Alexis", "John", "Mark")),
    ]
    known = [
        Record(id=f"r{n}", body=json.dumps({"messages": ride(name, *places)}), topic="ride")
        for n, (name, places) in enumerate(riders)
    ]
    assert ResultsFitCalls(known).check(candidate(*ride("Alexis", "Airport"))) is None
