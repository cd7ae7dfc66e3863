"""Chains in which the plain call would be wrong: no tool suits, an argument is missing, a tool reports an error.

Each is made only where the topic's traces make it plausible.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ....dataset.record import Record
from .argument_values import is_long, misread
from .chain import Chain, WrittenStep
from .chain_model import Step
from .tool_errors import is_about_an_argument, is_error, with_error
from .tool_results import ToolResults
from .traces import TracedCall, parameters_of

NegativeKind = Literal["no_suitable_tool", "missing_argument", "tool_error"]
NEGATIVES: tuple[NegativeKind, ...] = ("no_suitable_tool", "missing_argument", "tool_error")
MOST_OTHER_TOOLS = 3
"""Tools that are declared beside the missing one: enough to choose from, few enough for a prompt."""


@dataclass(frozen=True)
class Failure:
    """A failed call before, or in place of, the last one of a chain.

    Attributes:
        chain: with the failed call in it.
        wrong: the argument that the user names wrongly at first and its wrong value; None when another value would
            not help and the assistant has to say that it failed.
    """

    chain: Chain
    wrong: tuple[str, Any] | None


def first_request(steps: Sequence[Step]) -> list[Step]:
    """The steps that serve the user's first request."""
    kept = [steps[0]]
    for step in steps[1:]:
        if step.after_user:
            break
        kept.append(step)
    return kept


def other_tools(steps: Sequence[Step], topic_tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tools that are declared in the topic and cannot do what these steps do.

    The record's own come first. A tool that takes all the arguments of a called one is left out: it might do.
    """
    called = {call.name for step in steps for call in step.calls}
    wanted = [set(call.arguments) for step in steps for call in step.calls]
    unsuited: dict[str, dict[str, Any]] = {}
    for tool in [*steps[0].record.tools, *topic_tools]:
        function = tool.get("function", tool)
        takes = set((function.get("parameters") or {}).get("properties", {}))
        if function["name"] not in called and not any(arguments <= takes for arguments in wanted):
            unsuited.setdefault(function["name"], tool)
    return list(unsuited.values())


def missing_arguments(step: Step) -> list[str]:
    """Required arguments of a step's calls that the user names and could forget."""
    return [
        key
        for call, sources in zip(step.calls, step.sources, strict=True)
        for key in (parameters_of(step.record, call.name) or {}).get("required", [])
        if sources[key].kind == "said" and not is_long(call.arguments[key])
    ]


def can_fail(step: Step, results: ToolResults) -> bool:
    """Whether traces show how the single call of a step reports an error."""
    if len(step.calls) != 1 or is_error(step.calls[0].value):
        return False
    ways = results.ways_to_fail(step.calls[0].name)
    return bool(ways.errors) or ways.empty_field is not None


def failed(chain: Chain, record: Record, results: ToolResults, rng: random.Random) -> Failure:
    """The chain with its last call failing.

    Where the tool's error is about a value, and the user's first request names a number that can be mistyped, the
    call fails with the wrong number and succeeds with the right one. Else it fails for good.
    """
    last = chain.steps[-1]
    good = last.calls[0]
    wrong = _mistyped(chain, good, record, rng)
    error = _error_call(good.name, wrong[0] if wrong else None, results, rng)
    wrong = wrong if is_about_an_argument(error.value) else None
    arguments = {**good.arguments, wrong[0]: wrong[1]} if wrong else good.arguments
    known = {key: value for key, value in arguments.items() if value is not None}
    result = results.simulate(error, known, {}, rng)
    bad = WrittenStep([TracedCall(good.name, arguments, result)], ["simulated"], last.turn)
    kept = [*chain.steps[:-1], bad, *([last] if wrong else [])]
    to_write = {
        field: [
            *places,
            *((number + 1, call, key) for number, call, key in places if wrong and number == len(kept) - 2),
        ]
        for field, places in chain.to_write.items()
    }
    return Failure(replace(chain, steps=kept, to_write=to_write), wrong)


def _error_call(tool: str, mistyped: str | None, results: ToolResults, rng: random.Random) -> TracedCall:
    """A real call that failed, or a real one with its empty error field filled."""
    ways = results.ways_to_fail(tool)
    if ways.errors:
        return rng.choice(ways.errors)
    base, field = rng.choice(results.of_tool(tool)), ways.empty_field
    assert field is not None  # `can_fail` looked
    value = with_error(base.value, field, f"{mistyped} not found" if mistyped else "not available")
    return TracedCall(tool, base.arguments, json.dumps(value, **base.json_style))


def _mistyped(chain: Chain, good: TracedCall, record: Record, rng: random.Random) -> tuple[str, Any] | None:
    """An argument that the user names in the first request, with its mistyped value."""
    schemas = (parameters_of(record, good.name) or {}).get("properties", {})
    for key, value in good.arguments.items():
        if value in chain.facts[0].values():
            wrong = misread(value, schemas.get(key, {}), rng)
            if wrong is not None:
                return key, wrong
    return None
