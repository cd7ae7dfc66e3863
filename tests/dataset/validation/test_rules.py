"""Each rule finds what it is for, and nothing in records that are as they should be."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.validation.rules import RULES
from finetune_coverage.tools.dataset.validation.validate import check_record
from finetune_coverage.tools.dataset.validation.vendors import DOES_NOT_FIT, UNASKED, VENDORS, severity_of

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "Find it."}
SAYS: Json = {"role": "assistant", "content": "Here."}
SYSTEM: Json = {"role": "system", "content": "Be kind."}
PICTURE: Json = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}
TOOLS: list[Json] = [{"type": "function", "function": {"name": "find"}}]


def calls(*ids: str | None, name: str = "find", arguments: str = "{}", **more: Any) -> Json:
    function = {"name": name, "arguments": arguments}
    made = [{"type": "function", "function": function, **({"id": one} if one else {})} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": made, **more}


def answers(call_id: str, content: Any = "found") -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def found(messages: list[Json], tools: list[Json] | None = None, **more: Any) -> list[str]:
    declared = TOOLS if tools is None else tools
    source = {"messages": messages, **({"tools": declared} if declared else {}), **more}
    check_chat(source)  # what the importer refuses never comes here
    rules = {finding.rule for finding in check_record(source)}
    return sorted(rule for rule in rules if severity_of(RULES[rule], UNASKED) is not None)


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
        [{"role": "user", "content": [PICTURE]}, {**SAYS, "content": [{"type": "text", "text": "A jar."}]}],
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
        ([{**USER, "content": [PICTURE]}, SAYS], ["text_and_parts"]),
        ([USER, {**SAYS, "content": [PICTURE]}], ["picture_not_by_user", "text_and_parts"]),
        (
            [{**USER, "content": [{"type": "image_url", "image_url": {"url": "http://x/1.png"}}]}],
            ["no_assistant_turn", "picture_by_address"],
        ),
        ([{**USER, "content": [{"type": "file", "file": {}}]}], ["no_assistant_turn", "part_of_other_kind"]),
        ([{**USER, "name": "Ann B."}, SAYS], ["bad_message_name"]),
        ([USER, {**SAYS, "weight": True}], ["weight_not_a_number"]),
        ([USER, {**SAYS, "tool_calls": []}], ["empty_list"]),
        (
            [USER, calls("a"), answers("a", [{"type": "text", "text": "x"}]), SAYS],
            ["text_and_parts", "tool_content_parts"],
        ),
        ([SYSTEM, SYSTEM, USER, SAYS], ["system_not_first"]),
        ([USER, {**SAYS, "weight": 0}], ["nothing_weighted"]),
        ([USER, {**SAYS, "mood": "glad"}], ["unknown_message_key"]),
        ([USER, {**SAYS, "content": ""}], ["empty_answer"]),
        ([{**USER, "content": ""}, SAYS], ["empty_content"]),
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


@pytest.mark.parametrize(
    "parameters", [{"type": "dict"}, {"type": "object", "properties": {"a": {"type": "float"}}}]
)
def test_parameters_that_are_no_schema_of_an_object(parameters: Json) -> None:
    tool = {"type": "function", "function": {"name": "find", "parameters": parameters}}
    assert found([USER, SAYS], [tool]) == ["bad_tool_schema"]


@pytest.mark.parametrize(
    ("parameters", "arguments", "is_other"),
    [
        ({"properties": {"day": {}}, "required": ["day"]}, '{"day": "1"}', False),
        ({"properties": {"day": {}, "at": {}}}, '{"at": "x"}', False),
        ({"properties": {"day": {}}}, '{"check_in_day": "1"}', True),
        ({"properties": {"day": {}}, "required": ["day"]}, "{}", True),
        ({"properties": {}}, '{"anything": 1}', False),
        ({}, '{"anything": 1}', False),
    ],
)
def test_arguments_that_are_not_those_declared(parameters: Json, arguments: str, is_other: bool) -> None:
    tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", **parameters}}}
    rules = found([USER, calls("a", arguments=arguments), answers("a"), SAYS], [tool])
    assert rules == (["arguments_not_as_declared"] if is_other else [])


def test_tools_declared_twice() -> None:
    assert found([USER, SAYS], TOOLS * 2) == ["tool_declared_twice"]


def test_the_older_spelling_is_checked_too() -> None:
    call = {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "no"}}
    result = {"role": "function", "name": "look", "content": ""}
    rules = found([USER, call, result, SAYS], [], functions=[{"name": "find"}])
    assert rules == ["arguments_not_json", "empty_tool_result", "undeclared_tool"]


def test_every_rule_says_what_to_do_and_is_somebodys_matter() -> None:
    refused = {rule for vendor in VENDORS.values() for rule in vendor.refuses} | {DOES_NOT_FIT}
    assert refused <= RULES.keys()
    for rule in RULES.values():
        assert rule.says and rule.fix
        assert rule.severity is not None or rule.id in refused, rule.id
