"""Settling the topics of uncertain records with a person, and the bar while records are read."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ...tools.errors import CoverageError
from ..output import note, print_error, print_json, say, stderr
from ..views.records import record_heading, record_lines
from .options_and_prompts import asked

if TYPE_CHECKING:
    from ...tools.store.store import Store
    from ...tools.topics.corrections import Doubt

_KEYS = "Return takes the suggested topic, s skips, q ends; or type another topic."


@contextmanager
def reading_bar() -> Iterator[Callable[[int], None] | None]:
    """A bar while records are read and embedded; nothing where there is no terminal."""
    console = stderr()
    if not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Reading records", total=None)
        yield lambda done: bar.update(task, completed=done, description=f"Reading records: {done}")


def show_queue(queue: Sequence[Doubt], *, as_json: bool) -> None:
    """Write the doubtful records, for a person or a program to answer later."""
    if as_json:
        rows = [
            {
                "id": doubt.record.id,
                "likeliest": doubt.likeliest,
                "confidence": doubt.confidence,
                "record": doubt.record.source,
            }
            for doubt in queue
        ]
        print_json({"success": True, "doubtful": rows})
        return
    for doubt in queue:
        _show(doubt)
    if not queue:
        say("No record waits for a topic.")


def ask_about(store: Store, workflow_id: str, queue: Sequence[Doubt]) -> dict[str, str]:
    """Ask for the topic of each record; returns the answers by record id."""
    from ...tools.topics.corrections import known_topic

    answers: dict[str, str] = {}
    note(f"{len(queue)} records. {_KEYS}")
    for number, doubt in enumerate(queue, start=1):
        _show(doubt)
        while True:
            try:
                said = asked(
                    f"{number}/{len(queue)} Topic", default=doubt.likeliest, show_default=True
                ).strip()
            except typer.Exit:
                _keep(store, workflow_id, answers)
                raise
            if said == "q":
                return answers
            if said == "s":
                break
            try:
                answers[doubt.record.id] = known_topic(store, workflow_id, said)
            except CoverageError as error:
                print_error(error)
                continue
            break
    return answers


def _keep(store: Store, workflow_id: str, answers: Mapping[str, str]) -> None:
    """Write what was answered before an interruption; what can be learnt from it waits."""
    from ...tools.coverage.wording import plural
    from ...tools.topics.corrections import correct

    if answers:
        kept = plural(correct(store, workflow_id, answers), "answer")
        note(f"{kept} kept. Learnt from by: finetune-coverage topics assign -w {shlex.quote(workflow_id)}")


def _show(doubt: Doubt) -> None:
    say()
    say(record_heading(doubt.record), style="bold")
    for who, text in record_lines(doubt.record):
        say(f"{who}: {text}")
    say(f"Perhaps {doubt.likeliest} ({doubt.confidence:.0%}).", style="bold")
