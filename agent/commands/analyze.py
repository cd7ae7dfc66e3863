"""`analyze`: how evenly a dataset covers its topics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..output import ExitCode, note, print_json, print_table, say, stdout
from .options_and_prompts import AsJson, Engine, ShowAll, Workflow, by_engine, open_services
from .within import measure_within, show_within

if TYPE_CHECKING:
    from ...tools.services import Services

UNTARGETED_SHOWN = 20
PlotFile = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE.png",
        help="Draw the topics' shares against their targets, before and after generation.",
        show_default=False,
    ),
]
MapFile = Annotated[
    Path | None,
    typer.Option(
        "--map",
        metavar="FILE.png",
        help="Draw a map of the records: topics, and where they are thin.",
        show_default=False,
    ),
]
Within = Annotated[
    bool,
    typer.Option(
        "--within",
        help="Look within each topic, too: turns, length, language, tools, what records are about.",
    ),
]
OneTopic = Annotated[
    str | None,
    typer.Option("--topic", metavar="NAME", help="With --within: only this topic.", show_default=False),
]


def analyze(
    workflow: Workflow,
    within: Within = False,
    topic: OneTopic = None,
    plot: PlotFile = None,
    map_file: MapFile = None,
    show_all: ShowAll = False,
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Measure how evenly a dataset covers its topics."""
    from ...tools.analyze_coverage import analyze_coverage, cheapest_plans
    from ...tools.coverage.report import Coverage

    if topic is not None and not within:
        raise typer.BadParameter("--topic goes with --within.")
    _check_pictures(plot, map_file)
    services = open_services()
    with by_engine(services, engine) as cluster:
        answer = analyze_coverage(services, workflow, cluster)
    if answer["success"]:
        coverage = Coverage.model_validate(answer["coverage"])
        answer["cheapest_plans"] = cheapest_plans(services, workflow, coverage).model_dump(mode="json")
    space = measure_within(services, workflow, topic) if within and answer["success"] else None
    if space is not None:
        answer["within"] = space.model_dump(mode="json")
    if as_json:
        print_json(answer)
    if not answer["success"]:
        fail_with(answer)
    if not as_json and topic is None:
        show_coverage(answer["coverage"], show_all=show_all)
        _show_cheapest(answer["cheapest_plans"])
    if not as_json and space is not None:
        say()
        show_within(space)
    if plot is not None:
        _draw_distribution(services, workflow, plot)
    if map_file is not None:
        _draw_map(services, workflow, answer["coverage"]["under_represented"], map_file)


def _check_pictures(*files: Path | None) -> None:
    from ..views.plots.canvas import check_picture_path, require_plots

    for file in files:
        if file is not None:
            check_picture_path(file)
            require_plots()


def _draw_distribution(services: Services, workflow: str, file: Path) -> None:
    from ...tools.coverage_change import coverage_change
    from ..views.plots.distribution import draw_distribution

    draw_distribution(coverage_change(services, workflow), file)
    note(f"The picture is in {file}.")


def _draw_map(services: Services, workflow: str, under: list[str], file: Path) -> None:
    from ...tools.coverage.space.topic_map import map_topics
    from ..views.plots.map import draw_map

    note("Placing records on the map…")
    draw_map(map_topics(services, workflow), under, file)
    note(f"The map is in {file}.")


def fail_with(answer: dict[str, Any]) -> None:
    """Say why a tool failed, and end with the exit code for it."""
    error = answer["error"]
    note(f"Error: {error['message']}", style="red")
    if error.get("hint"):
        note(error["hint"], style="")
    not_approved = error["code"] == "approval_required"
    raise typer.Exit(ExitCode.NOT_APPROVED if not_approved else ExitCode.FAILED)


def score_text(coverage: dict[str, Any]) -> str:
    """The balance score and its status in words."""
    score = coverage["balance_score"]
    if score is None:
        return "none (it takes at least two topics and one record)"
    return f"{score:.2f} ({coverage['status']})"


def show_coverage(coverage: dict[str, Any], *, show_all: bool = False) -> None:
    """Print a coverage as a person reads it: of many topics those that need records most, unless all are wanted."""
    from ...tools.coverage.report import LINES_OF_MANY, MANY_TOPICS, worth_a_line

    every = {topic["name"]: topic for topic in coverage["topics"]}
    shown = every
    if not show_all:
        shown = {
            name: every[name] for name in worth_a_line((n, t["representation"]) for n, t in every.items())
        }
    coverage = {**coverage, "topics": list(shown.values())}
    say(f"Balance score: {score_text(coverage)}", style="bold")
    by_worth = coverage["effective_score"]
    if by_worth is not None and any(topic["synthetic"] for topic in every.values()):
        say(f"By worth:      {by_worth:.2f}")
    say(f"Records:       {coverage['total_records']}")
    if coverage["topics"]:
        say()
        _show_topics(coverage)
    if len(shown) < len(every):
        rest = len(every) - len(shown)
        say(f"… and {rest:,} more topics, none further below its target; --all lists them.")
    if coverage["uncategorized"]:
        say(f"{coverage['uncategorized']} records have no topic and stay out of the score.")
        note("`topics assign` gives them one, `topics discover` finds some.")
    untargeted = list(coverage["untargeted"].items())
    for name, count in untargeted[:UNTARGETED_SHOWN]:
        say(f"{count} records of {name!r} have no target and stay out of the score.")
    if more := untargeted[UNTARGETED_SHOWN:]:
        say(f"So do those of {len(more):,} more topics without a target.")
    recommended = coverage["recommendations"]
    if not show_all and len(recommended) > MANY_TOPICS:
        # The first are of the topics that are furthest below; the last are about the dataset as a whole.
        left_out = len(recommended) - LINES_OF_MANY
        recommended = [
            *recommended[: LINES_OF_MANY - 1],
            f"… and {left_out:,} more; --all lists them.",
            recommended[-1],
        ]
    if recommended:
        say()
    for recommendation in recommended:
        say(f"- {recommendation}")


def _show_topics(coverage: dict[str, Any]) -> None:
    console = stdout()
    if console.is_terminal:
        from ..views.coverage_table import coverage_table

        console.print(coverage_table(coverage, console))
    else:
        _print_topics(coverage)


def _print_topics(coverage: dict[str, Any]) -> None:
    from ..views.coverage_table import shares_and_targets

    under = set(coverage["under_represented"])
    below = set(coverage["below_minimum"])
    print_table(
        ["Topic", "Records", "Share", "Target", "Synthetic", "Worth", ""],
        [
            (
                topic["name"],
                topic["records"],
                share,
                target,
                topic["synthetic"],
                f"{topic['worth']:g}",
                _mark(topic["name"], under, below),
            )
            for topic, share, target in zip(coverage["topics"], *shares_and_targets(coverage), strict=True)
        ],
        numbers=(1, 2, 3, 4, 5),
    )


def _show_cheapest(found: dict[str, Any]) -> None:
    from .recommend import planned_score

    if found["plans"]:
        say()
        print_table(
            ["Cheapest plan for a goal", "Records", "Topics", "Score after it"],
            [
                (
                    plan["label"],
                    plan["records"],
                    len({item["topic"] for item in plan["items"]}),
                    planned_score(plan),
                )
                for plan in found["plans"]
            ],
            numbers=(1, 2, 3),
        )
        say("`finetune-coverage recommend` shows their items and costs.")
    for line in found["unreachable"]:
        say(line)


def _mark(name: str, under: set[str], below: set[str]) -> str:
    if name in under:
        return "under-represented"
    return "below the minimum" if name in below else ""
