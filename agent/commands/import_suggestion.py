"""`import --suggest`: how a file could be read, shown by its first record."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..output import ExitCode, note, print_json
from ..views.mapping_proposal import proposal_lines, sent_words
from .options_and_prompts import open_services

if TYPE_CHECKING:
    from ...tools.dataset.mapping.suggestion import Suggestion
    from ...tools.dataset.sources import SourceFile
    from ...tools.dataset.topic_candidates import HowToRead

_TURNS_SHOWN = 6
_LONGEST = 200
_CANDIDATES_NAMED = 3


def command_line(*arguments: str) -> str:
    """A command of this program as it can be typed into a shell."""
    return shlex.join(["finetune-coverage", *arguments])


def show_suggestion(
    file: SourceFile, how: HowToRead, output: Path | None, *, overwrite: bool, as_json: bool, no_model: bool
) -> None:
    """Print the proposed mapping, or write it into a file; the first record as it would be read goes to stderr.

    Raises:
        InvalidInput: nothing in the file looks like a conversation, or the mapping cannot be written there.
        typer.Exit: the mapping is only begun.
    """
    from ...tools.dataset.mapping.model_proposal import mapping_model
    from ...tools.dataset.mapping.suggestion import suggest_mapping
    from ...tools.dataset.sources import STDIN, STDIN_NAME
    from ...tools.new_files import appearing_together, refuse_existing

    if output is not None:
        refuse_existing(output, overwrite)
    model = None
    if not no_model:
        model = mapping_model(open_services(), lambda name: note(f"{file.name}: {sent_words(name)}"))
    found = suggest_mapping(file, how, model)
    if as_json:
        print_json({"success": True, "suggestion": asdict(found)})
    else:
        _show(found)
    if not found.mapping:
        if output is not None:
            note(f"{output} was not written.")
        return
    if output is not None:
        with appearing_together(output, overwrite) as files:
            files.write(output, found.mapping)
        if found.unsettled:
            note(f"Begun in {output}.")
            raise typer.Exit(ExitCode.SHORT)
        again = STDIN if file.name == STDIN_NAME else file.name
        note(
            f"Written to {output}. Read by it: {command_line('import', again, '-w', 'ID', '--map', str(output))}"
        )
    elif not as_json:
        sys.stdout.write(found.mapping)
    if found.unsettled:
        raise typer.Exit(ExitCode.SHORT)


def _show(found: Suggestion) -> None:
    if found.layout:
        note(f"{found.layout}.", style="")
        note("It is read as it is; no mapping is needed.", style="bold")
    for line in proposal_lines(found):
        note(line)
    note(
        f"{found.read} of the first {found.looked_at} can be read so.{' The first one:' if found.read else ''}"
    )
    if not found.read:
        return
    for message in found.messages[:_TURNS_SHOWN]:
        note(f"  {message['role']}: {_short(message.get('content'))}", style="")
    if len(found.messages) > _TURNS_SHOWN:
        note(f"  … and {len(found.messages) - _TURNS_SHOWN} more turns", style="")
    if not any(message["role"] == "assistant" for message in found.messages):
        note("  nobody answers: it counts, but nothing is learnt from it", style="")
    if found.tools:
        note(f"  tools: {found.tools}", style="")
    note(f"  topic: {found.topic or 'none'}", style="")
    if found.beside:
        note(f"  beside the conversation: {', '.join(found.beside)}", style="")
    if found.topic_candidates:
        note(
            f"Topics could be in {'; '.join(map(str, found.topic_candidates[:_CANDIDATES_NAMED]))}: "
            f"--topic-field {shlex.quote(found.topic_candidates[0].field)}"
        )


def _short(content: object) -> str:
    text = content if isinstance(content, str) else str(content)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
