"""The inspections as LangChain tools, for agents and hosts; they answer with JSON text and change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from ..coverage.plans import PlanItem
from ..coverage.strategy_choice import StrategyName
from ..dataset.record import Origin
from ..errors import CoverageError
from ..failure import internal_failure
from .plans import inspect_plan, inspect_strategies, plan_for_score
from .record_filter import Order
from .records import inspect_records
from .rejections import inspect_rejections
from .rounds import inspect_rounds
from .topics import inspect_topics

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from ..services import Services


class WorkflowInput(BaseModel):
    """What every inspection needs."""

    workflow_id: str = Field(description="The workflow (dataset), such as wf-123.")


class TopicsInput(WorkflowInput):
    """For `inspect_topics`."""

    topics: list[str] = Field(default_factory=list, description="Only these topics; all when empty.")
    most: int | None = Field(default=None, ge=1, description="At most so many, the lowest first.")


class RecordsInput(WorkflowInput):
    """For `inspect_records`."""

    topic: str | None = Field(default=None, description="Only this topic.")
    origin: Origin | None = Field(default=None, description="Only real, or only generated ones.")
    containing: str | None = Field(
        default=None, min_length=1, description="Only those in which this is said or called."
    )
    order: Order | None = Field(
        default=None, description="The shortest, the longest or the most doubtful ones first."
    )
    examples: int = Field(default=2, ge=0, le=10, description="How many records to show.")


class RoundsInput(WorkflowInput):
    """For `inspect_rounds`."""

    last: int | None = Field(default=None, ge=1, description="Only so many, the latest.")


class RejectionsInput(WorkflowInput):
    """For `inspect_rejections`."""

    topic: str | None = Field(default=None, description="Only drafts for this topic.")
    each: int = Field(default=2, ge=0, le=20, description="Examples of each check.")


class PlanInput(WorkflowInput):
    """For `inspect_plan`."""

    items: list[PlanItem] = Field(description="The plan: topic, count and strategy of each part.")


class ScoreInput(WorkflowInput):
    """For `plan_for_score`."""

    target: float = Field(gt=0, le=1, description="The balance score to reach.")


class StrategiesInput(WorkflowInput):
    """For `inspect_strategies`."""

    names: list[StrategyName] = Field(default_factory=list, description="Only these; all when empty.")
    topic: str | None = Field(default=None, description="Say which one suits this topic, and why.")


INSPECTIONS: dict[str, tuple[Callable[..., BaseModel], type[WorkflowInput], str]] = {
    "inspect_topics": (
        inspect_topics,
        TopicsInput,
        "How topics stand, the lowest first: records, share, target.",
    ),
    "inspect_records": (
        inspect_records,
        RecordsInput,
        "What records look like: figures and examples.",
    ),
    "inspect_rounds": (
        inspect_rounds,
        RoundsInput,
        "What each round of generation added, rejected and used.",
    ),
    "inspect_rejections": (
        inspect_rejections,
        RejectionsInput,
        "Why drafts were rejected: checks and evidence.",
    ),
    "inspect_plan": (
        inspect_plan,
        PlanInput,
        "What a plan would give and cost. Proposes and starts nothing.",
    ),
    "plan_for_score": (
        plan_for_score,
        ScoreInput,
        "The fewest records that reach a balance score, and their cost.",
    ),
    "inspect_strategies": (
        inspect_strategies,
        StrategiesInput,
        "The generation strategies, and which suits a topic.",
    ),
}
"""By name: the function, its arguments, what it does."""


def run_inspection(services: Services, name: str, **arguments: Any) -> dict[str, Any]:
    """Run one inspection and answer as the tools' contract says; never raises.

    Returns:
        ``{"success": true, "result": {...}}``, or ``{"success": false, "error": {code, message, hint}}``.
    """
    function = INSPECTIONS[name][0]
    try:
        return {"success": True, "result": function(services, **arguments).model_dump(mode="json")}
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, name)


def inspection_tools(services: Services) -> list[StructuredTool]:
    """All inspections as LangChain tools."""
    return [_tool(services, name) for name in INSPECTIONS]


def _tool(services: Services, name: str) -> StructuredTool:
    from langchain_core.tools import StructuredTool

    _, schema, description = INSPECTIONS[name]

    def run(**arguments: Any) -> str:
        return json.dumps(run_inspection(services, name, **arguments), ensure_ascii=False)

    return StructuredTool.from_function(
        func=run, name=name, description=f"{description} Changes nothing.", args_schema=schema
    )
