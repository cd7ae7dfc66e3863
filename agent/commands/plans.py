"""`plans`: what waits for a person's yes, and the yes itself."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import note, print_json, print_table, say
from .options_and_prompts import AsJson, OptionalWorkflow, Yes, confirm, open_services, person
from .proposal import score_change_text

if TYPE_CHECKING:
    from ...tools.coverage.score_change import ScoreChange
    from ...tools.generation.approvals.plans import Plan
    from ...tools.services import Services

app = typer.Typer(help="Plans that wait for a yes.", invoke_without_command=True)

_NAMED = 3

AnyStatus = Annotated[bool, typer.Option("--all", help="Also plans that were answered already.")]


@app.callback()
def plans(
    context: typer.Context,
    workflow: OptionalWorkflow = None,
    any_status: AnyStatus = False,
    as_json: AsJson = False,
) -> None:
    """Plans that wait for a yes; `plans approve ID` gives it."""
    if context.invoked_subcommand is None:
        list_(workflow, any_status, as_json)


@app.command("list")
def list_(workflow: OptionalWorkflow = None, any_status: AnyStatus = False, as_json: AsJson = False) -> None:
    """List the plans that wait for a yes."""
    from ...tools.generation.approvals.item_progress import is_outdated
    from ...tools.generation.approvals.plans import list_plans

    services = open_services()
    found = list_plans(services.store, workflow, None if any_status else "pending")
    outdated = {plan.id for plan in found if plan.status == "pending" and is_outdated(services.store, plan)}
    changes = _changes(services, [plan for plan in found if plan.id not in outdated])
    if as_json:
        documents = [_document(plan, changes.get(plan.id)) for plan in found]
        plans = [{**document, "outdated": document["id"] in outdated} for document in documents]
        print_json({"success": True, "plans": plans})
        return
    if not found:
        say("No plans." if any_status else "No plan waits for a yes.")
    else:
        _print_plans(found, changes, outdated)
    if not any_status:
        _note_what_can_be_begun(services, workflow)


def _note_what_can_be_begun(services: Services, workflow: str | None) -> None:
    from ...tools.generation.approvals.approved_items import plans_to_begin

    ids = plans_to_begin(services.store, workflow, days=services.settings.approval_days)
    if ids:
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        note(f"Approved, and not begun: {', '.join(ids[:_NAMED])}{more}. `plans --all` shows what they are,")
        note("`plans revoke ID` takes a yes back.")


def _print_plans(found: list[Plan], changes: dict[str, ScoreChange], outdated: set[str]) -> None:
    print_table(
        ["Plan", "Workflow", "Status", "Items", "Balance score", "Conversation"],
        [
            (
                plan.id,
                plan.workflow_id,
                "outdated" if plan.id in outdated else plan.status,
                _items_text(plan),
                score_change_text(changes[plan.id]) if plan.id in changes else "",
                plan.thread_id,
            )
            for plan in found
        ],
    )
    if outdated:
        note("The dataset changed since an outdated plan was made: nobody can say yes to it any more.")


@app.command("approve")
def approve(
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", help="The plan, as `plans` lists it.", show_default=False)
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Read exactly one plan, and say yes to it. The first answer wins."""
    from ...tools.generation.approvals.approval import approve_plan
    from ...tools.generation.approvals.item_progress import is_outdated
    from ...tools.generation.approvals.pilot import steps_of
    from ...tools.generation.approvals.plans import get_plan
    from ...tools.generation.money.amounts import caps_words

    services = open_services()
    store = services.store
    plan = get_plan(store, plan_id)
    # Nobody is asked about one that can be approved no more; why it cannot is said by the attempt to.
    if plan.status == "pending" and not is_outdated(store, plan):
        if not as_json:
            _show(services, plan)
        confirm("Approve this plan?", yes=yes, as_json=as_json)
    approval = approve_plan(store, plan_id, approver=person(), channel="cli")
    if as_json:
        print_json(
            {
                "success": True,
                "approval": {
                    "id": approval.id,
                    "plan_id": plan_id,
                    "approver": approval.approver,
                    "channel": approval.channel,
                },
                "plan": _document(plan, None),
            }
        )
        return
    caps = caps_words(plan.cap_tokens, plan.cap_usd)
    say(f"Approved: {_items_text(plan)}{f', {caps}' if caps else ''}.", style="bold")
    say("Generate it with:")
    for step in steps_of(plan.items):
        item = step.item
        say(
            f"  finetune-coverage generate -w {shlex.quote(plan.workflow_id)} "
            f"--topic {shlex.quote(item.topic)} --count {item.count} --strategy {item.strategy}"
        )


@app.command("revoke")
def revoke(
    plan_id: Annotated[
        str, typer.Argument(metavar="ID", help="The plan, as `plans --all` lists it.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Take the yes to a plan back; what was not begun under it never will be."""
    from ...tools.generation.approvals.approval import revoke_plan

    under_way = revoke_plan(open_services().store, plan_id, by=person())
    if as_json:
        print_json({"success": True, "plan_id": plan_id, "revoked": True, "jobs_under_way": under_way})
        return
    say(f"The approval of {plan_id} is revoked.", style="bold")
    for job_id in under_way:
        say(f"{job_id} had begun and goes on; `finetune-coverage jobs cancel {job_id}` ends it.")


def _show(services: Services, plan: Plan) -> None:
    """What is said yes to: items, effect, cost and caps, as things stand now."""
    from ...tools.generation.approvals.pilot import promise_words, promised_in
    from ...tools.generation.money.amounts import caps_words
    from ...tools.inspection.plans import inspect_plan

    effect = inspect_plan(services, plan.workflow_id, plan.items)
    (change,) = _changes(services, [plan]).values()
    print_table(
        ["Topic", "Records now", "To generate", "Strategy"],
        [
            (
                item.topic,
                f"{effect.counts_now[item.topic]:,}",
                f"{item.count:,}{f' ({item.pilot:,} first)' if item.pilot else ''}",
                item.strategy,
            )
            for item in plan.items
        ],
        numbers=(1, 2),
    )
    say(f"Workflow: {plan.workflow_id}")
    say(f"Balance score: {score_change_text(change)}")
    if effect.worth is not None:
        say(f"Worth: {effect.worth.words}")
    # What was said with the plan counts, and not what would be said now.
    if pilots := promise_words(plan.items, promised_in(plan.details)):
        say(pilots)
    say(f"Cost: {effect.estimate.note if effect.estimate else effect.why_not}")
    if effect.estimate:
        say(effect.estimate.stops_note)
    if caps := caps_words(plan.cap_tokens, plan.cap_usd):
        say(f"Cap: {caps}")


def _changes(services: Services, plans: list[Plan]) -> dict[str, ScoreChange]:
    """By plan what each that waits would make of the score as it is now; what was answered is history."""
    from ...tools.analyze_coverage import analyze
    from ...tools.coverage.score_change import effect_on_score

    waiting = [plan for plan in plans if plan.status == "pending"]
    now = {workflow: analyze(services, workflow) for workflow in {plan.workflow_id for plan in waiting}}
    return {plan.id: effect_on_score(now[plan.workflow_id], plan.items) for plan in waiting}


def _items_text(plan: Plan) -> str:
    return ", ".join(
        f"{item.count} {item.topic} ({item.strategy}{f', {item.pilot} first' if item.pilot else ''})"
        for item in plan.items
    )


def _document(plan: Plan, change: ScoreChange | None) -> dict[str, Any]:
    return {
        "id": plan.id,
        "workflow_id": plan.workflow_id,
        "thread_id": plan.thread_id,
        "status": plan.status,
        "items": [item.model_dump() for item in plan.items],
        "cap_tokens": plan.cap_tokens,
        "cap_usd": plan.cap_usd,
        "details": plan.details,
        **({"predicted_score": change.after, "lowers_score": change.lowers} if change is not None else {}),
    }
