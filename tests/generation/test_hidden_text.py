"""Generated text holds no character that nobody sees, unless real records do; what languages need passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.hidden_text import HiddenText

from .tool_messages import call

Make = Callable[..., Candidate]

LINK = "\x1b]8;;http://evil.example/\x1b\\the manual\x1b]8;;\x1b\\"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def said(text: str, role: str = "assistant") -> list[dict[str, Any]]:
    texts = {"user": "The export stops on my laptop.", "assistant": "Free some space first."}
    return [{"role": one, "content": text if one == role else other} for one, other in texts.items()]


def real(text: str, number: int) -> Record:
    return Record(id=f"r{number}", body=json.dumps({"messages": said(text)}), topic="t")


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("an end\x00 in the middle", "control character (U+0000)"),
        ("\x1b[2Jnothing to see", "control character (U+001B)"),
        ("\x9b31mred", "control character (U+009B)"),
        ("over\rwritten", "control character (U+000D)"),
        ("back\x08space", "control character (U+0008)"),
        ("\x7f", "control character (U+007F)"),
        (f"See {LINK}.", "terminal link"),
        ("\x9d8;;http://evil.example\x9cx", "terminal link"),
        ("open invoice\u202egnp.exe", "change of writing direction (U+202E)"),
        ("\u2066isolated", "change of writing direction (U+2066)"),
        ("hidden \U000e0041\U000e0042 words", "invisible letter (U+E0041)"),
        ("half \ud83d", "half a character (U+D83D)"),
    ],
)
def test_what_nobody_sees_is_refused(candidate: Make, text: str, kind: str, role: str) -> None:
    rejection = HiddenText().check(candidate(*said(text, role)))
    assert rejection is not None and rejection.check == "hidden_text"
    assert kind in rejection.evidence and rejection.evidence.startswith(role)
    assert rejection.evidence.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "First this,\nthen\tthat.\r\nAnd so on.",
        "می\u200cخواهم فایل را دوباره بفرستم",  # Persian: a joiner that separates
        "क्\u200dष और क्\u200cष",  # Hindi: with and without joining
        "ශ්\u200dරී ලංකාව",  # Sinhala
        "التطبيق (PhotoBox)\u200f لا يعمل، رقم \u061c5",  # Arabic, with the mark that keeps a bracket on its side
        "הגרסה 2.0 (בטא)\u200f נתקעת\u200e",  # Hebrew
        "ภาษา\u200bไทย",  # Thai: where a line may break
        "\U0001f469\u200d\U0001f4bb \u2764\ufe0f \U0001f1ef\U0001f1f5 " + ENGLAND,  # emoji
        "\u3000全角の空白。㍿",
        "1\u202f500 €\u00a0env.",
        "co\u00adoperate",
    ],
)
def test_what_languages_need_passes(candidate: Make, text: str) -> None:
    assert HiddenText().check(candidate(*said(text, "user"))) is None
    assert HiddenText().check(candidate(*said(text))) is None


@pytest.mark.parametrize(
    "arguments",
    [
        '{"note": "a\\u0000b"}',
        '{"note": "\\u202egnp.exe"}',
        '{"\\u001b]8;;x": 1}',
        {"deep": [{"er": "\x1b"}]},
        "\x00",
    ],
)
def test_arguments_of_calls_are_read_as_who_gets_them_reads_them(candidate: Make, arguments: Any) -> None:
    message = call({})
    message["tool_calls"][0]["function"]["arguments"] = arguments
    user, reply = said("Free some space first.")
    assert HiddenText().check(candidate(user, message, reply)) is not None


def test_it_steps_back_where_the_real_records_have_the_character(candidate: Make) -> None:
    coloured = [real(f"The log says \x1b[31mfailed\x1b[0m, line {number}.", number) for number in range(2)]
    plain = [real("Free some space first.", number) for number in range(2, 50)]
    check = HiddenText([*coloured, *plain])
    assert check.check(candidate(*said("\x1b[32mdone\x1b[0m"))) is None
    # Of what they have, and of nothing else.
    for text in (LINK, "\x00", "\u202eabc"):
        assert check.check(candidate(*said(text))) is not None
    assert HiddenText(plain).check(candidate(*said("\x1b[32mdone"))) is not None


def test_every_job_has_it(services: Any) -> None:
    assert Acceptance.for_job(services, "wf-1", "technical_issues").check_names()[0] == "hidden_text"
