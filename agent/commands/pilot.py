"""`generate --pilot`: one yes to the whole plan, its first records, and then the rest or another question."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ..output import ExitCode, note, print_json, say
from .options_and_prompts import can_ask, person, says_yes
from .proposal import show_plan

if TYPE_CHECKING:
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.generation.jobs.progress import OnProgress
    from ...tools.services import Services

Answer = dict[str, Any]
Runner = Callable[[Callable[["OnProgress"], Coroutine[Any, Any, Answer]]], Answer]


def approved_before(services: Services, workflow_id: str, item: PlanItem) -> str | None:
    """The approval of a plan of exactly this item, pilot included, that is not carried out yet."""
    from ...tools.generation.approvals.approval import approval_of
    from ...tools.generation.approvals.approved_items import open_items
    from ...tools.generation.approvals.plans import list_plans

    for plan in list_plans(services.store, workflow_id, "approved"):
        approval = approval_of(services.store, plan.id) if plan.items == [item] else None
        if approval and open_items(services.store, approval.id, days=services.settings.approval_days):
            return approval.id
    return None


def carry_out(
    services: Services, workflow_id: str, item: PlanItem, approval_id: str, run: Runner, *, as_json: bool
) -> Answer:
    """Generate the first records, and the rest where they are worth what the plan said; else ask for another yes.

    Returns:
        The answer of both jobs as one. Where there is nobody to ask, or the answer is no, the command ends here.
    """
    from ...tools.generate_synthetic_data import run_approved_item
    from ...tools.generation.approvals.pilot import rests, steps_of
    from ...tools.generation.jobs.joined import joined

    parts: list[Answer] = []

    def generate(of_approval: str, number: int) -> Answer:
        answer = run(
            lambda on_progress: run_approved_item(services, of_approval, number, on_progress=on_progress)
        )
        if answer["success"]:
            parts.append(answer["generation"])
        return answer

    for number in range(len(steps_of([item]))):
        waiting = rests(services.store, approval_id)
        if waiting:
            approval = _another_yes(
                services, workflow_id, waiting[0].item, waiting[0].why, parts, as_json=as_json
            )
            answer = generate(approval, 0)
        else:
            answer = generate(approval_id, number)
        if not answer["success"]:
            return answer
    return {"success": True, "generation": joined(parts)}


def _another_yes(
    services: Services, workflow_id: str, item: PlanItem, why: str, parts: list[Answer], *, as_json: bool
) -> str:
    """The approval of what is left, as a plan of its own; ends the command where there is none."""
    from ...tools.generation.approvals.approval import approve_plan
    from ...tools.generation.approvals.plans import decline_plan
    from ...tools.generation.approvals.proposal import propose

    plan = propose(services, workflow_id, [item], f"the pilot fell short: {why}")
    if not can_ask(as_json=as_json):
        hint = (
            f"`finetune-coverage plans approve {plan.id}` approves the remaining {item.count:,}; `--yes` does not: it "
            "came before this was known."
        )
        _stop_here(plan.id, why, hint, parts, as_json=as_json)
    say(f"The pilot fell short: {why}.", style="bold")
    show_plan(plan)
    if not says_yes("Generate the rest all the same?"):
        decline_plan(services.store, plan.id)
        note("Declined; the first records stay.")
        raise typer.Exit(ExitCode.NOT_APPROVED)
    return approve_plan(services.store, plan.id, approver=person(), channel="cli").id


def _stop_here(plan_id: str, why: str, hint: str, parts: list[Answer], *, as_json: bool) -> NoReturn:
    if as_json:
        rest = {"plan_id": plan_id, "why": why, "hint": hint}
        print_json({"success": True, "generation": parts[-1], "rest": rest})
    else:
        note(f"The pilot fell short: {why}. {hint}", style="yellow")
    raise typer.Exit(ExitCode.NOT_APPROVED)
