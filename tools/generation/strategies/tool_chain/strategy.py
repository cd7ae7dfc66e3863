"""Tool chain for a capable model: a task that needs the topic's tools, in one consistent world."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from ....coverage.space.cells import Facet
from ....coverage.strategy_choice import StrategyName
from ....dataset.json_within import read_json
from ....dataset.record import Message, Record, message_text
from ....dataset.tool_exchanges import exchanges
from ...attempts.draft import Candidate, Draft, Rejection, TopicContext
from ...missing_cells import Wanted
from ...scenarios.scenario import Scenario
from ..attributes import even_share
from ..seed_order import UsableSeeds, seed_for
from ..whole_record import Material, Task, WholeRecord
from ..written_record import tool_name

NegativeKind = Literal["no_suitable_tool", "missing_argument", "tool_error"]
_NEGATIVE = 2
"""Dimension of the even sequence that says which attempts are negatives."""
MOST_KNOWN = 3_000
"""Characters of the real results that a prompt names."""
LONGEST_RESULT = 600
"""Characters of a real result that shows the form of such results."""

Call = tuple[str, str]
"""Name and arguments, these as JSON with sorted keys."""


class ToolChain(WholeRecord):
    """Chains as long as real ones, with the tool that defines the topic; and cases in which a call would be wrong."""

    name: StrategyName = "tool_chain"
    facets: tuple[Facet, ...] = ("tool", "tools", "language")

    def __init__(self) -> None:
        super().__init__()
        self._usable = UsableSeeds(calls_declared_tools)
        self._known: tuple[TopicContext, dict[Call, str]] | None = None

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real record that calls a tool which it declares."""
        if self._usable.of(context):
            return None
        return "it needs real records that declare and call tools, and the topic has none"

    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """A real chain to take the length from, or a negative in its share."""
        context = material.context
        usable = self._usable.of(context)
        alike = material.declaring((wanted and wanted.tools) or frozenset())
        seed = seed_for([record for record in usable if record in alike] or usable, number)
        kind = (
            None
            if wanted
            else negative_kind(number, context.tool_chain.negative_share, possible_negatives(seed))
        )
        if wanted and wanted.tools == frozenset():
            kind = "no_suitable_tool"
        tool = None if kind or wanted else context.defining_tool
        shape = _shape(seed)
        # Own tools return what they return, in a world that may be another one than the recorded.
        has_own = context.tool_executor is not None
        results = [] if has_own else forms_of_results(seed, [*context.seeds, *context.borrowed])
        return Task(
            {
                "kind": kind,
                "tool": tool,
                "shape": shape,
                "known": [] if has_own else self._shown_results(context),
                "results": results,
                "ends_with_call": not any(has_results(record) for record in usable),
            },
            {"like": [name for group in shape for name in group], **({"negative": kind} if kind else {})},
            seeds=[seed],
            frame=seed,
            plan=(kind, tool or (wanted.tools if wanted else None)),
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written record; a result that real calls with the same arguments agree on is taken as it stands there.

        What the user's own tools returned stands, whatever was recorded.
        """
        candidate = super().build(draft, answer)
        origins = []
        for _, call, place in answered_calls(candidate.messages):
            if draft.tool_rounds is not None:
                origins.append("executed")
                continue
            real = self._real_results().get(call)
            written = candidate.messages[place]
            is_real = real is not None and _value(real) == _value(message_text(written))
            if is_real:
                written["content"] = real
            origins.append("replayed" if is_real else "simulated")
        candidate.details.update(
            chain=[name for name, _ in made_calls(candidate.messages)],
            tool_results=origins,
            simulated="simulated" in origins,
        )
        return candidate

    def check(self, candidate: Candidate) -> Rejection | None:
        """The topic's tool is called, a negative calls none too early, and no result contradicts the real ones."""
        kind, asked = candidate.draft.plan.plan
        called = {name for name, _ in made_calls(candidate.messages)}
        if kind == "no_suitable_tool" and called:
            return Rejection(
                "tool_chain", f"no tool was to be right, and {', '.join(sorted(called))} is called"
            )
        if kind == "missing_argument" and _calls_before_asking(candidate.messages):
            return Rejection(
                "tool_chain", "a tool is called before the assistant has asked for what is missing"
            )
        if kind in (None, "tool_error") and not called:
            return Rejection("tool_chain", "no tool is called")
        needed = {asked} if isinstance(asked, str) else set(asked or ())
        if kind is None and needed - called:
            return Rejection("tool_chain", f"{', '.join(sorted(needed - called))} is not called")
        if candidate.draft.tool_rounds is not None:
            return None
        for name, call, place in answered_calls(candidate.messages):
            real = self._real_results().get(call)
            if real is not None and message_text(candidate.messages[place]) != real:
                return Rejection(
                    "tool_results", f"real calls of {name} with these arguments return {real:.200}"
                )
        return None

    def _real_results(self) -> dict[Call, str]:
        """What real calls return, where several with the same arguments agree: what only one shows may be chance."""
        assert self._material is not None
        context = self._material.context
        if self._known is None or self._known[0] is not context:
            self._known = (context, agreed_results(context.seeds))
        return self._known[1]

    def _shown_results(self, context: TopicContext) -> list[dict[str, str]]:
        shown: list[dict[str, str]] = []
        size = 0
        for (name, arguments), result in self._real_results().items():
            size += len(arguments) + len(result)
            if size > MOST_KNOWN:
                break
            shown.append({"name": name, "arguments": arguments, "result": result})
        return shown


def has_results(record: Record) -> bool:
    """Whether a tool's result stands in a record."""
    return any(one.answer is not None for one in exchanges(record.messages))


def forms_of_results(frame: Record, records: Sequence[Record]) -> list[dict[str, str]]:
    """One real result of each tool that a record declares, as far as there are any; long ones are cut."""
    declared = {tool_name(tool) for tool in frame.tools}
    found: dict[str, str] = {}
    for record in records:
        if declared <= found.keys():
            break
        for name, _, place in answered_calls(record.messages):
            if name in declared:
                found.setdefault(name, message_text(record.messages[place])[:LONGEST_RESULT])
    return [{"name": name, "result": result} for name, result in found.items()]


def calls_declared_tools(record: Record) -> bool:
    """Whether a record calls tools, all of which it declares."""
    declared = {tool_name(tool) for tool in record.tools}
    called = {one.name for one in exchanges(record.messages)}
    return bool(called) and called <= declared


def possible_negatives(record: Record) -> list[NegativeKind]:
    """What can go wrong with tools like those of a record."""
    schemas = [tool.get("function", tool).get("parameters") or {} for tool in record.tools]
    kinds: list[NegativeKind] = ["no_suitable_tool"]
    if any(schema.get("required") for schema in schemas):
        kinds.append("missing_argument")
    return [*kinds, "tool_error"] if has_results(record) else kinds


def negative_kind(number: int, share: float, kinds: Sequence[NegativeKind]) -> NegativeKind | None:
    """The kind of negative that attempt ``number`` is, evenly over the kinds; None for a plain chain."""
    place = even_share(number, _NEGATIVE)
    return kinds[int(place / share * len(kinds))] if place < share else None


def agreed_results(records: Sequence[Record]) -> dict[Call, str]:
    """Results of real calls of which at least two records have the same arguments and no other result.

    Paired by position: ids may repeat.
    """
    found: dict[Call, list[str]] = {}
    for record in records:
        of_record = {
            call: message_text(record.messages[place]) for _, call, place in answered_calls(record.messages)
        }
        for call, result in of_record.items():
            found.setdefault(call, []).append(result)
    agreed = {
        call: results[0] for call, results in found.items() if len(results) > 1 and len(set(results)) == 1
    }
    return dict(sorted(agreed.items(), key=lambda one: -len(found[one[0]])))


def made_calls(messages: Sequence[Message]) -> list[Call]:
    """The calls of a conversation in their order."""
    return [(one.name, _canonical(one.call["function"].get("arguments"))) for one in exchanges(messages)]


def answered_calls(messages: Sequence[Message]) -> list[tuple[str, Call, int]]:
    """Tool, call, and the index of the message with its result, of each call that has one."""
    return [
        (call[0], call, one.answer)
        for one, call in zip(exchanges(messages), made_calls(messages), strict=True)
        if one.answer is not None
    ]


def _calls_before_asking(messages: Sequence[Message]) -> bool:
    first = next((m for m in messages if m["role"] == "assistant"), None)
    return bool(first and first.get("tool_calls"))


def _shape(record: Record) -> list[list[str]]:
    """The tools that a record calls, in order; those of one message together."""
    groups: dict[int, list[str]] = {}
    for one in exchanges(record.messages):
        groups.setdefault(one.message, []).append(one.name)
    return list(groups.values())


def _canonical(arguments: Any) -> str:
    return json.dumps(_value(arguments or "{}"), ensure_ascii=False, sort_keys=True)


def _value(text: Any) -> Any:
    try:
        return read_json(text) if isinstance(text, str) else text
    except ValueError:
        return " ".join(text.split())
