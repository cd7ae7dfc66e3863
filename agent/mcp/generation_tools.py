"""MCP tools that propose and generate. A proposal waits for a person; no tool here, or anywhere, can approve it."""

from __future__ import annotations

import copy
import shlex
from typing import Annotated

from fastmcp import Context
from pydantic import Field

from ...tools.analyze_coverage import analyze
from ...tools.bounds import MOST_TOKENS, MOST_USD
from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.plans import PlanItem, beyond_ceilings
from ...tools.coverage.strategy_choice import StrategyName
from ...tools.errors import ErrorCode
from ...tools.generate_synthetic_data import generate_synthetic_data
from ...tools.generation.approvals.item_progress import is_outdated
from ...tools.generation.approvals.pilot import steps_of
from ...tools.generation.approvals.plans import Plan, list_plans
from ...tools.generation.approvals.proposal import propose, under_caps
from ...tools.services import Services
from ...tools.settings import PREFIX, Settings
from ...tools.store.workflows import require_workflow
from . import answers
from .progress_notes import ProgressNotes, in_order
from .read_tools import PlanItems, WorkflowId, shown_plan

REASON = "proposed by a program through MCP"


class GenerationTools:
    """The tools that lead to new records.

    Args:
        services: store, models and index.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def propose_generation(
        self,
        workflow_id: WorkflowId,
        items: PlanItems,
        max_tokens: Annotated[
            int | None, Field(ge=1, le=MOST_TOKENS, description="The most tokens that the plan may use.")
        ] = None,
        max_usd: Annotated[
            float | None,
            Field(
                gt=0,
                le=MOST_USD,
                allow_inf_nan=False,
                description="The most that it may cost, in US dollars.",
            ),
        ] = None,
    ) -> answers.ProposalAnswer:
        """Propose a plan: what it would do and cost, and its id. Nothing is generated: a person must approve exactly
        this plan first, in a terminal. You cannot approve it; show the person the plan and next_step.
        Proposing the same again, while it waits, gives the same plan.
        """
        services = copy.copy(self._services)
        services.settings = under_caps(services.settings, max_tokens, max_usd)
        require_workflow(services.store, workflow_id)
        plan = self._waiting(services.settings, workflow_id, items) or propose(
            services, workflow_id, items, REASON
        )
        shown, next_step = shown_plan(services, plan), self._how_to_approve(plan)
        if shown.outlook is not None and shown.outlook.lowers_score:
            next_step = f"Tell the person that this plan lowers the balance score. {next_step}"
        if over := beyond_ceilings(analyze(services, workflow_id), items):
            next_step = f"Tell the person: {' '.join(over)} {next_step}"
        return answers.ProposalAnswer(plan=shown, next_step=next_step)

    async def generate_synthetic_data(
        self,
        context: Context,
        workflow_id: WorkflowId,
        topic: Annotated[str, Field(description="The topic of the approved item.")],
        count: Annotated[int, Field(ge=1, le=MAX_PER_ITEM, description="The count of the approved item.")],
        strategy: Annotated[StrategyName, Field(description="The strategy of the approved item.")],
    ) -> answers.GenerationAnswer:
        """Generate what a person approved: one item of a plan, with exactly its topic, count and strategy. Anything
        else is refused with approval_required. An item with a pilot is two: its first records, then the rest. An item
        is used once; after an interruption the same call goes on.
        """
        async with ProgressNotes(context) as notes:
            answer = await in_order(
                generate_synthetic_data(
                    self._services, workflow_id, topic, count, strategy, on_progress=notes.update
                )
            )
        if not answer["success"] and answer["error"]["code"] == ErrorCode.APPROVAL_REQUIRED:
            answer["error"]["hint"] = self._what_is_missing(workflow_id, topic, count, strategy)
        return answers.GenerationAnswer.model_validate(answer)

    def _waiting(self, settings: Settings, workflow_id: str, items: list[PlanItem]) -> Plan | None:
        """The same plan, if a client proposed it before and it can still be answered."""
        caps = (settings.budget_tokens, settings.budget_usd)
        for plan in list_plans(self._services.store, workflow_id, "pending"):
            is_same = plan.items == items and (plan.cap_tokens, plan.cap_usd) == caps
            is_ours = plan.thread_id is None and plan.details.get("reason") == REASON
            if is_same and is_ours and not is_outdated(self._services.store, plan):
                return plan
        return None

    def _what_is_missing(self, workflow_id: str, topic: str, count: int, strategy: str) -> str:
        item = {"topic": topic, "count": count, "strategy": strategy}
        for plan in list_plans(self._services.store, workflow_id, "pending"):
            has_it = item in [step.item.model_dump() for step in steps_of(plan.items)]
            if has_it and not is_outdated(self._services.store, plan):
                return f"Plan {plan.id} with it waits for a person. {self._how_to_approve(plan)}"
        return (
            "Call propose_generation with exactly this item, and have a person approve the plan. An approved item "
            "is used once: more of the same needs a new plan."
        )

    def _how_to_approve(self, plan: Plan) -> str:
        settings = self._services.settings
        command = f"finetune-coverage plans approve {plan.id}"
        if settings.home != Settings.model_fields["home"].get_default(call_default_factory=True):
            # A terminal that does not know the server's data folder would not find the plan.
            command = f"{PREFIX}HOME={shlex.quote(str(settings.home))} {command}"
        return f"A person approves it in a terminal with `{command}`; then call generate_synthetic_data for each item."
