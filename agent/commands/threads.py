"""`threads`: the conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...tools.errors import InvalidInput
from ..output import print_json, print_table, say
from .options_and_prompts import AsJson, Yes, confirm

if TYPE_CHECKING:
    from ...tools.settings import Settings

app = typer.Typer(help="The conversations: list, delete.", invoke_without_command=True)


@dataclass(frozen=True)
class ThreadSummary:
    """One conversation in a list.

    Attributes:
        id: for `chat --thread`.
        workflow_id: the dataset that it is about.
        messages: how many messages it has.
        waits: whether the agent waits for an answer.
        updated_at: ISO 8601, UTC.
    """

    id: str
    workflow_id: str | None
    messages: int
    waits: bool
    updated_at: str


@app.callback()
def threads(context: typer.Context, as_json: AsJson = False) -> None:
    """The conversations."""
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the conversations, latest first."""
    import asyncio

    from ...tools.settings import load_settings

    found = asyncio.run(_summaries(load_settings()))
    if as_json:
        print_json({"success": True, "threads": [asdict(thread) for thread in found]})
        return
    if not found:
        say("No conversations yet. Begin one with: finetune-coverage chat -w wf-1")
        return
    print_table(
        ["Conversation", "Workflow", "Messages", "Waits for you", "Last step"],
        [
            (
                thread.id,
                thread.workflow_id,
                thread.messages,
                "yes" if thread.waits else "",
                thread.updated_at[:19],
            )
            for thread in found
        ],
        numbers=(2,),
    )


@app.command("show")
def show(
    thread_id: Annotated[str, typer.Argument(metavar="ID", help="The conversation.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what you said in a conversation, numbered for `chat --fork-at`."""
    import asyncio

    from ...tools.settings import load_settings

    said = asyncio.run(_said_in(load_settings(), thread_id))
    if not said:
        raise InvalidInput(
            f"There is no conversation {thread_id!r}, or nothing was said in it.",
            hint="`finetune-coverage threads` lists them.",
        )
    if as_json:
        print_json({"success": True, "said": [{"number": n, "text": text} for n, text in enumerate(said, 1)]})
    else:
        print_table(["N", "You said"], [(n, text) for n, text in enumerate(said, 1)], numbers=(0,))


@app.command("delete")
def delete(
    thread_id: Annotated[str, typer.Argument(metavar="ID", help="The conversation.", show_default=False)],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a conversation. Its dataset and what was generated stay."""
    import asyncio

    from ...tools.settings import load_settings

    settings = load_settings()
    if thread_id not in {thread.id for thread in asyncio.run(_summaries(settings))}:
        raise InvalidInput(
            f"There is no conversation {thread_id!r}.", hint="`finetune-coverage threads` lists them."
        )
    confirm(f"Delete the conversation {thread_id}?", yes=yes, as_json=as_json)
    asyncio.run(_delete(settings, thread_id))
    if as_json:
        print_json({"success": True, "deleted": thread_id})
    else:
        say(f"Deleted {thread_id}.")


async def _summaries(settings: Settings) -> list[ThreadSummary]:
    from ...graph.persist import open_checkpointer

    if not settings.checkpoint_path.exists():
        return []
    async with open_checkpointer(settings) as saver:
        await saver.setup()
        # The saver's own listing reads every checkpoint of every conversation; the ids are enough here.
        query = (
            "SELECT thread_id FROM checkpoints WHERE checkpoint_ns = '' "
            "GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC"
        )
        async with saver.conn.execute(query) as cursor:
            ids = [str(row[0]) for row in await cursor.fetchall()]
        return [await _summary(saver, thread_id) for thread_id in ids]


async def _said_in(settings: Settings, thread_id: str) -> list[str]:
    from ...graph.persist import open_checkpointer

    if not settings.checkpoint_path.exists():
        return []
    async with open_checkpointer(settings) as saver:
        found = await saver.aget_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
    messages = found.checkpoint["channel_values"].get("messages", []) if found else []
    return [str(message.text) for message in messages if message.type == "human"]


async def _summary(saver: Any, thread_id: str) -> ThreadSummary:
    found = await saver.aget_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
    values: Mapping[str, Any] = found.checkpoint["channel_values"]
    return ThreadSummary(
        id=thread_id,
        workflow_id=values.get("workflow_id"),
        messages=len(values.get("messages", [])),
        waits=any(write[1] == "__interrupt__" for write in found.pending_writes or []),
        updated_at=found.checkpoint["ts"],
    )


async def _delete(settings: Settings, thread_id: str) -> None:
    from ...graph.persist import open_checkpointer

    async with open_checkpointer(settings) as saver:
        await saver.adelete_thread(thread_id)
