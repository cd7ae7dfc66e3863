"""Records whose tool calls the user's own tools answer: the model writes up to a call, sees the result, and goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from ...text.whole_characters import whole_characters
from ..checks.form.tool_schema import ToolSchema
from ..strategies.prompt import render
from ..strategies.written_record import answer_schema
from ..tool_executor import NoResult, ToolExecutor
from .acceptance import PARSE, broken
from .draft import Draft, Rejection, Request, Strategy, UnusableAnswer
from .open_attempt import Open
from .replies import answer_of_parts, part_in

NAME = "tool_executor"
"""The reason of attempts whose calls the user's tools did not answer."""
MOST_ROUNDS = 12
"""Messages of one record that may call tools; after the last one the model is told to call none any more."""


class OwnTools:
    """Has the calls of attempts answered.

    Args:
        executor: the user's function.
        strategy: reads what the model wrote.
        schema: what a call must keep to; one that does not never reaches the function.
    """

    def __init__(self, executor: ToolExecutor, strategy: Strategy, schema: ToolSchema) -> None:
        self._executor = executor
        self._strategy = strategy
        self._schema = schema

    def answer(self, one: Open) -> Rejection | None:
        """Call the tools that an attempt waits for, and add what they return; or why it must be given up."""
        try:
            begun = self._strategy.build(one.draft, answer_of_parts(one.replies, one.results))
        except (UnusableAnswer, ValueError) as error:
            return Rejection(PARSE, str(error)[:300])
        except Exception as error:
            return broken("building the record", error)
        if refusal := self._schema.check(begun):
            return refusal
        if len(one.results) == MOST_ROUNDS:
            return Rejection(NAME, f"it calls tools once more after {MOST_ROUNDS} times")
        try:
            results = [self._executor.result(tool, json.loads(arguments)) for tool, arguments in one.calls]
        except NoResult as error:
            return Rejection(NAME, str(error))
        one.add_results(results, going_on(one.draft, one.replies, [*one.results, results]))
        return None


def going_on(draft: Draft, replies: Sequence[str], results: Sequence[Sequence[str]]) -> Request:
    """The request for what follows the last results: the conversation with the model so far, and what was returned."""
    first = draft.requests[0]
    prompt = list(first.prompt)
    for number, (reply, returned) in enumerate(zip(replies, results, strict=True), 1):
        prompt.append(("assistant", whole_characters(json.dumps(part_in(reply), ensure_ascii=False))))
        prompt += render("results", results=list(returned), is_last=number == MOST_ROUNDS)
    schema = answer_schema({"messages": first.schema["properties"]["messages"]})
    return replace(first, prompt=prompt, schema=schema)
