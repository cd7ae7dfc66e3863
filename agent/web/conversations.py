"""The conversations of the page, one for each dataset: they live in the server, tabs only look at them.

What is kept here can be lost at any time: it is made again from the checkpoint and the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from ...graph.conversations.thread_lock import hold_thread
from ...graph.offers.offer import Offer
from ...graph.state import offer_in
from ...tools.errors import CoverageError
from ...tools.failure import unforeseen_words
from ..chat.conversation import Conversation

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from ...tools.generation.jobs.progress import Progress
    from ...tools.services import Services

_log = logging.getLogger(__name__)
_TOLD_EVERY_SECONDS = 0.25
"""At most so often tabs are told of progress: a fast endpoint answers hundreds of times a second."""
_SHOWN = 60
"""Messages of a long conversation that are shown again; older ones stay in the checkpoint."""


@dataclass(frozen=True)
class Said:
    """One message: of the person as it was typed, of the agent as Markdown."""

    by_person: bool
    text: str


class PageConversation:
    """A conversation about one dataset, for any number of tabs.

    Attributes:
        said: what is shown, oldest first.
        offer: what lies on the table; None while nothing waits for an answer.
        progress: of the jobs of the generation under way, by topic and strategy, as they began.
        doing: what is going on, in words; empty when nothing is.
        trouble: why the last step failed, in words; empty when it did not.
    """

    def __init__(
        self, services: Services, graph: CompiledStateGraph[Any, Any, Any, Any], workflow_id: str, person: str
    ) -> None:
        self.thread_id = f"page-{workflow_id}"
        self._services = services
        self._workflow_id = workflow_id
        self._conversation = Conversation(
            graph,
            self.thread_id,
            context={"channel": "chat", "approver": person},
            on_message=self._agent_said,
            on_start=self._job_starts,
            on_progress=self._job_goes_on,
        )
        self.said: list[Said] = []
        self.offer: Offer | None = None
        self.progress: dict[str, Progress] = {}
        self.doing = ""
        self.trouble = ""
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._told_at = 0.0
        self._held = AsyncExitStack()

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way."""
        return self._task is not None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call this whenever something changed; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def open(self) -> None:
        """Take the conversation up where it is, or begin it; what was cut off is asked about, not gone on with.

        Raises:
            Busy: another program has it open.
        """
        self._held.enter_context(hold_thread(self._services.settings, self.thread_id, "serve"))
        place = await self._conversation.place()
        self.said = _shown(self._conversation.values.get("messages", []))
        self.offer = offer_in(self._conversation.values) if place.waits else None  # type: ignore[arg-type]
        if place.question and place.question not in [message.text for message in self.said[-2:]]:
            self.said.append(Said(by_person=False, text=place.question))
        if place.is_new:
            self._begin("Analyzing…", self._conversation.begin(self._workflow_id))
        elif place.is_unfinished:
            self._begin("Taking up where it was…", self._conversation.go_on())

    async def close(self) -> None:
        """Stop what is under way, as a person leaving the terminal does, and let other programs have it."""
        await self.pause()
        await self._held.aclose()

    def say(self, text: str) -> None:
        """Send what a person typed; nothing happens while a step is under way."""
        if not self.is_busy:
            self.said.append(Said(by_person=True, text=text))
            self._begin("Thinking…", self._conversation.reply(text))

    def answer(self, text: str, to: Offer) -> None:
        """Answer by a click: it counts for the question that was shown with it, and for no later one."""
        if to is self.offer:
            self.say(text)
        elif not self.is_busy:
            self.trouble = "That was an answer to an earlier question; this is the one that waits now."
            self._tell()

    def analyze_again(self) -> None:
        """Have the dataset looked at anew, after it was changed outside of the conversation."""
        if not self.is_busy:
            self._begin("Analyzing…", self._conversation.begin(self._workflow_id))

    def decide(self, plan_id: str, decisions: Sequence[Mapping[str, Any]], words: str) -> None:
        """Send the decisions on the parts of the plan that a person saw.

        Args:
            plan_id: of that plan: for any other they do not count.
            decisions: one for each part, as `graph.offers.form` reads them.
            words: the same for the person.
        """
        if not self.is_busy:
            self.said.append(Said(by_person=True, text=words))
            answer = {"decisions": [dict(decision) for decision in decisions], "plan_id": plan_id}
            self._begin("Starting…", self._conversation.decide(answer))

    async def pause(self) -> None:
        """End the step under way; what was accepted is kept, and going on is offered."""
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _begin(self, doing: str, step: Any) -> None:
        self.doing, self.trouble = doing, ""
        self.progress = {}
        self._task = asyncio.create_task(self._carry_out(step))
        self._tell()

    async def _carry_out(self, step: Any) -> None:
        try:
            await step
        except asyncio.CancelledError:
            self.said.append(Said(by_person=False, text="Paused. What was accepted is kept."))
        except CoverageError as error:
            self.trouble = str(error)
        except Exception as error:
            _log.exception("A step of %s failed", self.thread_id)
            self.trouble = unforeseen_words(error)
        self._task = None
        self.doing = ""
        await self._look()

    async def _look(self) -> None:
        """See what lies on the table; after a pause that is whether to go on, which the graph asks itself."""
        place = await self._conversation.place()
        self.offer = offer_in(self._conversation.values) if place.waits else None  # type: ignore[arg-type]
        if place.is_unfinished and not self.trouble:
            self._begin("Looking where it stopped…", self._conversation.go_on())
        self._tell()

    def _agent_said(self, text: str) -> None:
        self.said.append(Said(by_person=False, text=text))
        self._tell()

    def _job_starts(self, line: str) -> None:
        self.doing = line
        self._tell()

    def _job_goes_on(self, standing: Progress) -> None:
        self.progress.pop("", None)  # what was not begun yet
        self.progress[standing.job_id] = standing
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= _TOLD_EVERY_SECONDS or standing.accepted >= standing.requested:
            self._told_at = now
            self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


class Conversations:
    """All that were opened since the server started.

    Args:
        services: store, models and index.
        graph: compiled with the checkpointer that stays open as long as the server.
        person: who sits at the page, for the record of approvals.
    """

    def __init__(
        self, services: Services, graph: CompiledStateGraph[Any, Any, Any, Any], person: str
    ) -> None:
        self._services, self._graph, self._person = services, graph, person
        self._open: dict[str, PageConversation] = {}
        self._one_at_a_time = asyncio.Lock()

    async def about(self, workflow_id: str) -> PageConversation:
        """The conversation about a dataset.

        Raises:
            Busy: another program has it open.
        """
        async with self._one_at_a_time:
            if workflow_id not in self._open:
                conversation = PageConversation(self._services, self._graph, workflow_id, self._person)
                await conversation.open()
                self._open[workflow_id] = conversation
            return self._open[workflow_id]

    async def close(self) -> None:
        """Close all, when the server ends."""
        for conversation in self._open.values():
            await conversation.close()
        self._open.clear()


def _shown(messages: Sequence[AnyMessage]) -> list[Said]:
    shown = [
        Said(by_person=isinstance(message, HumanMessage), text=message.text)
        for message in messages
        if isinstance(message, HumanMessage | AIMessage) and message.text
    ]
    return shown[-_SHOWN:]
