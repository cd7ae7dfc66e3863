"""`recommend`: what to do about the coverage, with the plans to choose from; nothing is generated or stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import print_json, print_table, say
from .analyze import score_text
from .options_and_prompts import AsJson, ShowAll, Workflow, open_services

if TYPE_CHECKING:
    from ...tools.coverage.recommendation import PlanOption, Recommendation
    from ...tools.generation.money.estimate import Estimator
    from ...tools.services import Services

ITEMS_SHOWN = 20


def recommend(
    workflow: Workflow,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="NAME", help="Only for these topics.", show_default=False),
    ] = None,
    show_all: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Say what to do next, and which plans there are: how many records, which score, what cost."""
    from ...tools.analyze_coverage import analyze, recommend_for
    from ...tools.dataset.topic_names import require_topics
    from ...tools.generation.money.estimate import Estimator

    services = open_services()
    require_topics(services.store, workflow, topics or ())
    coverage = analyze(services, workflow)
    found = recommend_for(services, workflow, coverage, topics)
    estimator = Estimator(services, workflow)
    plans = _plans(found, estimator)
    for plan in plans:
        plan["expected_worth"] = _worth(services, workflow, plan)
    if as_json:
        document: dict[str, Any] = {"action": found.action, "reason": found.reason, "plans": plans}
        document |= {"unreachable": found.frontier.unreachable}
        document["labels_looked_at"] = found.labels_looked_at
        document["review"] = [need.model_dump(mode="json") for need in found.review]
        print_json({"success": True, "recommendation": document})
        return
    say(f"Balance score: {score_text(coverage.model_dump())}", style="bold")
    say(found.reason)
    if plans:
        say()
        show_plans(plans, items_shown=None if show_all else ITEMS_SHOWN)
    for line in found.frontier.unreachable:
        say(line)


def _plans(found: Recommendation, estimator: Estimator) -> list[dict[str, Any]]:
    plans: list[tuple[str, str, PlanOption]] = []
    if found.all_under_represented is not None:
        plans.append(("default", "Recommended", found.all_under_represented))
    plans += [(plan.goal, plan.label, plan) for plan in found.frontier.plans]
    return [plan_document(goal, label, plan, estimator) for goal, label, plan in plans]


def _worth(services: Services, workflow: str, plan: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a plan's records will probably be worth; None where nothing is known."""
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.generation.expected_worth import expected_worth

    worth = expected_worth(services, workflow, [PlanItem.model_validate(item) for item in plan["items"]])
    return {**worth.model_dump(), "words": worth.words} if worth is not None else None


def plan_document(goal: str, label: str, plan: PlanOption, estimator: Estimator) -> dict[str, Any]:
    """A plan as `--json` gives it; a strategy that cannot be used is said in place of the cost."""
    from ...tools.errors import CoverageError

    document = {
        "goal": goal,
        "label": label,
        "records": sum(item.count for item in plan.items),
        "predicted_score": plan.predicted_score,
        "lowers_score": plan.lowers_score,
        "reason": plan.reason,
        "items": [item.model_dump() for item in plan.items],
    }
    try:
        return {**document, "cost": estimator.plan(plan.items).model_dump()}
    except CoverageError as error:
        return {**document, "cost": None, "problem": str(error)}


def planned_score(plan: Mapping[str, Any]) -> str:
    """The score that a plan reaches, and whether that is lower than it is now."""
    from ...tools.coverage.frontier import score_beside_goals

    reached = score_beside_goals(plan["predicted_score"])
    return f"{reached} (lower than now)" if plan["lowers_score"] else reached


def show_plans(plans: list[dict[str, Any]], *, items_shown: int | None = ITEMS_SHOWN) -> None:
    """Print plans side by side, then the items of each, or the first of many."""
    print_table(
        ["Plan", "Records", "Topics", "Score", "Cost"],
        [
            (
                plan["label"],
                plan["records"],
                len({item["topic"] for item in plan["items"]}),
                planned_score(plan),
                plan["cost"]["note"] if plan["cost"] else plan["problem"],
            )
            for plan in plans
        ],
        numbers=(1, 2, 3),
    )
    for plan in plans:
        say()
        worth = plan.get("expected_worth")
        say(f"{plan['label']}{': ' + worth['words'] if worth else ':'}", style="bold")
        for item in plan["items"][:items_shown]:
            say(f"  {item['count']:,} for {item['topic']} with {item['strategy']}")
        rest = len(plan["items"][items_shown:]) if items_shown else 0
        if rest:
            say(f"  … and {rest:,} more topics; `finetune-coverage recommend --all` lists them.")
