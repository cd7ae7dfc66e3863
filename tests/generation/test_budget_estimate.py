"""Estimates: what is assumed at first, how earlier drafts weigh in, and how cost and caps are said."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import BudgetExceeded
from finetune_coverage.tools.generation.money.estimate import Estimate, estimate_plan, estimate_rest
from finetune_coverage.tools.generation.scenarios.scenario import Scenario
from finetune_coverage.tools.generation.scenarios.scenario_store import add_planned
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.tables import records
from sqlalchemy import delete

from .conftest import WORKFLOW
from .earlier_jobs import TOPIC, job

OTHER = "billing_questions"


def estimate(services: Services, count: int = 30, topic: str = TOPIC) -> Estimate:
    return estimate_plan(services, WORKFLOW, [PlanItem(topic=topic, count=count, strategy="few_shot")])


def priced(services: Services, **more: Any) -> None:
    """The model is one of OpenAI's, with a price in the table."""
    services.settings = Settings.model_validate(
        {"OPENAI_API_KEY": "sk-1", "home": services.settings.home, "model": "gpt-4.1-mini", **more}
    )


def test_at_first_the_share_is_assumed_and_said_to_be(services: Services) -> None:
    first = estimate(services)
    assert first.calls == 75
    assert "40% accepted (assumed, since nothing was generated this way yet)" in first.note
    assert "no cost (embedded model)" in first.note and first.usd == 0
    priced(services)
    capable = estimate(services)
    assert capable.calls == 51, "with the one that plans cases of the topic"
    assert "60% accepted (assumed, since nothing was generated this way yet)" in capable.note


def test_every_draft_weighs_in_with_no_jump(services: Services) -> None:
    """30 records at 40% are 75 calls; each rejection adds a few, the tenth and the eleventh no more than others."""
    calls = [estimate(services).calls]
    for _ in range(20):
        job(services, rejected=1)
        calls.append(estimate(services).calls)
    assert {after - before for before, after in itertools.pairwise(calls)} == {7, 8}


def test_many_drafts_outweigh_the_assumption(services: Services) -> None:
    job(services, accepted=450, rejected=50, count=450)
    known = estimate(services)
    assert 33 <= known.calls <= 35
    assert "(expected, after 450 of 500 so far)" in known.note


def test_drafts_of_a_strategy_are_counted_once_however_many_topics_a_plan_has(services: Services) -> None:
    job(services, accepted=3, rejected=22)
    items = [PlanItem(topic=topic, count=9, strategy="few_shot") for topic in (TOPIC, OTHER)]
    assert "(expected, after 3 of 25 so far)" in estimate_plan(services, WORKFLOW, items).note
    items += [PlanItem(topic=TOPIC, count=9, strategy="topic_description")]
    known = estimate_plan(services, WORKFLOW, items)
    assert "(expected, after 3 of 25 so far, and assumed for what was not tried)" in known.note
    assert (
        "Each part of it stops and asks after 20 drafts refused for one reason, or when it has used its share of"
        in (known.stops_note)
    )


@pytest.mark.parametrize(
    "unlike", [{"strategy": "topic_description"}, {"model": "another model"}, {"failed": 40, "rejected": 0}]
)
def test_other_strategies_other_models_and_failed_calls_say_nothing(
    services: Services, unlike: dict[str, Any]
) -> None:
    job(services, **{"rejected": 40, **unlike})
    assert estimate(services).calls == 75


def test_the_same_topic_counts_more_than_another_one(services: Services) -> None:
    job(services, rejected=20, topic=OTHER)
    assert estimate(services).calls > 75, "before the topic has drafts of its own, the other one counts"
    job(services, accepted=20)
    assert estimate(services, topic=OTHER).calls > 100 > 75 > estimate(services).calls


def test_tokens_are_those_that_were_measured(services: Services) -> None:
    assumed = estimate(services)
    job(services, accepted=300, rejected=200, tokens=(700, 300), count=300)
    known = estimate(services)
    assert known.tokens == pytest.approx(known.calls * 1_000, rel=0.05)
    assert known.tokens != pytest.approx(assumed.tokens, rel=0.05)


def test_a_strategy_that_never_succeeds_is_estimated_up_to_its_end(services: Services) -> None:
    job(services, rejected=500)
    assert estimate(services).calls == 300


def test_a_cap_in_dollars_leaves_room_for_a_draft_or_begins_none(services: Services) -> None:
    priced(services, budget_usd=0.001)
    tight = estimate(services)
    assert tight.set_aside_usd is not None and tight.set_aside_usd > 0.001
    assert not tight.can_begin
    priced(services, budget_usd=tight.set_aside_usd)
    assert estimate(services).can_begin and not estimate(services).fits_caps
    services.settings = Settings.model_validate(
        {"OPENAI_API_KEY": "sk-1", "home": services.settings.home, "model": "of-no-known-price"}
    )
    assert estimate(services).set_aside_usd is None and estimate(services).can_begin


def test_cost_and_caps_are_said(services: Services) -> None:
    priced(services, budget_usd=0.4, budget_tokens=1_000_000)
    said = estimate(services)
    assert said.usd is not None and 0 < said.usd < 0.4
    assert (said.most_usd, said.most_tokens) == (0.4, 1_000_000)
    assert "about $0.0" in said.note and "(at most 1,000,000 tokens and $0.40)" in said.note
    assert said.fits_caps


def test_prompt_and_reply_have_their_own_prices(services: Services) -> None:
    priced(services)
    job(services, accepted=3_000, tokens=(1_000, 100), count=3_000)
    planning = estimate(services)
    add_planned(
        services.store, WORKFLOW, TOPIC, [Scenario(situation=f"room {n} has a leak") for n in range(30)]
    )
    said = estimate(services)
    drafts = said.tokens / 1_100
    assert said.usd == pytest.approx(drafts * (1_000 * 0.4 + 100 * 1.6) / 1_000_000, rel=0.03)
    assert planning.usd is not None and planning.usd > said.usd, "planning the cases is a call too"
    assert (planning.calls, planning.tokens > said.tokens) == (said.calls + 1, True)


def test_a_plan_that_its_cap_would_end_says_so(services: Services) -> None:
    priced(services, budget_usd=0.001)
    said = estimate(services)
    assert not said.fits_caps
    assert "(at most $0.001, where it would end short)" in said.note


def test_without_a_price_tokens_are_said_and_a_cap_on_money_is_refused(services: Services) -> None:
    priced(services, model="unknown")
    assert estimate(services).usd is None
    assert "price of the model not known" in estimate(services).note
    services.settings.budget_usd = 0.4
    with pytest.raises(BudgetExceeded, match="the price of unknown"):
        estimate(services)


def test_a_price_of_ones_own_is_used(services: Services, tmp_path: Path) -> None:
    own = tmp_path / "prices.yaml"
    own.write_text("endpoints: {'http://localhost:1/v1': {mine: {input: 0, output: 0}}}")
    priced(services, model="mine", OPENAI_BASE_URL="http://localhost:1/v1", prices=own)
    assert estimate(services).usd == 0
    assert "no cost;" in estimate(services).note


def test_the_rest_of_a_job_is_estimated_by_its_own_drafts(services: Services) -> None:
    job(services, accepted=100, count=100)
    poor = job(services, accepted=10, rejected=60, tokens=(700, 300), count=30)
    rest = estimate_rest(services, poor)
    assert 20 / 0.5 < rest.calls < 20 / 0.14, "20 are owed, 14% were accepted, more in other jobs"
    assert rest.calls > estimate(services, count=20).calls


def test_a_finished_job_needs_nothing_more(services: Services) -> None:
    done = estimate_rest(services, job(services, accepted=30))
    assert (done.calls, done.tokens) == (0, 0)
    assert done.note == "about 0 model calls and 0 tokens, no cost (embedded model)"


def test_what_another_process_did_meanwhile_is_in_the_next_estimate(
    services: Services, tmp_path: Path
) -> None:
    elsewhere = Store.open(services.settings.store_url)
    first = estimate(services, 30)
    assert estimate(services, 30) == first

    long_ones = [
        {"role": "user", "content": "Why? " * 2_000},
        {"role": "assistant", "content": "So. " * 2_000},
    ]
    add_line = json.dumps({"messages": long_ones, "topic": TOPIC})
    more = tmp_path / "more.jsonl"
    more.write_text(
        "\n".join(add_line.replace("Why", f"Why {number}") for number in range(200)), encoding="utf-8"
    )
    import_files(elsewhere, WORKFLOW, [more])
    assert estimate(services, 30).tokens > first.tokens

    with elsewhere.write() as connection:
        connection.execute(delete(records).where(records.c.body.contains("Why")))
    assert estimate(services, 30).tokens == first.tokens
    elsewhere.close()


def test_other_settings_are_in_the_next_estimate(services: Services) -> None:
    first = estimate(services, 30)
    services.settings = services.settings.model_copy(update={"model_profile": "full"})
    assert estimate(services, 30).tokens != first.tokens
