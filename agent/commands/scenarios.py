"""`scenarios`: the cases that are written for each topic, listed and edited."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import click
import typer

from ..output import note, print_json, say
from .options_and_prompts import AsJson, Workflow, open_services


def scenarios(
    workflow: Workflow,
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="NAME", help="Only this topic.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Take over an edited file.", show_default=False),
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open them in your editor.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the cases that records are written for, as YAML, or take over edited ones.

    A model at an endpoint plans them before records of a topic are generated, as many as these need; to a topic's list
    that you changed none are added. Your own personas, situations and axes (edge cases, by name) go into the same file,
    and hold for all topics.
    """
    from ...tools.coverage.wording import plural
    from ...tools.errors import CoverageError, InvalidInput
    from ...tools.generation.scenarios.scenario_store import FORM, all_scenarios, as_yaml, replace_scenarios

    store = open_services().store
    found = all_scenarios(store, workflow, topic)
    text = None
    if file is not None and edit:
        raise typer.BadParameter("name a file or --edit, not both: a file is taken over as it stands")
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{file} cannot be read: {error}.") from error
    elif edit:
        text = _edited(FORM + as_yaml(found))
        if text is None:
            say("Nothing was changed.")
            return
    if text is not None:
        try:
            found = replace_scenarios(store, workflow, text)
        except CoverageError as error:
            if edit:
                kept = f"What you wrote is in {_kept(text)}: mend it there, and name it with --file."
                error.hint = f"{error.hint} {kept}".strip()
            raise
        cases = plural(sum(map(len, found.topics.values())), "case")
        say(f"Taken over. Now: {cases} in {plural(len(found.topics), 'topic')}.")
    if as_json:
        print_json({"success": True, "scenarios": found.model_dump(mode="json")})
    elif text is None:
        if not found.topics:
            note(
                "No cases yet: they are planned with a topic's first records, or write your own with --edit."
            )
        say(as_yaml(found).rstrip())


def _edited(text: str) -> str | None:
    """What a person made of a text in their editor; None when they left it as it was."""
    from ...tools.errors import InvalidInput

    try:
        return click.edit(text, extension=".yaml")
    except click.ClickException as error:
        raise InvalidInput(
            f"The editor cannot be used: {error.message}.",
            hint="Name another one in EDITOR, or write what `scenarios` shows into a file and name it with --file.",
        ) from error


def _kept(text: str) -> str:
    """The path of a new file with what a person wrote: an hour's work is not lost over a typing error."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="scenarios-", suffix=".yaml", delete=False
    ) as file:
        file.write(text)
    return file.name
