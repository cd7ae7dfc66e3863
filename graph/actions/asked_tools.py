"""A question being answered: the tools it calls, kept with their results, and what the conversation knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langchain_core.messages import AnyMessage
from pydantic import BaseModel

from ...tools.coverage.recommendation import PlanItem
from ...tools.dataset.record import Origin
from ...tools.inspection.plans import (
    PlanEffect,
    ScorePlan,
    StrategyFit,
    inspect_plan,
    inspect_strategies,
    plan_for_score,
)
from ...tools.inspection.records import TopicLook, inspect_records
from ...tools.inspection.rejections import Rejections, inspect_rejections
from ...tools.inspection.rounds import Rounds, inspect_rounds
from ...tools.inspection.topics import TopicStandings, inspect_topics
from ...tools.models.usage import NO_USAGE, TokenUsage
from ...tools.services import Services
from ..offers.offer import Offer
from .messages import tool_messages

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool, and what it returned."""

    name: str
    arguments: dict[str, Any]
    result: dict[str, Any]


@dataclass
class Asked:
    """What answers are made of.

    Attributes:
        services: where the workflow is.
        workflow_id: what the question is about.
        offer: what lies on the table, if anything does.
        reading_tokens: tokens that reading and answering what was typed has taken so far.
        reading_uncounted: calls for it that the endpoint did not count.
        usage: what reading this one took.
        calls: the tools called for this question, in order.
    """

    services: Services
    workflow_id: str
    offer: Offer | None = None
    reading_tokens: int = 0
    reading_uncounted: int = 0
    usage: TokenUsage = NO_USAGE
    calls: list[ToolCall] = field(default_factory=list)

    @property
    def items(self) -> list[PlanItem]:
        """The plan on the table."""
        return self.offer.items if self.offer is not None else []

    @property
    def messages(self) -> list[AnyMessage]:
        """The calls as they belong into the conversation."""
        return [
            message
            for call in self.calls
            for message in tool_messages(call.name, call.arguments, {"success": True, "result": call.result})
        ]

    @property
    def held(self) -> list[dict[str, Any]]:
        """Arguments and results: where the numbers of an answer must come from."""
        return [part for call in self.calls for part in (call.arguments, call.result)]

    def topics(self, *topics: str, most: int | None = None) -> TopicStandings:
        """Call `inspect_topics`."""
        return self._run(inspect_topics, topics=list(topics), most=most)

    def look(self, topic: str | None, examples: int, origin: Origin | None = None) -> TopicLook:
        """Call `inspect_records`."""
        return self._run(inspect_records, topic=topic, examples=examples, origin=origin)

    def rounds(self, last: int | None = None) -> Rounds:
        """Call `inspect_rounds`."""
        return self._run(inspect_rounds, last=last)

    def rejections(self, topic: str | None) -> Rejections:
        """Call `inspect_rejections`."""
        return self._run(inspect_rejections, topic=topic)

    def plan(self, items: list[PlanItem]) -> PlanEffect:
        """Call `inspect_plan`."""
        return self._run(inspect_plan, items=items)

    def reach(self, target: float) -> ScorePlan:
        """Call `plan_for_score`."""
        return self._run(plan_for_score, target=target)

    def strategies(self, names: list[str], topic: str | None) -> StrategyFit:
        """Call `inspect_strategies`."""
        return self._run(inspect_strategies, names=names, topic=topic)

    def _run(self, tool: Callable[..., T], **arguments: Any) -> T:
        result = tool(self.services, self.workflow_id, **arguments)
        plain = {key: _as_json(value) for key, value in arguments.items() if value not in (None, [])}
        call = {"workflow_id": self.workflow_id, **plain}
        self.calls.append(ToolCall(tool.__name__, call, result.model_dump(mode="json")))
        return result


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
