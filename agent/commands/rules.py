"""`rules`: what every generated record must keep to, as reviews found it out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ...tools.bounds import MOST_LISTED
from ..output import print_json, print_table, say
from .options_and_prompts import AsJson, Workflow, open_services

app = typer.Typer(help="The rules that reviews led to: list, add, remove.", invoke_without_command=True)


@app.callback()
def rules(context: typer.Context) -> None:
    """The rules that reviews led to."""
    if context.invoked_subcommand is None:
        raise typer.BadParameter("Say what to do: list, add or remove.")


@app.command("list")
def list_(workflow: Workflow, as_json: AsJson = False) -> None:
    """List the rules of a workflow."""
    from ...tools.generation.lessons.rules import list_rules

    found = list_rules(open_services().store, workflow)
    if as_json:
        print_json({"success": True, "rules": [{**asdict(rule), "words": rule.words} for rule in found]})
    elif found:
        print_table(
            ["Rule", "Topic", "What it says"],
            [(rule.id, rule.topic or "all", rule.words) for rule in found],
            numbers=(0,),
        )
    else:
        say("No rules. A rejection with a reason in `review` or `chat` can become one.")


@app.command("add")
def add(
    workflow: Workflow,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="forbidden_phrase, required_phrase, max_words, min_words, max_turns or forbidden_tool.",
            show_default=False,
        ),
    ],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="The phrase, number or tool.", show_default=False)
    ],
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="NAME", help="Only for this topic.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Refuse drafts that break this from now on; records that are there stay."""
    from ...tools.generation.lessons.rules import Rule, add_rule, broken_by_real

    store = open_services().store
    rule = add_rule(store, workflow, Rule(kind, value, topic))  # type: ignore[arg-type]  # the rule checks its kind
    broken, looked = broken_by_real(store, workflow, rule)
    if as_json:
        document = {**asdict(rule), "words": rule.words, "broken_by_real": broken, "looked_at": looked}
        print_json({"success": True, "rule": document})
        return
    say(f"Rule {rule.id}: {rule.words}.")
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
        say(f"Removed rule {rule.id}: {rule.words}.")
