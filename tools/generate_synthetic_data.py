"""The tool that generates records, for exactly what a person approved and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from .coverage.recommendation import PlanItem
from .coverage.strategy_choice import StrategyName
from .errors import ApprovalRequired, CoverageError, InvalidInput
from .failure import internal_failure
from .generation.approvals.approved_items import find_approved_item
from .generation.attempts.in_thread import run_to_end
from .generation.jobs.job import run_item
from .generation.jobs.progress import OnProgress
from .store.workflows import require_workflow

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from .services import Services


class GenerateSyntheticDataInput(BaseModel):
    """What `generate_synthetic_data` needs; an approval must cover exactly these values."""

    workflow_id: str = Field(description="The workflow (dataset) to add to, such as wf-123.")
    topic: str = Field(description="The topic to generate records for.")
    count: int = Field(ge=1, le=100_000, description="How many accepted records are wanted.")
    strategy: StrategyName = Field(description="How to write them.")


async def generate_synthetic_data(
    services: Services,
    workflow_id: str,
    topic: str,
    count: int,
    strategy: str,
    *,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Generate what a person approved, and answer as the tool's contract says; never raises.

    Args:
        services: store, models and index.
        workflow_id: whose records.
        topic: for which topic.
        count: how many accepted records.
        strategy: how they are written.
        on_progress: called after each attempt.

    Returns:
        ``{"success": true, "generation": {...}}``, or ``{"success": false, "error": {...}}``; the error is
        ``approval_required`` whenever no unused approval covers exactly these values, whoever calls.
    """
    try:
        item = PlanItem.model_validate({"topic": topic, "count": count, "strategy": strategy})
        require_workflow(services.store, workflow_id)
        found = find_approved_item(
            services.store,
            workflow_id,
            item.topic,
            item.count,
            item.strategy,
            days=services.settings.approval_days,
        )
        if found is None:
            raise ApprovalRequired(
                f"Nobody approved {item.count} records for {item.topic!r} with {item.strategy}.",
                hint="Propose the plan in a conversation, or with `finetune-coverage generate`, and have a person "
                "approve it.",
            )
        return await _run(services, *found, on_progress)
    except ValidationError as error:
        return InvalidInput(f"{error.error_count()} invalid values: {error.errors()[0]['msg']}").to_failure()
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, "generate_synthetic_data")


async def run_approved_item(
    services: Services, approval_id: str, number: int, *, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Carry out one item of an approval; the same answer as `generate_synthetic_data`.

    Safe to call again after a crash: a finished job gives its result, an unfinished one goes on.
    """
    try:
        return await _run(services, approval_id, number, on_progress)
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, "generate_synthetic_data")


async def _run(
    services: Services, approval_id: str, number: int, on_progress: OnProgress | None
) -> dict[str, Any]:
    # The first moment at which there is something to ask the model: only now may its endpoint be asked for its name.
    await asyncio.to_thread(services.settings.settle_models)
    return {
        "success": True,
        "generation": await run_item(services, approval_id, number, on_progress=on_progress),
    }


def generate_synthetic_data_tool(services: Services) -> StructuredTool:
    """`generate_synthetic_data` as a LangChain tool; it answers with JSON text."""
    from langchain_core.tools import StructuredTool

    async def run(workflow_id: str, topic: str, count: int, strategy: str) -> str:
        answer = await generate_synthetic_data(services, workflow_id, topic, count, strategy)
        return json.dumps(answer, ensure_ascii=False)

    def run_here(workflow_id: str, topic: str, count: int, strategy: str) -> str:
        return run_to_end(run(workflow_id, topic, count, strategy))

    return StructuredTool.from_function(
        func=run_here,
        coroutine=run,
        name="generate_synthetic_data",
        description="Generate synthetic records for a topic. Works only for a plan that a person has approved, "
        "with exactly the approved topic, count and strategy; otherwise it answers approval_required.",
        args_schema=GenerateSyntheticDataInput,
    )
