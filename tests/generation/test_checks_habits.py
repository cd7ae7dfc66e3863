"""What real records do often is not held against a written one; what one of them did is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.refusals import Refusals
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.habits import telling_records

Make = Callable[..., Candidate]

USER = {"role": "user", "content": "Can I book a ride?"}
REPLY = {"role": "assistant", "content": "Your ride is booked."}
THANKS = {"role": "user", "content": "Thanks, bye!"}


def records(count: int, *messages: dict[str, Any]) -> list[Record]:
    body = json.dumps({"messages": list(messages)})
    return [Record(id=f"r{number}", body=body, topic="rides") for number in range(count)]


@pytest.mark.parametrize(("habitual", "passes"), [(0, False), (1, False), (2, True)])
def test_dialogues_that_end_with_thanks(candidate: Make, habitual: int, passes: bool) -> None:
    real = [*records(habitual, USER, REPLY, THANKS), *records(50, USER, REPLY)]
    made = candidate(USER, REPLY, THANKS)
    assert (RoleGrammar(real).check(made) is None) == passes
    assert RoleGrammar(real).check(candidate(USER, USER, REPLY)) is not None


def test_blanks_in_quiz_questions(candidate: Make) -> None:
    quiz = records(3, USER, {"role": "assistant", "content": "A ____ is worth two in the bush."})
    made = candidate(USER, {"role": "assistant", "content": "Still waters run ____, they say."})
    assert Artefacts(quiz).check(made) is None
    assert Artefacts(records(3, USER, REPLY)).check(made) is not None
    other = candidate(USER, {"role": "assistant", "content": "Kind regards, [Your Name]."})
    assert Artefacts(quiz).check(other) is not None


def test_agents_who_leave_out_the_full_stop(candidate: Make) -> None:
    open_ended = {"role": "assistant", "content": "We have found a driver and your ride is now booked"}
    without = candidate(USER, {"role": "assistant", "content": "All is well and your ride is booked"})
    assert Artefacts([*records(6, USER, open_ended), *records(60, USER, REPLY)]).check(without) is None
    rejection = Artefacts(records(60, USER, REPLY)).check(without)
    assert rejection is not None and "cut off" in rejection.evidence
    comma = candidate(USER, {"role": "assistant", "content": "All is well, we have found a driver and,"})
    assert Artefacts().check(comma) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Your ride is booked.<|im_end|>",
        "### Response:\nYour ride is booked.",
        "Your ride is booked.\n\nUser: Thank you!\nAssistant: You are welcome!",
        "As an AI language model I cannot book a ride.",
        "I'm sorry, but I can't assist with that.",
        "作为一个人工智能语言模型，我无法预订。",
        "您的车已经预订好了。您的车已经预订好了。您的车已经预订好了。",
        "It is booked. It is booked. It is booked.",
        "it will be here soon it will be here soon it will be here soon",
    ],
)
def test_traces_of_the_machine(candidate: Make, text: str) -> None:
    made = candidate(USER, {"role": "assistant", "content": text})
    assert Artefacts().check(made) or Refusals().check(made)


def test_people_may_write_about_json(candidate: Make) -> None:
    asks = {"role": "user", "content": "How do I export my rides as JSON?"}
    assert Artefacts().check(candidate(asks, {"role": "assistant", "content": "Choose Export."})) is None


def test_habits_are_learned_from_the_topic_first() -> None:
    own = [Record(id=f"own{n}", body="{}", topic="rides") for n in range(30)]
    others = [Record(id=f"other{n}", body="{}", topic="hotels") for n in range(100)]
    chosen = telling_records([*own, *others], "rides", most=40)
    assert len({record.id for record in chosen}) == 40
    assert sum(record.topic == "rides" for record in chosen) == 20
    assert telling_records([*own, *others], "rides", most=1000) == [*own, *others]
