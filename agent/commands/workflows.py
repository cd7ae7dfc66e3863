"""`workflows`: the datasets being prepared."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from ..output import print_json, print_table, say
from .options_and_prompts import AsJson, Yes, confirm, open_services

app = typer.Typer(help="The datasets being prepared: list, compare, delete.", invoke_without_command=True)


@app.callback()
def workflows(context: typer.Context, as_json: AsJson = False) -> None:
    """The datasets being prepared."""
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the workflows."""
    from ...tools.store.workflows import list_workflows

    found = list_workflows(open_services().store)
    if as_json:
        print_json({"success": True, "workflows": [asdict(workflow) for workflow in found]})
        return
    if not found:
        say("No workflows yet. Start one with: finetune-coverage import FILE -w wf-1")
        return
    print_table(
        ["Workflow", "Records", "Topics", "Created"],
        [(workflow.id, workflow.records, workflow.topics, workflow.created_at[:19]) for workflow in found],
        numbers=(1, 2),
    )


@app.command("compare")
def compare(
    one: Annotated[str, typer.Argument(metavar="ID", help="A workflow.", show_default=False)],
    other: Annotated[
        str, typer.Argument(metavar="ID", help="Its branch, or another one.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Lay two branches side by side: score, what was generated since they parted, variety, cost, samples."""
    from ...tools.inspection.compare import compare_branches

    comparison = compare_branches(open_services(), one, other)
    if as_json:
        print_json({"success": True, "comparison": comparison.model_dump(mode="json")})
        return
    from ...graph.wording.inspections import comparison_words
    from ..chat.terminal import show_message

    show_message(comparison_words(comparison))


@app.command("delete")
def delete(
    workflow_id: Annotated[str, typer.Argument(metavar="ID", help="The workflow.", show_default=False)],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a workflow with its records, plans and jobs. There is no way back."""
    from ...tools.generation.attempts.answer_spool import left_spools
    from ...tools.generation.jobs.ledger import get_job, list_jobs
    from ...tools.store.workflows import delete_workflow, require_workflow

    services = open_services()
    require_workflow(services.store, workflow_id)
    jobs = [get_job(services.store, job.id) for job in list_jobs(services.store, workflow_id)]
    parts = [replace(job, part=number) for job in jobs for number in range(job.parts)]
    confirm(f"Delete {workflow_id} with all its records?", yes=yes, as_json=as_json)
    delete_workflow(services.store, workflow_id)
    for part in parts:  # one that was killed may have left answers
        for spool in left_spools(services.settings.home, part.name).values():
            spool.unlink(missing_ok=True)
    if services.settings.chroma_url or services.settings.index_path.exists():
        services.index.delete(workflow_id)
    if as_json:
        print_json({"success": True, "deleted": workflow_id})
    else:
        say(f"Deleted {workflow_id}.")
