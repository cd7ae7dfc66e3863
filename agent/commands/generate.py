"""`generate`: the tool `generate_synthetic_data` on the command line, with the approval that it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...tools.bounds import MOST_TOKENS, MOST_USD
from ..output import ExitCode, note, print_json, say, stderr
from .analyze import fail_with, score_text
from .options_and_prompts import AsJson, EvalSet, Workflow, finite, open_generating_services
from .pilot import approved_before, carry_out
from .proposal import approve, show_plan

if TYPE_CHECKING:
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.generation.jobs.progress import OnProgress
    from ...tools.services import Services
    from ...tools.settings import Settings

Answer = dict[str, Any]
Work = Callable[["OnProgress"], Coroutine[Any, Any, Answer]]


def generate(
    workflow: Workflow,
    topic: Annotated[str, typer.Option("--topic", metavar="NAME", help="Which topic.", show_default=False)],
    count: Annotated[
        int,
        typer.Option(
            "--count", metavar="N", min=1, max=100_000, help="How many records.", show_default=False
        ),
    ],
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help="message_variation, few_shot, topic_description, scenario_expansion or tool_chain; "
            "chosen from the topic's records when not given.",
            show_default=False,
        ),
    ] = None,
    pilot: Annotated[
        int | None,
        typer.Option(
            "--pilot",
            metavar="N",
            min=1,
            max=100_000,
            help="So many first; the rest follows if these are worth what the plan says, else you are asked again.",
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens",
            metavar="N",
            min=1,
            max=MOST_TOKENS,
            help="The most tokens to use.",
            show_default=False,
        ),
    ] = None,
    max_usd: Annotated[
        float | None,
        typer.Option(
            "--max-usd",
            metavar="USD",
            max=MOST_USD,
            callback=finite,
            help="The most money to spend.",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Through OpenAI's Batch API: cheaper, and answered within a day."),
    ] = False,
    templates: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="DIR",
            help="A folder with prompt templates of your own.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Approve the plan without being asked.")] = False,
    eval_set: EvalSet = None,
    as_json: AsJson = False,
) -> None:
    """Generate records for one topic; the plan is shown and needs your yes. --yes is none to what a pilot leaves.

    The caps go with the approval: under one that was given before, they can only be made tighter.
    """
    from ...tools.analyze_coverage import analyze
    from ...tools.coverage.plans import beyond_ceilings
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.generate_synthetic_data import generate_synthetic_data, run_approved_item
    from ...tools.generation.approvals.proposal import propose

    services = open_generating_services(eval_set)
    services.settings = _capped(services.settings, max_tokens, max_usd)
    services.settings.use_batch_api |= batch
    if templates is not None:
        services.settings.templates = templates.expanduser().absolute()
    item, reason = _wanted(services, workflow, topic, count, strategy)
    item = PlanItem.model_validate({**item.model_dump(), "pilot": pilot})
    for over in beyond_ceilings(analyze(services, workflow), [item]):
        note(over, style="yellow")
    if item.pilot is not None:
        approval_id = approved_before(services, workflow, item)
        if approval_id is None:
            services.settings.settle_models()
            plan = propose(services, workflow, [item], reason)
            if not as_json:
                show_plan(plan)
            approval_id = approve(services, plan, yes=yes, as_json=as_json)
        finish(carry_out(services, workflow, item, approval_id, run, as_json=as_json), as_json=as_json)
        return

    # An approval given before (`plans approve`) covers this call; only without one a person is asked.
    answer = run(
        lambda on_progress: generate_synthetic_data(
            services, workflow, item.topic, item.count, item.strategy, on_progress=on_progress
        )
    )
    if not answer["success"] and answer["error"]["code"] == "approval_required":
        services.settings.settle_models()
        plan = propose(services, workflow, [item], reason)
        if not as_json:
            show_plan(plan)
        approval_id = approve(services, plan, yes=yes, as_json=as_json)
        answer = run(lambda on_progress: run_approved_item(services, approval_id, 0, on_progress=on_progress))
    finish(answer, as_json=as_json)


def run(work: Work, job_id: str = "") -> Answer:
    """Run a generation, showing its progress on stderr; Ctrl-C ends it and says how to go on.

    Args:
        work: the generation.
        job_id: its job, where it has one already.
    """
    import asyncio

    from ..views.progress import ProgressView

    with ProgressView(stderr()) as view:
        try:
            answer = asyncio.run(work(view.update))
        except KeyboardInterrupt:
            view.close()
            note(f"Stopped. What was accepted is kept. {_go_on(view.job_id or job_id)}", style="yellow")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        view.close()
    if not answer["success"] and view.job_id:  # it had begun
        note(f"What was accepted is kept. {_go_on(view.job_id)}", style="yellow")
    return answer


def _go_on(job_id: str) -> str:
    if job_id:
        return f"Go on with: finetune-coverage jobs resume {job_id}"
    return "`finetune-coverage jobs` lists what is unfinished."


def finish(answer: Answer, *, as_json: bool) -> None:
    """Print what a generation came to, and end with the exit code for it."""
    if as_json:
        print_json(answer)
    if not answer["success"]:
        fail_with(answer)
    generation = answer["generation"]
    if not as_json:
        _show_generation(generation)
    if generation["status"] == "short":
        raise typer.Exit(ExitCode.SHORT)


def _capped(settings: Settings, max_tokens: int | None, max_usd: float | None) -> Settings:
    from ...tools.errors import InvalidInput
    from ...tools.generation.approvals.proposal import under_caps

    try:
        return under_caps(settings, max_tokens, max_usd)
    except InvalidInput as error:
        raise typer.BadParameter(error.message, param_hint="--max-usd") from None


def _wanted(
    services: Services, workflow: str, topic: str, count: int, strategy: str | None
) -> tuple[PlanItem, str]:
    from ...tools.coverage.recommendation import PlanItem
    from ...tools.coverage.strategy_choice import STRATEGIES, choose_strategy
    from ...tools.dataset.topic_names import require_topics
    from ...tools.generation.topic_profiles import topic_profiles

    require_topics(services.store, workflow, [topic])
    if strategy is not None:
        name = strategy.strip().lower().replace("-", "_")
        if name not in STRATEGIES:
            raise typer.BadParameter(
                f"{strategy!r} is not a strategy; use {', '.join(STRATEGIES)}.", param_hint="--strategy"
            )
        return PlanItem.model_validate({"topic": topic, "count": count, "strategy": name}), "as you asked"
    profiles = topic_profiles(services, workflow)
    chosen, reason = choose_strategy(profiles[topic])
    return PlanItem.model_validate({"topic": topic, "count": count, "strategy": chosen}), reason


def _show_generation(generation: dict[str, Any]) -> None:
    from ..views.progress import reasons_text

    before, after = generation["coverage_before"], generation["coverage_after"]
    accepted = f"{generation['accepted']} of {generation['requested']} records accepted"
    say(f"{accepted} (job {generation['job_id']}).", style="bold")
    if measured := _measured(generation):
        say(f"They are {measured}.")
    if generation["rejected"]:
        say(f"Rejected: {reasons_text(generation['rejected'])}")
    say(f"Balance score: {score_text(before)} → {score_text(after)}")
    say(f"Used: {generation['cost']['used']}")
    for remark in generation.get("remarks", []):
        note(remark)
    if generation["status"] == "short":
        reason = (
            generation.get("stop_reason") or generation.get("reason") or json.dumps(generation["rejected"])
        )
        note(f"Fewer than asked: {reason}", style="yellow")


def _measured(generation: dict[str, Any]) -> str:
    from ...tools.coverage.uplift import Uplift
    from ...tools.coverage.wording import worth_words

    brought = Uplift.model_validate(generation["uplift"]) if generation["uplift"] else None
    return worth_words(generation["worth"], brought) if generation["accepted"] else ""


def approved_item(services: Services, job_id: str) -> tuple[str, int]:
    """The approval that a job runs under, and its item's number there.

    Raises:
        InvalidInput: there is no such job.
    """
    from sqlalchemy import select

    from ...tools.generation.jobs.ledger import get_job
    from ...tools.store.journal_tables import approval_items

    job = get_job(services.store, job_id)
    query = select(approval_items.c.number).where(approval_items.c.job_id == job_id)
    with services.store.read() as connection:
        return job.approval_id, int(connection.execute(query).scalar_one())
