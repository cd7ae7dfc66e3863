"""The labelled utterances: read by the grammar, and by recorded readings of the embedded model for the rest."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from finetune_coverage.benchmarks.utterances import (
    FIFTH,
    FOURTH,
    FRESH,
    HELD_OUT,
    SIXTH,
    TUNING,
    Utterance,
    is_false_yes,
    load_utterances,
    mistake,
)
from finetune_coverage.graph.offers.offer import Reply
from finetune_coverage.graph.reading.by_small_model import INTENTS, read_by_model
from finetune_coverage.graph.reading.grammar.sentence import read_reply
from finetune_coverage.tools.models.answer_room import AnswerRoom
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

UTTERANCES = load_utterances(TUNING)
HELD_BACK = [said for path in (HELD_OUT, FRESH, FOURTH, FIFTH, SIXTH) for said in load_utterances(path)]
# Written down by `python -m benchmarks.understanding --readings FILE`.
READINGS: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("readings.yaml").read_text(encoding="utf-8")
)


async def read(said: Utterance, reading: dict[str, str] | None) -> Reply:
    """As the graph reads it; the model says what it is told to."""
    reply = read_reply(said.say, said.offer)
    if not reply.is_open or reading is None:
        return reply
    services: Any = SimpleNamespace(
        chat_model=ScriptedChatModel([json.dumps(reading)]), answer_room=AnswerRoom
    )
    by_model, _ = await read_by_model(said.say, said.offer, services)
    return by_model or reply


def test_there_are_enough_utterances_and_none_in_both_sets() -> None:
    assert len(UTTERANCES) >= 170 and len(HELD_BACK) >= 60
    assert sum(said.lang != "en" for said in UTTERANCES) >= 40
    assert not {(said.at, said.say) for said in UTTERANCES} & {(said.at, said.say) for said in HELD_BACK}


@pytest.mark.parametrize(
    "said_by", [UTTERANCES, HELD_BACK], ids=["used while mending", "held back, looked at since"]
)
async def test_intent_and_arguments_are_right_on_95_of_100(said_by: list[Utterance]) -> None:
    wrong = {}
    for said in said_by:
        problem = mistake(said, await read(said, READINGS.get(said.say)))
        if problem:
            wrong[said.say] = problem
    assert len(wrong) <= 0.05 * len(said_by), wrong


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(900)
async def test_the_embedded_model_reads_other_languages(tmp_path: Path) -> None:
    services = Services(Settings(home=tmp_path, model="embedded"))
    chosen = ("nein danke", "¿por qué hay tan pocos en technical issues?", "好的,开始吧")
    for said in (said for said in UTTERANCES if said.say in chosen):
        by_model, tokens = await read_by_model(said.say, said.offer, services)
        assert by_model is not None and tokens.completion_tokens > 0
        assert mistake(said, by_model) is None, (said.say, by_model)


def test_the_grammar_alone_reads_nearly_all_english_rightly_or_leaves_it_open() -> None:
    wrong = {}
    for said in UTTERANCES:
        reply = read_reply(said.say, said.offer)
        problem = mistake(said, reply)
        if problem and not reply.is_open:
            wrong[said.say] = problem
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize("intent", INTENTS)
async def test_whatever_the_model_says_there_is_no_false_yes(intent: str) -> None:
    for said in [*UTTERANCES, *HELD_BACK]:
        for english in ("yes, go ahead", said.say) if intent == "yes" else ("yes, go ahead",):
            reply = await read(said, {"english": english, "intent": intent})
            assert not is_false_yes(said, reply), (said.say, reply)
            if reply.read_by == "model":
                assert reply.kind not in ("approve", "resume"), (said.say, reply)


@pytest.mark.parametrize(
    "said", [said for said in UTTERANCES if said.kind == ["unclear"]], ids=lambda said: said.say
)
async def test_an_english_doubt_is_not_even_taken_for_a_yes_to_confirm(said: Utterance) -> None:
    if said.lang == "en" and said.say not in ("asdf", "20 for cooking", "some more for the others too"):
        assert (await read(said, {"english": said.say, "intent": "yes"})).kind == "unclear"
