"""Checks of form on hand-made drafts in three languages: good ones pass, each kind of bad one is refused."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft
from finetune_coverage.tools.generation.checks import form
from finetune_coverage.tools.generation.checks.check import ANY, Check
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.copied_runs import CopiedRuns
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.known_words import KnownWords
from finetune_coverage.tools.generation.checks.form.language import Language
from finetune_coverage.tools.generation.checks.form.length import Length
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.refusals import Refusals
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.stepping_back import Judging
from finetune_coverage.tools.generation.lessons.rules import Rule, add_rule
from finetune_coverage.tools.generation.search.shared_runs import SharedRuns
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records

from ..prepared import WORKFLOW, sample_folder

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


TRANSLATED = [
    (
        'Grandma wrote "Wszystkiego najlepszego z okazji urodzin" in Polish, what is it in English?',
        "Happy birthday",
        'Your grandma wrote "Happy birthday".',
    ),
    (
        'I need to tell a client "We have to postpone the delivery" in Dutch.',
        "We moeten de levering uitstellen tot volgende week",
        "In Dutch that is “We moeten de levering uitstellen tot volgende week”.",
    ),
    ("How do I say that I am a student, in Japanese?", "私は学生です", "You can say 「私は学生です」."),
]


@pytest.mark.parametrize(("user", "told", "assistant"), TRANSLATED)
def test_what_is_cited_may_be_in_any_language(candidate: Make, user: str, told: str, assistant: str) -> None:
    assert isinstance(FILES["en"], Path)
    lines = FILES["en"].read_text(encoding="utf-8").splitlines()
    checks = [
        check(Record(f"r{n}", line, "topic") for n, line in enumerate(lines))
        for check in (Artefacts, KnownWords, Language)
    ]
    asked, answer = said(user, assistant)
    called = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "translate"}}]}
    made = candidate(asked, called, {"role": "tool", "content": told}, answer)
    assert refused(checks, made) == set()
    assert refused(checks, candidate(asked, answer)) == set(), "whether a tool told it or not"
    assert (
        refused(checks, candidate(*said('What does "Привет" mean?', "Привет is a friendly hello."))) == set()
    )
    assert refused(checks, candidate(*said(user, f"{OTHER} {told}"))), "and what is not cited is not"
    assert refused(checks, candidate(*said("Привет, OK?", assistant))) >= {"artefacts", "language"}
    assert refused(checks, candidate(*said(f"“{OTHER}”", assistant))), "nor is a text of nothing but that"


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


REFUSES = {
    "en": "I’m sorry, but I can’t assist with that.",
    "zh": "很抱歉，作为一个AI，我没有办法预订。",
    "ko": "죄송하지만 AI 언어 모델로서 답할 수 없습니다.",
    "de": "Als KI kann ich das leider nicht.",
    "th": "ในฐานะโมเดลภาษา ฉันทำไม่ได้",
}
LONG = {
    "en": "the light on the router blinks twice and then the whole office has no network for ten minutes",
    "zh": "我昨天下午在你们店里买的那台黑色笔记本电脑今天早上突然开不了机了",
    "ja": "昨日の午後にそちらの店で買った黒いノートパソコンの電源が今朝から急に入らなくなりました",
    "th": "เมื่อวานตอนบ่ายฉันซื้อโน้ตบุ๊กสีดำที่ร้านของคุณแต่เช้านี้เปิดเครื่องไม่ติดเลยไม่ว่าจะทำอย่างไร",
    "ko": "어제 오후에 매장에서 산 검은색 노트북이 오늘 아침부터 갑자기 켜지지 않아서 정말 곤란합니다",
    "ru": "вчера днём я купил у вас чёрный ноутбук, а сегодня утром он внезапно перестал включаться",
}


@pytest.mark.parametrize("language", REFUSES)
def test_a_refusal_in_a_listed_language(candidate: Make, language: str) -> None:
    assert language in Refusals.languages
    for made in (candidate(*said(REFUSES[language], "OK.")), candidate(*said("OK?", REFUSES[language]))):
        found = Refusals().check(made)
        assert found is not None and found.check == "refusals"
    assert Refusals().check(candidate(*said("Was an aircraft late?", "I can help with that."))) is None


def shown(text: str, number: int) -> Record:
    return Record(f"r{number}", json.dumps({"messages": said(text, "OK.")}, ensure_ascii=False), "topic")


@pytest.mark.parametrize("script", LONG)
def test_a_long_run_that_the_prompt_shows_is_a_copy_in_every_script(candidate: Make, script: str) -> None:
    text = LONG[script]
    seed, other = shown(f"{text}!", 1), shown(f"OK. {text}", 2)
    made = candidate(*said(f"OK, {text}?", "OK."))
    made = replace(
        made, draft=replace(made.draft, strategy="few_shot", seeds=[], examples=[seed], profile="full")
    )
    found = CopiedRuns([seed]).check(made)
    assert found is not None and "record r1" in found.evidence
    assert CopiedRuns([seed, other]).check(made) is None, "what several say is a standard phrase"
    part = replace(made, source={"messages": said(text[: len(text) // 3], "OK.")})
    assert CopiedRuns([seed]).check(part) is None
    reply = replace(made, source={"messages": said("OK?", text)})
    assert CopiedRuns([seed]).check(reply) is None, "replies repeat the rules of the house"
    small = replace(reply, draft=replace(made.draft, profile="small"))
    assert CopiedRuns([seed]).check(small) is not None


@pytest.mark.parametrize("script", LONG)
def test_nearly_the_same_words_in_every_script(candidate: Make, script: str) -> None:
    near = NearDuplicate([shown(LONG[script], 1)])
    assert near.check(candidate(*said(f"{LONG[script][:-3]}", "OK."))) is not None
    half = len(LONG[script]) // 2
    assert near.check(candidate(*said(LONG[script][:half] * 2, "OK."))) is None
    assert all(near.check(candidate(*said(LONG[one], "OK."))) is None for one in LONG if one != script)


THAI = "ฉันต้องการสอบถามเกี่ยวกับการคืนเงินค่าสินค้าที่สั่งซื้อเมื่อสัปดาห์ที่แล้วเพราะยังไม่ได้รับเงินคืน"
CHINESE = "请问上个星期退货的那件衣服的钱什么时候可以退到我的银行卡上"


@pytest.mark.parametrize(
    ("text", "phrase"), [(THAI, "ฉันต้องการสอบถามเกี่ยวกับ"), (CHINESE, "请问上个星期退货的那件衣服")]
)
def test_a_set_phrase_in_a_script_without_spaces_gives_no_evaluation_record_away(
    text: str, phrase: str
) -> None:
    runs = SharedRuns([[text]])
    assert runs.first_in(f"OK {text}") is not None
    assert runs.first_in(phrase + text[::-1]) is None


def test_all_checks_say_their_languages_and_the_docs_list_those_that_do_not_know_all() -> None:
    checks = {
        found.name: found.languages
        for module in pkgutil.iter_modules(form.__path__)
        for found in vars(importlib.import_module(f"{form.__name__}.{module.name}")).values()
        if isinstance(found, type) and found.__module__.startswith(form.__name__) and hasattr(found, "check")
    }
    assert len(checks) == 20
    page = Path(__file__).resolve().parents[2] / "docs" / "generation-and-checks.md"
    listed = re.findall(
        r"(?m)^\| `(\w+)` \| (.+?) \|$", page.read_text(encoding="utf-8").partition("## Checks")[2]
    )
    said_there = {
        name: "embedded" if "embedding" in words else tuple(words.split(", ")) for name, words in listed
    }
    assert said_there == {name: languages for name, languages in checks.items() if languages != ANY}


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


def test_a_placeholder_that_a_rule_asks_for_is_none(candidate: Make) -> None:
    made = candidate(*said("My order?", "Order [ORDER ID] is on its way."))
    assert Artefacts().check(made) is not None
    assert Artefacts(rules=["Write [order id] instead of numbers."]).check(made) is None
    other = candidate(*said("My order?", "Dear [Name], it is on its way."))
    assert Artefacts(rules=["Write [order id] instead of numbers."]).check(other) is not None


@pytest.mark.slow
@pytest.mark.parametrize("topic", [None, "technical_issues"])
def test_a_rule_may_name_another_language(tmp_path: Path, topic: str | None) -> None:
    """In which language is for who reads the rule: drafts in it were refused, since the real ones are in another."""
    settings = Settings(home=tmp_path, openai_api_key="k", openai_base_url="http://127.0.0.1:9/v1", model="m")
    settings.embedding_model = "wordllama"
    sample_folder(settings.home)

    def names(share: float) -> set[str]:
        settings.verifier_share = share
        services = Services(settings)
        return set(Acceptance.for_job(services, WORKFLOW, "technical_issues").check_names())

    assert {"language", "known_words"} <= names(1)
    store = Services(settings).store
    add_rule(store, WORKFLOW, Rule("max_words", "40", topic=topic))
    assert {"language", "known_words"} <= names(1), "a number of words is no language"
    add_rule(store, WORKFLOW, Rule("in_words", "用俄语写", topic=topic))
    assert not {"language", "known_words"} & names(1)
    assert {"language", "known_words"} <= names(0.5), "some are read by nobody"
    turns = [("user", "Почему не работает вход?"), ("assistant", "Сбросьте пароль.")]
    russian = Candidate(
        source={"messages": [{"role": role, "content": text} for role, text in turns]},
        draft=Draft(strategy="few_shot", topic="technical_issues", requests=[], seeds=[]),
    )
    known = list(load_records(store, WORKFLOW))
    assert Artefacts(known).check(russian) and Artefacts(known, any_script=True).check(russian) is None
