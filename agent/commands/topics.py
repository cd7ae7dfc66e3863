"""`topics`: topics for records that have none: assign, review, undo; discover, merge, split; list."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...tools.bounds import MOST_LISTED
from ..output import note, print_json, print_table, say
from .options_and_prompts import (
    AsJson,
    Engine,
    Workflow,
    Yes,
    by_engine,
    can_ask,
    finite,
    open_services,
    says_yes,
)
from .topic_review import ask_about, reading_bar, show_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...tools.services import Services
    from ...tools.topics.assign import AssignReport
    from ...tools.topics.discover import FoundTopic

app = typer.Typer(
    help="Which topics there are, and which records have them: list, assign, review, discover, merge, split, describe, "
    "undo.",
    no_args_is_help=True,
)

Confidence = Annotated[
    float,
    typer.Option(
        "--confidence",
        min=0,
        max=1,
        callback=finite,
        help="Records below it stay uncategorized; 0 decides all.",
    ),
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
Count = Annotated[
    int | None,
    typer.Option(
        "--count",
        min=2,
        max=MOST_LISTED,
        metavar="N",
        help="How many; found out when not given.",
        show_default=False,
    ),
]
ByModel = Annotated[bool, typer.Option("--name-by-model", help="The model names them, in one call.")]


@app.command("assign")
def assign(
    workflow: Workflow,
    topics: TopicsFile = None,
    confidence: Confidence = 0.6,
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Give every record without a topic the one that it most probably has, where that is sure enough.

    Learns from labelled records, from the descriptions and examples in the topics' file, and from corrections.
    """
    from ...tools.dataset.topics_file import read_topics
    from ...tools.store.workflows import require_workflow, set_topics

    services = open_services()
    require_workflow(services.store, workflow)
    if topics is not None:
        set_topics(services.store, workflow, read_topics(topics))
    report = _assigned(services, workflow, confidence, engine)
    if as_json:
        print_json({"success": True, "assignment": {"workflow_id": workflow, **asdict(report)}})
    else:
        _show_assignment(workflow, report)


def _assigned(services: Services, workflow: str, confidence: float, engine: Engine) -> AssignReport:
    if engine == "ray":
        from ...tools.shards.assign_sharded import assign_sharded

        with by_engine(services, engine) as cluster:
            assert cluster is not None
            return assign_sharded(services, cluster, workflow, at_least=confidence)
    from ...tools.topics.assign import assign_topics

    with reading_bar() as on_progress:
        return assign_topics(services, workflow, at_least=confidence, on_progress=on_progress)


def _show_assignment(workflow: str, report: AssignReport) -> None:
    if not report.judged:
        say("Every record has a topic already.")
        return
    assigned = sum(report.assigned.values())
    say(f"{assigned} of {report.judged} records got a topic, from {report.method}.", style="bold")
    if report.expected_right is not None:
        say(f"About {report.expected_right:.0%} of them are expected to be right.")
    if report.assigned:
        print_table(["Topic", "Assigned"], list(report.assigned.items()), numbers=(1,))
    if report.uncategorized:
        say(f"{report.uncategorized} are too uncertain and stay uncategorized.")
        note(
            f"Settle the most telling ones first: finetune-coverage topics review -w {shlex.quote(workflow)}"
        )
    note(f"Take it back: finetune-coverage topics undo -w {shlex.quote(workflow)}")


@app.command("review")
def review(
    workflow: Workflow,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MOST_LISTED, metavar="N", help="So many at most.")
    ] = 20,
    set_topic: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ID=TOPIC", help="A record's right topic; may be given again."),
    ] = None,
    confidence: Confidence = 0.6,
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Settle uncertain records, the most telling ones first; the answers are learnt from at once."""
    from ...tools.coverage.wording import plural
    from ...tools.store.shards import refuse_sharded
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
    if answers and engine == "process":
        with services.store.read() as connection:
            refuse_sharded(connection, workflow, "one process cannot learn from your answers for all of them")
    if answers:
        done["corrected"] = correct(services.store, workflow, answers)
        report = _assigned(services, workflow, confidence, engine)
        done["assignment"] = asdict(report)
    if as_json:
        print_json({"success": True, "review": done})
        return
    say(f"Settled: {plural(done['corrected'], 'record')}.")
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


@app.command("discover")
def discover(
    workflow: Workflow,
    count: Count = None,
    by_model: ByModel = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Find topics in the records that have none; --yes declares them and gives the records to them."""
    from ...tools.topics.discover import adopt, discover_topics

    services = open_services()
    with reading_bar() as on_progress:
        found = discover_topics(services, workflow, count=count, by_model=by_model, on_progress=on_progress)
    if not as_json:
        _show_found(found)
    adopted = yes or (can_ask(as_json=as_json) and says_yes("Use these topics?"))
    run = adopt(services, workflow, found) if adopted else 0
    if as_json:
        print_json({"success": True, "discovery": {"run": run, "topics": [asdict(group) for group in found]}})
    elif adopted:
        note(
            "Rename or join them: topics merge OLD --into NEW; divide one: topics split NAME; back: topics undo."
        )
    else:
        note("Nothing was changed; --yes uses them.")


@app.command("merge")
def merge(
    workflow: Workflow,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="The topics that end.", show_default=False)
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="NAME", help="What they become.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Give the records of one or more topics to another; with one topic and a new name it is renamed."""
    from ...tools.coverage.wording import plural
    from ...tools.dataset.topic_names import names_like, topic_names
    from ...tools.topics.discover import ceilings_lost, merge_topics, require_mergeable

    services = open_services()
    before, becomes = topic_names(services.store, workflow), dict.fromkeys(names, into)
    lost = ceilings_lost(services.store, workflow, require_mergeable(services.store, workflow, becomes))
    moved = merge_topics(services, workflow, becomes)
    if as_json:
        print_json({"success": True, "merged": {"into": into, "records": moved}})
        return
    say(f"{', '.join(names)} → {into.strip()}: {plural(moved, 'record')} moved.")
    if lost:
        note(f"With it ends the ceiling of {', '.join(lost)}.")
    if into.strip().casefold() not in {name.casefold() for name in before}:
        like = names_like(into, [name for name in before if name not in names])
        meant = f" If you meant {' or '.join(like)}:" if like else " Take it back:"
        note(
            f"{into.strip()} is a new topic.{meant} finetune-coverage topics undo -w {shlex.quote(workflow)}"
        )


@app.command("describe")
def describe(
    workflow: Workflow,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic.", show_default=False)],
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What belongs to it and what does not.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Say what belongs to a topic; generation and the sorting of records go by it."""
    from ...tools.dataset.topic_description import describe_topic

    before = describe_topic(open_services().store, workflow, name, text)
    if as_json:
        print_json({"success": True, "topic": name, "description": text, "before": before})
    else:
        said = "is described now" if text.strip() else "has no description now"
        say(f"{name} {said}." + (f" Before: {before}" if before else ""))


@app.command("split")
def split(
    workflow: Workflow,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic.", show_default=False)],
    count: Count = None,
    by_model: ByModel = False,
    as_json: AsJson = False,
) -> None:
    """Divide a topic into several that lie under it."""
    from ...tools.topics.discover import split_topic

    found = split_topic(open_services(), workflow, name, count, by_model=by_model)
    if as_json:
        print_json({"success": True, "split": [asdict(group) for group in found]})
    else:
        _show_found(found)


def _show_found(found: Sequence[FoundTopic]) -> None:
    print_table(
        ["Topic", "Records", "Telling words"],
        [(group.topic.name, len(group.record_ids), ", ".join(group.terms)) for group in found],
        numbers=(1,),
    )


@app.command("undo")
def undo(
    workflow: Workflow,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME…",
            help="Of a merge, only these, by the names of topics that ended or of what they became.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take the last assignment, review, merge or split back; of several merges, those that are named."""
    from ...tools.coverage.wording import plural
    from ...tools.topics.assignments import undo_last_run

    undone = undo_last_run(open_services().store, workflow, topics=names or ())
    if as_json:
        print_json({"success": True, "undone": {"workflow_id": workflow, **undone._asdict()}})
        return
    what = f"Of run {undone.run}, {', '.join(names)}" if names else f"Run {undone.run}"
    say(f"{what} is undone: {plural(undone.records, 'record')} got back what they had before.")
    if undone.moved_since:
        note(f"{plural(undone.moved_since, 'record')} moved again since, and left there.")


@app.command("list")
def list_(workflow: Workflow, as_json: AsJson = False) -> None:
    """Count the records of each topic, under its parent."""
    from ...tools.store.records import topic_counts
    from ...tools.store.workflows import list_topics
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
