"""Commands that begin with a slash: carried out by the terminal, without a model, and none approves anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ...tools.errors import InvalidInput
from ..commands.export import show_export
from ..views.record_bar import record_bar

if TYPE_CHECKING:
    from ...graph.state import State
    from ...tools.services import Services

EXPORT = "/export"
OVERWRITE = "--overwrite"
COMMANDS = {
    "/help": ("", "what can be said"),
    "/options": ("", "what lies on the table, once more"),
    "/cost": ("", "what the plan costs, and what was used so far"),
    EXPORT: ("FILE", f"write the dataset as chat JSONL; {OVERWRITE} replaces it"),
    "/quit": ("", "leave; the conversation is kept"),
}
"""What each is followed by, and what it does."""
_COMMAND = re.compile(r"(/[a-z]+)(?:[ \t]+(.*))?", re.IGNORECASE)


def slash_command(text: str) -> tuple[str, str] | None:
    """The command and what follows it; ``None`` for what is none, such as a path or a text of several lines.

    Raises:
        InvalidInput: there is no such command.
    """
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    name = found[1].lower()
    if name not in COMMANDS:
        raise InvalidInput(f"There is no {name}.", hint=f"There are {', '.join(COMMANDS)}.")
    return name, (found[2] or "").strip()


def help_text() -> str:
    """What can be said, with the commands; Markdown."""
    from ...graph.wording.help import HELP

    commands = [f"`{f'{name} {argument}'.strip()}` {does}" for name, (argument, does) in COMMANDS.items()]
    return f"{HELP}\n\n{' · '.join(commands)}. Tab completes them, and the names of topics and strategies."


def cost_text(services: Services, values: Mapping[str, Any]) -> str:
    """What the plan on the table costs and what was used; Markdown.

    Args:
        services: those of the conversation.
        values: its state.
    """
    from ...graph.actions.asked_tools import Asked
    from ...graph.actions.questions import cost
    from ...graph.offers.offer import ChoiceOffer
    from ...graph.scope import with_caps
    from ...graph.state import offer_in, reading_used

    workflow = _workflow(values)
    offer = offer_in(cast("State", values)) or ChoiceOffer(workflow_id=workflow)
    asked = Asked(
        with_caps(services, usd=offer.cap_usd, tokens=offer.cap_tokens),
        offer,
        reading=reading_used(values),
    )
    return cost(asked).said


def export_to(services: Services, values: Mapping[str, Any], file: str) -> None:
    """Write the dataset of a conversation into a file, as ``export`` does with at most ``--overwrite``.

    Args:
        services: those of the conversation.
        values: its state.
        file: the path, and ``--overwrite`` before or behind it where a file may be replaced.

    Raises:
        InvalidInput: no file is named, it is there already, or there is no dataset yet.
    """
    from ...tools.dataset.exporter import export_records

    workflow = _workflow(values)
    without = file.removeprefix(f"{OVERWRITE} ").removesuffix(f" {OVERWRITE}")
    named = "" if file == OVERWRITE else without.strip().strip("\"'")
    if not named:
        raise InvalidInput("No file is named.", hint=f"For example: {EXPORT} {workflow}.jsonl")
    with record_bar("Exporting") as on_progress:
        report = export_records(
            services.store,
            workflow,
            Path(named).expanduser(),
            overwrite=without != file,
            on_progress=on_progress,
        )
    show_export(report)


def _workflow(values: Mapping[str, Any]) -> str:
    workflow = values.get("workflow_id")
    if not workflow:
        raise InvalidInput("The conversation is about no dataset yet.", hint="Name one first.")
    return str(workflow)
