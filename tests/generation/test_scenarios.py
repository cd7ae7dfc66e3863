"""The cases of a topic: planned once, edited by a person, taken without repetition."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.errors import EndpointError, InvalidInput, TopicNotFound
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, summarize_job
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.generation.scenarios.scenario import OwnLists, Scenario, in_order, scenario_at
from finetune_coverage.tools.generation.scenarios.scenario_store import (
    add_planned,
    all_scenarios,
    as_yaml,
    own_lists,
    replace_scenarios,
    scenarios_of,
)
from finetune_coverage.tools.inspection.rejections import inspect_rejections
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from ..agent.endpoint import TEXTS
from .conftest import WORKFLOW

TOPIC = "technical_issues"
PLANNED = [
    Scenario(area=f"area {n % 3}", situation=f"situation {n}", user=f"user {n}", difficulty="plain")
    for n in range(4)
]


@pytest.fixture
def full(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The services of a capable model."""
    monkeypatch.setattr(services.settings, "model_profile", "full")
    yield services


def test_a_case_comes_again_only_with_another_user() -> None:
    drawn = [scenario_at(PLANNED, OwnLists(), number) for number in range(16)]
    assert [one.situation for one in drawn[:4] if one] == [one.situation for one in PLANNED]
    assert len({(one.situation, one.user) for one in drawn if one}) == 16


def test_a_person_brings_personas_and_situations() -> None:
    own = OwnLists(personas=("a diver", "a cook"), situations=("the cellar is flooded",))
    cases = in_order(PLANNED, own, written={("", "the cellar is flooded")})
    assert cases[-1].situation == "the cellar is flooded", "what was written comes last"
    drawn = [scenario_at(cases, own, number) for number in range(10)]
    assert {one.user for one in drawn if one} == {"a diver", "a cook"}
    assert len({(one.situation, one.user) for one in drawn if one}) == 10


def test_what_is_planned_twice_is_there_once_and_keeps_its_place(services: Services) -> None:
    other = Store.open(services.store.path)
    add_planned(services.store, WORKFLOW, TOPIC, PLANNED[:3])
    add_planned(other, WORKFLOW, TOPIC, [PLANNED[3], PLANNED[1]])
    assert scenarios_of(other, WORKFLOW, TOPIC) == PLANNED
    other.close()


def test_a_person_s_list_is_not_added_to(services: Services) -> None:
    store = services.store
    add_planned(store, WORKFLOW, TOPIC, PLANNED[:2])
    replace_scenarios(store, WORKFLOW, as_yaml(all_scenarios(store, WORKFLOW)))
    add_planned(store, WORKFLOW, TOPIC, PLANNED)
    assert scenarios_of(store, WORKFLOW, TOPIC) == PLANNED, "taken over as it was shown, it is nobody's yet"
    for own in ("[{situation: the roof leaks}]", "[]"):
        replace_scenarios(store, WORKFLOW, f"topics: {{{TOPIC}: {own}}}")
        mine = scenarios_of(store, WORKFLOW, TOPIC)
        add_planned(store, WORKFLOW, TOPIC, PLANNED)
        assert scenarios_of(store, WORKFLOW, TOPIC) == mine


def test_cases_are_edited_as_yaml(services: Services) -> None:
    add_planned(services.store, WORKFLOW, TOPIC, PLANNED)
    add_planned(services.store, WORKFLOW, "billing_questions", PLANNED[:2])
    text = as_yaml(all_scenarios(services.store, WORKFLOW, TOPIC))
    assert replace_scenarios(services.store, WORKFLOW, text).topics[TOPIC] == PLANNED
    edited = "personas: [somebody in a hurry]\naxes: {storm: a storm came}\ntopics:\n  technical_issues:\n"
    edited += "  - situation: 전기가 나갔다\n"
    replace_scenarios(services.store, WORKFLOW, edited)
    assert scenarios_of(services.store, WORKFLOW, TOPIC) == [Scenario(situation="전기가 나갔다")]
    assert scenarios_of(services.store, WORKFLOW, "billing_questions") == PLANNED[:2], (
        "what is not named stays"
    )
    assert own_lists(services.store, WORKFLOW).axes == {"storm": "a storm came"}
    assert "전기가 나갔다" in as_yaml(all_scenarios(services.store, WORKFLOW))


@pytest.mark.parametrize(
    "text",
    [
        "topics: [",
        "topic: {}",
        "topics: {technical_issues: [{area: x}]}",
        "- a",
        "topics: {technical_issues: 3}",
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(services: Services, text: str) -> None:
    add_planned(services.store, WORKFLOW, TOPIC, PLANNED)
    with pytest.raises(InvalidInput, match="scenarios"):
        replace_scenarios(services.store, WORKFLOW, text)
    assert scenarios_of(services.store, WORKFLOW, TOPIC) == PLANNED


def test_a_topic_that_is_not_there_is_named(services: Services) -> None:
    with pytest.raises(TopicNotFound, match="techncal"):
        replace_scenarios(services.store, WORKFLOW, "topics: {techncal_issues: [{situation: x}]}")


# The planning is a call of the job.


def plan_answer() -> str:
    return json.dumps(
        {"cases": [one.words for one in PLANNED] + [{"area": "no situation"}, PLANNED[0].words]}
    )


def record(number: int) -> str:
    user, reply = TEXTS[number]
    return json.dumps(
        {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]}
    )


def run(services: Services, item: tuple[str, int]) -> dict[str, Any]:
    return asyncio.run(run_item(services, *item))


def test_cases_are_planned_once_and_paid_by_the_job(
    full: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    item = PlanItem(topic=TOPIC, count=2, strategy="few_shot")
    before = estimate_plan(full, WORKFLOW, [item])
    model.queue.extend([plan_answer(), *(record(n) for n in range(6))])
    done = run(full, approved(TOPIC, 2, "few_shot"))
    assert done["accepted"] == 2, done
    assert scenarios_of(full.store, WORKFLOW, TOPIC) == PLANNED
    planning, *drafts = list_attempts(full.store, done["job_id"])
    assert planning.check == "planned" and planning.tokens > 0 and planning.picodollars == 0
    assert done["cost"]["tokens"] == planning.tokens + sum(draft.tokens for draft in drafts)
    assert "planned" not in done["rejected"]
    assert "planned" not in {one.check for one in inspect_rejections(full, WORKFLOW).examples}
    asked = [messages[-1].text for messages in model.history]
    assert "situation 0" in asked[1] and "situation 1" in asked[2]
    drawn = [one.provenance["drawn"] for one in load_records(full.store, WORKFLOW, origin="synthetic")]  # type: ignore[index]
    assert {one["scenario"]["situation"] for one in drawn} <= {one.situation for one in PLANNED}

    calls = len(model.history)
    model.queue[:] = [record(n) for n in range(6, 12)]
    again = run(full, approved(TOPIC, 1, "few_shot"))
    assert again["accepted"] == 1
    assert "Plan" not in model.history[calls][-1].text, "a second job plans nothing"
    assert "situation 2" in model.history[calls][-1].text, "and goes on with what was not written"
    assert before.calls == estimate_plan(full, WORKFLOW, [item]).calls + 1 or before.calls > 2


def test_without_a_plan_the_records_are_written_all_the_same(
    full: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    model.queue.extend(["I would rather not.", record(0), record(1), record(2)])
    done = run(full, approved(TOPIC, 1, "few_shot"))
    assert done["accepted"] == 1
    assert any("No cases were planned" in remark for remark in done["remarks"])
    assert summarize_job(full.store, done["job_id"]).tokens == done["cost"]["tokens"]
    assert "situation" in model.history[1][-1].text, "from the lists that are there for every topic"


def test_half_a_character_stops_neither_the_planning_nor_a_record(
    full: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    half = "\ud83d"
    call = {"role": "assistant", "content": "", "tool_calls": [{"name": half, "arguments": half}]}
    strange = json.dumps({"messages": [{"role": "user", "content": "What now?"}, call]})
    model.queue.extend([half + plan_answer(), strange, record(0), record(1)])
    done = run(full, approved(TOPIC, 1, "few_shot"))
    assert done["accepted"] == 1
    attempts = {one.number: one for one in list_attempts(full.store, done["job_id"])}
    assert attempts[0].check == "parse" and "\ufffd are no JSON" in (attempts[0].evidence or "")


def test_an_endpoint_that_fails_with_half_a_character(
    full: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    model.queue.extend([EndpointError("It broke: \ud83d."), record(0), record(1)])
    done = run(full, approved(TOPIC, 1, "few_shot"))
    assert done["accepted"] == 1
    assert any("It broke: \ufffd." in remark for remark in done["remarks"])


def test_the_embedded_model_plans_nothing(
    services: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]], tmp_path: Path
) -> None:
    user, reply = TEXTS[0]
    model.default = lambda _: json.dumps({"exchanges": [{"user": user, "assistant": reply}] * 1})
    run(services, approved(TOPIC, 1, "few_shot"))
    assert scenarios_of(services.store, WORKFLOW, TOPIC) is None
