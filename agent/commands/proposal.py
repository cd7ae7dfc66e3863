"""The plan of one `generate`: proposed, shown, and answered by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from ...tools.errors import ApprovalRequired
from ..output import ExitCode, note, print_error, print_json, print_table, say
from .options_and_prompts import can_ask, person

if TYPE_CHECKING:
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.generation.plans import Plan
    from ...tools.services import Services


def propose(services: Services, workflow: str, item: PlanItem, reason: str) -> Plan:
    """A stored plan of one item, with its predicted score and what it will probably cost."""
    from ...tools.analyze_coverage import analyze
    from ...tools.coverage.additions import predicted_score
    from ...tools.generation.estimate import estimate_plan
    from ...tools.generation.job_eval_set import PLANNED, described
    from ...tools.generation.plans import propose_plan

    coverage = analyze(services, workflow)
    counts = {topic.name: topic.records for topic in coverage.topics}
    cost = estimate_plan(services, workflow, [item])
    details: dict[str, Any] = {
        "reason": reason,
        "score": coverage.balance_score_exact,
        "predicted_score": predicted_score(counts, {item.topic: item.count}, coverage.weights),
        "calls": cost.calls,
        "tokens": cost.tokens,
        "usd": cost.usd,
        "note": cost.note,
    }
    if services.settings.eval_set is not None:
        details[PLANNED] = described(services.settings.eval_set)
    return propose_plan(
        services.store,
        workflow,
        [item],
        cap_tokens=cost.most_tokens,
        cap_usd=cost.most_usd,
        details=details,
    )


def show_plan(plan: Plan) -> None:
    """Print what a person is asked to say yes to."""
    details = plan.details
    print_table(
        ["Topic", "Records", "Strategy", "Why"],
        [(item.topic, item.count, item.strategy, details["reason"]) for item in plan.items],
        numbers=(1,),
    )
    say(f"Balance score: {_number(details['score'])} → {_number(details['predicted_score'])}")
    say(f"Cost: {details['note']}")


def _number(score: float | None) -> str:
    return "none" if score is None else f"{score:.2f}"


def approve(services: Services, plan: Plan, *, yes: bool, as_json: bool) -> str:
    """Ask, or take ``--yes`` for it; gives the approval's id, or ends the command when there is none."""
    from ...tools.generation.approval import approve_plan
    from ...tools.generation.plans import decline_plan

    if not yes and not can_ask(as_json=as_json):
        refusal = ApprovalRequired(
            f"Plan {plan.id} is not approved, so nothing was generated.",
            hint=f"Approve it with `finetune-coverage plans approve {plan.id}` and run the command again, "
            "or use --yes.",
        )
        if as_json:
            print_json({**refusal.to_failure(), "plan_id": plan.id})
        print_error(refusal)
        raise typer.Exit(ExitCode.NOT_APPROVED)
    if not yes and not typer.confirm("Generate this?"):
        decline_plan(services.store, plan.id)
        note("Declined; nothing was generated.")
        raise typer.Exit(ExitCode.NOT_APPROVED)
    return approve_plan(services.store, plan.id, approver=person(), channel="cli").id
