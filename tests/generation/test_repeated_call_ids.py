"""Real records whose call ids repeat: what came back from one tool is never taken for the answer of another."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.dataset.tool_exchanges import exchanges
from finetune_coverage.tools.generation.attempts.draft import Candidate, TopicContext
from finetune_coverage.tools.generation.checks.form.results_fit_calls import ResultsFitCalls
from finetune_coverage.tools.generation.strategies import make_strategy

from .tool_messages import call, result
from .tool_orders import record, tool

Json = dict[str, Any]
TEXT = {"type": "string"}
AIRLINE = [
    tool("get_reservation_details", ["reservation_id"], reservation_id=TEXT),
    tool("transfer_to_human_agents", ["summary"], summary=TEXT),
]


def with_one_id(source: Record, call_id: str = "random_id") -> Record:
    """The record as some datasets have it: every call under one id."""
    body = json.loads(source.body)
    for message in body["messages"]:
        for made in message.get("tool_calls") or ():
            made["id"] = call_id
        if message["role"] == "tool":
            message["tool_call_id"] = call_id
    return Record(source.id, json.dumps(body), source.topic)


def airline(number: int) -> Record:
    """A reservation is looked up, and the customer is handed on: two turns of calls under one id."""
    reservation = f"ZFA{number:02}K"
    details = json.dumps({"reservation_id": reservation, "cabin": "economy"})
    summary = f"Refund of {reservation} is asked for"
    return with_one_id(
        record(
            f"r{number}",
            f"Please look at my reservation {reservation}.",
            [("get_reservation_details", {"reservation_id": reservation}, details)],
            f"Reservation {reservation} is in economy.",
            f"Then a person should know this: {summary}.",
            [("transfer_to_human_agents", {"summary": summary}, "Transfer successful")],
            "You are being handed on.",
            tools=AIRLINE,
        )
    )


SEEDS = [airline(number) for number in range(6)]


def test_checks_learn_from_results_of_the_same_call(candidate: Callable[..., Candidate]) -> None:
    """That a result repeats what was asked is seen although all ids are one."""

    def turns(number: int, told: int) -> Iterator[Json]:
        yield {"role": "user", "content": f"Where is order {number}?"}
        yield call({"order": number}, "find_order", "random_id")
        yield result(json.dumps({"order": told, "state": "sent"}), "random_id")
        yield {"role": "assistant", "content": "It is on its way."}
        yield {"role": "user", "content": "Then day mode."}
        yield call({"mode": "day"}, "set_mode", "random_id")
        yield result('{"done": true}', "random_id")
        yield {"role": "assistant", "content": "Done."}

    real = [
        Record(f"r{n}", json.dumps({"messages": list(turns(40100 + n, 40100 + n))}), "orders")
        for n in range(8)
    ]
    check = ResultsFitCalls(real)
    assert check.check(candidate(*turns(51000, 51000))) is None
    refused = check.check(candidate(*turns(51000, 62000)))
    assert refused is not None and "62000" in refused.evidence


def test_a_varied_record_has_ids_of_its_own_and_its_seed_keeps_its_ids() -> None:
    seed = SEEDS[0]
    body = json.loads(seed.body)
    body["messages"] += [
        {"role": "user", "content": "And what is it that I have to pay for the second bag on that flight?"},
        {"role": "assistant", "content": "The second bag is free of charge in your cabin class."},
    ]
    seed = Record("v", json.dumps(body), "airline")
    context = TopicContext("airline", "", {}, [seed], profile="small")
    strategy = make_strategy("message_variation")
    made = strategy.build(
        strategy.draft(context, 0, random.Random(0)),
        {"user": "Can I take my dog with me on board?", "assistant": "Yes, in a bag below the seat."},
    )
    ids = [one.id for one in exchanges(made.messages)]
    assert len(ids) == len(set(ids)) == 2
    assert [one.answer for one in exchanges(made.messages)] == [2, 6]
    assert [one.id for one in exchanges(seed.messages)] == ["random_id", "random_id"]


def test_calls_of_functionchat_in_one_conversation(shared_data: Path) -> None:
    """Its calls, as its multi-turn dialogues have them: one after the other, all under the id ``random_id``."""
    path = shared_data / "languages/functionchat_singlecall_ko.jsonl"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    singles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tools = list(
        {tool_["function"]["name"]: tool_ for single in singles for tool_ in single["tools"]}.values()
    )
    turns: list[Any] = []
    for number, single in enumerate(singles):
        asked, called = single["messages"]
        (made,) = called["tool_calls"]
        arguments = json.loads(made["function"]["arguments"])
        came = [(made["function"]["name"], arguments, json.dumps({"number": number}))]
        turns += [asked["content"], came, "네."]
    dialogue = with_one_id(record("k", *turns, tools=tools))
    paired = exchanges(dialogue.messages)
    assert len(paired) == len(singles) == 100
    for number, exchange in enumerate(paired):
        assert exchange.answer is not None
        assert dialogue.messages[exchange.answer]["content"] == json.dumps({"number": number})
