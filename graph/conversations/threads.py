"""The conversations: list, name, find, delete."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...tools.errors import InvalidInput
from ...tools.store.store import server_url
from .checkpoints import open_checkpointer
from .thread_lock import hold_thread

if TYPE_CHECKING:
    from ...tools.settings import Settings
    from .checkpoints import Conversations

LONGEST_NAME = 100


@dataclass(frozen=True)
class ThreadSummary:
    """One conversation in a list.

    Attributes:
        id: for `chat --thread`.
        name: what the person calls it; as good as the id.
        workflow_id: the dataset that it is about.
        messages: how many messages it has.
        waits: whether the agent waits for an answer.
        updated_at: ISO 8601, UTC.
    """

    id: str
    name: str | None
    workflow_id: str | None
    messages: int
    waits: bool
    updated_at: str


async def list_threads(settings: Settings) -> list[ThreadSummary]:
    """The conversations, latest first."""
    async with _open(settings) as saver:
        if saver is None:
            return []
        names = await saver.thread_names()
        found = [
            await _summary(saver, thread_id, names.get(thread_id)) for thread_id in await saver.thread_ids()
        ]
        return [summary for summary in found if summary is not None]


async def find_thread(settings: Settings, id_or_name: str) -> str | None:
    """The id of the conversation with this id or name; None when there is none."""
    async with _open(settings) as saver:
        if saver is None:
            return None
        if id_or_name in await saver.thread_ids():
            return id_or_name
        by_name = {name: thread_id for thread_id, name in (await saver.thread_names()).items()}
        return by_name.get(id_or_name.strip())


async def said_in(settings: Settings, id_or_name: str) -> list[str]:
    """What the person said in a conversation, in order.

    Raises:
        InvalidInput: there is no such conversation, or nothing was said in it.
    """
    thread_id = await required_thread(settings, id_or_name)
    async with open_checkpointer(settings) as saver:
        found = await saver.aget_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
    messages = found.checkpoint["channel_values"].get("messages", []) if found else []
    said = [str(message.text) for message in messages if message.type == "human"]
    if not said:
        raise InvalidInput(
            f"Nothing was said in the conversation {thread_id!r}.",
            hint="`finetune-coverage threads` lists the conversations.",
        )
    return said


async def rename_thread(settings: Settings, id_or_name: str, name: str) -> str:
    """Give a conversation a name, in place of one that it had; returns its id.

    Raises:
        InvalidInput: there is no such conversation, or the name is empty, too long, not plain, or taken.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or any(unicodedata.category(one).startswith("C") for one in name):
        raise InvalidInput(
            f"{name[:LONGEST_NAME]!r} cannot be the name of a conversation.",
            hint=f"Use 1 to {LONGEST_NAME} printable characters.",
        )
    thread_id = await required_thread(settings, id_or_name)
    if (taken := await find_thread(settings, name)) not in (None, thread_id):
        raise InvalidInput(f"Conversation {taken} is called {name!r} already.", hint="Choose another name.")
    async with open_checkpointer(settings) as saver:
        await saver.name_thread(thread_id, name)
    return thread_id


async def delete_thread(settings: Settings, thread_id: str) -> None:
    """Delete a conversation; its dataset and what was generated stay.

    Raises:
        Busy: a program is talking in it.
    """
    with hold_thread(settings, thread_id, "threads delete"):
        async with open_checkpointer(settings) as saver:
            await saver.adelete_thread(thread_id)
            await saver.name_thread(thread_id, None)


async def required_thread(settings: Settings, id_or_name: str) -> str:
    """As `find_thread`; raises `InvalidInput` when there is none."""
    thread_id = await find_thread(settings, id_or_name)
    if thread_id is None:
        raise InvalidInput(
            f"There is no conversation {id_or_name!r}.", hint="`finetune-coverage threads` lists them."
        )
    return thread_id


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Conversations | None]:
    if server_url(settings.store_url) is None and not settings.checkpoint_path.exists():
        yield None
        return
    async with open_checkpointer(settings) as saver:
        yield saver


async def _summary(saver: Conversations, thread_id: str, name: str | None) -> ThreadSummary | None:
    found: Any = await saver.aget_tuple({"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}})
    if found is None:  # deleted meanwhile
        return None
    values: Mapping[str, Any] = found.checkpoint["channel_values"]
    return ThreadSummary(
        id=thread_id,
        name=name,
        workflow_id=values.get("workflow_id"),
        messages=len(values.get("messages", [])),
        waits=any(write[1] == "__interrupt__" for write in found.pending_writes or []),
        updated_at=found.checkpoint["ts"],
    )
