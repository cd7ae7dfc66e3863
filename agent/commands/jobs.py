"""`jobs`: what was generated, what is unfinished, and every attempt of a job."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import note, print_json, print_table, say
from ..views.origin import say_origin
from .generate import approved_item, finish, run
from .options_and_prompts import AsJson, EvalSet, OptionalWorkflow, open_generating_services, open_services

if TYPE_CHECKING:
    from ...tools.generation.jobs.ledger import JobSummary
    from ...tools.services import Services

app = typer.Typer(help="Generation jobs: finished and unfinished.", invoke_without_command=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job, as `jobs` lists it.", show_default=False)]
EVIDENCE_SHOWN = 100
"""Characters of a rejection's evidence in the table; `--json` has all of it."""
QUEUED = "queued"
"""Of a job that the next free worker goes on with."""
STOPPED = "stopped"
"""Of a job that owes records and that nobody is carrying out: its program was killed, or interrupted."""
CANCELLED = "cancelled"
"""Of a job that was cancelled while nobody was carrying it out, and is not closed yet."""


@app.callback()
def jobs(context: typer.Context, workflow: OptionalWorkflow = None, as_json: AsJson = False) -> None:
    """Generation jobs: finished and unfinished."""
    if context.invoked_subcommand is None:
        list_(workflow, as_json)


@app.command("list")
def list_(workflow: OptionalWorkflow = None, as_json: AsJson = False) -> None:
    """List the jobs."""
    from ...tools.generation.jobs.ledger import list_jobs

    services = open_services()
    found = list_jobs(services.store, workflow)
    if as_json:
        print_json({"success": True, "jobs": [job.model_dump() for job in found]})
        return
    if not found:
        say("No jobs.")
        return
    standings = [_standing(services, job) for job in found]
    print_table(
        ["Job", "Workflow", "Topic", "Strategy", "Status", "Accepted", "Rejected", "Started"],
        [
            (
                job.id,
                job.workflow_id,
                job.topic,
                job.strategy,
                standing,
                f"{job.accepted}/{job.count}",
                sum(job.rejected.values()),
                job.created_at[:19],
            )
            for job, standing in zip(found, standings, strict=True)
        ],
        numbers=(5, 6),
    )
    if STOPPED in standings:
        say("`finetune-coverage jobs resume ID` goes on with one that has stopped.")
    if CANCELLED in standings:
        say(
            "`finetune-coverage jobs resume ID` closes a cancelled one: it judges what is written, and begins nothing."
        )


def _standing(services: Services, job: JobSummary) -> str:
    from ...tools.generation.attempts.journal import is_cancelled
    from ...tools.generation.jobs.lease import is_carried_out
    from ...tools.generation.workers.queue import waiting_items

    if job.undone_at:
        return "undone"
    # Where only reading is allowed nobody can be asked, and nothing resumed.
    is_cut_off = (
        job.status == "running" and not services.store.is_read_only and not is_carried_out(services, job.id)
    )
    if is_cut_off and job.id in {item.job_id for item in waiting_items(services.store)}:
        return QUEUED
    if is_cut_off:
        return CANCELLED if is_cancelled(services.store, job.id) else STOPPED
    return job.status


@app.command("show")
def show(
    job_id: JobId,
    diversity: Annotated[
        bool, typer.Option("--diversity", help="Measure how varied its records are, beside real ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a job and each of its attempts: what was accepted, what was rejected and why."""
    from ...tools.coverage.uplift import Uplift
    from ...tools.coverage.wording import worth_words
    from ...tools.generation.jobs.ledger import list_attempts, summarize_job
    from ...tools.generation.jobs.notes import noted_measured, noted_remarks
    from ...tools.generation.jobs.shortfall import advice, evidence_of
    from ..views.progress import reasons_text

    services = open_services()
    job = summarize_job(services.store, job_id)
    attempts = list_attempts(services.store, job_id)
    measured = noted_measured(services.store, job_id)
    varied = _diversity(services, job_id) if diversity else None
    if as_json:
        document = {
            "job": {**job.model_dump(), **(measured or {})},
            "attempts": [asdict(attempt) for attempt in attempts],
        }
        print_json({"success": True, **document, **({"diversity": varied} if varied else {})})
        return
    say(f"{job.id}: {job.count} {job.topic} by {job.strategy} in {job.workflow_id}", style="bold")
    standing = _standing(services, job)
    say(f"{standing}: {job.accepted} accepted, rejected: {reasons_text(job.rejected) or 'none'}")
    if standing == STOPPED:
        say(
            f"No program is at it: `finetune-coverage jobs resume {job.id}` goes on, under the same approval."
        )
    if standing == CANCELLED:
        say(
            f"It was cancelled: `finetune-coverage jobs resume {job.id}` judges what is written, and closes it."
        )
    if job.accepted and measured:
        brought = Uplift.model_validate(measured["uplift"]) if measured["uplift"] else None
        why_not = (
            f" (F1 of a topic classifier not measured: {measured['why_not']})" if measured["why_not"] else ""
        )
        say(f"They are {worth_words(measured['worth'], brought)}{why_not}.")
    say(f"Used: {_use(job)}")
    if job.undone_at:
        say(f"Undone on {job.undone_at[:19]} UTC: its records are out of the dataset.")
    if job.stop_reason:
        say(f"Ended because: {job.stop_reason}")
    for line in [*noted_remarks(services.store, job_id), *advice(job.rejected, evidence_of(attempts))]:
        say(f"- {line}")
    if varied is not None:
        _say_diversity(varied)
    say()
    print_table(
        ["Try", "Slot", "Outcome", "Check", "Evidence"],
        [
            (attempt.number, attempt.slot, attempt.status, attempt.check, _short(attempt.evidence))
            for attempt in attempts
        ],
        numbers=(0, 1),
    )


def _use(job: JobSummary) -> str:
    from ...tools.generation.money.use import use_words

    parts = [f"{job.reasoning_tokens:,} of them hidden reasoning"] if job.reasoning_tokens else []
    parts += [f"{job.cached_tokens:,} from the endpoint's cache"] if job.cached_tokens else []
    return use_words(job, parts)


def _diversity(services: Services, job_id: str) -> dict[str, Any]:
    from ...tools.generation.diversity.job_report import diversity_of_job

    return diversity_of_job(services, job_id).to_dict()


def _say_diversity(varied: dict[str, Any]) -> None:
    generated, real = varied["synthetic"] or {}, varied["real"] or {}
    say()
    say(f"Diversity, at {varied['compared']} texts a side:")
    print_table(
        ["Figure", "Generated", "Real"],
        [
            (name.replace("_", " "), *(_figure(side.get(name)) for side in (generated, real)))
            for name in generated or real
        ],
        numbers=(1, 2),
    )
    used = ", ".join(f"{seeds} used {uses} times" for uses, seeds in varied["seed_uses"].items())
    say(f"Seeds: {used or 'none'}")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@app.command("resume")
def resume(job_id: JobId, eval_set: EvalSet = None, as_json: AsJson = False) -> None:
    """Go on with an unfinished job under the approval that it has, after what the rest of it is expected to take."""
    from ...tools.generate_synthetic_data import run_approved_item

    services = open_generating_services(eval_set)
    approval_id, number = approved_item(services, job_id)
    _tell_what_is_ahead(services, job_id, as_json=as_json)
    answer = run(
        lambda on_progress: run_approved_item(services, approval_id, number, on_progress=on_progress), job_id
    )
    if not as_json and answer["success"]:
        _tell_what_is_open(services, approval_id)
    finish(answer, as_json=as_json)


def _tell_what_is_open(services: Services, approval_id: str) -> None:
    """What else the same yes covers and nobody has begun, such as the rest behind a pilot."""
    from sqlalchemy import select

    from ...tools.generation.approvals.approved_items import open_items
    from ...tools.store.journal_tables import approval_items

    numbers = open_items(services.store, approval_id, days=services.settings.approval_days)
    query = select(approval_items).where(
        approval_items.c.approval_id == approval_id, approval_items.c.number.in_(numbers)
    )
    with services.store.read() as connection:
        left = connection.execute(query.order_by(approval_items.c.number)).mappings().all()
    for item in left:
        note(
            f"Approved too: finetune-coverage generate -w {shlex.quote(item['workflow_id'])} "
            f"--topic {shlex.quote(item['topic'])} --count {item['count']} --strategy {item['strategy']}"
        )


def _tell_what_is_ahead(services: Services, job_id: str, *, as_json: bool) -> None:
    """What going on with a job will take, or why there is nothing to go on with.

    Raises:
        InvalidInput: its records were taken out again.
    """
    from ...tools.errors import CoverageError, InvalidInput
    from ...tools.generation.attempts.journal import is_cancelled
    from ...tools.generation.jobs.lease import is_carried_out
    from ...tools.generation.jobs.ledger import summarize_job
    from ...tools.generation.money.estimate import estimate_rest

    job = summarize_job(services.store, job_id)
    if job.undone_at:
        raise InvalidInput(
            f"Job {job_id} was undone: its records are out of the dataset.",
            hint="More of the same needs a new plan: `finetune-coverage generate`, or the conversation.",
        )
    if as_json:
        return
    if job.status != "running":
        note(f"Job {job_id} ended before; this is what came of it.")
    elif is_carried_out(services, job_id):
        return  # the attempt to go on with it says by whom
    elif is_cancelled(services.store, job_id):
        note(
            f"Job {job_id} was cancelled: what is written already is judged and kept, nothing more is begun."
        )
    else:
        # Why it cannot be carried on, if it cannot, is said by the attempt to.
        with suppress(CoverageError):
            note(
                f"{job.count - job.accepted:,} of {job.count:,} are owed: {estimate_rest(services, job_id).note}."
            )


@app.command("cancel")
def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job, wherever it runs: what is under way is finished and kept, nothing more is begun."""
    from ...tools.errors import InvalidInput
    from ...tools.generation.attempts.journal import request_cancel
    from ...tools.generation.jobs.lease import is_carried_out
    from ...tools.generation.jobs.ledger import get_job

    services = open_services()
    job = get_job(services.store, job_id)
    if not request_cancel(services.store, job_id):
        raise InvalidInput(
            f"Job {job_id} has ended ({job.status}); only a job that has not can be cancelled.",
            hint=f"`finetune-coverage jobs undo {job_id}` takes its records out of the dataset.",
        )
    if as_json:
        print_json({"success": True, "job_id": job_id, "cancel_requested": True})
    elif is_carried_out(services, job_id):
        say(f"{job_id} begins nothing more. What is written already is still judged, and kept.")
    else:
        say(
            f"{job_id} is cancelled; what was accepted is kept. Nobody is at it, and nothing more of it is begun."
        )
        note(f"Judge what was written already, and close it: finetune-coverage jobs resume {job_id}")


@app.command("undo")
def undo(job_id: JobId, as_json: AsJson = False) -> None:
    """Take the records of a job out of the dataset again; they stay in the history."""
    from ...tools.generation.jobs.undo_jobs import undo_job

    ids = undo_job(open_services().store, job_id)
    if as_json:
        print_json({"success": True, "job_id": job_id, "removed": ids})
    else:
        say(f"{len(ids)} records of {job_id} are out of the dataset.")


@app.command("why")
def why(
    record_id: Annotated[
        str, typer.Argument(metavar="RECORD", help="A synthetic record's id.", show_default=False)
    ],
    workflow: Annotated[str, typer.Option("-w", "--workflow", help="Its workflow.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show why a synthetic record is there: parents, prompt, model, answer, checks and the person's yes."""
    from ...tools.generation.jobs.origin import origin_of

    origin = origin_of(open_services(), workflow, record_id)
    if as_json:
        print_json({"success": True, "origin": origin})
        return
    say_origin(origin)


def _short(evidence: str | None) -> str | None:
    if evidence is None or len(evidence) <= EVIDENCE_SHOWN:
        return evidence
    return evidence[: EVIDENCE_SHOWN - 1] + "…"
