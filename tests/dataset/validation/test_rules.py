"""Each rule finds what it is for, and nothing in records that are as they should be."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.openai_chat import check_chat
from finetune_coverage.tools.dataset.validation.rules import RULES
from finetune_coverage.tools.dataset.validation.validate import check_record

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "Find it."}
SAYS: Json = {"role": "assistant", "content": "Here."}
SYSTEM: Json = {"role": "system", "content": "Be kind."}
TOOLS: list[Json] = [{"type": "function", "function": {"name": "find"}}]


def calls(*ids: str | None, name: str = "find", arguments: str = "{}", **more: Any) -> Json:
    function = {"name": name, "arguments": arguments}
    made = [{"type": "function", "function": function, **({"id": one} if one else {})} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": made, **more}


def answers(call_id: str, content: Any = "found") -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def found(messages: list[Json], tools: list[Json] | None = None, **more: Any) -> list[str]:
    source = {"messages": messages, "tools": TOOLS if tools is None else tools, **more}
    check_chat(source)  # what the importer refuses never comes here
    return sorted({finding.rule for finding in check_record(source)})


@pytest.mark.parametrize(
    "messages",
    [
        [USER, SAYS],
        [SYSTEM, USER, SAYS, USER, SAYS],
        [{"role": "developer", "content": "x"}, USER, {**SAYS, "weight": 1, "name": "Ann"}],
        [USER, calls("a", "b"), answers("b"), answers("a"), SAYS],
        [USER, calls("a"), answers("a"), calls("b"), answers("b"), SAYS],
        [USER, calls("a", "b")],
        [USER, {"role": "assistant", "content": None, "refusal": "I cannot."}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}, SAYS],
        [USER, {**SAYS, "weight": 0}, USER, SAYS],
    ],
)
def test_good_records(messages: list[Json]) -> None:
    assert found(messages) == []


@pytest.mark.parametrize(
    ("messages", "rules"),
    [
        ([SYSTEM, USER], ["no_assistant_turn"]),
        ([SYSTEM, SAYS], ["no_user_turn", "starts_with_assistant"]),
        ([SAYS, USER, SAYS], ["starts_with_assistant"]),
        ([USER, SAYS, USER], ["does_not_end_with_assistant"]),
        ([USER, USER, SAYS], ["roles_do_not_alternate"]),
        ([USER, SAYS, SAYS], ["roles_do_not_alternate"]),
        ([USER, SYSTEM, SAYS], ["system_not_first"]),
        ([SYSTEM, SYSTEM, USER, SAYS], ["system_not_first"]),
        ([USER, {**SAYS, "weight": 0}], ["nothing_weighted"]),
        ([USER, {**SAYS, "mood": "glad"}], ["unknown_message_key"]),
        ([USER, {**SAYS, "content": ""}], ["empty_content"]),
        ([{**USER, "content": []}, SAYS], ["empty_content"]),
        ([USER, {**SAYS, "content": " \n"}], ["blank_content"]),
        ([USER, calls("a"), answers("a", ""), SAYS], ["empty_tool_result"]),
        ([USER, calls("a"), USER, SAYS], ["unanswered_call"]),
        ([USER, calls("a", "b"), answers("a"), SAYS], ["unanswered_call"]),
        ([USER, calls("a"), SAYS], ["roles_do_not_alternate", "unanswered_call"]),
        ([USER, answers("a"), SAYS], ["answer_to_nothing"]),
        ([USER, calls("a"), USER, answers("a"), SAYS], ["answer_to_nothing", "unanswered_call"]),
        ([USER, calls("a"), answers("x"), SAYS], ["answer_to_nothing", "unanswered_call"]),
        ([USER, calls("a"), answers("a"), answers("a"), SAYS], ["answer_to_nothing"]),
        ([USER, calls("a"), answers("a"), SAYS, answers("a"), SAYS], ["answer_to_nothing"]),
        ([USER, calls("a"), answers("a"), calls("a"), answers("a"), SAYS], ["call_id_twice"]),
        ([USER, calls("a", "a"), answers("a"), answers("a"), SAYS], ["call_id_twice"]),
        ([USER, calls("a", "a"), answers("a"), SAYS], ["call_id_twice", "unanswered_call"]),
        ([USER, calls("a"), USER, calls("a"), answers("a"), SAYS], ["call_id_twice", "unanswered_call"]),
        ([USER, calls("a", arguments="{x")], ["arguments_not_json"]),
        ([USER, calls("a", arguments="")], ["arguments_not_json"]),
        ([USER, calls("a", arguments="[1]")], ["arguments_not_an_object"]),
        ([USER, calls("a", name="book")], ["undeclared_tool"]),
        ([USER, calls("a", name="get.it")], ["bad_function_name", "undeclared_tool"]),
    ],
)
def test_bad_records(messages: list[Json], rules: list[str]) -> None:
    assert found(messages) == rules


@pytest.mark.parametrize("name", ["a" * 65, "get.it", "naïve", "two words", "x\n"])
def test_declared_names_that_break_the_rule(name: str) -> None:
    assert found([USER, SAYS], [{"type": "function", "function": {"name": name}}]) == ["bad_function_name"]


def test_tools_declared_twice() -> None:
    assert found([USER, SAYS], TOOLS * 2) == ["tool_declared_twice"]


def test_the_older_spelling_is_checked_too() -> None:
    call = {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "no"}}
    result = {"role": "function", "name": "look", "content": ""}
    rules = found([USER, call, result, SAYS], [], functions=[{"name": "find"}])
    assert rules == ["arguments_not_json", "empty_tool_result", "undeclared_tool"]


def test_every_rule_says_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.says and rule.fix
        assert bool(rule.refused_by) == (rule.severity == "refused"), rule.id
