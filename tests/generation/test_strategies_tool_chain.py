"""Tool chains: drawn from what was observed, given other values, with results that are replayed or simulated."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import TopicContext
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.form.tool_calls import ToolCalls
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.strategies.chains.chain_model import ChainModel, links_hold, steps_of
from finetune_coverage.tools.generation.strategies.chains.data_links import leaf_at, leaves
from finetune_coverage.tools.generation.strategies.chains.traces import trace_of
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings

from .tool_orders import (
    ORDERS,
    PLAIN,
    RECOMBINED,
    REPLAYED,
    TEXT,
    TOOLS,
    drafts,
    orders,
    record,
    steps,
    tool,
    written_calls,
)


def real_results(records: Sequence[Record]) -> set[tuple[str, str, str]]:
    return {
        (call.name, json.dumps(call.arguments, sort_keys=True), call.result)
        for seed in records
        for call in trace_of(seed)
    }


def observed_pairs(records: Sequence[Record]) -> set[tuple[Any, Any]]:
    chains = [[None, *steps(seed.messages), None] for seed in records]
    return {pair for chain in chains for pair in pairwise(chain)}


def _shape(value: Any) -> list[tuple[Any, type]]:
    return [(path, type(leaf)) for path, leaf in leaves(value)]


def real_seeds(path: Path, topic: str) -> list[Record]:
    with path.open(encoding="utf-8") as lines:
        sources = [(json.loads(line), line) for line in lines]
    return [
        Record(id=f"r{number}", body=line, topic=topic)
        for number, (source, line) in enumerate(sources)
        if topic in (source.get("topic"), *source.get("topics", [])[:1])
    ]


def test_chains_only_follow_observed_transitions() -> None:
    pairs = observed_pairs(ORDERS)
    made = drafts(orders(RECOMBINED), 60)
    for draft, candidate in made:
        chain = [None, *steps(candidate.messages)]
        assert set(pairwise(chain)) <= pairs
        assert [name for step in chain[1:] for name in step] == draft.details["chain"]
    assert Counter(draft.details["chain_from"] for draft, _ in made)["recombined"] > 30


def test_a_recombination_is_of_several_records_and_its_links_hold() -> None:
    model = ChainModel(ORDERS)
    for number in range(40):
        mixed = model.recombined(random.Random(number))
        if mixed is not None:
            assert len({step.record.id for step in mixed}) > 1
            assert links_hold(mixed)


def test_a_step_whose_data_would_be_missing_is_not_recombined() -> None:
    # Cancelling takes the order from the search: after the mode alone there is none.
    find, cancel, mode = steps_of(ORDERS[0])
    assert links_hold([find, cancel])
    assert not links_hold([mode, cancel])


def test_data_links_hold_in_written_chains() -> None:
    for settings in (PLAIN, RECOMBINED, REPLAYED):
        for _, candidate in drafts(orders(settings), 60):
            found = None
            for name, arguments, result in written_calls(candidate):
                if name == "find_order":
                    found = leaf_at(json.loads(result), ("orders", 0, "order"))
                elif name == "cancel_order" and found is not None:
                    assert arguments["order"] == found
            assert ToolCalls().check(candidate) is None
            assert RoleGrammar().check(candidate) is None


def test_replayed_results_are_real_ones_byte_for_byte() -> None:
    real = real_results(ORDERS)
    made = drafts(orders(REPLAYED), 8)
    for draft, candidate in made:
        assert set(draft.details["tool_results"]) == {"replayed"}
        for name, arguments, result in written_calls(candidate):
            assert (name, json.dumps(arguments, sort_keys=True), result) in real


@pytest.mark.parametrize("settings", [PLAIN, RECOMBINED, ToolChainSettings()])
def test_each_result_is_marked_as_what_it_is(settings: ToolChainSettings) -> None:
    real = real_results(ORDERS)
    for draft, candidate in drafts(orders(settings), 60):
        calls = written_calls(candidate)
        assert len(calls) == len(draft.details["tool_results"])
        for (name, arguments, result), origin in zip(calls, draft.details["tool_results"], strict=True):
            is_real = (name, json.dumps(arguments, sort_keys=True), result) in real
            assert origin == ("replayed" if is_real else "simulated")


def test_simulated_results_keep_shape_types_and_style() -> None:
    real = {call.name: call for call in trace_of(ORDERS[0])}
    for _, candidate in drafts(orders(PLAIN), 30):
        for name, arguments, result in written_calls(candidate):
            value = json.loads(result)
            assert _shape(value) == _shape(real[name].value)
            assert json.dumps(value, **real[name].json_style) == result
            for key in arguments.keys() & value.keys():
                assert value[key] == arguments[key]


def test_parallel_calls_stay_parallel_and_share_their_values() -> None:
    email = "eve@example.com"
    parallel = record(
        "p",
        f"What do you have of {email}?",
        [("find_order", {"email": email}, '{"orders": []}'), ("set_mode", {"mode": "day"}, "{}")],
        "Nothing.",
    )
    twins = record(
        "q",
        "What do you have of fay@example.com?",
        [("find_order", {"email": "fay@example.com"}, "[]"), ("list", {"email": "fay@example.com"}, "[]")],
        "Nothing.",
        tools=[*TOOLS, tool("list", email=TEXT)],
    )
    for _, candidate in drafts(orders(PLAIN, [parallel, twins]), 20):
        (together,) = steps(candidate.messages)
        assert together in {("find_order", "set_mode"), ("find_order", "list")}
        if "list" in together:
            assert len({arguments["email"] for _, arguments, _ in written_calls(candidate)}) == 1


def test_results_with_the_old_values_are_not_replayed_for_new_ones() -> None:
    me = record(
        "m",
        "I am ann@example.com, who am I?",
        [("find_order", {"email": "ann@example.com"}, '{"ok": true}')],
        [("whoami", {}, '{"email": "ann@example.com"}')],
        "You are ann@example.com.",
        tools=[*TOOLS, tool("whoami")],
    )
    for draft, candidate in drafts(orders(PLAIN, [me, *ORDERS]), 40):
        calls = written_calls(candidate)
        if draft.details["chain"] == ["find_order", "whoami"]:
            assert json.loads(calls[1][2])["email"] == calls[0][1]["email"]


def test_long_arguments_are_left_to_the_model_and_repeated_where_the_trace_repeats_them() -> None:
    reason = "it does not fit and the colour is wrong"
    long = record(
        "l",
        f"Cancel order 40117, {reason}.",
        [("cancel_order", {"order": 40117, "reason": reason}, "{}")],
        "Shall I send the form, too?",
        "Yes.",
        [("form", {"reason": reason}, "{}")],
        "Done.",
        tools=[*TOOLS, tool("form", reason=TEXT)],
    )
    ((draft, candidate),) = drafts(orders(PLAIN, [long]), 1)
    assert "reason" in draft.requests[0].schema["properties"]
    reasons = [arguments["reason"] for _, arguments, _ in written_calls(candidate)]
    assert reasons == ["as soon as you can, for the two of us"] * 2
    assert draft.details["tool_results"] == ["simulated", "simulated"]


@pytest.mark.parametrize(
    ("file", "topics"),
    [
        ("support/star_support.jsonl", ["ride_status", "hotel_book", "apartment_search", "bank_balance"]),
        ("support/star_multitask.jsonl", ["ride_status"]),
        ("tools/tooltalk.jsonl", ["Alarm", "Calendar", "AccountTools"]),
        ("tools/apibank_lv1_lv2.jsonl", ["DeleteAccount"]),
    ],
)
def test_chains_of_real_traces_pass_the_checks(shared_data: Path, file: str, topics: list[str]) -> None:
    for topic in topics:
        seeds = real_seeds(shared_data / file, topic)
        pairs = observed_pairs(seeds)
        strategy = make_strategy("tool_chain")
        for draft, candidate in drafts(TopicContext(topic, "", {}, seeds), 40):
            assert RoleGrammar().check(candidate) is None
            assert ToolCalls().check(candidate) is None, draft.details
            refused = strategy.check(candidate)
            assert refused is None or refused.check == "copied_phrase"
            if "negative" not in draft.details and draft.details["chain_from"] == "recombined":
                assert set(pairwise(steps(candidate.messages))) <= pairs
