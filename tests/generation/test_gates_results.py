"""A tool's result is one to the arguments that were passed, as the real records show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Candidate
from finetune_coverage.tools.generation.gates.results_fit_calls import ResultsFitCalls

from .tool_messages import call, result

Make = Callable[..., Candidate]

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito")


def booked(city: str, kind: str, says: str) -> list[dict[str, Any]]:
    outcome = json.dumps({"place": city, "message": says})
    return [
        {"role": "user", "content": f"{kind} {city}"},
        call({"city": city, "kind": kind}, "book"),
        result(outcome),
        {"role": "assistant", "content": "There you are."},
    ]


def test_a_result_is_one_to_its_call(candidate: Make) -> None:
    known = [
        Record(id=f"r{n}", body=json.dumps({"messages": booked(CITIES[n % 6], kind, said)}), topic="booking")
        for n, (kind, said) in enumerate([("Check", "It is free."), ("Book", "It is booked.")] * 15)
    ]
    gate = ResultsFitCalls(known)
    assert gate.check(candidate(*booked("Bonn", "Book", "It is booked."))) is None
    assert ResultsFitCalls().check(candidate(*booked("Bonn", "Check", "It is booked."))) is None
    other_choice = gate.check(candidate(*booked("Bonn", "Check", "It is booked.")))
    assert other_choice is not None and "is the answer to 'book'" in other_choice.evidence
    turns = booked("Bonn", "Book", "It is booked.")
    turns[1] = call({"city": "Riga", "kind": "Book"}, "book")
    other_city = gate.check(candidate(*turns))
    assert other_city is not None and "the result is for 'Bonn'" in other_city.evidence
    turns[1] = call({"city": 'is_one_of(["Riga", "Bonn"])', "kind": "Book"}, "book")
    assert gate.check(candidate(*turns)) is None
