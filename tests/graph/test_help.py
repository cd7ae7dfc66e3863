"""The help in the conversation: it names what can be said, and all of that is understood."""

from __future__ import annotations

import re
from typing import Any

import pytest
from finetune_coverage.benchmarks.utterances import OFFERS
from finetune_coverage.graph.reading.grammar.sentence import read_reply
from finetune_coverage.graph.wording.help import HELP

PHRASES = [phrase for phrase in re.findall(r"“([^”]+)”", HELP) if "…" not in phrase]


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_of_the_help_is_understood(phrase: str) -> None:
    readings = [read_reply(phrase, OFFERS[at]()) for at in ("plan", "done", "shown")]
    assert any(not reply.is_open and reply.kind != "unclear" for reply in readings), readings


@pytest.mark.parametrize(
    "subject", ["pilot", "review", "rule", "undo", "fork|go back to before", "targets", "threads", "compare"]
)
def test_the_help_names_what_there_is(subject: str) -> None:
    assert re.search(subject, HELP, re.IGNORECASE)


async def test_help_is_answered(chat: Any) -> None:
    await chat.new("hi")
    said = await chat.answer("help")
    assert HELP in said and "The plan still stands" in said
