"""A conversation taken up at an earlier point, on its own branch of the dataset; the other one stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig

from ...tools.errors import InvalidInput
from ...tools.store.branches import branch_workflow, jobs_since

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.types import StateSnapshot

    from ...tools.services import Services


@dataclass(frozen=True)
class Fork:
    """Where a forked conversation goes on.

    Attributes:
        thread_id: the new conversation.
        workflow_id: its branch of the dataset.
    """

    thread_id: str
    workflow_id: str


async def fork_conversation(
    graph: CompiledStateGraph[Any, Any, Any, Any], services: Services, thread_id: str, number: int
) -> Fork:
    """Begin a conversation with what another one had said before the person's message of this number.

    The dataset is branched without the records that were generated since; what a review changed since stays
    changed.

    Args:
        graph: compiled with the checkpointer that has the conversation.
        services: where the dataset is.
        thread_id: the conversation.
        number: of the person's message, counted from 1, that shall not have been said.

    Raises:
        InvalidInput: there is no such conversation, or it never waited at that point.
    """
    point = await _point(graph, thread_id, number)
    source = point.values["workflow_id"]
    left_out = jobs_since(services.store, source, point.created_at or "")
    branch = branch_workflow(services.store, source, f"at-{number}", without_jobs=left_out)
    new = f"{thread_id}~{branch.id.split('~', 1)[1]}"
    messages = list(point.values["messages"])
    heard = next((message.id for message in reversed(messages) if message.type == "human"), None)
    values = {"messages": messages, "workflow_id": branch.id, "heard": heard}
    # As if the conversation had ended there: its offer and plan are about the other copy, so it is analyzed anew.
    await graph.aupdate_state({"configurable": {"thread_id": new}}, values, as_node="finish")
    return Fork(new, branch.id)


async def _point(graph: CompiledStateGraph[Any, Any, Any, Any], thread_id: str, number: int) -> StateSnapshot:
    config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    said = 0
    async for snapshot in graph.aget_state_history(config):
        waits = bool(snapshot.interrupts) or not snapshot.next
        messages = snapshot.values.get("messages", [])
        before = sum(message.type == "human" for message in messages)
        said = max(said, before)
        if waits and before == number - 1 and snapshot.values.get("workflow_id"):
            return snapshot
    if not said:
        raise InvalidInput(
            f"There is no conversation {thread_id!r}, or nothing was said in it.",
            hint="`finetune-coverage threads` lists them.",
        )
    raise InvalidInput(
        f"The conversation {thread_id} cannot be forked before message {number}.",
        hint=f"It has {said} messages of yours; `finetune-coverage threads show {thread_id}` numbers them.",
    )
