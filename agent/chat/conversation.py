"""One conversation with the graph: what is sent, what comes back, and where it stands.

The terminal chat, the demo and the page talk through it; none of them knows how the graph is streamed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from ...graph.context import LISTED_BESIDE, NUMBERED_BESIDE, PROGRESS_BY_EVENTS, WRITTEN_AHEAD
from ...graph.wording.generation_message import is_about_progress
from ...graph.wording.plan_words import strategy_words
from ...tools.generation.jobs.progress import OnProgress, Progress
from ...tools.observability import telemetry

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True)
class Place:
    """Where a conversation stands.

    Attributes:
        is_new: nothing was said yet.
        waits: the graph waits for an answer.
        is_unfinished: the process died or was stopped in the middle of a step.
        workflow_id: the dataset that the conversation is about.
        last_message: what the agent said last.
        question: what the graph asks, when it waits.
    """

    is_new: bool
    waits: bool
    is_unfinished: bool
    workflow_id: str | None
    last_message: str | None
    question: str | None


class Conversation:
    """A thread of the graph.

    Args:
        graph: compiled with a checkpointer.
        thread_id: the conversation's id.
        context: the graph's context: who answers, and through which channel.
        on_message: called with the text of each message of the agent, once.
        on_start: called with a line that says what is going to be generated now.
        on_progress: called with where a job stands.
    """

    def __init__(
        self,
        graph: CompiledStateGraph[Any, Any, Any, Any],
        thread_id: str,
        *,
        context: Mapping[str, Any],
        on_message: Callable[[str], None],
        on_start: Callable[[str], None],
        on_progress: OnProgress,
    ) -> None:
        self._graph = graph
        self._config: RunnableConfig = {"configurable": {"thread_id": thread_id, PROGRESS_BY_EVENTS: True}}
        self._context = dict(context)
        self._on_message = on_message
        self._on_start = on_start
        self._on_progress = on_progress
        self._shown: set[str] = set()
        self.values: dict[str, Any] = {}
        self.next_step: str | None = None

    async def place(self) -> Place:
        """Where the conversation stands, from its last checkpoint."""
        state = await self._graph.aget_state(self._config)
        self.values = dict(state.values or {})
        return Place(
            is_new=not state.values,
            waits=bool(state.interrupts),
            is_unfinished=bool(state.next) and not state.interrupts,
            workflow_id=self.values.get("workflow_id"),
            last_message=_last_text(self.values.get("messages", [])),
            question=_question(state.interrupts),
        )

    async def begin(self, workflow_id: str | None) -> None:
        """Begin, or change the dataset that the conversation is about."""
        await self._run({"messages": [], "workflow_id": workflow_id} if workflow_id else {"messages": []})

    async def reply(
        self,
        text: str,
        *,
        is_ahead: bool = False,
        listed: Sequence[str] = (),
        numbered: Sequence[str] = (),
        is_afresh: bool = False,
    ) -> None:
        """Send what a person typed: as the answer to a waiting question, or as a new message.

        Args:
            text: what was typed.
            is_ahead: it was written before the question was asked; a yes is not taken then.
            listed: ids of the records that the person sees listed beside the conversation.
            numbered: ids of all that were shown beside it or in it, the first is number 1.
            is_afresh: the dataset has changed since the question that waits: it is looked at again first.
        """
        place = await self.place()
        is_answer = place.waits and not is_afresh
        what: Any = Command(resume=text) if is_answer else {"messages": [HumanMessage(text)]}
        about = {WRITTEN_AHEAD: is_ahead, LISTED_BESIDE: list(listed), NUMBERED_BESIDE: list(numbered)}
        await self._run(what, about)

    async def decide(self, decisions: Mapping[str, Any]) -> None:
        """Answer a waiting question as a form does: ``decisions`` and the ``plan_id`` that they are about."""
        await self._run(Command(resume=dict(decisions)))

    async def go_on(self) -> None:
        """Carry on with a step that was cut off."""
        await self._run(None)

    async def _run(self, what: Any, about: Mapping[str, Any] | None = None) -> None:
        self.next_step = None
        config: RunnableConfig = {"configurable": {**self._config["configurable"], **(about or {})}}
        stream = self._graph.astream(
            what, config, context=self._context, stream_mode=["updates", "custom"], durability="sync"
        )
        with telemetry.turn(self._config["configurable"]["thread_id"], str(self._context.get("channel", ""))):
            async for event in stream:
                mode, payload = cast(tuple[str, Any], event)
                if mode == "custom":
                    self._event(payload)
                else:
                    self._updates(payload)
        place = await self.place()
        # An answer's question that was not also said as a message must not stay unseen.
        if place.question and place.question not in self._shown:
            self._show(place.question)

    def _updates(self, payload: Mapping[str, Any]) -> None:
        for node, update in payload.items():
            if node == "__interrupt__" or not isinstance(update, Mapping):
                continue
            self.next_step = update.get("next_step") or self.next_step
            messages = update.get("messages") or []
            for message in messages if isinstance(messages, list) else [messages]:
                if isinstance(message, AIMessage) and message.text and not is_about_progress(message):
                    self._show(message.text)

    def _show(self, text: str) -> None:
        self._shown.add(text)
        self._on_message(text)

    def _event(self, payload: Any) -> None:
        if not isinstance(payload, Mapping):
            return
        if payload.get("type") == "started":
            part = "" if payload["of"] == 1 else f" ({payload['number']} of {payload['of']})"
            what = f"{payload['count']} for {payload['topic']} ({strategy_words(payload['strategy'])})"
            self._on_start(f"Generating {what}{part}…")
        elif payload.get("type") == "progress":
            self._on_progress(Progress(**{field.name: payload[field.name] for field in fields(Progress)}))


def _last_text(messages: list[AnyMessage]) -> str | None:
    said = (message.text for message in reversed(messages) if isinstance(message, AIMessage))
    return next((text for text in said if text), None)


def _question(interrupts: tuple[Any, ...]) -> str | None:
    for interrupt in interrupts:
        value = interrupt.value
        requests = value.get("action_requests") if isinstance(value, Mapping) else None
        if requests:
            return str(requests[0].get("description") or "") or None
    return None
