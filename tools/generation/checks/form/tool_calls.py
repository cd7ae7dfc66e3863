"""The tool ladder: the checks that judge tool calls, cheapest first; the first that breaks is the evidence."""

from __future__ import annotations

from collections.abc import Iterable

from ....dataset.record import Record
from ...attempts.draft import Candidate, Rejection
from ..check import ANY, Check
from .answered_calls import AnsweredCalls
from .results_fit_calls import ResultsFitCalls
from .tool_schema import ToolSchema
from .used_results import UsedResults


class ToolCalls:
    """Declared and valid, answered, with results that fit and ids that are handed on.

    A rejection names the rung that broke, not the ladder. With the dataset's real records each rung knows what the
    dataset itself does not keep to; without them it is strict.
    """

    name = "tool_calls"
    languages = ANY

    def __init__(self, real: Iterable[Record] = ()) -> None:
        real = [record for record in real if record.uses_tools]
        self._rungs: list[Check] = [
            ToolSchema(real),
            AnsweredCalls(real),
            ResultsFitCalls(real),
            UsedResults(real),
        ]

    def check(self, candidate: Candidate) -> Rejection | None:
        """Why the calls of the written turns cannot stand, or None."""
        if any(message.get("tool_calls") or message["role"] == "tool" for message in candidate.messages):
            rejections = (rung.check(candidate) for rung in self._rungs)
            found = next((rejection for rejection in rejections if rejection is not None), None)
            if found:
                return found
        called = any(message.get("tool_calls") for message in candidate.written)
        may_call_none = candidate.draft.details.get("negative") == "no_suitable_tool"
        if candidate.draft.strategy == "tool_chain" and not called and not may_call_none:
            return Rejection(self.name, "no tool is called")
        return None
