"""`langgraph dev` serves the graph with no LangSmith key, and clients drive it over HTTP.

One server for all of them; each test has a thread and a workflow of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.store import Store

from .studio_page import APPROVE, GENERATE, Page, edited, said
from .studio_server import StudioServer, serving

pytestmark = [pytest.mark.server, pytest.mark.timeout(500), pytest.mark.slow]


Opening = Callable[[str], Awaitable[Page]]


@asynccontextmanager
async def opening(server: StudioServer, dataset: Callable[..., Path]) -> AsyncIterator[Opening]:
    """Opens a page on a workflow and a thread of its own."""
    from langgraph_sdk import get_client

    client = get_client(url=server.address, timeout=httpx.Timeout(300))

    async def open_one(workflow: str) -> Page:
        store = Store.open(server.store_url)
        import_files(store, workflow, [dataset()])
        store.close()
        thread = (await client.threads.create())["thread_id"]
        return Page(client, server, thread, workflow)

    yield open_one
    server.seconds_per_call = 0.0
    await client.aclose()


@pytest.fixture
async def open_page(server: StudioServer, dataset: Callable[..., Path]) -> AsyncIterator[Opening]:
    async with opening(server, dataset) as open_one:
        yield open_one


@pytest.fixture
async def page(open_page: Opening, request: pytest.FixtureRequest) -> Page:
    return await open_page(request.node.name.removeprefix("test_"))


async def test_a_conversation(page: Page) -> None:
    await page.says("check it please")
    action = await page.asked()
    args = {"workflow_id": page.workflow, "topic": "technical_issues", "count": 16, "strategy": "few_shot"}
    assert action["args"] == args
    assert "**Balance Score:** 0.45 (Poor)" in action["description"]
    waiting = await page.interrupt()
    assert waiting is not None
    assert waiting["value"]["review_configs"][0]["allowed_decisions"] == ["approve", "edit", "reject"]

    # A person who types instead of clicking arrives as new input.
    assert "has 8 records" in said(await page.says("how many technical issues are there?"))
    # A form sends all values as strings.
    assert "I've generated 3 new" in said(await page.answers(edited(**{**args, "count": "3"})))
    assert "**Plan**: 2 for" in said(await page.answers("make it 2 for technical issues with few-shot"))
    assert "Technical Issues: 11 → 13 records" in said(await page.answers(APPROVE))
    result = await page.answers("proceed")
    assert result["next_step"] == "grader" and result["rounds"] == 2 and len(result["record_ids"]) == 5
    assert await page.interrupt() is None
    assert len(page.generated) == 5 and page.approved == 2
    assert (page.server.home / "conversations.db").exists()


async def test_a_no_generates_nothing(page: Page) -> None:
    await page.says("check it please")
    result = await page.answers({"decisions": [{"type": "reject", "message": "too expensive"}]})
    assert "I generate nothing" in said(result) or "What would you like" in said(result)
    # The card of the plan may still be on a screen somewhere.
    await page.answers(APPROVE)
    assert page.generated == [] and page.approved == 0


async def test_edits_that_cannot_be_used_are_asked_again(page: Page) -> None:
    await page.says("check it please")
    for args, problem in (
        ({"count": "many"}, "'many'"),
        ({"count": "-3"}, "cannot be used"),
        ({"topic": "gardening"}, "no topic 'gardening'"),
        ({"workflow_id": "a_conversation"}, "another one needs its own analysis"),
    ):
        assert problem in said(await page.answers(edited(**args)))
        assert (await page.asked())["args"]["count"] == 16
    assert page.generated == [] and page.approved == 0


async def test_free_text_while_a_question_waits(page: Page) -> None:
    await page.says("check it please")
    assert "**Plan**: 2 for" in said(await page.says("do 2 for technical issues with few-shot"))
    assert "Technical Issues: 8 → 10 records" in said(await page.says("yes"))
    assert len(page.generated) == 2 and page.approved == 1


async def test_answers_that_cannot_be_read_leave_the_question_open(page: Page) -> None:
    await page.says("check it please")
    before = await page.interrupt()
    for answer in ({"nonsense": True}, 42, {"decisions": []}, {"decisions": [{"type": "launch"}]}):
        assert "__error__" in await page.run(command={"resume": answer}), answer
        assert await page.interrupt() == before
    assert page.generated == [] and page.approved == 0
    assert "I've generated 2 new" in said(await page.answers(edited(count=2)))


async def test_an_answer_to_an_earlier_question(page: Page) -> None:
    await page.says("check it please")
    old = await page.interrupt()
    await page.answers("make it 2 for technical issues with few-shot")
    new = await page.interrupt()
    assert old is not None and new is not None and old["id"] != new["id"]
    await page.run(command={"resume": {old["id"]: APPROVE}})
    assert page.generated == [] and page.approved == 0
    assert (await page.asked())["args"]["count"] == 2
    await page.run(command={"resume": {new["id"]: APPROVE}})
    assert len(page.generated) == 2 and page.approved == 1
    await page.answers("stop")
    # Nothing waits any more: an answer answers nothing.
    await page.run(command={"resume": APPROVE})
    assert len(page.generated) == 2 and page.approved == 1


@pytest.mark.parametrize("typed", [False, True], ids=["clicked", "typed"])
async def test_of_five_answers_at_once_one_is_taken(page: Page, typed: bool) -> None:
    await page.says("do 1 for technical issues with few-shot")
    # After this round the score is still poor, so that the next question is another plan, which nobody has seen.
    # Typed, "1" is the plan now and "proceed" then.
    await asyncio.gather(*[page.says("1") if typed else page.answers(APPROVE) for _ in range(5)])
    assert len(page.generated) == 1 and page.approved == 1
    assert (await page.asked())["name"] == GENERATE
    state = await page.client.threads.get_state(page.thread)
    told = [message["content"] for message in state["values"]["messages"] if message["type"] == "ai"]
    assert sum("came in before I asked this question" in str(text) for text in told) == 4
    # A later yes is one to the plan that is shown now.
    await page.answers(edited(count=1))
    assert len(page.generated) == 2 and page.approved == 2


async def test_settings_show_with_titles_and_help(page: Page) -> None:
    [assistant] = await page.client.assistants.search(graph_id="coverage")
    schemas = await page.client.assistants.get_schemas(assistant["assistant_id"])
    fields = schemas["context_schema"]["properties"]
    shown = {"target_score", "minimum_per_topic", "max_rounds", "model", "budget_tokens", "budget_usd"}
    assert shown <= set(fields)
    assert all(len(field["description"]) > 20 and field["title"] for field in fields.values())
    assert fields["budget_usd"]["title"] == "Cost budget in USD" and fields["model"]["type"] == "string"
    assert schemas["input_schema"]["properties"].keys() >= {"messages", "workflow_id", "focus_topics"}


async def test_another_model_needs_another_yes(page: Page) -> None:
    await page.says("do 1 for technical issues with few-shot", context={"model": "small-1"})
    # With an answer the model cannot be changed: the yes is to what was shown.
    page.server.called.clear()
    await page.answers(APPROVE, context={"model": "large-9"})
    assert len(page.generated) == 1 and set(page.server.called) == {"small-1"}
    await page.says("do 1 for technical issues with few-shot", context={"model": "small-1"})
    result = await page.says("yes", context={"model": "large-9"})
    assert "Another language model has been chosen" in json.dumps(result["messages"])
    assert len(page.generated) == 1 and page.approved == 1
    page.server.called.clear()
    await page.answers(edited(count=1), context={"model": "large-9"})
    assert len(page.generated) == 2 and set(page.server.called) == {"large-9"}


async def test_settings_that_cannot_be_used(page: Page) -> None:
    asked = {"input": {"messages": [{"role": "user", "content": "hi"}], "workflow_id": page.workflow}}
    result = await page.run(**asked, context={"target_score": 7})
    assert "The target_score 7 cannot be used" in said(result) and await page.interrupt() is None
    result = await page.run(**asked, context={"model": "/etc/strange.gguf"})
    assert "a file that the settings do not name" in said(result) and await page.interrupt() is None
    await page.says("check it please", context={"target_score": "0.3", "budget_usd": ""})
    assert (await page.asked())["name"] == "proceed_to_grader"


async def test_killed_and_started_again_on_a_database_server(
    postgresql_url: str, tmp_path: Path, writing: ModuleType, dataset: Callable[..., Path]
) -> None:
    """While one page's question waits, and in the middle of another's generation.

    A kill of what works on files: `test_crash`, with the same checkpoints.
    """
    named = {"FINETUNE_COVERAGE_DATABASE_URL": postgresql_url}
    with contextmanager(serving)(tmp_path, writing.Writer(), named) as server:
        async with opening(server, dataset) as open_one:
            waiting, page = await open_one("wf-1"), await open_one("wf-2")
            await _killed_and_started_again(waiting, page)
        assert not list(server.home.glob("*.db"))


async def _killed_and_started_again(waiting: Page, page: Page) -> None:
    await waiting.says("do 2 for technical issues with few-shot")
    await page.says("do 6 for technical issues with few-shot")
    page.server.seconds_per_call = 0.5
    page.server.called.clear()
    await page.client.runs.create(page.thread, "coverage", command={"resume": APPROVE}, durability="sync")
    while len(page.generated) < 2:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.1)
    page.server.kill()
    before = page.generated
    page.server.seconds_per_call = 0.0
    page.server.start()
    for thread in (page.thread, waiting.thread):
        await page.client.threads.create(thread_id=thread, graph_id="coverage", if_exists="do_nothing")

    await page.says("are you still there?")
    if (await page.asked())["name"] == "resume_generation":
        await page.answers("continue")
    assert len(page.generated) == 6 and set(before) <= set(page.generated) and page.approved == 1
    # The plan of the cases, a draft and a verdict for each record, and what was under way when the process died.
    assert len(page.server.called) <= 1 + 2 * 6 + 6

    assert (await waiting.asked())["args"]["count"] == 2
    await waiting.answers(APPROVE)
    assert len(waiting.generated) == 2 and waiting.approved == 1


def test_the_server_had_nothing_to_complain_about(server: StudioServer) -> None:
    assert "Blocking call" not in server.log and "unregistered type" not in server.log
