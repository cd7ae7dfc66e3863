"""Only a bare yes, or the bare number of an option, has a consequence; and reading any line takes no time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
from finetune_coverage.graph.offers.reply import CONSEQUENCES, Approve
from finetune_coverage.graph.reading import bare_answers, exact
from finetune_coverage.graph.reading.exact import read_reply
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import AIMessage

from .offers import OFFERS, WORST
from .typed_lines import no_yeses

LIMIT = 0.05
"""Seconds that reading may take for a thousand characters."""
BARE = {
    "yes": "approve", "Yes!": "approve", "yes please": "approve", "ok do it": "approve", "sounds good": "approve",
    "ja": "approve", "Ja, bitte.": "approve", "sí": "approve", "oui, vas-y": "approve", "sim": "approve",
    "好的": "approve", "可以，开始吧": "approve", "네": "approve", "네, 진행해 주세요": "approve",
    "はい、お願いします": "approve",
    "نعم": "approve", "हाँ": "approve", "да": "approve", "1": "approve", "1.": "approve", "option 1": "approve",
    "１": "approve", "the first one": "approve", "3": "proceed", "skip": "proceed", "later": "stop", "not now": "stop",
}  # fmt: skip


def test_two_thousand_lines_and_none_of_them_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a line says by itself is the same whatever is asked, and takes most of the time to find out.
    monkeypatch.setattr(exact, "bare_answer", cache(exact.bare_answer))
    taken = {}
    for situation, make in OFFERS.items():
        offer = make()
        for line in no_yeses(2000):
            deed = read_reply(line, offer).deed
            if isinstance(deed, CONSEQUENCES):
                taken[situation, line] = deed.kind
    assert taken == {}


def test_a_bare_answer_counts_at_once() -> None:
    for text, kind in BARE.items():
        deed = read_reply(text, OFFERS["plan"]()).deed
        assert deed == Approve(items=WORST) if kind == "approve" else deed.kind == kind, text


@pytest.mark.parametrize("text", ["yes", "ja, bitte", "sí", "好的", "네", "はい", "1"])
def test_a_bare_yes_is_one_to_whatever_is_asked(text: str) -> None:
    kinds = [
        read_reply(text, OFFERS[situation]()).deed.kind
        for situation in ("done", "resume", "undo", "rule", "removal", "topics")
    ]
    assert kinds == ["proceed", "resume", "take_back", "add_rule", "take_out", "accept_topics"]


@pytest.mark.parametrize("situation", OFFERS)
def test_no_with_a_number_is_neither_number_nor_no(situation: str) -> None:
    wrong = {*(deed.kind for deed in CONSEQUENCES), "decline", "keep_round", "skip_rule"}
    for text in ("no one", "No 1!", "no two", "no three", "no. 3", "nobody", "no 3 please"):
        assert read_reply(text, OFFERS[situation]()).deed.kind not in wrong, text


def test_no_bare_answer_negates_doubts_or_asks() -> None:
    """In any language: whatever else is on the lists, these are not, so a sentence that holds them is none."""
    marks = re.compile(
        r"\b(?:no|not|never|don't|maybe|perhaps|if|unless|but|nein|nicht|kein\w*|aber|wenn|vielleicht|pero|quizás|nunca|"
        r"non|pas|ne|mais|peut-être|não|mas|talvez|forse|ma|нет|не|но|если|может|hayır|değil|ama|nie|ale|nej|men)\b|"
        r"[?？؟¿]|[不没別别吗嗎吧]$|ない|ません|か$|아니|않|지 마|لا|ليس|नहीं|मत|\d"
    )
    allowed = {"好吧", "开始吧", "開始吧", "生成吧", "做吧", "去做吧", "执行吧", "执行", "继续吧", "繼續吧"}
    for language in bare_answers._LANGUAGES:
        for words, kinds in bare_answers._phrases(language).items():
            phrase = ("" if bare_answers._UNSPACED.search("".join(words)) else " ").join(words)
            if kinds - {"no", "stop", "more", "details"} and phrase not in allowed:
                assert not marks.search(phrase), (language, phrase)


def slow(lines: Sequence[str], read: Callable[[str], Any]) -> dict[str, float]:
    """The lines whose reading takes too long; the best of three, since other programs run beside us."""
    found = {}
    for line in lines:
        best = float("inf")
        for _ in range(3):
            began = time.thread_time()
            read(line)
            best = min(best, time.thread_time() - began)
            if best < LIMIT:
                break
        else:
            found[line[:60]] = best
    return found


@pytest.mark.parametrize(
    "line",
    ["kk " * 20 + "x", "later, " * 22, "later, " * 22 + "x", "that's enough " * 22, "all topics " * 30 + "x",
     "_" * 999, "a_" * 499 + "x",
     "?!" * 500 + "x", ", then" * 30, "let's enough " * 60, "ignore " * 142, "7 " * 500, " \n" * 500 + "x", "«" * 1000,
     "drop 1, 2" + ", 3" * 320 + "x", "go before round 7" + ", then" * 160 + "x", "ok, " * 250 + "?"],
    ids=lambda line: repr(line[:12]),
)  # fmt: skip
def test_no_line_stalls_the_program(line: str) -> None:
    for situation in OFFERS:
        offer = OFFERS[situation]()
        assert slow([line, line[:200], line[:60]], lambda text, offer=offer: read_reply(text, offer)) == {}


def test_reading_takes_no_time() -> None:
    offer = OFFERS["shown"]().model_copy(
        update={"topics": [f"card_payment_{n}_wrong_rate" for n in range(77)]}
    )
    phrases = {
        " ".join(phrase) for language in bare_answers._LANGUAGES for phrase in bare_answers._phrases(language)
    }
    lines = [
        (f"{phrase}{joint}" * 500)[:1000]
        for phrase in sorted(phrases)[::20]
        for joint in (" ", ", ", "", "x")
    ]
    assert slow([*lines, *no_yeses(2000), "yes " * 25_000], lambda text: read_reply(text, offer)) == {}


def sounds_like(to: str) -> AIMessage:
    """The reading of a model that takes everything for a yes."""
    return AIMessage("", tool_calls=[{"name": "SoundsLikeAYes", "args": {"to": to}, "id": "call-1"}])


@pytest.mark.slow
async def test_a_hundred_lines_to_a_plan_generate_nothing(
    chat: Any, make_chat: Callable[..., Any], services: Services, model: ScriptedChatModel
) -> None:
    model.queue += [sounds_like("the plan")] * 100
    for number, line in enumerate(no_yeses(100, seed=1)):
        if number % 20 == 0:  # what was said before is read again with each line: the shorter, the faster
            chat = make_chat(chat.graph, f"thread-{number}")
            await chat.new("hi")
        await chat.answer(line)
        assert await chat.asked() is not None, line
        assert list_jobs(services.store, "wf-1") == [], line
    model.queue.clear()
    await chat.answer("do 2 for technical issues with few-shot")
    assert "I've generated 2 new" in await chat.answer("ja, bitte")


@pytest.mark.slow
async def test_a_hundred_lines_resume_proceed_and_delete_nothing(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    model.queue.extend([ConnectionError("no route")] * 40)
    await chat.answer("yes")
    assert (await chat.asked())["action_requests"][0]["name"] == "resume_generation"
    model.queue[:] = [sounds_like("going on with the interrupted generation")] * 40
    for line in no_yeses(40, seed=2):
        await chat.answer(line)
        assert list(load_records(services.store, "wf-1", origin="synthetic")) == [], line
        if (await chat.asked())["action_requests"][0]["name"] != "resume_generation":
            break  # a no, or another plan: there is nothing more to resume
    model.queue.clear()
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    for line in no_yeses(40, seed=3):
        if (await chat.asked())["action_requests"][0]["name"] != "undo_round":
            await chat.answer("undo the last round")
        await chat.answer(line)
        assert await chat.asked() is not None, f"{line} ended the conversation"
        assert len(list(load_records(services.store, "wf-1", origin="synthetic"))) == 2, line
    await chat.answer("undo the last round")
    await chat.answer("sí")
    assert list(load_records(services.store, "wf-1", origin="synthetic")) == []
