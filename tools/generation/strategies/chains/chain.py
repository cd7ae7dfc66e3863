"""Writing a chain: the steps of real records with new arguments, and results that are replayed or simulated."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .argument_values import ArgumentValues, is_long
from .chain_model import Step
from .data_links import Path, Source, leaf_at
from .tool_results import SHORTEST_ECHO, ToolResults
from .traces import TracedCall, fit, parameters_of

Origin = Literal["replayed", "simulated"]
Place = tuple[int, int, str]
"""Step, call within the step, and argument."""


@dataclass(frozen=True)
class WrittenStep:
    """Parallel calls of the written record.

    Attributes:
        calls: arguments that the model writes stand as None.
        origins: of the results, in the order of the calls.
        turn: which request of the user it serves, from 0.
    """

    calls: Sequence[TracedCall]
    origins: Sequence[Origin]
    turn: int


@dataclass(frozen=True)
class Chain:
    """A chain to write a conversation around.

    Attributes:
        steps: what is called, with results.
        to_write: arguments of many words that the model writes, by field name: each goes to all these places.
        facts: what the user has to say in each request: values that come from nowhere else.
    """

    steps: Sequence[WrittenStep]
    to_write: Mapping[str, Sequence[Place]]
    facts: Sequence[Mapping[str, Any]]

    @property
    def tools(self) -> list[str]:
        """Names of the tools that are called, in order."""
        return [call.name for step in self.steps for call in step.calls]

    @property
    def origins(self) -> list[Origin]:
        """Where each result is from, in the order of the calls."""
        return [origin for step in self.steps for origin in step.origins]


class ChainWriter:
    """Gives chains of real steps other values.

    Args:
        values: what arguments may be.
        results: what tools answer.
    """

    def __init__(self, values: ArgumentValues, results: ToolResults) -> None:
        self._values = values
        self._results = results

    def write(self, steps: Sequence[Step], rng: random.Random, *, keeps_values: bool) -> Chain:
        """The chain of these steps.

        Args:
            steps: with data links that hold.
            rng: draws values.
            keeps_values: the user names what they named in the trace, so that its results are replayed; arguments
                that the model writes are new all the same.
        """
        draft = _Draft(rng, keeps_values)
        needed = _needed_fields(steps)
        for number, step in enumerate(steps):
            if step.after_user or not draft.facts:
                draft.facts.append({})
            calls, origins = [], []
            for place, (call, sources) in enumerate(zip(step.calls, step.sources, strict=True)):
                arguments = self._arguments(draft, step, call, sources, (number, place))
                is_last = number == len(steps) - 1
                result, origin = self._result(draft, call, arguments, needed.get(call.name, set()), is_last)
                calls.append(TracedCall(call.name, arguments, result))
                origins.append(origin)
            draft.calls.extend(calls)
            draft.steps.append(WrittenStep(calls, origins, len(draft.facts) - 1))
        return Chain(draft.steps, draft.to_write, draft.facts)

    def _arguments(
        self,
        draft: _Draft,
        step: Step,
        call: TracedCall,
        sources: Mapping[str, Source],
        place: tuple[int, int],
    ) -> dict[str, Any]:
        schemas = (parameters_of(step.record, call.name) or {}).get("properties", {})
        linked = draft.linked_arguments(step, call, sources, schemas)
        # Choices stay: what a tool answers depends on them.
        free = [key for key in call.arguments if key not in linked and sources[key].kind != "choice"]
        long = {key for key in free if is_long(call.arguments[key])}
        drawn: dict[str, Any] = {}
        if not draft.keeps_values:
            short = [key for key in free if key not in long]
            drawn = self._values.drawn(call, short, schemas, draft.taken, draft.rng)
        arguments: dict[str, Any] = {}
        for key, old in call.arguments.items():
            if key in long:
                arguments[key] = None
                draft.leave_open(sources[key], (*place, key))
                continue
            arguments[key] = linked.get(key, drawn.get(key, old))
            if key not in linked or (
                sources[key].kind == "result" and sources[key].is_said and step.after_user
            ):
                draft.say(key, arguments[key])
            if not isinstance(old, (dict, list, bool)):
                draft.replace(step, key, old, arguments[key])
        return arguments

    def _result(
        self, draft: _Draft, call: TracedCall, arguments: dict[str, Any], needed: set[Path], is_last: bool
    ) -> tuple[str, Origin]:
        has_all = None not in arguments.values()
        replayed = self._results.replay(call, arguments, needed, draft.rng) if has_all else None
        if replayed is not None and not draft.contradicts(replayed):
            return replayed, "replayed"
        # What comes later depends on what came back: only the last result may come from another trace.
        bases = self._results.alternatives(call) if is_last else [call]
        base = draft.rng.choice(bases)
        known = {key: value for key, value in arguments.items() if value is not None}
        return self._results.simulate(base, known, draft.replaced, draft.rng), "simulated"


@dataclass
class _Draft:
    """What of a chain is written so far."""

    rng: random.Random
    keeps_values: bool
    steps: list[WrittenStep] = field(default_factory=list)
    calls: list[TracedCall] = field(default_factory=list)
    to_write: dict[str, list[Place]] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    values: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def linked_arguments(
        self,
        step: Step,
        call: TracedCall,
        sources: Mapping[str, Source],
        schemas: Mapping[str, dict[str, Any]],
    ) -> dict[str, Any]:
        """The arguments that are settled already: by an earlier call, or by an equal value of the same record."""
        settled = {}
        for key, old in call.arguments.items():
            value = self.linked(sources[key])
            value = fit(value, schemas.get(key, {})) if value is not None else None
            if value is None and not self.keeps_values:
                value = self.values.get((step.record.id, key, str(old)))
            if value is not None:
                settled[key] = value
        return settled

    def linked(self, source: Source) -> Any:
        """The value that a source leads to among the calls written so far, or None."""
        if source.kind not in ("result", "argument"):
            return None
        for call in reversed(self.calls):
            if call.name == source.tool:
                found = (
                    call.arguments.get(str(source.path[0]))
                    if source.kind == "argument"
                    else leaf_at(call.value, source.path)
                )
                if found is not None:
                    return found
        return None

    def replace(self, step: Step, key: str, old: Any, new: Any) -> None:
        """Remember what stands for a value of the trace from here on."""
        self.replaced[str(old)] = str(new)
        self.values[step.record.id, key, str(old)] = new

    def contradicts(self, result: str) -> bool:
        """Whether a real result names a value of the trace that has become another one."""
        changed = [old for old, new in self.replaced.items() if old != new and len(old) >= SHORTEST_ECHO]
        return any(old in result and _stands_in(old, result) for old in changed)

    def leave_open(self, source: Source, place: Place) -> None:
        """Leave an argument to the model: a new text, or the one of the earlier argument that it repeats."""
        for places in self.to_write.values():
            step, call, key = places[0]
            is_earlier = source.kind == "argument" and step < len(self.steps)
            if is_earlier and (self.steps[step].calls[call].name, key) == (source.tool, source.path[0]):
                places.append(place)
                return
        key = place[2]
        is_free = key not in self.to_write and key not in _SPOKEN
        self.to_write[key if is_free else f"{key}_{place[0]}_{place[1]}"] = [place]

    def say(self, key: str, value: Any) -> None:
        """Add a fact that the user names in the present request, if it is not said already."""
        facts = self.facts[-1]
        if all(said.get(key) != value for said in self.facts):
            facts[key if key not in facts else f"{key} {len(facts) + 1}"] = value


def _stands_in(value: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _needed_fields(steps: Sequence[Step]) -> dict[str, set[Path]]:
    """The fields of results that later calls take values from, by tool."""
    needed: dict[str, set[Path]] = {}
    for step in steps:
        for sources in step.sources:
            for source in sources.values():
                if source.kind == "result":
                    needed.setdefault(source.tool, set()).add(source.path)
    return needed


_SPOKEN = frozenset(
    ("request", "question", "user_reply", "answer", "follow_up", "answer_2", "problem", "correction")
)
"""Names of the fields that the model writes for the conversation itself."""
