"""The page as a person uses it, in a real browser and by keyboard alone: from a file to an export."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from playwright.sync_api import Error, expect

from ..endpoint import Endpoint
from .pages import WAIT, Served, Tab, browser, serve

pytestmark = [pytest.mark.server, pytest.mark.timeout(600), pytest.mark.slow]

MARKUP = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'> **bold** [link](javascript:1)"
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    server.latency = 0.3
    yield server
    server.close()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled sample, with a record more whose text would be code on a careless page."""
    messages = [
        {"role": "user", "content": f"{MARKUP} What does that line in the log mean?"},
        {"role": "assistant", "content": "It is harmless; it can be left."},
    ]
    file = tmp_path_factory.mktemp("data") / "support cases.jsonl"
    lines = [
        sample_path().read_text(encoding="utf-8"),
        json.dumps({"messages": messages, "topic": "technical_issues"}),
    ]
    file.write_text("".join(lines) + "\n", encoding="utf-8")
    return file


def test_from_a_file_to_an_export(endpoint: Endpoint, dataset: Path, tmp_path: Path) -> None:
    expect.set_options(timeout=WAIT)
    with browser() as chromium:
        served = serve(tmp_path / "home", endpoint)
        try:
            context = chromium.new_context(accept_downloads=True)
            tab = Tab(context.new_page())
            tab.page.set_default_timeout(WAIT)
            tab.watch(served.origin)
            _import(tab, served, dataset)
            _approve_an_edited_plan(tab)
            served = _watch_it_over_a_reload_a_second_tab_and_a_kill(
                context, tab, served, tmp_path / "home", endpoint
            )
            _review(tab, served)
            _topics(tab, served)
            _export(tab, served)
            _own_fields(tab, served, tmp_path)
            assert tab.page.evaluate("window.pwned") is None
            assert tab.foreign == []
            assert tab.errors == []
        except BaseException:
            tab.page.screenshot(path=tmp_path / "failed.png")
            raise
        finally:
            served.kill()


def _import(tab: Tab, served: Served, dataset: Path) -> None:
    page = tab.page
    page.goto(served.url)
    assert "token" not in page.url, "the key does not stay in the address"
    page.wait_for_selector("text=None yet")
    assert tab.received < 1_500_000
    assert tab.faults() == []
    with page.expect_file_chooser() as chooser:
        tab.press(page.locator("input[type=file]"))
    chooser.value.set_files(dataset)
    expect(page.get_by_text("151 records of support cases.jsonl")).to_be_visible()
    tab.press(page.get_by_role("link", name="Look at support-cases"))
    expect(page.get_by_text("technical_issues").first).to_be_visible()
    page.wait_for_selector("text=Look at the plan")
    assert tab.faults() == []


def _approve_an_edited_plan(tab: Tab) -> None:
    page = tab.page
    tab.press(page.get_by_role("link", name=re.compile("Look at the plan")))
    approve = page.get_by_role("button", name=re.compile("Approve and generate \\d+ records"))
    expect(approve).to_be_enabled()
    before = page.get_by_label("Plan").inner_text()
    _skip_to_the_content(tab)
    tab.type_into(page.get_by_label("Records for technical_issues"), "6")
    approve = page.get_by_role("button", name=re.compile("Approve and generate 6 records"))
    expect(approve).to_be_enabled()
    assert page.get_by_label("Plan").inner_text() != before, "score and cost follow the table"
    assert tab.faults() == []
    tab.press(approve)
    page.wait_for_selector("[role=progressbar]")
    tab.go_to(page.get_by_label("Generation", exact=True).get_by_role("button", name="Pause"), most=3)


def _skip_to_the_content(tab: Tab) -> None:
    tab.press(tab.page.get_by_role("link", name="To the content"), most=1)


def _watch_it_over_a_reload_a_second_tab_and_a_kill(
    context: Any, tab: Tab, served: Served, home: Path, endpoint: Endpoint
) -> Served:
    page = tab.page
    page.reload()
    page.wait_for_selector("[role=progressbar]")
    other = context.new_page()
    other.goto(f"{served.origin}/data/support-cases/plan")
    other.wait_for_selector("[role=progressbar]")
    page.wait_for_function("document.querySelector('[role=progressbar]')?.ariaValueNow >= 1")
    other.close()
    port = int(served.origin.rpartition(":")[2])
    served.kill()
    paid = endpoint.calls
    served = serve(home, endpoint, port)
    with suppress(Error):  # at this moment the page may go there by itself
        page.goto(f"{served.origin}/data/support-cases/plan")  # the cookie is still good
    resume = page.get_by_label("Question").get_by_role("button").first
    expect(resume).to_contain_text(re.compile("resume|go on|carry on", re.IGNORECASE))
    assert endpoint.calls == paid, "nothing goes on by itself"
    tab.press(resume)
    expect(page.get_by_text(re.compile("Round 1: 6 of 6"))).to_be_visible()
    tab.press(page.get_by_role("link", name="Overview"), back=True)
    expect(page.get_by_text("16 → 22, worth")).to_be_visible()
    return served


def _review(tab: Tab, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.origin}/data/support-cases/review")
    entries = page.locator(".queue [data-number]")
    expect(entries).to_have_count(6)
    expect(page.get_by_text("The real record that it was made from")).to_be_visible()
    assert tab.faults() == []
    page.keyboard.press("?")
    expect(page.get_by_label("Record", exact=True)).to_contain_text(
        re.compile("Written by mock-model.*, by ")
    )
    page.keyboard.press("j")
    expect(entries.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("n")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("too vague")
    page.keyboard.press("Enter")
    page.keyboard.press("e")  # at once: it is for the record that comes next
    expect(entries).to_have_count(5)
    tab.type_into(page.get_by_label(re.compile("^assistant")).last, "Update it, then it is mended.")
    tab.press(page.get_by_role("button", name="Save the edited record"))
    expect(page.locator(".turn.assistant .text").get_by_text("Update it, then it is mended.")).to_be_visible()
    assert tab.is_at_something()
    page.keyboard.press("m")
    expect(page.locator("#its-topic")).to_be_focused()
    page.keyboard.type("billing")
    tab.press(page.get_by_role("button", name="Move it", exact=True), most=1)
    expect(entries.first.locator("xpath=../*[@aria-current]")).to_contain_text("billing_questions")
    # The numbers are those of the conversation, and stay as records leave the list.
    third = entries.nth(1).locator(".line").first.inner_text().removeprefix("3 · ")
    expect(entries.nth(1)).to_contain_text("3 · ")
    tab.type_into(page.get_by_label("Your message"), "drop 3")
    page.keyboard.press("Enter")
    log = page.get_by_label("What was said")
    expect(log).to_contain_text("This takes record 3 out of the dataset")
    expect(log).to_contain_text(third[:30])
    tab.press(page.get_by_role("button", name="2 · Leave it as it is"), back=True)
    expect(log.locator(".message.you").last).to_have_text("2")
    expect(page.get_by_label("Conversation").get_by_role("button", name="Pause")).to_have_count(0)
    _review_all_at_once(tab)
    tab.press(page.get_by_label("Origin"), "End", back=True)
    tab.press(page.get_by_label("Topic", exact=True), "Home")
    expect(page.get_by_text("156 records", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Drop all"))).to_have_count(0)
    page.keyboard.type("technical")
    expect(entries).to_have_count(20)
    page.keyboard.press("Tab")
    place = next(number for number, entry in enumerate(entries.all()) if "pwned" in entry.inner_text())
    for passed in range(1, place + 1):
        page.keyboard.press("j")
        expect(entries.nth(passed)).to_have_attribute("aria-current", "true")
    expect(page.get_by_label("Record").get_by_text("[link](javascript:1)").first).to_be_visible()


def _review_all_at_once(tab: Tab) -> None:
    page = tab.page
    entries = page.locator(".queue [data-number]")
    tab.press(page.get_by_label("Topic", exact=True), "Home", back=True)
    page.keyboard.type("technical")
    tab.press(page.get_by_text("More filters"))
    tab.press(page.get_by_label("Round"), "End")
    tab.press(page.get_by_label("Order"), "End", back=True)
    grounds = page.locator(".queue .warn")  # why one is worth a look stands in the queue alone
    expect(page.get_by_text("Nothing here with these filters.").or_(grounds.first)).to_be_visible()
    tab.press(page.get_by_label("Order"), "Home", most=0)
    expect(grounds).to_have_count(0)
    expect(entries).to_have_count(4)
    expect(page.get_by_role("button", name="Drop all 4")).to_be_visible()
    tab.press(page.get_by_role("button", name="Drop all 4"))
    expect(page.get_by_label("Reason for all")).to_be_focused()
    page.keyboard.type("all of one kind")
    assert tab.faults() == []
    tab.press(page.get_by_role("button", name="Drop 4 records"))
    expect(entries).to_have_count(0)
    tab.press(page.get_by_role("button", name="Undo (u)"))
    expect(entries).to_have_count(4)
    tab.press(page.get_by_label("Round"), "Home", back=True)


def _topics(tab: Tab, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.origin}/data/support-cases/topics")
    _skip_to_the_content(tab)
    tab.type_into(page.get_by_label("Description of technical_issues"), "Faults of the app and of devices.")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Description of technical_issues kept").first).to_be_visible()
    tab.type_into(page.get_by_label("Weight of technical_issues"), "2", back=True)
    page.keyboard.press("Tab")
    page.keyboard.type("40")
    expect(page.get_by_text("Weight of technical_issues set").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" Not of bills.")
    expect(page.get_by_text("No more than 40 are proposed for technical_issues").first).to_be_visible()
    expect(page.get_by_label("Description of technical_issues")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Description of technical_issues kept").first).to_be_visible()
    _rename_and_take_it_back(tab)
    tab.type_into(page.get_by_label("New rule"), "환불을 약속하지 마세요")
    tab.press(page.get_by_role("button", name="Add the rule"))
    expect(page.get_by_label("Rules").get_by_text("환불을 약속하지 마세요")).to_be_visible()
    tab.go_to(page.get_by_label("Topic of rules, cases and lessons"), back=True)
    page.keyboard.type("technical")
    lesson = page.get_by_label("Lessons", exact=True)
    expect(lesson.get_by_label(re.compile("^Why .* was dropped$"))).to_have_value("too vague")
    tab.press(page.get_by_role("button", name="Add a case"))
    tab.type_into(page.get_by_label("Situation"), "the cellar is flooded")
    tab.press(page.get_by_role("button", name="Save the case"))
    expect(page.get_by_label("Cases").get_by_text("the cellar is flooded")).to_be_visible()
    expect(
        page.get_by_label("Doubtful topics").get_by_text(re.compile("read like|None: every"))
    ).to_be_visible()
    assert tab.faults() == []
    page.reload()
    expect(page.get_by_label("Weight of technical_issues")).to_have_value("2")
    expect(page.get_by_label("Most records of technical_issues")).to_have_value("40")
    expect(page.get_by_label("Description of technical_issues")).to_have_value(
        "Faults of the app and of devices. Not of bills."
    )


def _rename_and_take_it_back(tab: Tab) -> None:
    page = tab.page
    merge = page.get_by_role("button", name="Merge or rename")
    tab.press(page.get_by_label("Topic to merge or rename"), "Home")
    page.keyboard.type("account")
    tab.type_into(page.get_by_label("Its new name"), "accounts")
    tab.press(merge)
    expect(page.get_by_text("Rename account_management to accounts?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Yes")).to_have_count(0)
    expect(merge).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('[role=dialog]')")
    tab.press(page.get_by_role("button", name="Yes"), most=3)
    expect(page.get_by_label("Weight of accounts")).to_be_visible()
    expect(merge).to_be_focused()
    tab.press(page.get_by_role("button", name="Undo the last merge"), most=2)
    expect(page.get_by_label("Weight of account_management")).to_be_visible()
    assert tab.is_at_something()


def _export(tab: Tab, served: Served) -> None:
    page = tab.page
    page.goto(f"{served.origin}/data/support-cases/export")
    _skip_to_the_content(tab)
    tab.press(page.get_by_role("button", name="Check the records"))
    expect(page.get_by_text(re.compile("of 156 records are clean"))).to_be_visible()
    tab.go_to(page.get_by_label("Format"), back=True)
    page.keyboard.type("openai-upload")
    losses = page.get_by_label("Export", exact=True)
    expect(losses).to_contain_text("Not in this format, in 156 records: fields: topic.")
    page.keyboard.press("Home")
    expect(losses).to_contain_text("use the format openai-upload")
    tab.press(page.get_by_role("button", name="Make the files"))
    with page.expect_download() as download:
        tab.press(page.get_by_role("button", name="Download support-cases-openai.jsonl"))
    written = [
        json.loads(line) for line in Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    ]
    # What was made and found outlives the screen, and says when the dataset has changed since.
    page.get_by_role("link", name="Topics").click()
    expect(page.get_by_label("New rule")).to_be_visible()
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_role("button", name="Download support-cases-openai.jsonl")).to_be_visible()
    expect(page.get_by_text(re.compile("of 156 records are clean"))).to_be_visible()
    expect(page.get_by_text("before its last change")).to_have_count(0)
    topics = [record["topic"] for record in written]
    assert (topics.count("billing_questions"), topics.count("technical_issues")) == (46, 20)
    assert any(record["messages"][-1]["content"] == "Update it, then it is mended." for record in written)
    assert tab.faults() == []


def _own_fields(tab: Tab, served: Served, folder: Path) -> None:
    page = tab.page
    rows = [
        {
            "was der Kunde schreibt": f"Frage {number}: {MARKUP} Wo ist mein Paket Nummer {number} geblieben?",
            "unsere Worte": f"Es liegt seit gestern in der Filiale {number}, bitte holen Sie es dort ab.",
            "fach": "zoll" if number == 9 else "Versand" if number % 3 else "Zoll",
        }
        for number in range(12)
    ]
    file = folder / "eigene.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    page.goto(f"{served.origin}/")
    page.set_input_files("input[type=file]", file)
    mapping = page.get_by_label("Mapping, as YAML")
    expect(mapping).to_have_value(re.compile("unsere Worte"))
    expect(page.get_by_label("Mapping", exact=True).get_by_text("Filiale 0")).to_be_visible()
    assert tab.faults() == []
    tab.go_to(mapping)
    if "topic:" not in mapping.input_value():
        page.keyboard.press("ControlOrMeta+End")
        page.keyboard.type("topic: fach\n")
    tab.press(page.get_by_role("button", name="Show the first record by it"), most=1)
    expect(page.get_by_label("Mapping", exact=True).get_by_text("Topic: Zoll")).to_be_visible()
    tab.press(page.get_by_role("button", name="Import with this mapping"))
    expect(page.get_by_text("12 records of eigene.jsonl are in eigene")).to_be_visible()
    tab.press(page.get_by_role("link", name="Make them one"))
    one = page.get_by_role("button", name="Make them one: Zoll")
    tab.press(one)
    expect(page.get_by_role("link", name="Records of Zoll", exact=True)).to_have_text("4")
    expect(one).to_have_count(0)
    tab.press(page.get_by_role("button", name="Undo the last merge"))
    expect(one).to_be_visible()
