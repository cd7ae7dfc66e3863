"""The negatives among tool chains: their share, their course, and that they show what they are for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft, TopicContext
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.form.tool_calls import ToolCalls
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.strategies.chains.tool_errors import is_error
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings

from .tool_orders import NEGATIVE, PLAIN, drafts, orders, record, spoken, tool, written_calls


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


def test_negatives_pass_the_checks() -> None:
    strategy = make_strategy("tool_chain")
    for _, candidate in drafts(orders(NEGATIVE), 60):
        for check in (RoleGrammar(), ToolCalls(), strategy):
            assert check.check(candidate) is None


def test_without_a_suitable_tool_nothing_is_called() -> None:
    for draft, candidate in negatives(orders(NEGATIVE), "no_suitable_tool"):
        assert written_calls(candidate) == []
        declared = [tool["function"]["name"] for tool in candidate.source["tools"]]
        assert declared and not set(declared) & set(draft.details["wanted"])
        candidate.messages[-1]["content"] = "Your order is cancelled."
        rejection = make_strategy("tool_chain").check(candidate)
        assert rejection is not None and rejection.check == "negative"


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
        assert list(reply.schema["properties"]) == list(draft.stand_in) == ["user_reply", "answer"]
        # What stands in for the reply must not be what a check refuses the beginning for.
        begun = make_strategy("tool_chain").build(draft, {**spoken(draft), **draft.stand_in})
        for check in (RoleGrammar(), Artefacts(), ToolCalls(), make_strategy("tool_chain")):
            assert check.check(begun) is None


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
            shown = "".join(line for line in task.splitlines() if line.startswith("Real conversation:"))
            facts = draft.plan[0].chain.facts[0]
            for old in ("ann@example.com", "bob@example.com", "84151"):
                assert old not in shown or old in map(str, facts.values())
            for forgotten in draft.plan[0].values.get("forgotten", {}).values():
                assert str(forgotten) not in shown
