"""The plan of one `generate`: shown, and answered by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ...tools.coverage.score_change import ScoreChange
from ...tools.errors import ApprovalRequired
from ..output import ExitCode, note, print_error, print_json, print_table, say
from .options_and_prompts import can_ask, person, says_yes

if TYPE_CHECKING:
    from ...tools.generation.approvals.plans import Plan
    from ...tools.services import Services


def show_plan(plan: Plan) -> None:
    """Print what a person is asked to say yes to."""
    from ...tools.generation.approvals.pilot import promise_words, promised_in
    from ...tools.generation.expected_worth import ExpectedWorth

    details = plan.details
    print_table(
        ["Topic", "Records", "Strategy", "Why"],
        [(item.topic, f"{item.count:,}", item.strategy, details["reason"]) for item in plan.items],
        numbers=(1,),
    )
    say(f"Balance score: {score_change_text(ScoreChange(details['score'], details['predicted_score']))}")
    if worth := details.get("expected_worth"):
        say(f"Worth: {ExpectedWorth.model_validate(worth).words}")
    if pilots := promise_words(plan.items, promised_in(details)):
        say(pilots)
    say(f"Cost: {details['note']}")
    say(details["stops_note"])


def score_change_text(change: ScoreChange) -> str:
    """``0.45 → 0.72``, or ``0.72 → 0.65 (lower: the plan makes the balance worse)``."""
    return f"{change} (lower: the plan makes the balance worse)" if change.lowers else str(change)


def approve(services: Services, plan: Plan, *, yes: bool, as_json: bool) -> str:
    """Ask, or take ``--yes`` for it; gives the approval's id, or ends the command when there is none."""
    from ...tools.generation.approvals.approval import approve_plan
    from ...tools.generation.approvals.plans import decline_plan

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
    if not yes and not says_yes("Generate this?"):
        decline_plan(services.store, plan.id)
        note("Declined; nothing was generated.")
        raise typer.Exit(ExitCode.NOT_APPROVED)
    return approve_plan(services.store, plan.id, approver=person(), channel="cli").id
