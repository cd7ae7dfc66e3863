"""`rules`: what every generated record must keep to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.bounds import MOST_LISTED
from ..output import note, print_json, print_table, say
from .options_and_prompts import AsJson, Workflow, open_services

if TYPE_CHECKING:
    from ...tools.generation.lessons.rules import Rule
    from ...tools.services import Services

app = typer.Typer(
    help="What every generated record must keep to: list, add, remove.", invoke_without_command=True
)


@app.callback()
def rules(context: typer.Context) -> None:
    """What every generated record must keep to."""
    if context.invoked_subcommand is None:
        raise typer.BadParameter("Say what to do: list, add or remove.")


@app.command("list")
def list_(workflow: Workflow, as_json: AsJson = False) -> None:
    """List the rules of a workflow."""
    from ...tools.generation.lessons.rules import list_rules

    services = open_services()
    found = list_rules(services.store, workflow)
    if as_json:
        print_json({"success": True, "rules": [{**asdict(rule), "words": rule.words} for rule in found]})
    elif found:
        print_table(
            ["Rule", "Topic", "What it says"],
            [(rule.id, rule.topic or "all", rule.words) for rule in found],
            numbers=(0,),
        )
        _say_if_unread(services, found)
    else:
        say('No rules. `rules add "never promise refunds"` adds one, in any language.')


@app.command("add")
def add(
    workflow: Workflow,
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE",
            help="In your own words, in any language; with --kind the phrase, number or tool.",
            show_default=False,
        ),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="in_words: the verifier judges by it. Compared letter by letter: forbidden_phrase, required_phrase, "
            "max_words, min_words, max_turns, forbidden_tool.",
        ),
    ] = "in_words",
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="NAME", help="Only for this topic.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Refuse drafts that break this from now on; records that are there stay."""
    from ...tools.generation.lessons.rules import Rule, add_rule, broken_by_real

    services = open_services()
    added = add_rule(services.store, workflow, Rule(kind, rule, topic))  # type: ignore[arg-type]  # it checks its kind
    broken, looked = broken_by_real(services.store, workflow, added)
    if as_json:
        document = {**asdict(added), "words": added.words, "broken_by_real": broken, "looked_at": looked}
        print_json({"success": True, "rule": document})
        return
    say(f"Rule {added.id}: {added.words}")
    _say_if_unread(services, [added])
    if broken:
        say(f"{broken:,} of {looked:,} real records break it themselves.", style="yellow")


@app.command("remove")
def remove(
    workflow: Workflow,
    rule_id: Annotated[
        int,
        typer.Argument(
            metavar="NUMBER", min=1, max=MOST_LISTED, help="As `rules list` shows it.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Take a rule away."""
    from ...tools.generation.lessons.rules import remove_rule

    rule = remove_rule(open_services().store, workflow, rule_id)
    if as_json:
        print_json({"success": True, "removed": asdict(rule)})
    else:
        say(f"Removed rule {rule.id}: {rule.words}")


def _say_if_unread(services: Services, rules: Sequence[Rule]) -> None:
    from ...tools.generation.lessons.rules import why_unread

    if why := why_unread(rules, services.settings):
        note(f"{why[0].upper()}{why[1:]}.")
