"""Checks of form on hand-made drafts in three languages: good ones pass, each kind of bad one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.check import Check
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.known_words import KnownWords
from finetune_coverage.tools.generation.checks.form.language import Language
from finetune_coverage.tools.generation.checks.form.length import Length
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.stepping_back import Judging

Make = Callable[..., Candidate]

GOOD = {
    "en": [
        (
            "The upload of my holiday videos keeps stopping at 3 GB. What is wrong?",
            "Videos over 2 GB need Wi-Fi.",
        ),
        (
            "can't log in since the update",
            "Please open Settings and sign in again with the mail address you used.",
        ),
        ("Thanks, that did it!", "Glad to hear it. Have a nice day."),
    ],
    "zh": [
        (
            "请问颐和园附近有没有评分4分以上的酒店？最好带健身房。",
            "有的，北京颐和安缦酒店评分4.8分，带健身房，离颐和园很近。",
        ),
        ("那家店几点关门？", "晚上九点关门。"),
        ("谢谢你的帮助，再见！", "不客气，祝您玩得愉快。"),
    ],
    "ko": [
        (
            "내일 부산 날씨 좀 알려줘, 우산 챙겨야 할까?",
            "내일 부산은 오후에 비가 올 예정이니 우산을 챙기시는 게 좋겠습니다.",
        ),
        ("친구 생일이 언제인지 찾아줄래?", "누구의 생일을 찾아드릴까요?"),
        ("고마워!", "천만에요. 또 필요한 것이 있으면 말씀해 주세요."),
    ],
}
LETTERS = "bxkq zzvrt plmw qqdfg hjkkw vvbnt rtpx zzqwk mmgfh kkxcv"
OTHER = "Das habe ich gestern schon zweimal versucht, aber es hat leider beide Male nicht funktioniert."
BAD = {
    "artefacts": [
        {"assistant": "I'm sorry, but I can't assist with that."},
        {"assistant": "OK. [Your Name]"},
        {"assistant": "OK.<|im_end|>"},
        {"assistant": "1234567, abcdefg xyz abcdefg. 1234567, abcdefg xyz abcdefg."},
        {"assistant": "OK,"},
        {"user": "Привет, OK?"},
    ],
    "length": [{"assistant": "OK. " * 30_000}],
}
FILES = {
    "en": Path(__file__).resolve().parents[2] / "tools" / "dataset" / "sample" / "customer_support.jsonl",
    "zh": "languages/crosswoz_zh_250.jsonl",
    "ko": "languages/functionchat_singlecall_ko.jsonl",
}


@pytest.fixture(params=["en", "zh", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def real(language: str, request: pytest.FixtureRequest) -> list[Record]:
    file = FILES[language]
    path = file if isinstance(file, Path) else request.getfixturevalue("shared_data") / file
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Record(f"r{number}", line, json.loads(line)["topic"]) for number, line in enumerate(lines)]


def checks_of(real: Sequence[Record]) -> Judging:
    checks: list[Check] = [RoleGrammar(real), Artefacts(real), Language(real), Length(real), KnownWords(real)]
    return Judging.after_trial(checks, real, "topic")


def refused(checks: Sequence[Check], made: Candidate) -> set[str]:
    return {found.check for check in checks if (found := check.check(made))}


def said(user: str, assistant: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]


def test_good_drafts_pass_and_bad_ones_do_not(candidate: Make, language: str, real: list[Record]) -> None:
    judging = checks_of(real)
    for user, assistant in GOOD[language]:
        assert refused(judging.checks, candidate(*said(user, assistant))) == set(), (user, assistant)
    user, assistant = GOOD[language][0]
    for check, drafts in BAD.items():
        if check in judging.not_judged or (check == "length" and language == "ko"):
            continue  # the Korean assistants only call tools, so that nothing is known of their texts
        for draft in drafts:
            turns = {"user": user, "assistant": assistant} | draft
            made = candidate(*said(turns["user"], turns["assistant"]))
            assert refused(judging.checks, made), (check, draft)
    assert refused(judging.checks, candidate(*said(LETTERS, assistant)))
    assert refused(judging.checks, candidate(*said(OTHER, assistant)))


def test_copies_are_found_in_every_script(candidate: Make, language: str, real: list[Record]) -> None:
    text = next(record.user_text for record in real if len(record.user_text) > 25)
    exact, near = ExactDuplicate(real), NearDuplicate(real)
    assert exact.check(candidate(*said(text, "OK."))) is not None
    assert near.check(candidate(*said(text + "!", "OK."))) is not None
    assert exact.check(candidate(*said(GOOD[language][0][0], "OK."))) is None
    assert near.check(candidate(*said(GOOD[language][0][0], "OK."))) is None


def test_a_check_that_would_refuse_real_records_steps_back_and_says_so(real: list[Record]) -> None:
    class NoUsers:
        name = "no_users"

        def check(self, made: Candidate) -> object:
            return Language(()).check(made) or (made.written_text("user") and made)

    judging = Judging.after_trial([NoUsers(), Language(real)], real, "topic")  # type: ignore[list-item]
    assert [check.name for check in judging.checks] == ["language"]
    assert (
        "would refuse" in judging.not_judged["no_users"] and "real records" in judging.not_judged["no_users"]
    )


@pytest.mark.parametrize(("slips", "is_used"), [(0, True), (1, True), (2, False)])
def test_one_odd_record_switches_no_check_off(slips: int, is_used: bool) -> None:
    class Picky:
        name = "picky"

        def check(self, made: Candidate) -> object:
            return made if "odd" in made.written_text("user") else None

    texts = ["odd"] * slips + ["plain"] * (14 - slips)
    bodies = [json.dumps({"messages": said(text, "OK.")}) for text in texts]
    records = [Record(f"r{n}", body, "topic") for n, body in enumerate(bodies)]
    judging = Judging.after_trial([Picky()], records, "topic")  # type: ignore[list-item]
    assert bool(judging.checks) == is_used and ("picky" in judging.not_judged) != is_used
