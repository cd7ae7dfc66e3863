"""Tool chains: learned from traces, given other values, replayed or simulated, and the negatives among them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.draft import Candidate, Draft, TopicContext
from finetune_coverage.tools.generation.gates.artefacts import Artefacts
from finetune_coverage.tools.generation.gates.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.gates.tool_calls import ToolCalls
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.strategies.chains.argument_values import misread
from finetune_coverage.tools.generation.strategies.chains.chain_model import ChainModel, links_hold, steps_of
from finetune_coverage.tools.generation.strategies.chains.data_links import Source, leaf_at, leaves
from finetune_coverage.tools.generation.strategies.chains.identifiers import identifiers, renumbered
from finetune_coverage.tools.generation.strategies.chains.tool_errors import empty_error_field, is_error
from finetune_coverage.tools.generation.strategies.chains.tool_results import ToolResults
from finetune_coverage.tools.generation.strategies.chains.traces import TracedCall, fit, trace_of
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings
from hypothesis import given
from hypothesis import strategies as st

Messages = list[dict[str, Any]]

PLAIN = ToolChainSettings(negative_share=0, recombined_share=0, replayed_share=0)
REPLAYED = ToolChainSettings(negative_share=0, recombined_share=0, replayed_share=1)
RECOMBINED = ToolChainSettings(negative_share=0, recombined_share=1, replayed_share=0)
NEGATIVE = ToolChainSettings(negative_share=1, recombined_share=0, replayed_share=0)


def tool(name: str, required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TEXT = {"type": "string"}
TOOLS = [
    tool("find_order", ["email"], email=TEXT),
    tool("cancel_order", ["order"], order={"type": "integer", "minimum": 1, "maximum": 99999}, reason=TEXT),
    tool("set_mode", ["mode"], mode={"type": "string", "enum": ["day", "night"]}),
]


def record(name: str, *turns: str | list[tuple[str, dict[str, Any], str]], tools: Any = TOOLS) -> Record:
    """A record of texts (user and assistant in turn) and of parallel calls (tool, arguments, result)."""
    messages: Messages = []
    for turn in turns:
        if isinstance(turn, str):
            is_user = not messages or messages[-1]["role"] == "assistant"
            messages.append({"role": "user" if is_user else "assistant", "content": turn})
            continue
        calls = [
            {
                "id": f"{len(messages)}_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments, _) in enumerate(turn)
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        for call, (_, _, result) in zip(calls, turn, strict=True):
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    return Record(id=name, body=json.dumps({"messages": messages, "tools": tools}), topic="orders")


def order_record(name: str, email: str, order: int, mode: str = "day") -> Record:
    return record(
        name,
        f"Please cancel my order, I am {email}.",
        [("find_order", {"email": email}, json.dumps({"orders": [{"order": order}], "error": None}))],
        [
            (
                "cancel_order",
                {"order": order},
                json.dumps({"order": order, "cancelled": True, "error": None}, separators=(",", ":")),
            )
        ],
        f"Order {order} is cancelled.",
        f"Now {mode} mode.",
        [("set_mode", {"mode": mode}, json.dumps({"mode": mode, "error": None}))],
        "Done.",
    )


ORDERS = [
    order_record("a", "ann@example.com", 40117),
    order_record("b", "bob@example.com", 51128, "night"),
    order_record("c", "cyd@example.com", 62139),
    record(
        "d",
        "Day mode please.",
        [("set_mode", {"mode": "day"}, '{"mode": "day", "error": null}')],
        "It is on. Anything else?",
        "Cancel order 73140.",
        [("cancel_order", {"order": 73140}, '{"order":73140,"cancelled":true,"error":null}')],
        "Cancelled.",
    ),
    record(
        "e",
        "I do not want order 84151 any longer.",
        [("cancel_order", {"order": 84151}, '{"order":84151,"cancelled":true,"error":null}')],
        "Cancelled.",
    ),
]


def orders(settings: ToolChainSettings = PLAIN, seeds: Sequence[Record] = ORDERS) -> TopicContext:
    return TopicContext("orders", "", {}, list(seeds), tool_chain=settings)


def drafts(context: TopicContext, number: int) -> list[tuple[Draft, Candidate]]:
    """Drafts with the records that a model makes of them that says what it should."""
    strategy = make_strategy("tool_chain")
    made = (strategy.draft(context, n, random.Random(f"job:{n}")) for n in range(number))
    return [(draft, strategy.build(draft, spoken(draft))) for draft in made]


def spoken(draft: Draft) -> dict[str, str]:
    """What a model says that names every fact where it belongs."""
    script = draft.plan[0]
    fields = [name for request in draft.requests for name in request.schema["properties"]]
    answer = dict.fromkeys(fields, "as soon as you can, for the two of us")
    answer["request"] = f"I need help: {named(script.chain.facts[0])}, {answer['request']}."
    if "details" in fields:
        facts = script.values.get("forgotten", script.chain.facts[0])
        answer |= {"question": "What else do I need?", "details": f"That is {named(facts)}."}
    if "follow_up" in fields:
        answer["follow_up"] = f"Now to the next one: {named(script.chain.facts[1])}."
    if "correction" in fields:
        answer["problem"] = "I cannot find that. Could you check it?"
        answer["correction"] = f"Oh, it is {named(script.values['right'])}."
    replies = {"answer": "I am sorry, that is all.", "answer_2": "That is done."}
    return {name: replies.get(name, answer[name]) for name in fields}


def named(facts: dict[str, Any]) -> str:
    return ", ".join(f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items())


def steps(messages: Messages) -> list[tuple[str, ...]]:
    return [
        tuple(call["function"]["name"] for call in message["tool_calls"])
        for message in messages
        if message.get("tool_calls")
    ]


def written_calls(candidate: Candidate) -> list[tuple[str, dict[str, Any], str]]:
    """Tool, arguments and result of each call of a written record."""
    results = {m["tool_call_id"]: m["content"] for m in candidate.messages if m["role"] == "tool"}
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]), results[call["id"]])
        for message in candidate.messages
        for call in message.get("tool_calls") or []
    ]


def real_results(records: Sequence[Record]) -> set[tuple[str, str, str]]:
    return {
        (call.name, json.dumps(call.arguments, sort_keys=True), call.result)
        for seed in records
        for call in trace_of(seed)
    }


def observed_pairs(records: Sequence[Record]) -> set[tuple[Any, Any]]:
    chains = [[None, *steps(seed.messages), None] for seed in records]
    return {pair for chain in chains for pair in pairwise(chain)}


def test_sources_tell_where_an_argument_comes_from() -> None:
    find, cancel, mode = steps_of(ORDERS[0])
    assert find.sources[0]["email"].kind == "said"
    assert cancel.sources[0]["order"] == Source("result", "find_order", ("orders", 0, "order"), is_said=False)
    assert mode.sources[0]["mode"].kind == "choice"
    assert [step.after_user for step in (find, cancel, mode)] == [True, False, True]


def test_what_an_earlier_call_was_given_is_taken_from_there() -> None:
    twice = record(
        "r",
        "Where is order 40117?",
        [("cancel_order", {"order": 40117}, '{"order": 40117}')],
        [("cancel_order", {"order": 40117, "reason": "none"}, "{}")],
        "Gone.",
    )
    second = steps_of(twice)[1]
    assert second.sources[0]["order"].kind == "argument"
    assert second.sources[0]["reason"].kind == "unknown"


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


def _shape(value: Any) -> list[tuple[Any, type]]:
    return [(path, type(leaf)) for path, leaf in leaves(value)]


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


# Negatives


def negatives(context: TopicContext, kind: str, number: int = 30) -> list[tuple[Draft, Candidate]]:
    return [made for made in drafts(context, number) if made[0].details.get("negative") == kind]


def test_negatives_come_in_the_configured_share() -> None:
    for share in (0.0, 0.2, 0.5):
        context = orders(ToolChainSettings(negative_share=share))
        kinds = Counter(draft.details.get("negative") for draft, _ in drafts(context, 300))
        plain = kinds.pop(None, 0)
        assert 300 - plain == pytest.approx(300 * share, abs=4)
        if share:
            assert set(kinds) == {"no_suitable_tool", "missing_argument", "tool_error"}
            assert max(kinds.values()) - min(kinds.values()) <= 5


def test_negatives_pass_the_gates() -> None:
    strategy = make_strategy("tool_chain")
    for _, candidate in drafts(orders(NEGATIVE), 60):
        for gate in (RoleGrammar(), ToolCalls(), strategy):
            assert gate.check(candidate) is None


def test_without_a_suitable_tool_nothing_is_called() -> None:
    for draft, candidate in negatives(orders(NEGATIVE), "no_suitable_tool"):
        assert written_calls(candidate) == []
        declared = [tool["function"]["name"] for tool in candidate.source["tools"]]
        assert declared and not set(declared) & set(draft.details["wanted"])
        candidate.messages[-1]["content"] = "Your order is cancelled."
        rejection = make_strategy("tool_chain").check(candidate)
        assert rejection is not None and rejection.gate == "negative"


def test_a_missing_argument_is_asked_for_then_given_then_used() -> None:
    made = negatives(orders(NEGATIVE), "missing_argument")
    assert made
    for draft, candidate in made:
        roles = [message["role"] for message in candidate.messages]
        assert roles[:3] == ["user", "assistant", "user"]
        value = str(draft.plan[0].values["forgotten"][draft.details["forgotten"]])
        asked, given = candidate.messages[0]["content"], candidate.messages[2]["content"]
        assert value not in asked and value in given
        assert value in candidate.messages[3]["tool_calls"][0]["function"]["arguments"]
        candidate.messages[0]["content"] += f" It is {value}."
        rejection = make_strategy("tool_chain").check(candidate)
        assert rejection is not None and value in rejection.evidence


def test_whoever_writes_the_request_does_not_see_what_is_forgotten() -> None:
    for draft, _ in negatives(orders(NEGATIVE), "missing_argument"):
        ask, reply = draft.requests
        value = str(draft.plan[0].values["forgotten"][draft.details["forgotten"]])
        assert value not in ask.prompt[-1][1] and value in reply.prompt[-1][1]
        assert set(ask.schema["properties"]) >= {"request", "question"}
        assert list(reply.schema["properties"]) == list(draft.stand_in) == ["details", "answer"]
        # What stands in for the reply must not be what a gate refuses the beginning for.
        begun = make_strategy("tool_chain").build(draft, {**spoken(draft), **draft.stand_in})
        for gate in (RoleGrammar(), Artefacts(), ToolCalls(), make_strategy("tool_chain")):
            assert gate.check(begun) is None


def test_a_tool_error_is_followed_by_a_correction_or_an_apology() -> None:
    made = negatives(orders(NEGATIVE), "tool_error", 60)
    recoveries = Counter(draft.details["recovery"] for draft, _ in made)
    assert recoveries.keys() == {"correction", "apology"}
    for draft, candidate in made:
        calls = written_calls(candidate)
        errors = [is_error(json.loads(result)) for _, _, result in calls]
        if draft.details["recovery"] == "apology":
            assert errors[-1] and not any(errors[:-1])
        else:
            assert errors[-2:] == [True, False]
            wrong, right = calls[-2][1], calls[-1][1]
            assert wrong.keys() == right.keys() and wrong != right
            assert str(next(iter(right.values()))) in candidate.messages[-4]["content"]
        assert set(draft.details["tool_results"]) <= {"simulated", "replayed"}


def test_negatives_stay_away_where_traces_do_not_show_them() -> None:
    lone = record("x", "Ping it.", [("ping", {}, "pong")], "It answers.", tools=[tool("ping")])
    for draft, _ in drafts(orders(NEGATIVE, [lone]), 10):
        assert "negative" not in draft.details


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"response": None, "exception": "The password is incorrect."}, True),
        ({"response": {"id": 3}, "exception": None}, False),
        ({"Item": {"Message": "Reservation Failed"}}, True),
        ({"Item": {"Message": "You must take your medicine 2 times a day before meals."}}, False),
        ({"account": "x", "unlocked": True, "failed_attempts": 21}, False),
        ("Order not found", True),
        ([], False),
    ],
)
def test_errors_are_recognised(value: Any, expected: bool) -> None:
    assert is_error(value) is expected


def test_an_error_field_shows_although_it_is_always_empty() -> None:
    calls = [TracedCall("t", {}, text) for text in ('{"a": 1, "exception": null}', '{"exception": null}')]
    assert empty_error_field(calls) == ("exception",)
    assert empty_error_field([*calls, TracedCall("t", {}, '{"a": null}')]) is None


# Values and results


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)), st.integers())
def test_replay_gives_only_what_a_trace_has_for_exactly_this_call(
    arguments: dict[str, int], seed: int
) -> None:
    real = [TracedCall("t", {"a": n}, json.dumps({"n": n, "m": m})) for n in range(3) for m in range(2)]
    result = ToolResults(real, {}).replay(real[0], arguments, [], random.Random(seed))
    matching = [call.result for call in real if call.arguments == arguments]
    assert result in matching if matching else result is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Invoice INV-204417 of account 351531510", ["INV-204417", "351531510"]),
        ("device d-118 and MAC-7F31-20", ["d-118", "MAC-7F31-20"]),
        ("on 2023-09-12 at 14:00:00, 1.2345 in UTF-8, since 1998, from 192.0.2.44", []),
    ],
)
def test_identifiers_are_told_from_other_numbers(text: str, found: list[str]) -> None:
    assert identifiers(text) == found


@given(st.from_regex(r"[A-Z]{1,3}-[0-9]{3,9}", fullmatch=True), st.integers())
def test_renumbering_keeps_the_form(identifier: str, seed: int) -> None:
    other = renumbered(identifier, random.Random(seed))
    letters = str.maketrans("0123456789", "0" * 10)
    assert other.translate(letters) == identifier.translate(letters)


def test_a_trace_needs_declared_and_answered_calls() -> None:
    ping = tool("ping")
    call = {"id": "1", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
    asks = [
        {"role": "user", "content": "ping it"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    answered = [*asks, {"role": "tool", "tool_call_id": "1", "content": "ok"}]

    def trace(messages: list[Any], tools: list[Any]) -> list[Any]:
        return trace_of(Record(id="r", body=json.dumps({"messages": messages, "tools": tools}), topic="t"))

    assert len(trace(answered, [ping])) == 1
    assert trace(asks, [ping]) == []
    assert trace(answered, []) == []


@pytest.mark.parametrize(
    ("value", "schema", "fitted"),
    [
        (68318931, {"type": "string"}, "68318931"),
        (["Shadyside Inn", 'api.is_equal_to("Shadyside Inn")'], {"type": "string"}, "Shadyside Inn"),
        ("api.is_at_least(43)", {"type": "integer"}, 43),
        ("4.5", {"type": "number"}, 4.5),
        ("4.5", {"type": "integer"}, None),
        ("CHECK", {"type": "string", "enum": ["Check", "Book"]}, "Check"),
        ("other", {"type": "string", "enum": ["Check", "Book"]}, None),
        ("yes", {"type": "boolean"}, None),
        ('api.contains("Park")', {"type": "array", "items": {"type": "string", "enum": ["Park"]}}, ["Park"]),
        (["sea"], {"type": "array", "items": {"type": "string", "enum": ["Park"]}}, None),
    ],
)
def test_values_are_brought_into_the_declared_type(value: Any, schema: dict[str, Any], fitted: Any) -> None:
    assert fit(value, schema) == fitted


# Other people's datasets


@pytest.mark.parametrize(
    ("file", "topics"),
    [
        ("support/star_support.jsonl", ["ride_status", "hotel_book", "apartment_search", "bank_balance"]),
        ("support/star_multitask.jsonl", ["ride_status"]),
        ("tools/tooltalk.jsonl", ["Alarm", "Calendar", "AccountTools"]),
        ("tools/apibank_lv1_lv2.jsonl", ["DeleteAccount"]),
    ],
)
def test_chains_of_real_traces_pass_the_gates(shared_data: Path, file: str, topics: list[str]) -> None:
    for topic in topics:
        seeds = real_seeds(shared_data / file, topic)
        pairs = observed_pairs(seeds)
        strategy = make_strategy("tool_chain")
        for draft, candidate in drafts(TopicContext(topic, "", {}, seeds), 40):
            assert RoleGrammar().check(candidate) is None
            assert ToolCalls().check(candidate) is None, draft.details
            refused = strategy.check(candidate)
            assert refused is None or refused.gate == "copied_phrase"
            if "negative" not in draft.details and draft.details["chain_from"] == "recombined":
                assert set(pairwise(steps(candidate.messages))) <= pairs


def real_seeds(path: Path, topic: str) -> list[Record]:
    with path.open(encoding="utf-8") as lines:
        sources = [(json.loads(line), line) for line in lines]
    return [
        Record(id=f"r{number}", body=line, topic=topic)
        for number, (source, line) in enumerate(sources)
        if topic in (source.get("topic"), *source.get("topics", [])[:1])
    ]


def test_the_bundled_sample_allows_two_kinds_of_negatives(context: Callable[..., TopicContext]) -> None:
    made = drafts(context("account_management"), 50)
    kinds = {draft.details["negative"] for draft, _ in made if "negative" in draft.details}
    assert kinds == {"no_suitable_tool", "missing_argument"}
    assert {origin for draft, _ in made for origin in draft.details["tool_results"]} == {
        "replayed",
        "simulated",
    }


def test_the_conversation_in_the_prompt_names_the_new_values_and_not_what_is_forgotten() -> None:
    for settings in (PLAIN, NEGATIVE):
        for draft, _ in drafts(orders(settings), 40):
            task = draft.requests[0].prompt[-1][1]
            (shown,) = (line for line in task.splitlines() if line.startswith("Real conversation:"))
            facts = draft.plan[0].chain.facts[0]
            for old in ("ann@example.com", "bob@example.com", "84151"):
                assert old not in shown or old in map(str, facts.values())
            for forgotten in draft.plan[0].values.get("forgotten", {}).values():
                assert str(forgotten) not in shown


@pytest.mark.parametrize("value", [84151, "351531510", "INV-204417"])
def test_a_number_is_mistyped_in_its_own_form(value: Any) -> None:
    for seed in range(20):
        wrong = misread(value, {}, random.Random(seed))
        if wrong is not None:
            assert wrong != value and type(wrong) is type(value) and len(str(wrong)) == len(str(value))


@pytest.mark.parametrize("value", ["2023-09-12", "18:30:00", 12, 4.99, "Ruth", True, [841512]])
def test_what_is_no_number_is_not_mistyped(value: Any) -> None:
    assert misread(value, {}, random.Random(0)) is None
