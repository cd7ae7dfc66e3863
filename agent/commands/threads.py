"""`threads`: the conversations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..output import note, print_json, print_table, say
from .options_and_prompts import AsJson, Yes, confirm

app = typer.Typer(
    help="The conversations: list, show, rename, delete, set aside what is damaged.",
    invoke_without_command=True,
)

Thread = Annotated[
    str, typer.Argument(metavar="ID", help="The conversation, by id or name.", show_default=False)
]


@app.callback()
def threads(context: typer.Context, as_json: AsJson = False) -> None:
    """The conversations."""
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the conversations, latest first."""
    import asyncio

    from ...graph.conversations.threads import list_threads
    from ...tools.settings import load_settings

    found = asyncio.run(list_threads(load_settings()))
    if as_json:
        print_json({"success": True, "threads": [asdict(thread) for thread in found]})
        return
    if not found:
        say("No conversations yet. Begin one with: finetune-coverage chat -w wf-1")
        return
    print_table(
        ["Conversation", "Name", "Workflow", "Messages", "Waits for you", "Last step"],
        [
            (
                thread.id,
                thread.name,
                thread.workflow_id,
                thread.messages,
                "yes" if thread.waits else "",
                thread.updated_at[:19],
            )
            for thread in found
        ],
        numbers=(3,),
    )


@app.command("show")
def show(thread: Thread, as_json: AsJson = False) -> None:
    """Show what you said in a conversation, numbered for `chat --fork-at`."""
    import asyncio

    from ...graph.conversations.threads import said_in
    from ...tools.settings import load_settings

    said = asyncio.run(said_in(load_settings(), thread))
    if as_json:
        print_json({"success": True, "said": [{"number": n, "text": text} for n, text in enumerate(said, 1)]})
    else:
        print_table(["N", "You said"], [(n, text) for n, text in enumerate(said, 1)], numbers=(0,))
        note("`chat --thread ID --fork-at N` begins another conversation as it was before message N.")


@app.command("rename")
def rename(
    thread: Thread,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its new name.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Give a conversation a name; `chat --thread NAME` continues it."""
    import asyncio

    from ...graph.conversations.threads import rename_thread
    from ...tools.settings import load_settings

    thread_id = asyncio.run(rename_thread(load_settings(), thread, name))
    if as_json:
        print_json({"success": True, "thread": {"id": thread_id, "name": name.strip()}})
    else:
        say(f"{thread_id} is called {name.strip()!r}.")


@app.command("set-aside")
def set_aside(as_json: AsJson = False) -> None:
    """Give a damaged file of conversations another name, so that new ones can begin. Nothing is deleted."""
    from ...graph.conversations.checkpoints import set_aside_if_damaged
    from ...tools.settings import load_settings

    settings = load_settings()
    aside = set_aside_if_damaged(settings)
    if as_json:
        print_json({"success": True, "set_aside": str(aside) if aside else None})
    elif aside is None:
        say(f"There is no damaged file of conversations: {settings.checkpoint_path}")
    else:
        say(f"The conversations up to now are in {aside}.")
        say("Some of them may be read again after: sqlite3 FILE .recover | sqlite3 NEW_FILE")


@app.command("delete")
def delete(thread: Thread, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a conversation. Its dataset and what was generated stay."""
    import asyncio

    from ...graph.conversations.threads import delete_thread, required_thread
    from ...tools.settings import load_settings

    settings = load_settings()
    thread_id = asyncio.run(required_thread(settings, thread))
    confirm(f"Delete the conversation {thread_id}?", yes=yes, as_json=as_json)
    asyncio.run(delete_thread(settings, thread_id))
    if as_json:
        print_json({"success": True, "deleted": thread_id})
    else:
        say(f"Deleted {thread_id}.")
