"""Each check refuses what it is for, says why, and lets the rest pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.facts.grounded_reply import GroundedReply
from finetune_coverage.tools.generation.checks.facts.kept_facts import KeptFacts
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.recognised_facts import facts, menus

from .tool_messages import call, result

Make = Callable[..., Candidate]

USER = {"role": "user", "content": "The export stops at 80 percent on my laptop since Monday."}
REPLY = {"role": "assistant", "content": "Free some disk space and start the export again."}


def record(user: str, topic: str = "technical_issues", number: int = 0) -> Record:
    source = {"messages": [{"role": "user", "content": user}, REPLY], "topic": topic}
    return Record(id=f"r{number}", body=json.dumps(source), topic=topic)


@pytest.mark.parametrize(
    ("messages", "evidence"),
    [
        ([USER], "last message is by user"),
        ([REPLY], "assistant after start"),
        ([USER, USER, REPLY], "user after user"),
        ([USER, REPLY, REPLY], "assistant after assistant"),
        ([USER, {"role": "assistant", "content": "  "}], "says nothing"),
        ([USER, call({}), REPLY], "assistant after calls"),
    ],
)
def test_roles_that_break_the_grammar(candidate: Make, messages: list[Any], evidence: str) -> None:
    rejection = RoleGrammar().check(candidate(*messages))
    assert rejection is not None
    assert evidence in rejection.evidence


def test_good_roles_pass(candidate: Make) -> None:
    system = {"role": "system", "content": "Be brief."}
    assert RoleGrammar().check(candidate(system, USER, REPLY, USER, REPLY)) is None
    assert RoleGrammar().check(candidate(USER, call({}), result(), REPLY)) is None


@pytest.mark.parametrize(
    ("user", "assistant"),
    [
        ("Why does it crash?", "As an AI language model, I cannot say."),
        ("My name is [Your Name] and it crashes.", "Restart the app."),
        ("How can I help you with the crash today?", "Restart the app."),
        ("Why does it crash?", "Open the settings and then go to the"),
        ("Why does it crash?", "Restart the app on the phone. Restart the app on the phone."),
        ("Why does it crash?", "Why does it crash?"),
        ("Why does it crash?", "The original reply says to restart."),
    ],
)
def test_artefacts(candidate: Make, user: str, assistant: str) -> None:
    made = candidate({"role": "user", "content": user}, {"role": "assistant", "content": assistant})
    assert Artefacts().check(made) is not None


@pytest.mark.parametrize(
    ("user", "assistant", "passes"),
    [
        ("Which lamps are there?", "1. Oak. The price range is $$$.\n2. Elm. The price range is $$$.", True),
        (
            "Which lamps are there?",
            "See [here](https://www.a.com/oak). Or see [here](https://www.a.com/elm).",
            True,
        ),
        ("Which lamps are there?", "There is oak. It is nice. There is oak. It is nice.", False),
        ("Which lamps are there?", "Oak. Oak. Yes, oak. Oak it is. It is so. It is so. It is so.", False),
        ("Give me the lamp as JSON.", '{\n "lamp": "oak"}', True),
        ("Which lamps are there?", '{"lamp": "oak"}', False),
        ("What is overfitting in machine learning?", "The model learns its training data by heart.", True),
        ("Which lamps are there?", "That is not in my set of training data.", False),
        ("Which lamps are there?", 'Write `[name]` there, or\n```\n{"name": 1}\n```', True),
        ("Answer in the format: [your answer here].", "Oak.", True),
        ("Fill in the missing word: still waters run _____.", "Deep.", True),
        ("Best regards, [User]", "Thank you.", False),
    ],
)
def test_what_only_looks_like_an_artefact(candidate: Make, user: str, assistant: str, passes: bool) -> None:
    made = candidate({"role": "user", "content": user}, {"role": "assistant", "content": assistant})
    assert (Artefacts().check(made) is None) == passes


def test_another_script_than_the_seed(candidate: Make) -> None:
    made = candidate(
        {"role": "user", "content": "It is saved on the E: 드라이브 and stops."},
        REPLY,
        seeds=[record("It stops.")],
    )
    rejection = Artefacts().check(made)
    assert rejection is not None and "script" in rejection.evidence


def test_a_long_turn_that_is_cut_off(candidate: Make) -> None:
    user = {"role": "user", "content": "My camera lost its picture, " * 6 + "and I want to know its"}
    rejection = Artefacts().check(candidate(user, REPLY))
    assert rejection is not None and "cut off" in rejection.evidence
    rest = {"role": "assistant", "content": "name and type, and which program uses it."}
    rejection = Artefacts().check(candidate(USER, rest))
    assert rejection is not None and "middle" in rejection.evidence


@pytest.mark.parametrize("open_end", ["What stands next to the '", "It says (", 'The menu is called "'])
def test_a_short_turn_that_ends_in_what_it_opened(candidate: Make, open_end: str) -> None:
    rejection = Artefacts().check(candidate({"role": "user", "content": open_end}, REPLY))
    assert rejection is not None and "cut off" in rejection.evidence


def test_short_turns_may_stay_open(candidate: Make) -> None:
    for said in ("it's my parents'", "the button (the red one)", 'it says "no signal"', "no idea what it"):
        assert Artefacts().check(candidate({"role": "user", "content": said}, REPLY)) is None


def variation(candidate: Make, user: str, reply: str) -> Any:
    source = 'Open Settings > Backup > Device folders and choose "Similar photos"; it takes 30 minutes.'
    messages = [USER, {"role": "assistant", "content": source}]
    seed = Record(id="seed", body=json.dumps({"messages": messages}), topic="technical_issues")
    turns = ({"role": "user", "content": user}, {"role": "assistant", "content": reply})
    made = candidate(*turns, strategy="message_variation", seeds=[seed])
    return GroundedReply().check(made) or KeptFacts().check(made)


@pytest.mark.parametrize(
    ("user", "reply", "evidence"),
    [
        ("It stops at 80 percent.", "Go to Settings > Battery > Device folders.", "Battery"),
        ("It stops at 80 percent.", "Open Settings > Backup and wait 45 minutes.", "'45'"),
        ("It stops at 95 percent.", "Open Settings > Backup and wait 30 minutes.", "'95'"),
        ("It stops at 80 percent.", "Wait for 30 minutes, then try it again.", "no longer says"),
        ("It stops at 80 percent.", 'Under Settings > Backup pick "Similar photos".', "'30'"),
        ("The export stops on my laptop.", "Open Settings > Backup and wait 30 minutes.", "'80'"),
    ],
)
def test_a_variation_that_invents_or_drops_facts(
    candidate: Make, user: str, reply: str, evidence: str
) -> None:
    rejection = variation(candidate, user, reply)
    assert rejection is not None
    assert evidence in rejection.evidence


def test_a_variation_that_keeps_the_facts(candidate: Make) -> None:
    reply = 'Under Settings > Backup > Device folders pick "Similar photos" and give it 30 minutes.'
    assert variation(candidate, "Since Monday it stops when it reaches 80 percent.", reply) is None


def test_a_variation_keeps_the_negation(candidate: Make) -> None:
    said = {"role": "user", "content": "The lamp isn't on since Monday."}
    seed = Record(id="seed", body=json.dumps({"messages": [said, REPLY]}), topic="technical_issues")

    def check(user: str) -> Any:
        turn = {"role": "user", "content": user}
        return KeptFacts().check(candidate(turn, REPLY, strategy="message_variation", seeds=[seed]))

    assert "n't" in check("Since Monday the lamp is on.").evidence
    assert check("Since Monday, no light from the lamp.") is None


def test_facts_are_numbers_names_and_quotations() -> None:
    text = 'My iPhone 13 says "Preparing 0 of 18,442 photos", I use Lumeo 6.1.8 on Wi-Fi. Why?'
    assert facts(text) == ["Preparing 0 of 18,442 photos", "13", "6.1.8", "iPhone", "Lumeo", "Wi-Fi"]
    assert menus("Open Settings > Privacy > Face grouping, then wait.") == ["Privacy", "Face grouping"]


def test_clean_text_is_no_artefact(candidate: Make) -> None:
    assert Artefacts().check(candidate(USER, REPLY)) is None
