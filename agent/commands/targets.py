"""`targets`: what part of the dataset each topic should have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import note, print_json, print_table, say
from .analyze import score_text
from .options_and_prompts import AsJson, OptionalWorkflow, Workflow, open_services

if TYPE_CHECKING:
    from ...tools.coverage.report import Coverage
    from ...tools.coverage.targets import Aim
    from ...tools.set_targets import TargetChange

app = typer.Typer(
    help="What part of the dataset each topic should have: show, set, from-file, reset.",
    invoke_without_command=True,
)

ReferenceFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="CSV, JSON lines or JSON with a topic, or topic and count.", show_default=False
    ),
]
ReferenceField = Annotated[
    str, typer.Option("--topic-field", metavar="NAME", help="The column or field that holds the topic.")
]


@app.callback()
def targets(context: typer.Context, workflow: OptionalWorkflow = None, as_json: AsJson = False) -> None:
    """What part of the dataset each topic should have."""
    if context.invoked_subcommand is not None:
        return
    if workflow is None:
        raise typer.BadParameter("which workflow?", param_hint="--workflow")
    show(workflow, as_json)


@app.command("show")
def show(workflow: Workflow, as_json: AsJson = False) -> None:
    """Show the target of every topic beside what there is."""
    from ...tools.analyze_coverage import analyze

    coverage = analyze(open_services(), workflow)
    if as_json:
        print_json({"success": True, "targets": _document(coverage)})
        return
    _show(coverage)


@app.command("set")
def set_(
    workflow: Workflow,
    wishes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=WEIGHT…",
            help="A weight (billing=2), a share (billing=50%), a factor (billing=x2), or none (billing=none).",
            show_default=False,
        ),
    ] = None,
    most: Annotated[
        list[str] | None,
        typer.Option(
            "--most",
            metavar="NAME=N",
            help="A ceiling: no plan beyond N records is proposed; none takes it away. May be given again.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give topics another target; the others keep theirs in proportion."""
    from ...tools.set_targets import change_targets

    if not wishes and not most:
        raise typer.BadParameter("which target?", param_hint="NAME=WEIGHT")
    aims = [_aim(wish) for wish in wishes or ()]
    without = [name for name, aim in aims if aim is None]
    wanted = [aim for _, aim in aims if aim is not None] + [_ceiling(wish) for wish in most or ()]
    change = change_targets(open_services(), workflow, wanted, without=without)
    _report(change, as_json=as_json)


@app.command("from-file")
def from_file(
    workflow: Workflow, file: ReferenceFile, topic_field: ReferenceField = "topic", as_json: AsJson = False
) -> None:
    """Take the topic mix of a file, such as production traffic, as the target."""
    from ...tools.set_targets import targets_from_file

    _report(targets_from_file(open_services(), workflow, file, topic_field), as_json=as_json)


@app.command("reset")
def reset(workflow: Workflow, as_json: AsJson = False) -> None:
    """Make all topics equal again."""
    from ...tools.coverage.targets import Aim
    from ...tools.set_targets import change_targets

    _report(change_targets(open_services(), workflow, [Aim(kind="equal")]), as_json=as_json)


def show_change(change: TargetChange) -> None:
    """Print the new targets, and which topics a reference file and the dataset do not share."""
    _show(change.coverage, change.before)
    if change.new_topics:
        named = ", ".join(f"{name} ({change.after[name]:.1%})" for name in change.new_topics)
        note(
            f"Not in the dataset, now topics without records: {named}. Describe them in a topics file so that "
            "records can be generated, or take one out with NAME=none.",
            style="yellow",
        )
    if change.without_target:
        note(f"Without a target, not in the score: {', '.join(change.without_target)}.", style="yellow")
    if change.reference_without_topic:
        note(f"{change.reference_without_topic} items of the file name no topic.", style="yellow")


def _aim(wish: str) -> tuple[str, Aim | None]:
    """``billing=2`` as a wish; ``None`` takes the topic's target away."""
    from ...tools.coverage.targets import Aim

    name, equals, value = (part.strip() for part in wish.rpartition("="))
    plain = value.lower()
    if not (name and equals and value):
        raise typer.BadParameter(f"{wish!r} is not NAME=WEIGHT.", param_hint="NAME=WEIGHT")
    if plain == "none":
        return name, None
    try:
        if plain.endswith("%"):
            return name, Aim(kind="share", topic=name, value=float(plain[:-1]) / 100)
        if plain.startswith("x"):
            return name, Aim(kind="factor", topic=name, value=float(plain[1:]))
        return name, Aim(kind="weight", topic=name, value=float(plain))
    except ValueError:
        raise typer.BadParameter(
            f"{value!r} in {wish!r} is none of 2, 50%, x2 and none.", param_hint="NAME=WEIGHT"
        ) from None


def _ceiling(wish: str) -> Aim:
    """``billing=5`` as a ceiling, ``billing=none`` as none."""
    from ...tools.coverage.targets import Aim

    name, _, value = (part.strip() for part in wish.rpartition("="))
    if not name or not (value.lower() == "none" or value.isdecimal()):
        raise typer.BadParameter(f"{wish!r} is not NAME=N, N a whole number or none.", param_hint="--most")
    return Aim(kind="most", topic=name, value=float(value) if value.isdecimal() else None)


def _report(change: TargetChange, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "success": True,
                "targets": _document(change.coverage),
                "before": change.before,
                "balance_score_before": change.coverage_before.balance_score,
                "new_topics": change.new_topics,
                "without_target": change.without_target,
                "reference_without_topic": change.reference_without_topic,
                "ceilings": change.ceilings,
                "changed": change.changed,
            }
        )
        return
    show_change(change)
    for topic in change.coverage.topics:
        if topic.name in change.ceilings and topic.most is not None and topic.records > topic.most:
            over = f"{topic.name} has {topic.records:,} records, and {topic.most:,} at most are wanted"
            note(f"{over}: they stay, until you take some out (`finetune-coverage review`).", style="yellow")
    before, after = change.coverage_before.model_dump(), change.coverage.model_dump()
    say(f"Balance score: {score_text(before)} → {score_text(after)}", style="bold")
    if change.changed:
        say("Plans made for the earlier targets can no longer be approved.")


def _show(coverage: Coverage, before: dict[str, float] | None = None) -> None:
    if before is None:
        kind = "set" if coverage.weights else "uniform: every topic the same"
        say(f"Targets: {kind}.", style="bold")
    scored = sum(coverage.scored_counts.values())
    has_ceilings = any(topic.most is not None for topic in coverage.topics)
    print_table(
        [
            "Topic",
            "Weight",
            "Target",
            *(["Before"] if before is not None else []),
            "Share now",
            "Records",
            *(["At most"] if has_ceilings else []),
        ],
        [
            (
                topic.name,
                "" if topic.target is None else f"{(coverage.weights or {}).get(topic.name, 1):g}",
                "none" if topic.target is None else f"{topic.target:.1%}",
                *(
                    [f"{before[topic.name]:.1%}" if topic.name in before else ""]
                    if before is not None
                    else []
                ),
                f"{topic.records / scored:.1%}" if scored and topic.target is not None else "",
                topic.records,
                *(["" if topic.most is None else topic.most] if has_ceilings else []),
            )
            for topic in coverage.topics
        ],
        numbers=(1, 2, 3, 4, 5, 6),
    )


def _document(coverage: Coverage) -> dict[str, Any]:
    return {
        "uniform": coverage.weights is None,
        "balance_score": coverage.balance_score,
        "topics": [
            {
                "name": topic.name,
                "weight": None if topic.target is None else (coverage.weights or {}).get(topic.name, 1.0),
                "target": topic.target,
                "records": topic.records,
                "most": topic.most,
            }
            for topic in coverage.topics
        ],
    }
