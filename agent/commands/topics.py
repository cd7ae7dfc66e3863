"""`topics`: topics for records that have none: assign, review, undo; discover, merge, split; list."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import note, print_json, print_table, say
from ..topic_review import ask_about, reading_bar, show_queue
from .options_and_prompts import AsJson, Workflow, can_ask, open_services

if TYPE_CHECKING:
    from ...tools.topics.assign import AssignReport

app = typer.Typer(help="Topics for records that have none: assign, review, undo.", no_args_is_help=True)

Confidence = Annotated[
    float,
    typer.Option("--confidence", min=0, max=1, help="Records below it stay uncategorized; 0 decides all."),
]
TopicsFile = Annotated[
    Path | None,
    typer.Option(
        "--topics",
        metavar="FILE",
        help="YAML or JSON with the topics' names, descriptions, parents, weights and examples.",
        show_default=False,
    ),
]


@app.command("assign")
def assign(
    workflow: Workflow, topics: TopicsFile = None, confidence: Confidence = 0.6, as_json: AsJson = False
) -> None:
    """Give every record without a topic the one that it most probably has, where that is sure enough.

    Learns from labelled records, from the descriptions and examples in the topics' file, and from corrections.
    """
    from ...tools.dataset.topics_file import read_topics
    from ...tools.dataset.workflows import require_workflow, set_topics
    from ...tools.topics.assign import assign_topics

    services = open_services()
    require_workflow(services.store, workflow)
    if topics is not None:
        set_topics(services.store, workflow, read_topics(topics))
    with reading_bar() as on_progress:
        report = assign_topics(services, workflow, at_least=confidence, on_progress=on_progress)
    if as_json:
        print_json({"success": True, "assignment": {"workflow_id": workflow, **asdict(report)}})
    else:
        _show_assignment(workflow, report)


def _show_assignment(workflow: str, report: AssignReport) -> None:
    if not report.judged:
        say("Every record has a topic already.")
        return
    assigned = sum(report.assigned.values())
    say(f"{assigned} of {report.judged} records got a topic, from {report.method}.", style="bold")
    if report.expected_right is not None:
        say(f"About {report.expected_right:.0%} of them are expected to be right.")
    print_table(["Topic", "Assigned"], list(report.assigned.items()), numbers=(1,))
    if report.uncategorized:
        say(f"{report.uncategorized} are too uncertain and stay uncategorized.")
        note(f"Settle the most telling ones first: finetune-coverage topics review -w {workflow}")
    note(f"Take it back: finetune-coverage topics undo -w {workflow}")


@app.command("review")
def review(
    workflow: Workflow,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="So many at most.")] = 20,
    set_topic: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ID=TOPIC", help="A record's right topic; may be given again."),
    ] = None,
    confidence: Confidence = 0.6,
    as_json: AsJson = False,
) -> None:
    """Settle uncertain records, the most telling ones first; the answers are learnt from at once."""
    from ...tools.topics.assign import assign_topics
    from ...tools.topics.corrections import correct, review_queue

    services = open_services()
    answers = _pairs(set_topic or [])
    if not answers:
        queue = review_queue(services.store, workflow, limit)
        if not (can_ask(as_json=as_json) and sys.stdout.isatty()):
            show_queue(queue, as_json=as_json)
            return
        answers = ask_about(services.store, workflow, queue)
    done: dict[str, Any] = {"workflow_id": workflow, "corrected": 0, "assignment": None}
    if answers:
        done["corrected"] = correct(services.store, workflow, answers)
        report = assign_topics(services, workflow, at_least=confidence)
        done["assignment"] = asdict(report)
    if as_json:
        print_json({"success": True, "review": done})
        return
    say(f"{done['corrected']} records have the topic that you gave them.")
    if answers and report.judged:
        _show_assignment(workflow, report)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        record_id, separator, topic = text.partition("=")
        if not separator or not record_id.strip() or not topic.strip():
            raise typer.BadParameter(f"{text!r} is not of the form --set ID=TOPIC.")
        pairs[record_id.strip()] = topic.strip()
    return pairs


@app.command("undo")
def undo(workflow: Workflow, as_json: AsJson = False) -> None:
    """Take the last assignment, review, merge or split back."""
    from ...tools.topics.assignments import undo_last_run

    run, restored = undo_last_run(open_services().store, workflow)
    if as_json:
        print_json({"success": True, "undone": {"workflow_id": workflow, "run": run, "records": restored}})
    else:
        say(f"Run {run} is undone: {restored} records have the topic that they had before.")


@app.command("list")
def list_(workflow: Workflow, as_json: AsJson = False) -> None:
    """Count the records of each topic, under its parent."""
    from ...tools.dataset.records import topic_counts
    from ...tools.dataset.workflows import list_topics
    from ...tools.topics.roll_up import roll_up

    store = open_services().store
    counts = {count.topic: count.records for count in topic_counts(store, workflow)}
    groups = roll_up(counts, list_topics(store, workflow))
    if as_json:
        print_json({"success": True, "topics": [asdict(group) for group in groups]})
        return
    rows: list[tuple[str, int]] = []
    for group in groups:
        indent = "  " if group.parent is not None else ""
        if group.parent is not None:
            rows.append((group.parent, group.records))
        rows += [(f"{indent}{name}", records) for name, records in group.topics.items()]
    if counts.get(None):
        rows.append(("(uncategorized)", counts[None]))
    print_table(["Topic", "Records"], rows, numbers=(1,))
