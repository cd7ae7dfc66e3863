"""The user's own function answers tool calls: what the record holds, what goes wrong, what it costs, and crashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts import batch_engine, own_tools
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.origin import origin_of
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings
from finetune_coverage.tools.generation.tool_executor import MOST_CHARACTERS
from finetune_coverage.tools.generation.topic_context import topic_context
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import load_settings
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.workflows import create_workflow

from ..mock_openai.server import MockOpenAI
from .full_records import LANGUAGES, TRACK, call, parcels, result
from .test_answer_spool import lose_the_journal
from .test_engine_endpoint import no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]

WORKFLOW = "wf-1"
FIND = {
    "type": "function",
    "function": {
        "name": "find_parcels",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}
DEPOT = '''
"""A depot that exists: the numbers of a person's parcels follow from their name."""

import asyncio, json, time, zlib

CALLS = []

def _number(name):
    return f"PK-{zlib.crc32(name.encode()) % 100_000}"

def answer(tool, arguments):
    CALLS.append((tool, arguments))
    if tool == "find_parcels":
        return {"parcels": [{"number": _number(arguments["name"])}]}
    if tool == "track_parcel":
        return json.dumps({"shelf": "S" + arguments["number"][-2:]})
    raise KeyError(tool)

async def answer_later(tool, arguments):
    await asyncio.sleep(0)
    return answer(tool, arguments)

def failing(tool, arguments):
    if not CALLS:
        CALLS.append((tool, arguments))
        raise ConnectionError("the depot is closed")
    return answer(tool, arguments)

def slow(tool, arguments):
    time.sleep(0.4 if not CALLS else 0)
    return answer(tool, arguments)

def endless(tool, arguments):
    CALLS.append((tool, arguments))
    return "x" * 50_000 if len(CALLS) == 1 else answer(tool, arguments)

def odd(tool, arguments):
    CALLS.append((tool, arguments))
    return {1, 2} if len(CALLS) == 1 else answer(tool, arguments)

def leaving(tool, arguments):
    CALLS.append((tool, arguments))
    if len(CALLS) == 1:
        raise SystemExit(1)
    return answer(tool, arguments)

def halves(tool, arguments):
    CALLS.append((tool, arguments))
    if len(CALLS) == 1:
        raise ValueError("half of a character: \\ud83d")
    return {"parcels": [{"number": "PK-\\ud83d"}]} if tool == "find_parcels" else {"shelf": "S\\ud83d"}

nothing = None
'''
NAMES = ["Ann Bell", "Bob Carr", "Cyd Dorn", "Dan Egan", "Eve Faber", "Fay Gould", "Gus Hart", "Hal Innes"]
ASKS = [
    "Is the blue suitcase for {} still lying in your depot, or did a driver take it this morning?",
    "My neighbour {} waits for two boxes of books and has to leave for the airport at noon.",
    "Please see what happened to the garden chairs, they were sent to {} three weeks ago!",
    "{} ordered medicine and it must not get warm, on which shelf does it lie right now?",
    "I moved out last month and a guitar for {} may have gone to my old address instead.",
    "The door bell was broken all day; has the wine for {} gone back to the depot again?",
    "We run a shop, the carton with forty mugs for {} is missing one delivery note.",
    "It is my son's birthday tomorrow and the bicycle was sent in the name of {}.",
]
_RESULT = re.compile(r"order of the calls: (\[.+\])$", re.MULTILINE)


def depot() -> Any:
    """The user's module, as the executor has loaded it."""
    import sys

    return sys.modules["depot_of_test"]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "depot_of_test.py").write_text(DEPOT)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(__import__("sys").modules, "depot_of_test", raising=False)
    return "depot_of_test"


def dataset(path: Path) -> Path:
    lines = []
    for record in parcels("en"):
        number = json.loads(record.messages[4]["tool_calls"][0]["function"]["arguments"])["number"]
        messages = [*record.messages[:3], {"role": "user", "content": f"{NAMES[0]}, I think."}]
        find = call(number, "call_0")
        find["tool_calls"][0]["function"] = {
            "name": "find_parcels",
            "arguments": json.dumps({"name": NAMES[0]}),
        }
        found = result(json.dumps({"parcels": [{"number": number}]}), "call_0")
        messages += [find, found, *record.messages[4:]]
        lines.append({"messages": messages, "tools": [FIND, TRACK], "topic": "parcels"})
    for request in LANGUAGES["en"].requests:
        said = [
            {"role": "user", "content": f"Returning it: {request}"},
            {"role": "assistant", "content": "Fine."},
        ]
        lines.append({"messages": said, "topic": "returns"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def model(number_of: Callable[[], int], *, at_once: bool = False) -> Callable[[dict[str, Any]], str]:
    """A capable model: it finds the parcel, tracks the number that was found, and tells what it was told."""

    def said(role: str, content: str) -> dict[str, Any]:
        return {"role": role, "content": content}

    def calls(tool: str, /, **arguments: Any) -> dict[str, Any]:
        return {**said("assistant", ""), "tool_calls": [{"name": tool, "arguments": json.dumps(arguments)}]}

    def reply(body: dict[str, Any]) -> str:
        returned = [
            json.loads(found[1])
            for message in body["messages"]
            if message["role"] == "user" and (found := _RESULT.search(message["content"]))
        ]
        if not returned:
            number = number_of()
            name = NAMES[number % len(NAMES)]
            begun = [said("user", ASKS[number % len(ASKS)].format(name)), calls("find_parcels", name=name)]
            made_up = [
                said("tool", '{"parcels": [{"number": "PK-1"}]}'),
                calls("track_parcel", number="PK-1"),
                said("tool", '{"shelf": "made up"}'),
                said("assistant", "It lies on the shelf made up."),
            ]
            return json.dumps({"messages": begun + (made_up if at_once else [])})
        last = json.loads(returned[-1][0])
        if "parcels" in last:
            return json.dumps({"messages": [calls("track_parcel", number=last["parcels"][0]["number"])]})
        words = f"Thank you. It lies on shelf {last['shelf']} of our depot and comes today."
        return json.dumps({"messages": [said("assistant", words)]})

    return reply


def counter() -> Callable[[], int]:
    numbers = iter(range(1_000))
    return lambda: next(numbers)


@pytest.fixture
def prepared(mock_openai: MockOpenAI, tmp_path: Path, module: str) -> Callable[..., Any]:
    """Services with the executor, the dataset, and an approved plan."""

    def prepare(function: str, count: int = 3, strategy: str = "tool_chain", **more: Any) -> Any:
        mock_openai.reply = model(counter())
        settings = {
            "model_profile": "full",
            "tool_executor": f"{module}:{function}",
            "tool_chain": ToolChainSettings(negative_share=0),
            "max_concurrency": 2,
            **more,
        }
        services = services_for(mock_openai, tmp_path / "home", **settings)
        create_workflow(services.store, WORKFLOW)
        import_files(services.store, WORKFLOW, [dataset(tmp_path / "data.jsonl")])
        item = PlanItem.model_validate({"topic": "parcels", "count": count, "strategy": strategy})
        plan = propose_plan(services.store, WORKFLOW, [item])
        return services, (approve_plan(services.store, plan.id, approver="a person", channel="test").id, 0)

    return prepare


@pytest.fixture(autouse=True)
def _cases_are_not_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "finetune_coverage.tools.generation.scenarios.planning.may_be_planned", lambda *_: False
    )


def made(services: Services) -> list[Record]:
    return list(load_records(services.store, WORKFLOW, origin="synthetic"))


def budget(services: Services, item: tuple[str, int]) -> Budget:
    with services.store.read() as connection:
        return budget_of(connection, item[0])


def is_true(record: Record) -> bool:
    """Whether a record holds what the depot returns, and says so."""
    (found,), (shelf,) = (
        [json.loads(m["content"]) for m in record.messages if m["role"] == "tool" and key in m["content"]]
        for key in ("parcels", "shelf")
    )
    called = [
        json.loads(c["function"]["arguments"]) for m in record.messages for c in m.get("tool_calls") or ()
    ]
    world = depot()._number(called[0]["name"])
    return (
        found == {"parcels": [{"number": world}]}
        and called[1] == {"number": world}
        and shelf == {"shelf": f"S{world[-2:]}"}
        and shelf["shelf"] in record.messages[-1]["content"]
    )


@pytest.mark.parametrize("function", ["answer", "answer_later"])
@pytest.mark.parametrize("at_once", [False, True])
async def test_the_record_holds_what_the_function_returned(
    prepared: Callable[..., Any], mock_openai: MockOpenAI, function: str, at_once: bool
) -> None:
    services, item = prepared(function)
    mock_openai.reply = model(counter(), at_once=at_once)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (3, {})
    records = made(services)
    assert all(map(is_true, records)), [record.messages for record in records]
    assert len(depot().CALLS) == 6 and len(mock_openai.chats()) == 9
    for record in records:
        assert record.provenance is not None
        drawn = record.provenance["drawn"]
        assert drawn["tool_executor"] == f"depot_of_test:{function}"
        assert (drawn["tool_results"], drawn["simulated"]) == (["executed", "executed"], False)
        assert "depot" in json.loads(origin_of(services, WORKFLOW, record.id)["answer"])["replies"][-1]
    used = sum(one.tokens for one in list_attempts(services.store, list_jobs(services.store)[0].id))
    left = budget(services, item)
    assert (left.spent_tokens, left.reserved_tokens) == (used, 0)


async def test_each_part_is_asked_for_with_all_that_came_before(
    prepared: Callable[..., Any], mock_openai: MockOpenAI
) -> None:
    services, item = prepared("answer", count=1)
    await run_approved_item(services, *item)
    first, second, third = (body["messages"] for body in mock_openai.chats())
    assert third[: len(second)] == second and second[: len(first)] == first
    assert "no further" in first[-1]["content"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("failing", "find_parcels raised ConnectionError: the depot is closed"),
        ("slow", "no result within 0.2 seconds"),
        ("endless", f"50,000 characters, where {MOST_CHARACTERS:,}"),
        ("odd", "returned what is no JSON"),
        ("leaving", "raised SystemExit"),
    ],
)
async def test_a_failure_is_told_and_costs_one_attempt(
    prepared: Callable[..., Any], function: str, said: str
) -> None:
    services, item = prepared(function, count=2, tool_seconds=0.2, max_concurrency=1)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 2)
    refused = [one for one in list_attempts(services.store, list_jobs(services.store)[0].id) if one.check]
    assert refused and {one.check for one in refused} == {"tool_executor"}
    assert all(said in (one.evidence or "") for one in refused)
    assert all(map(is_true, made(services)))


@pytest.mark.parametrize(
    ("name", "arguments", "check"),
    [
        ("os.system", {"name": "rm"}, "tool_schema"),
        ("find_parcels", {"name": 7}, "tool_schema"),
        ("find_parcels", {}, "tool_schema"),
        ("find_parcels", {"name": "Ann", "shell": "rm"}, "tool_schema"),
    ],
)
async def test_a_call_that_no_schema_allows_never_reaches_the_function(
    prepared: Callable[..., Any], mock_openai: MockOpenAI, name: str, arguments: dict[str, Any], check: str
) -> None:
    services, item = prepared("answer", count=1, max_concurrency=1)
    traffic = {"name": name, "arguments": json.dumps(arguments)}
    bad = [
        {"role": "user", "content": ASKS[7].format("Zoe")},
        {"role": "assistant", "content": "", "tool_calls": [traffic]},
    ]
    mock_openai.queue.append(json.dumps({"messages": bad}))
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {check: 1})
    assert [tool for tool, _ in depot().CALLS] == ["find_parcels", "track_parcel"]
    assert all("rm" not in str(given) and given != {"name": 7} for _, given in depot().CALLS)


async def test_a_record_that_calls_tools_without_end_is_given_up(
    prepared: Callable[..., Any], mock_openai: MockOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_tools, "MOST_ROUNDS", 3)
    services, item = prepared("answer", count=1, max_concurrency=1, refusals_in_a_row=2)
    again = {"name": "track_parcel", "arguments": '{"number": "PK-1"}'}
    calling = {"role": "assistant", "content": "", "tool_calls": [again]}
    number = counter()

    def reply(body: dict[str, Any]) -> str:
        first = [{"role": "user", "content": ASKS[number() % len(ASKS)].format("Kim")}]
        return json.dumps({"messages": [*(first if len(body["messages"]) == 2 else []), calling]})

    mock_openai.reply = reply
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["status"] == "short" and generation["rejected"] == {"tool_executor": 2}
    assert "your own tools" in generation["stop_reason"]
    assert len(depot().CALLS) == 2 * 3 and len(mock_openai.chats()) == 2 * 4
    assert "Call no tool any more." in mock_openai.chats()[3]["messages"][-1]["content"]


@pytest.mark.parametrize("part", [1, 2, 3])
async def test_a_job_that_died_between_parts_pays_for_none_twice(
    prepared: Callable[..., Any], mock_openai: MockOpenAI, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    services, item = prepared("answer", count=1, max_concurrency=1)
    with monkeypatch.context() as dying:
        lose_the_journal(dying, lambda one: len(one.replies) == part)
        assert not (await run_approved_item(services, *item))["success"]
    assert len(mock_openai.chats()) == part
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {})
    assert len(mock_openai.chats()) == 3 and len(depot().CALLS) == 2
    assert all(map(is_true, made(services)))
    left = budget(services, item)
    assert left.reserved_tokens == 0


async def test_the_cap_holds_where_parts_were_not_foreseen(
    prepared: Callable[..., Any], mock_openai: MockOpenAI
) -> None:
    services, item = prepared("answer", count=8, max_concurrency=1, budget_tokens=40_000)
    reply = mock_openai.reply

    def dear(body: dict[str, Any]) -> dict[str, Any]:
        limit = body.get("max_tokens") or body["max_completion_tokens"]
        usage = {"prompt_tokens": 4_000, "completion_tokens": limit, "total_tokens": 4_000 + limit}
        return {"content": reply(body), "usage": usage}

    mock_openai.reply = dear
    generation = (await run_approved_item(services, *item))["generation"]
    left = budget(services, item)
    assert left.spent_tokens + left.reserved_tokens <= 40_000
    assert generation["status"] == "short" and 1 <= generation["accepted"] < 8
    assert "budget" in generation["stop_reason"] or "cap" in generation["stop_reason"]


async def test_parts_go_through_batches_too(
    prepared: Callable[..., Any], mock_openai: MockOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_engine.BatchEngine.__init__, "__defaults__", (None, None, 0.05))
    services, item = prepared("answer", count=2, use_batch_api=True)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (2, {})
    assert all(map(is_true, made(services)))
    assert [batch["request_counts"]["total"] for batch in mock_openai.batches.batches.values()] == [2, 2, 2]


@pytest.mark.parametrize("strategy", ["few_shot", "scenario_expansion", "topic_description"])
async def test_every_strategy_that_writes_calls_has_them_answered(
    prepared: Callable[..., Any], strategy: str
) -> None:
    services, item = prepared("answer", count=1, strategy=strategy)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {})
    assert all(map(is_true, made(services)))


async def test_message_variation_goes_on_after_what_it_keeps(
    prepared: Callable[..., Any], mock_openai: MockOpenAI
) -> None:
    services, item = prepared("answer", count=1, strategy="message_variation")
    reply = mock_openai.reply

    def with_turn(body: dict[str, Any]) -> str:
        answer = json.loads(reply(body))
        return json.dumps({"turn": 3, **answer} if len(body["messages"]) == 2 else answer)

    mock_openai.reply = with_turn
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (1, {})
    (record,) = made(services)
    assert is_true(record) and record.provenance and record.provenance["drawn"]["varied_message"] == 3


async def test_the_plan_counts_the_parts(prepared: Callable[..., Any]) -> None:
    services, _ = prepared("answer")
    item = PlanItem(topic="parcels", count=10, strategy="tool_chain")
    with_parts = estimate_plan(services, WORKFLOW, [item])
    services.settings.tool_executor = None
    at_once = estimate_plan(services, WORKFLOW, [item])
    planning = 1  # real records call tools in two messages, so a draft has three parts
    assert with_parts.calls - planning == pytest.approx(3 * (at_once.calls - planning), abs=2)
    assert with_parts.tokens > 2 * at_once.tokens
    assert "depot_of_test:answer answers the tool calls" in with_parts.made_of
    assert "answers the tool calls" not in at_once.made_of


@pytest.mark.parametrize("name", ["no_such_module:answer", "depot_of_test:missing", "depot_of_test:nothing"])
def test_what_cannot_be_loaded_is_said_before_anybody_approves(
    prepared: Callable[..., Any], name: str
) -> None:
    services, _ = prepared("answer")
    services.settings.tool_executor = name
    services.__dict__.pop("tool_executor", None)
    with pytest.raises(InvalidInput, match=f"{name.split(':')[0]}.*FINETUNE_COVERAGE_TOOL_EXECUTOR"):
        estimate_plan(services, WORKFLOW, [PlanItem(topic="parcels", count=1, strategy="tool_chain")])


@pytest.mark.parametrize("name", ["depot", "depot:", ":answer", "depot.py:answer:more", "../depot:answer"])
def test_what_names_no_function_is_refused_where_it_is_set(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_TOOL_EXECUTOR", name)
    with pytest.raises(InvalidInput, match=r"FINETUNE_COVERAGE_TOOL_EXECUTOR.*expected module:function"):
        load_settings()


def test_nothing_beside_a_dataset_names_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("FINETUNE_COVERAGE_TOOL_EXECUTOR=os:system\n")
    record = {"messages": [{"role": "user", "content": "Hello."}], "topic": "t", "tool_executor": "os:system"}
    (tmp_path / "data.jsonl").write_text(json.dumps(record) + "\n")
    monkeypatch.chdir(tmp_path)
    services = Services(load_settings())
    create_workflow(services.store, WORKFLOW)
    import_files(services.store, WORKFLOW, [tmp_path / "data.jsonl"])
    assert services.tool_executor is None and topic_context(services, WORKFLOW, "t", 1).tool_executor is None
    monkeypatch.setenv("FINETUNE_COVERAGE_TOOL_EXECUTOR", "json:dumps")
    named = Services(load_settings()).tool_executor
    assert named is not None and named.function is json.dumps


async def test_halves_of_characters_stop_nothing(
    prepared: Callable[..., Any], mock_openai: MockOpenAI
) -> None:
    services, item = prepared("halves", count=1, max_concurrency=1)
    asks = {"role": "user", "content": ASKS[6].format("half \ud83d a name")}
    traffic = {"name": "find_parcels", "arguments": json.dumps({"name": "Ida \ud83d"})}
    begun = [asks, {"role": "assistant", "content": "", "tool_calls": [traffic]}]
    mock_openai.queue += [json.dumps({"messages": begun})] * 2
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["rejected"]["tool_executor"] == 1
    assert (generation["status"], generation["accepted"]) == ("complete", 1)
