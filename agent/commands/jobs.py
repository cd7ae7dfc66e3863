"""`jobs`: what was generated, what is unfinished, and every attempt of a job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..output import print_json, print_table, say
from .generate import approved_item, finish, run
from .options_and_prompts import AsJson, EvalSet, OptionalWorkflow, open_generating_services, open_services

app = typer.Typer(help="Generation jobs: finished and unfinished.", invoke_without_command=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job, as `jobs` lists it.", show_default=False)]
EVIDENCE_SHOWN = 100
"""Characters of a rejection's evidence in the table; `--json` has all of it."""


@app.callback()
def jobs(context: typer.Context, workflow: OptionalWorkflow = None, as_json: AsJson = False) -> None:
    """Generation jobs: finished and unfinished."""
    if context.invoked_subcommand is None:
        list_(workflow, as_json)


@app.command("list")
def list_(workflow: OptionalWorkflow = None, as_json: AsJson = False) -> None:
    """List the jobs."""
    from ...tools.generation.ledger import list_jobs

    found = list_jobs(open_services().store, workflow)
    if as_json:
        print_json({"success": True, "jobs": [asdict(job) for job in found]})
        return
    if not found:
        say("No jobs.")
        return
    print_table(
        ["Job", "Workflow", "Topic", "Strategy", "Status", "Accepted", "Rejected", "Started"],
        [
            (
                job.id,
                job.workflow_id,
                job.topic,
                job.strategy,
                job.status,
                f"{job.accepted}/{job.count}",
                sum(job.rejected.values()),
                job.created_at[:19],
            )
            for job in found
        ],
        numbers=(5, 6),
    )


@app.command("show")
def show(job_id: JobId, as_json: AsJson = False) -> None:
    """Show a job and each of its attempts: what was accepted, what was rejected and why."""
    from ...tools.generation.ledger import list_attempts, summarize_job
    from ..progress import reasons_text

    store = open_services().store
    job = summarize_job(store, job_id)
    attempts = list_attempts(store, job_id)
    if as_json:
        document = {"job": asdict(job), "attempts": [asdict(attempt) for attempt in attempts]}
        print_json({"success": True, **document})
        return
    say(f"{job.id}: {job.count} {job.topic} by {job.strategy} in {job.workflow_id}", style="bold")
    say(f"{job.status}: {job.accepted} accepted, rejected: {reasons_text(job.rejected) or 'none'}")
    if job.stop_reason:
        say(f"Ended because: {job.stop_reason}")
    say()
    print_table(
        ["Try", "Slot", "Outcome", "Gate", "Evidence"],
        [
            (attempt.number, attempt.slot, attempt.status, attempt.gate, _short(attempt.evidence))
            for attempt in attempts
        ],
        numbers=(0, 1),
    )


@app.command("resume")
def resume(job_id: JobId, eval_set: EvalSet = None, as_json: AsJson = False) -> None:
    """Go on with an unfinished job under the approval that it has."""
    from ...tools.generate_synthetic_data import run_approved_item

    services = open_generating_services(eval_set)
    approval_id, number = approved_item(services, job_id)
    answer = run(
        lambda on_progress: run_approved_item(services, approval_id, number, on_progress=on_progress)
    )
    finish(answer, as_json=as_json)


def _short(evidence: str | None) -> str | None:
    if evidence is None or len(evidence) <= EVIDENCE_SHOWN:
        return evidence
    return evidence[: EVIDENCE_SHOWN - 1] + "…"
