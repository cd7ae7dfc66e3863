"""`chat`: the conversation in the terminal."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ...tools.bounds import MOST_LISTED
from .options_and_prompts import open_services, person


def chat(
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", "-w", metavar="ID", help="The dataset to talk about.", show_default=False),
    ] = None,
    thread: Annotated[
        str | None,
        typer.Option(
            "--thread", metavar="ID", help="A conversation to continue, by id or name.", show_default=False
        ),
    ] = None,
    fork_at: Annotated[
        int | None,
        typer.Option(
            "--fork-at",
            min=1,
            max=MOST_LISTED,
            metavar="N",
            help="With --thread: begin another conversation as it was before your N-th message, on a copy of the "
            "dataset.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", help="Take a yes from a pipe even if it was written before its plan was shown."
        ),
    ] = False,
) -> None:
    """Talk about a dataset: analysis, recommendation, your yes, generation, analysis again."""
    services = open_services()
    with suppress(FileNotFoundError):  # the current folder was deleted
        services.export_folder = Path.cwd()
    if workflow is not None:
        from ...tools.store.workflows import require_workflow

        require_workflow(services.store, workflow)
    from ...graph.conversations.thread_lock import hold_thread
    from ..chat.terminal import TerminalChat

    if fork_at is not None and (thread is None or workflow is not None):
        raise typer.BadParameter("--fork-at goes with --thread, and without --workflow.")
    if thread is not None:
        import asyncio

        from ...graph.conversations.threads import find_thread

        thread = asyncio.run(find_thread(services.settings, thread)) or thread
    talk = TerminalChat(
        services, thread_id=thread, workflow_id=workflow, person=person(), fork_at=fork_at, yes=yes
    )
    with hold_thread(services.settings, talk.thread_id, "chat"):
        code = talk.run()
    raise typer.Exit(code)
