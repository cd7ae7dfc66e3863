"""The worked example: the bundled dataset, the real graph, the model that the settings name.

The same conversation as in the terminal, with one answer typed by the demo itself: "1". That answer is the
approval, and it is recorded as such, by `demo` through the channel `demo`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ...tools.analyze_coverage import analyze
from ...tools.dataset.bundled_sample import import_sample
from ...tools.dataset.exporter import export_records
from ...tools.errors import InvalidInput
from ...tools.generation.approvals.approval import approval_of
from ...tools.generation.approvals.plans import list_plans
from ...tools.generation.jobs.ledger import list_attempts, list_jobs
from ...tools.new_files import appearing_together
from ...tools.services import Services
from ...tools.settings import load_settings
from ...tools.store.records import load_records
from ...tools.store.workflows import create_workflow, list_workflows
from ..output import ExitCode, note, say, stdout
from ..views.progress import ProgressView, reasons_text
from ..views.records import record_heading, record_lines
from .terminal import model_text, show_message

if TYPE_CHECKING:
    from ...tools.coverage.report import Coverage
    from ...tools.generation.jobs.ledger import JobSummary

WORKFLOW = "demo"
CHANNEL = "demo"
ANSWER = "1"
EXAMPLES_PER_REASON = 2


def run_demo(*, home: Path | None, output: Path) -> int:
    """Play the example.

    Args:
        home: data folder to keep; a temporary one is made and thrown away when not given.
        output: folder for the balanced dataset and a readable list of what was generated.

    Returns:
        The exit code: 0 when every record that was asked for was generated and the score passed its target,
        3 when records are missing, 1 when the score did not pass.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-", ignore_cleanup_errors=True) as folder:
        services = _services(home or Path(folder))
        try:
            before, after, jobs = _play(services)
            _say_rejections(services, jobs)
            written = write_results(services, WORKFLOW, output)
        except KeyboardInterrupt:
            note("Stopped.", style="yellow")
            return ExitCode.INTERRUPTED
        finally:
            services.close()
        say(f"{written} records exported to {output / 'balanced.jsonl'}")
        say(f"What was generated, to read: {output / 'generated.md'}")
        minutes, seconds = divmod(round(time.monotonic() - started), 60)
        say(f"Time: {minutes} min {seconds} s")
        return _verdict(before, after, jobs, services.settings.target_score)


def _services(home: Path) -> Services:
    # The demo never touches a person's own data, wherever the settings say that it lies.
    own = {"home": home.absolute(), "database_url": None, "chroma_url": None}
    return Services.from_settings(load_settings().model_copy(update=own))


def _play(services: Services) -> tuple[Coverage, Coverage, list[JobSummary]]:
    store = services.store
    if any(workflow.id == WORKFLOW for workflow in list_workflows(store)):
        raise InvalidInput(
            f"{services.settings.home} has a workflow {WORKFLOW!r} already.",
            hint="Name an empty folder with --home, or leave it out.",
        )
    create_workflow(store, WORKFLOW)
    imported = import_sample(store, WORKFLOW)
    say(f"Demo · {model_text(services.settings)}", style="dim")
    say(f"{imported.added} customer-support records imported from the bundled sample.")
    before = analyze(services, WORKFLOW)
    asyncio.run(_converse(services))
    _say_approval(services)
    return before, analyze(services, WORKFLOW), list_jobs(store, WORKFLOW)


async def _converse(services: Services) -> None:
    # Imported here: it takes seconds, and by now there is something to read.
    from ...graph.build import build_graph
    from ...graph.conversations.checkpoints import open_checkpointer
    from .conversation import Conversation

    with ProgressView(stdout()) as view:

        def show(text: str) -> None:
            view.close()
            show_message(text)

        def start(line: str) -> None:
            view.close()
            say(line, style="dim")

        async with open_checkpointer(services.settings) as checkpointer:
            conversation = Conversation(
                build_graph(services, checkpointer=checkpointer),
                "demo",
                context={"channel": CHANNEL, "approver": CHANNEL},
                on_message=show,
                on_start=start,
                on_progress=view.update,
            )
            await conversation.begin(WORKFLOW)
            say()
            say(f"you> {ANSWER}", style="bold")
            await conversation.reply(ANSWER)


def _say_approval(services: Services) -> None:
    say()
    for plan in list_plans(services.store, WORKFLOW, status="approved"):
        approval = approval_of(services.store, plan.id)
        if approval is not None:
            items = ", ".join(f"{item.count} {item.topic} by {item.strategy}" for item in plan.items)
            who = f"by {approval.approver}, channel {approval.channel}, {approval.created_at[:19]} UTC"
            say(f"Approval recorded: {items} ({who})")


def _say_rejections(services: Services, jobs: list[JobSummary]) -> None:
    rejected: Counter[str] = Counter()
    for job in jobs:
        rejected.update(job.rejected)
    say(f"Rejected by the checks: {reasons_text(rejected) or 'nothing'}")
    shown: Counter[str] = Counter()
    for job in jobs:
        for attempt in list_attempts(services.store, job.id):
            if attempt.status != "rejected" or attempt.check is None:
                continue
            shown[attempt.check] += 1
            if shown[attempt.check] <= EXAMPLES_PER_REASON:
                say(f"  {attempt.check}: {attempt.evidence}")


def write_results(services: Services, workflow_id: str, output: Path) -> int:
    """Write the dataset, and what was generated as a person reads it, into a folder; files of these names are replaced.

    Returns:
        How many records were written.
    """
    report = export_records(services.store, workflow_id, output / "balanced.jsonl", overwrite=True)
    lines = ["# Generated records", ""]
    for record in load_records(services.store, workflow_id, origin="synthetic"):
        lines += [f"## {record_heading(record)}", ""]
        lines += [f"- **{who}**: {' '.join(text.split())}" for who, text in record_lines(record)] + [""]
    with appearing_together(output, overwrite=True) as files:
        files.write(output / "generated.md", "\n".join(lines))
    return report.written


def _verdict(before: Coverage, after: Coverage, jobs: list[JobSummary], target: float) -> int:
    wanted = sum(job.count for job in jobs)
    accepted = sum(job.accepted for job in jobs)
    score = f"Balance score {before.balance_score} → {after.balance_score}"
    say(f"{score}, {accepted} of {wanted} records generated.", style="bold")
    if not jobs or accepted < wanted:
        note("Fewer records than the plan asked for.", style="yellow")
        return ExitCode.SHORT
    if after.balance_score_exact is None or after.balance_score_exact <= target:
        note(f"The score did not pass {target}.", style="yellow")
        return ExitCode.FAILED
    return ExitCode.DONE
