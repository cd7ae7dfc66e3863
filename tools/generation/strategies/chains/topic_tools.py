"""What is learned of a topic's tools once a job: chains, values, results, and which negatives its traces allow."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ....dataset.record import Record
from .argument_values import ArgumentValues
from .chain import ChainWriter
from .chain_model import ChainModel, Step, cut
from .negatives import NEGATIVES, NegativeKind, can_fail, first_request, missing_arguments, other_tools
from .tool_results import ToolResults

_RECOMBINATIONS_TRIED = 5


class TopicTools:
    """Everything that tool chains of a topic are drawn from.

    Attributes:
        model: chains and transitions.
        chains: the observed chains, as long as a written one may be.
        results: what tools answered.
        writer: gives chains other values.
        declared: all tools that the topic's records declare, each once.
        recombines: whether chains can be recombined at all.
        plausible: for each negative that the traces allow, the steps it can be made of.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.model = ChainModel(records)
        self.chains = [cut(steps) for steps in self.model.chains]
        calls = [call for steps in self.model.chains for step in steps for call in step.calls]
        self.results = ToolResults(calls, _choices(self.model.chains))
        self.writer = ChainWriter(ArgumentValues(calls), self.results)
        self.declared = _declared([record for record in records if record.tools])
        self.recombines = bool(self.chains) and any(
            self.model.recombined(random.Random(number)) for number in range(_RECOMBINATIONS_TRIED)
        )
        found = {kind: self._allowing(kind) for kind in NEGATIVES}
        self.plausible: dict[NegativeKind, list[list[Step]]] = {
            kind: chains for kind, chains in found.items() if chains
        }

    def _allowing(self, kind: NegativeKind) -> list[list[Step]]:
        requests = [first_request(steps) for steps in self.chains]
        if kind == "no_suitable_tool":
            return [steps for steps in requests if other_tools(steps, self.declared)]
        if kind == "missing_argument":
            return [steps for steps in requests if missing_arguments(steps[0])]
        ends = ((steps, self._first_that_can_fail(steps)) for steps in requests)
        return [steps[: end + 1] for steps, end in ends if end is not None]

    def _first_that_can_fail(self, steps: Sequence[Step]) -> int | None:
        return next((end for end, step in enumerate(steps) if can_fail(step, self.results)), None)


def _choices(chains: Sequence[Sequence[Step]]) -> dict[str, set[str]]:
    """Names of the arguments, by tool, whose values the tool lists."""
    names: dict[str, set[str]] = {}
    for steps in chains:
        for step in steps:
            for call, sources in zip(step.calls, step.sources, strict=True):
                listed = {key for key, source in sources.items() if source.kind == "choice"}
                names.setdefault(call.name, set()).update(listed)
    return names


def _declared(records: Sequence[Record]) -> list[dict[str, Any]]:
    tools: dict[str, dict[str, Any]] = {}
    for record in records:
        for tool in record.tools:
            tools.setdefault(tool.get("function", tool).get("name", ""), tool)
    return [tool for name, tool in tools.items() if name]
