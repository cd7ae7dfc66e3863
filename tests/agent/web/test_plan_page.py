"""The plan on the page and the conversation at its side: each follows what is done at the other, and beside both."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.web.plan_table import PlanTable
from finetune_coverage.graph.offers.offer import PlanOffer
from finetune_coverage.tools.coverage.plans import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.store.records import load_records, set_status
from finetune_coverage.tools.store.store import Store
from playwright.sync_api import expect

from ..endpoint import Endpoint
from .pages import WAIT, Tab, browser, serve

pytestmark = pytest.mark.slow

SENT, WRITTEN = 0.4, 1.6
"""USD per 1,000,000 tokens."""


class Uneven(Endpoint):
    """Answers take unequal time (lognormal, sigma 0.8), and some are of no use.

    Attributes:
        median: seconds of an answer.
    """

    def __init__(self) -> None:
        self._random = random.Random(3)
        self.median = 0.2
        super().__init__()

    @property
    def latency(self) -> float:
        return self.median * self._random.lognormvariate(0, 0.8)

    @latency.setter
    def latency(self, _: float) -> None:
        pass

    def _write(self, request: dict[str, Any]) -> Any:
        self.is_useless = self._random.random() < 0.2
        return super()._write(request)


@pytest.fixture
def endpoint() -> Iterator[Uneven]:
    server = Uneven()
    yield server
    server.close()


@pytest.mark.server
@pytest.mark.timeout(900)
def test_the_conversation_follows_the_page_and_the_page_the_generation(
    endpoint: Uneven, tmp_path: Path
) -> None:
    expect.set_options(timeout=WAIT)
    home = tmp_path / "home"
    home.mkdir()
    store = Store.open(f"sqlite:///{home / 'coverage.db'}")
    import_sample(store, "sample")
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        f"endpoints: {{'{endpoint.url}': {{mock-model: {{input: {SENT}, output: {WRITTEN}}}}}}}",
        encoding="utf-8",
    )
    settings = {"FINETUNE_COVERAGE_PRICES": str(prices), "FINETUNE_COVERAGE_BUDGET_USD": "1.0"}
    with browser() as chromium:
        served = serve(home, endpoint, settings=settings)
        try:
            tab = Tab(chromium.new_context().new_page())
            tab.page.set_default_timeout(WAIT)
            tab.watch(served.origin)
            tab.page.goto(served.url)
            tab.page.goto(f"{served.origin}/data/sample/plan")
            _edit(tab)
            _changed_beside(tab, store)
            endpoint.median = 2.0  # there is time to look on a busy machine too
            _say_yes_to_the_edited_plan(tab, store)
            _watch_pause_and_stop(tab, store)
            assert tab.foreign == [] and tab.errors == []
        except BaseException:
            tab.page.screenshot(path=tmp_path / "failed.png")
            raise
        finally:
            served.kill()
            store.close()


def _edit(tab: Tab) -> None:
    page, plan = tab.page, tab.page.get_by_label("Plan", exact=True)
    approve = page.get_by_role("button", name=re.compile("^Approve and generate"))
    expect(approve).to_be_enabled()
    expect(plan).to_contain_text("Worth")
    expect(plan).to_contain_text("About 24 of 30 new (measured on other data)")
    expect(plan).to_contain_text("at most $1.00")
    page.get_by_label("Records for technical_issues").fill("12")
    expect(plan).to_contain_text("About 9 of 12 new")
    page.get_by_role("button", name="Look at a few first").click()
    first = page.get_by_label("Written first for technical_issues")
    expect(first).to_have_value("4")
    expect(plan).to_contain_text("First come 4")
    page.get_by_label("Records for technical_issues").fill("4")
    expect(page.get_by_role("alert")).to_contain_text("4 were to come first, and 4 in all leave no rest")
    expect(approve).to_be_disabled()
    assert tab.faults() == []
    page.get_by_role("button", name="Only 2 first").click()
    expect(first).to_have_value("2")
    expect(approve).to_be_enabled()
    log = page.get_by_label("What was said")
    expect(log).to_contain_text("You changed the plan beside this: 4 for technical_issues")
    expect(log).to_contain_text("2 of them first")
    way = page.get_by_label("Conversation").get_by_role("link", name=re.compile("See the plan"))
    expect(way.first).to_have_text("1 · See the plan as you changed it: 4 records")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_label("Written first for technical_issues")).to_have_value("2")
    other.get_by_label("Written first for technical_issues").fill("0")
    expect(first).to_have_value("0")
    other.close()


def _changed_beside(tab: Tab, store: Store) -> None:
    page = tab.page
    dropped = [record.id for record in load_records(store, "sample", topic="account_management", limit=3)]
    set_status(store, "sample", dropped, "rejected")
    conversation = page.get_by_label("Conversation")
    expect(conversation).to_contain_text(
        "Changed outside of this conversation: Account Management: 90 → 87 records"
    )
    expect(conversation.get_by_role("link", name=re.compile("See the plan"))).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    expect(conversation.get_by_text("An earlier question")).to_have_count(1)
    assert tab.faults() == []
    page.goto(page.url.replace("/plan", ""))  # who looks at the figures is asked by them
    expect(page.get_by_label("What to do next")).to_contain_text(re.compile("0.46 to 0.5"))
    expect(page.get_by_text("(+4 planned)")).to_have_count(1)  # the chart is of the plan in question
    expect(page.locator(".topic .would")).to_have_count(1)
    expect(conversation).to_contain_text("The dataset has changed since I asked that")
    page.get_by_role("link", name=re.compile("Look at the plan for 4 records")).click()


def _say_yes_to_the_edited_plan(tab: Tab, store: Store) -> None:
    page = tab.page
    page.get_by_label("Records for technical_issues").fill("14")
    approve = page.get_by_role("button", name="Approve and generate 14 records")
    expect(approve).to_be_enabled()
    approve.evaluate("button => { button.dataset.plan = button.dataset.plan.replace('14', '4'); }")
    approve.click()  # as in a tab that shows what another one has changed meanwhile
    expect(page.get_by_role("alert")).to_contain_text("changed in another tab")
    assert list_plans(store, status="approved") == []
    page.get_by_label("Your message").fill("yes")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=progressbar]")
    (approved,) = list_plans(store, status="approved")
    assert [(item.topic, item.count) for item in approved.items] == [("technical_issues", 14)]


def _watch_pause_and_stop(tab: Tab, store: Store) -> None:
    page = tab.page
    generation = page.get_by_label("Generation", exact=True)
    expect(generation).to_contain_text(
        re.compile(r"\$0\.\d+ of about \$0\.\d+; [\d,]+ tokens of about [\d,]+")
    )
    expect(generation).to_contain_text("Never more than $1.00")
    expect(generation).to_contain_text(re.compile(r"\d+ of the \d+ that were measured"))
    expect(page.get_by_label("The latest records").locator(".turn").first).to_be_visible()
    assert tab.faults() == []
    generation.get_by_role("button", name="Pause").click()
    carry_on = page.get_by_label("Question").get_by_role("button", name="Carry on with the approved plan")
    expect(carry_on).to_be_visible()
    (job,) = list_jobs(store)
    told = sum(one for one in (job.usd,) if one is not None)
    assert 0 < told < 1
    carry_on.click()
    generation.get_by_role("button", name="Stop").click()
    generation.get_by_role("button", name="Stop for good").click()
    expect(page.get_by_text(re.compile("Round 1: \\d+ of 14 for technical_issues"))).to_be_visible()
    (job,) = list_jobs(store)
    assert job.ended_at is not None and job.accepted > 0
    expect(page.get_by_label("Question").get_by_role("button", name=re.compile("Carry on"))).to_have_count(0)
    # Both ways to the records lead to where they can be judged.
    for link in page.get_by_role("link", name=re.compile("Read the")).all():
        assert (link.get_attribute("href") or "").endswith("/review")


def test_a_pilot_is_kept_changed_and_never_lost_unsaid() -> None:
    items = [
        PlanItem(topic="a", count=30, strategy="few_shot", pilot=10),
        PlanItem(topic="b", count=5, strategy="few_shot"),
    ]
    table = PlanTable(PlanOffer(items=items, plan_id="plan-1"))
    first, second = table.rows
    assert table.wanted == items and not table.is_edited
    first.count = 8
    assert first.lacks_rest and table.is_edited and not table.is_told
    first.pilot = 0
    sent = table.decisions(is_yes=True)[0]["edited_action"]["args"]
    assert not first.lacks_rest and (sent["count"], sent["pilot"]) == (8, 0)
    first.count, first.pilot, second.is_in = 20, 6, False
    assert [(item.topic, item.count, item.pilot) for item in table.wanted] == [("a", 20, 6)]
    assert [one["type"] for one in table.decisions(is_yes=False)] == ["propose", "reject"]
    anew = PlanTable(PlanOffer(items=[items[0].model_copy(update={"count": 28}), items[1]], plan_id="plan-2"))
    anew.take_over(table)
    assert anew.wanted == table.wanted and anew.is_edited, "changes outlive a plan that is made anew"
    table.undo_changes()
    assert table.wanted == items
