"""How many cases a job has planned, what the model is told for it, and what it costs, by jobs that are carried out."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.approvals.proposal import propose
from finetune_coverage.tools.generation.jobs import job
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts
from finetune_coverage.tools.generation.jobs.notes import noted_wanted
from finetune_coverage.tools.generation.lessons.lessons import reject_records
from finetune_coverage.tools.generation.lessons.rules import Rule, add_rule
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.generation.scenarios import planning
from finetune_coverage.tools.generation.scenarios.planning_request import cases_to_plan, plan_tokens
from finetune_coverage.tools.generation.scenarios.scenario_store import replace_scenarios, scenarios_of
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import BaseMessage

from ..agent.endpoint import TEXTS
from .conftest import WORKFLOW

pytestmark = pytest.mark.slow

TOPIC, OTHER, KOREAN = "technical_issues", "billing_questions", "배송_조회"
Approve = Callable[..., tuple[str, int]]

REAL_KO = [  # the real records are pairs of these
    ("주문한 신발이 사흘째 같은 도시에 머물러 있어요.", "물류 센터가 밀려 있습니다. 내일 오전에 출발합니다."),
    ("택배가 옆집으로 갔다고 하는데 확인해 주세요.", "기사님께 연락했고 오늘 저녁에 다시 가져다 드립니다."),
    ("스탠드가 금요일 전에 도착하나요?", "네, 목요일 오후 두 시에서 네 시 사이에 도착합니다."),
    ("송장 번호를 넣어도 아무것도 안 나와요.", "접수된 지 한 시간이 안 됐습니다. 저녁에 다시 조회해 주세요."),
    ("배송지를 회사로 바꾸고 싶습니다.", "아직 출발 전이라 바꿀 수 있습니다. 회사 주소를 알려 주세요."),
    ("부재중 쪽지가 붙어 있는데 어떻게 찾아요?", "쪽지의 보관함 번호와 비밀번호로 오늘 밤까지 찾으실 수 있어요."),
    ("상자 한쪽이 젖어서 왔습니다. 어떻게 하죠?", "사진을 보내 주시면 바로 새 상품을 보내 드리겠습니다."),
]  # fmt: skip
WRITTEN_KO = [  # with some Latin words: the embedded model reads nothing else, and would see the same text in all
    ("LG 건조기가 계단에서 떨어졌대요. 보상은 누가 해 주나요?", "배송 보험으로 전액 보상됩니다. 사진만 올려 주세요."),
    ("APO 주소로 군부대에 소포를 보내면 며칠 걸립니까?", "부대 우편실을 거쳐서 보통 평일 기준 닷새쯤 걸립니다."),
    ("GS25 편의점에 어제 맡겨 둔 고양이 사료가 사라졌대요.", "위치 기록을 보니 옆 점포에 있습니다. 물어봐 주세요."),
]  # fmt: skip

BILLING = [
    ("I was charged twice for the Plus plan this month, on the 3rd and on the 5th.",
     "The second charge is a hold by your bank and is released within five days; nothing more is due."),
    ("Where do I get an invoice with my company's tax number for last year?",
     "Open Billing > Invoices, add the tax number under Company details, and download the year again."),
    ("My gift card says it is used up, but I only paid for one month with it.",
     "It paid for one month and the tax; open Billing > Credit to see what is left of the card."),
    ("Can I still get a refund for the yearly Pro plan that I bought by mistake yesterday?",
     "Yes, within fourteen days: open Billing > Plan, choose Cancel and refund, and it is paid back to your card."),
]  # fmt: skip


class Desk:
    """A model that plans as many cases as it is asked for, all different, and writes a record for any other request."""

    def __init__(self) -> None:
        self.cases = 0
        self.texts = {TOPIC: iter(TEXTS), OTHER: iter(BILLING), KOREAN: iter(WRITTEN_KO)}
        self.planned: list[str] = []
        """The prompts of plans."""
        self.drafted: list[str] = []

    def __call__(self, messages: list[BaseMessage]) -> str:
        prompt = "\n".join(message.text for message in messages)
        if asked := re.search(r"^Plan (\d+) cases", messages[-1].text, re.MULTILINE):
            self.planned.append(prompt)
            before, self.cases = self.cases, self.cases + int(asked[1])
            numbers = range(before, self.cases)
            return json.dumps(
                {"cases": [{"area": f"part {n % 3}", "situation": f"case {n}."} for n in numbers]}
            )
        self.drafted.append(prompt)
        (topic,) = re.findall(r'^## Topic\n{"name": "([^"]+)"', prompt, re.MULTILINE)
        user, reply = next(self.texts[topic], ("none", "none"))
        messages_ = [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
        return json.dumps({"messages": messages_})

    @property
    def numbers(self) -> list[int]:
        """How many cases were asked for, plan by plan."""
        return [int(re.findall(r"^Plan (\d+) cases", one, re.MULTILINE)[-1]) for one in self.planned]

    def case(self, draft: int) -> str:
        """The case that a draft was asked for."""
        return re.findall(r"case \d+\.", self.drafted[draft])[-1]


@pytest.fixture
def full(services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Services]:
    """The services of a capable model; the sample has a Korean topic beside its own."""
    monkeypatch.setattr(services.settings, "model_profile", "full")
    rows = [
        {"topic": KOREAN, "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]}
        for user, reply in (map(" ".join, zip(*pair, strict=True)) for pair in combinations(REAL_KO, 2))
    ]  # fmt: skip
    path = tmp_path / "ko.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_files(services.store, WORKFLOW, [path])
    yield services


@pytest.fixture
def desk(model: ScriptedChatModel) -> Desk:
    """Behind the services."""
    model.default = desk = Desk()
    return desk


def run(services: Services, item: tuple[str, int]) -> dict[str, Any]:
    return asyncio.run(run_item(services, *item))


def cases(services: Services, topic: str) -> list[str]:
    return [one.situation for one in scenarios_of(services.store, WORKFLOW, topic) or []]


def drawn(services: Services, topic: str) -> list[str]:
    made = load_records(services.store, WORKFLOW, topic=topic, origin="synthetic")
    return [(one.provenance or {})["drawn"]["scenario"]["situation"] for one in made]


@pytest.mark.parametrize(
    ("records", "unwritten", "asked"),
    [(1, 0, 4), (2, 0, 4), (5, 0, 10), (15, 0, 30), (900, 0, 30),
     (2, 1, 4), (9, 6, 12), (2, 2, 0), (900, 29, 4), (900, 30, 0)],
)  # fmt: skip
def test_as_many_cases_are_planned_as_the_records_need(records: int, unwritten: int, asked: int) -> None:
    assert cases_to_plan(records, unwritten) == asked


def test_two_korean_records_and_their_planning_fit_under_a_limit_that_thirty_cases_would_not(
    full: Services, desk: Desk, approved: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full.settings, "budget_tokens", 11_500)
    item = PlanItem(topic=KOREAN, count=2, strategy="few_shot")
    said = estimate_plan(full, WORKFLOW, [item])
    assert said.fits_caps and said.can_begin
    done = run(full, approved(KOREAN, 2, "few_shot"))
    assert (done["accepted"], done["remarks"], desk.numbers) == (2, [], [4]), done["stop_reason"]
    assert "Write them in Korean" in desk.planned[0]
    assert done["cost"]["tokens"] < 11_500
    planned = next(one for one in list_attempts(full.store, done["job_id"]) if one.number < 0)
    more = plan_tokens(30, 2.0) - plan_tokens(4, 2.0)
    assert planned.reserved_tokens + more > 11_500, "thirty cases would not have been planned"


def test_a_limit_that_leaves_room_for_a_record_only_is_not_spent_on_cases(
    full: Services, desk: Desk, approved: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full.settings, "budget_tokens", 7_900)
    done = run(full, approved(KOREAN, 1, "few_shot"))
    assert (done["accepted"], desk.numbers) == (1, []), done["stop_reason"]
    assert any("the limit is needed for the records" in remark for remark in done["remarks"])
    assert done["cost"]["tokens"] < 7_900


def test_each_topic_of_a_plan_has_cases_for_its_own_records(full: Services, desk: Desk) -> None:
    counts = {TOPIC: 3, OTHER: 1, KOREAN: 2}
    items = [PlanItem(topic=topic, count=count, strategy="few_shot") for topic, count in counts.items()]
    plan = propose_plan(full.store, WORKFLOW, items)
    approval = approve_plan(full.store, plan.id, approver="tester", channel="test").id
    for number, count in enumerate(counts.values()):
        assert (done := run(full, (approval, number)))["accepted"] == count, done["stop_reason"]
    assert desk.numbers == [6, 4, 4]
    assert {topic: len(cases(full, topic)) for topic in counts} == {TOPIC: 6, OTHER: 4, KOREAN: 4}
    assert [len(set(drawn(full, topic))) for topic in counts] == [3, 1, 2], "no case twice"


def test_more_are_planned_when_they_run_out_and_none_before(
    full: Services, desk: Desk, approved: Approve
) -> None:
    for count, numbers in ((2, [4]), (2, [4]), (1, [4, 4]), (5, [4, 4, 7])):
        assert run(full, approved(TOPIC, count, "few_shot"))["accepted"] == count
        assert desk.numbers == numbers
    assert len(set(drawn(full, TOPIC))) == 10, "each record is about another case"
    assert len(cases(full, TOPIC)) == len(set(cases(full, TOPIC))) == 15
    assert "planned already" not in desk.planned[0]
    assert all(f"case {number}." in desk.planned[1] for number in range(4)), "it knows what is there"


def test_the_rules_and_what_a_person_dropped_are_told(full: Services, desk: Desk, approved: Approve) -> None:
    add_rule(full.store, WORKFLOW, Rule("in_words", "Nobody is asked for a serial number", TOPIC))
    add_rule(full.store, WORKFLOW, Rule("in_words", "Colours are never mentioned", OTHER))
    done = run(full, approved(TOPIC, 2, "few_shot"))
    assert "Nobody is asked for a serial number" in desk.planned[0]
    assert "Colours are never mentioned" not in desk.planned[0]
    assert "took these records" not in desk.planned[0]

    dropped = drawn(full, TOPIC)
    reject_records(full.store, WORKFLOW, done["record_ids"], "we do not repair <cameras>")
    run(full, approved(TOPIC, 3, "few_shot"))
    assert desk.planned[1].count("we do not repair \\u003ccameras\\u003e") == 1, "each reason once, quoted"
    assert desk.case(2) not in dropped, "the case of a dropped record is not the next one"
    assert desk.numbers == [4, 4]
    run(full, approved(OTHER, 1, "few_shot"))
    assert "we do not repair" not in desk.planned[2] and "Colours are never" in desk.planned[2]


def test_a_person_s_cases_are_enough(full: Services, desk: Desk, approved: Approve) -> None:
    replace_scenarios(full.store, WORKFLOW, f"topics: {{{TOPIC}: [{{situation: case 900.}}]}}")
    assert run(full, approved(TOPIC, 2, "few_shot"))["accepted"] == 2
    assert desk.numbers == [] and {desk.case(draft) for draft in range(2)} == {"case 900."}
    replace_scenarios(full.store, WORKFLOW, "situations: [case 901., case 902.]")
    assert run(full, approved(OTHER, 2, "few_shot"))["accepted"] == 2
    assert desk.numbers == [], "what a person brings for all topics is written first"
    assert run(full, approved(OTHER, 1, "few_shot"))["accepted"] == 1
    assert desk.numbers == [4]


def test_a_killed_job_pays_for_its_cases_once(
    full: Services, desk: Desk, approved: Approve, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = approved(TOPIC, 2, "few_shot")

    def crash(*_: Any) -> None:
        raise RuntimeError("the machine dies here")

    with monkeypatch.context() as dying:
        dying.setattr(planning, "add_planned", crash)  # it is paid for, and not kept
        with pytest.raises(RuntimeError):
            run(full, item)
    assert cases(full, TOPIC) == []
    with monkeypatch.context() as dying:
        dying.setattr(job, "load_job", crash)  # it is kept, and no draft was made
        with pytest.raises(RuntimeError):
            run(full, item)
    done = run(full, item)
    assert done["accepted"] == 2 and desk.numbers == [4]
    assert cases(full, TOPIC) == ["case 0.", "case 1.", "case 2.", "case 3."]
    attempts = list_attempts(full.store, done["job_id"])
    assert done["cost"]["tokens"] == sum(one.tokens for one in attempts)


async def test_two_workers_at_one_topic_lose_and_repeat_none(
    full: Services, desk: Desk, approved: Approve
) -> None:
    other = Services(full.settings, make_chat_model=lambda _: ScriptedChatModel(default=desk))
    both = [approved(TOPIC, 2, "few_shot"), approved(TOPIC, 2, "topic_description")]
    done = await asyncio.gather(run_item(full, *both[0]), run_item(other, *both[1]))
    assert [one["accepted"] for one in done] == [2, 2]
    assert 1 <= len(desk.numbers) <= 2, "a call for each job at most"
    assert sorted(cases(full, TOPIC)) == [f"case {number}." for number in range(4 * len(desk.numbers))]


def test_what_the_topic_lacks_is_planned_for_and_asked_for(
    full: Services, desk: Desk, approved: Approve
) -> None:
    done = run(full, approved(TOPIC, 1, "few_shot"))
    assert noted_wanted(full.store, done["job_id"])
    assert "Of these the dataset has too few" in desk.planned[0]


# What it costs is told before.


def calls(services: Services, *items: PlanItem) -> int:
    """Model calls of a plan beyond those of its drafts."""
    told = estimate_plan(services, WORKFLOW, items)
    return told.calls - round(sum(one.count for one in items) / 0.6)


def test_the_estimate_has_each_call_that_plans_cases_and_no_other(full: Services) -> None:
    one = PlanItem(topic=TOPIC, count=3, strategy="few_shot")
    same = PlanItem(topic=TOPIC, count=3, strategy="topic_description")
    assert calls(full, one) == 1
    assert calls(full, one, same) == 1, "what the first leaves is enough for the second"
    assert calls(full, one, PlanItem(topic=KOREAN, count=3, strategy="few_shot")) == 2
    assert calls(full, one, PlanItem(topic=TOPIC, count=9, strategy="topic_description")) == 2
    assert calls(full, PlanItem(topic=TOPIC, count=60, strategy="few_shot", pilot=6)) == 2
    assert calls(full, PlanItem(topic=TOPIC, count=12, strategy="few_shot", pilot=6)) == 1
    assert calls(full, PlanItem(topic=TOPIC, count=3, strategy="message_variation")) == 0


def test_few_records_are_told_to_take_less_than_thirty_cases_would(full: Services) -> None:
    two, thirty = (
        estimate_plan(full, WORKFLOW, [PlanItem(topic=KOREAN, count=count, strategy="few_shot")])
        for count in (3, 30)
    )
    assert two.tokens < thirty.tokens / 5


def test_each_step_is_told_when_it_stops_itself_though_strategies_take_turns(full: Services) -> None:
    items = [
        PlanItem(topic=TOPIC, count=40, strategy="few_shot"),
        PlanItem(topic=TOPIC, count=90, strategy="topic_description"),
        PlanItem(topic=OTHER, count=200, strategy="few_shot"),
    ]
    told = propose(full, WORKFLOW, items, "a test").details["stops"]
    alone = [estimate_plan(full, WORKFLOW, [item]).stops[0].tokens for item in items]
    assert [one["tokens"] for one in told] == pytest.approx(alone, rel=0.2)
