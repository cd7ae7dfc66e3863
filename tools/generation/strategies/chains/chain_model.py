"""What a topic's traces show of its tools: which call follows which, and on what data."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ....dataset.record import Record
from .data_links import Source, leaf_at, sources_of
from .traces import TracedCall, parameters_of, trace_of

MOST_CALLS = 3
"""Calls of one written record: prompts hold their results, and small models lose the thread beyond."""
MOST_TURNS = 2
"""Requests of the user that one written record answers with calls."""
_WALKS = 12
"""Walks that are tried for a recombination; where data links hold at all, a few are enough."""


@dataclass(frozen=True)
class StepKind:
    """What transitions are counted between: tools called in parallel, and whether the user spoke before."""

    tools: tuple[str, ...]
    after_user: bool


@dataclass(frozen=True)
class Step:
    """The parallel calls of one assistant message of a real record.

    Attributes:
        record: where it was seen.
        calls: with the arguments and results that they have there.
        sources: of the arguments, by call and argument.
        after_user: whether the user spoke between the step before and this one.
    """

    record: Record
    calls: Sequence[TracedCall]
    sources: Sequence[dict[str, Source]]
    after_user: bool

    @property
    def kind(self) -> StepKind:
        """What it counts as in transitions."""
        return StepKind(tuple(call.name for call in self.calls), self.after_user)


class ChainModel:
    """The chains of a topic, and how their steps follow one another.

    Attributes:
        chains: the steps of each record that has an answered, valid trace, in the records' order.
        followers: what came after a kind of step (None: at the beginning), as often as it did; None is the end.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.chains = [steps for record in records if (steps := steps_of(record))]
        self.followers: dict[StepKind | None, list[Step | None]] = {}
        for steps in self.chains:
            before: StepKind | None = None
            for step in steps:
                self.followers.setdefault(before, []).append(step)
                before = step.kind
            self.followers.setdefault(before, []).append(None)

    def recombined(self, rng: random.Random) -> list[Step] | None:
        """A chain along observed transitions, of steps of several records, whose data links hold.

        None when none was found in a few walks; a topic whose chains have one step only has none.
        """
        for _ in range(_WALKS):
            steps = self._walk(rng)
            if steps and _is_mixed(steps) and _declared_alike(steps) and links_hold(steps):
                return steps
        return None

    def _walk(self, rng: random.Random) -> list[Step] | None:
        steps: list[Step] = []
        # Drawn from the occurrences, so that frequent transitions are taken as often as they were seen.
        step = rng.choice(self.followers[None])
        while step is not None:
            steps.append(step)
            if cut(steps) != steps:
                return None
            step = rng.choice(self.followers[step.kind])
        return steps


def steps_of(record: Record) -> list[Step]:
    """The steps of a record's trace; empty when it has no valid one."""
    calls = trace_of(record)
    sources = sources_of(record, calls)
    steps: list[Step] = []
    turn = 0
    for group in dict.fromkeys(call.group for call in calls):
        numbers = [number for number, call in enumerate(calls) if call.group == group]
        together = [calls[number] for number in numbers]
        steps.append(Step(record, together, [sources[number] for number in numbers], together[0].turn > turn))
        turn = together[0].turn
    return steps


def cut(steps: Sequence[Step]) -> list[Step]:
    """The first steps, as far as `MOST_CALLS` and `MOST_TURNS` allow; the first one always, parallel calls whole."""
    kept: list[Step] = []
    calls = turns = 0
    for step in steps:
        calls += len(step.calls)
        turns += step.after_user
        if kept and (calls > MOST_CALLS or turns > MOST_TURNS):
            break
        kept.append(step)
    return kept


def links_hold(steps: Sequence[Step]) -> bool:
    """Whether each argument that came from an earlier call finds such a call, with that field, before it."""
    before: list[TracedCall] = []
    for step in steps:
        for sources in step.sources:
            for source in sources.values():
                if source.kind in ("result", "argument") and linked_call(source, before) is None:
                    return False
        before.extend(step.calls)
    return True


def _is_mixed(steps: Sequence[Step]) -> bool:
    return len({step.record.id for step in steps}) > 1


def _declared_alike(steps: Sequence[Step]) -> bool:
    """Whether the records agree on the arguments of the tools that are called: datasets reuse names."""
    called = {call.name for step in steps for call in step.calls}
    declared = ((name, parameters_of(step.record, name)) for step in steps for name in called)
    known: dict[str, dict[str, object]] = {}
    return all(known.setdefault(name, schema) == schema for name, schema in declared if schema is not None)


def linked_call(source: Source, before: Sequence[TracedCall]) -> TracedCall | None:
    """The latest earlier call that has what a source names, or None."""
    for call in reversed(before):
        if call.name != source.tool:
            continue
        if source.kind == "argument" and source.path[0] in call.arguments:
            return call
        if source.kind == "result" and leaf_at(call.value, source.path) is not None:
            return call
    return None
