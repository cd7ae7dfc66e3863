"""What several commands share: their options, the services, the questions that they ask."""

from __future__ import annotations

import getpass
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ...tools.errors import ApprovalRequired
from ..output import ExitCode, note, print_json

if TYPE_CHECKING:
    from ...tools.services import Services
    from ...tools.shards.cluster import RayCluster

Workflow = Annotated[
    str,
    typer.Option("--workflow", "-w", metavar="ID", help="The dataset being prepared.", show_default=False),
]
OptionalWorkflow = Annotated[
    str | None,
    typer.Option("--workflow", "-w", metavar="ID", help="Only this workflow.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON document on stdout.")]
ShowAll = Annotated[bool, typer.Option("--all", help="List every topic, however many there are.")]
Engine = Annotated[
    Literal["process", "ray"],
    typer.Option(
        "--engine",
        help="Who does the work: this process, or the workers of a Ray cluster, for records in Parquet shards.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
EvalSet = Annotated[
    Path | None,
    typer.Option(
        "--eval-set",
        metavar="FILE",
        help="A JSONL file of evaluation records; what is too close to one of them is refused.",
        show_default=False,
    ),
]


def finite(value: float | None) -> float | None:
    """For a number with a fraction: "nan" is one too, and passes every comparison with a bound.

    Raises:
        typer.BadParameter: it is none.
    """
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a number that can be used.")
    return value


def open_services() -> Services:
    """The services that the environment's settings describe.

    Raises:
        InvalidInput: a setting has a value that cannot be used.
    """
    from ...tools.services import Services
    from ...tools.settings import load_settings

    return Services.from_settings(load_settings())


@contextmanager
def by_engine(services: Services, engine: Engine) -> Iterator[RayCluster | None]:
    """The Ray cluster that the settings name, or one of this machine, while the block lasts; None for this process.

    What its stages do is shown meanwhile.

    Raises:
        InvalidInput: Ray is not installed.
    """
    if engine == "process":
        yield None
        return
    from ...tools.shards.cluster import opened_cluster
    from ..views.stage_bar import stage_bar

    settings = services.settings
    where = f"at {settings.ray_address}" if settings.ray_address else "of this machine"
    with (
        stage_bar(f"Ray cluster {where}") as on_progress,
        opened_cluster(settings.ray_address, settings.ray_workers, on_progress) as cluster,
    ):
        yield cluster


def open_generating_services(eval_set: Path | None) -> Services:
    """The services of the environment's settings, with an evaluation set when one is named.

    Raises:
        InvalidInput: the evaluation set, here or in the settings, cannot be read; said before anything is paid for.
    """
    from ...tools.dataset.eval_set import read_eval_set
    from ...tools.services import Services
    from ...tools.settings import load_settings

    settings = load_settings()
    if eval_set is not None:
        settings = settings.model_copy(update={"eval_set": eval_set.expanduser().absolute()})
    if settings.eval_set is not None:
        read_eval_set(settings.eval_set)
    return Services.from_settings(settings)


def person() -> str:
    """Who sits at this terminal, for the record of an approval."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def can_ask(*, as_json: bool = False) -> bool:
    """Whether there is a person to answer: a terminal, and no document asked for."""
    return not as_json and sys.stdin.isatty()


def asked(question: str, *, default: str = "", show_default: bool = False) -> str:
    """What a person types at the terminal. Ctrl-C or Ctrl-D ends the command as it does anywhere else: interrupted."""
    try:
        return str(typer.prompt(question, default=default, show_default=show_default))
    except typer.Abort:
        note("\nStopped.", style="yellow")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def says_yes(question: str) -> bool:
    """Ask at the terminal. Only a bare yes is one, in the languages of the conversation; an empty line is a no."""
    from ...graph.reading.bare_answers import is_no, is_yes

    while True:
        answer = asked(f"{question} [y/N]")
        if is_yes(answer):
            return True
        if not answer.strip() or is_no(answer):
            return False
        note("Please answer yes or no.")


def confirm(question: str, *, yes: bool, as_json: bool = False) -> None:
    """Go on only with a yes; otherwise end with the exit code for "not approved".

    Args:
        question: what the person says yes to.
        yes: the person said so beforehand.
        as_json: a document was asked for, so nothing may be asked.
    """
    if yes:
        return
    if not can_ask(as_json=as_json):
        if as_json:
            refused = ApprovalRequired(f"{question} Not done: it needs a yes.", hint="Use --yes.")
            print_json(refused.to_failure())
        else:
            note(f"{question} Not done: there is no terminal to ask on. Use --yes.", style="yellow")
        raise typer.Exit(ExitCode.NOT_APPROVED)
    if not says_yes(question):
        note("Not done.")
        raise typer.Exit(ExitCode.NOT_APPROVED)
