"""The conversations of the page, one for each dataset: they live in the server, tabs only look at them.

What is kept here can be lost at any time: it is made again from the checkpoint and the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from ...graph.actions.catalog import Decline, ShowRecords
from ...graph.conversations.thread_lock import hold_thread
from ...graph.offers.form import CHANGED_IN_TABLE
from ...graph.offers.offer import Offer, PlanOffer, ResumeOffer, same_items
from ...graph.offers.pending import unfinished_approval
from ...graph.offers.reply import Approve, Proceed, ReviewOutside, Stop
from ...graph.reading.exact import read_reply
from ...graph.state import offer_in
from ...graph.translation import DECISION
from ...graph.wording.report import changes_words
from ...tools.analyze_coverage import analyze
from ...tools.coverage.report import Coverage
from ...tools.errors import CoverageError
from ...tools.failure import unforeseen_words
from ...tools.generation.approvals.approval import revoke_plan
from ...tools.generation.approvals.plans import get_plan
from ...tools.generation.attempts.journal import request_cancel
from ...tools.store.workflows import dataset_version
from ..chat.conversation import Conversation, Place
from .plain_words import without_commands
from .plan_table import PlanTable, effect_of

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from ...tools.generation.jobs.progress import Progress
    from ...tools.services import Services

_log = logging.getLogger(__name__)
_TOLD_EVERY_SECONDS = 0.25
"""At most so often tabs are told of progress: a fast endpoint answers hundreds of times a second."""
_SHOWN = 60
"""Messages of a long conversation that are shown again; older ones stay in the checkpoint."""
_LOOKS_EVERY_SECONDS = 1.5
"""How often it is seen whether something changed beside the conversation, while a tab is open."""
_AFTER_TYPING = 0.35
_ANALYZES = "Analyzing…"
BESIDE = "Changed outside of this conversation:"
"""How the line begins that says what was done on another screen or by another process."""
_ANEW = "What to do next is worked out anew."
_ANSWERED = {
    "approved": "The plan was approved in another program.",
    "declined": "The plan was declined in another program.",
    "cancelled": "The plan does not count any more: a newer one was made, or it was taken back.",
    "revoked": "The plan was stopped for good.",
}


@dataclass(frozen=True)
class Said:
    """One message: of the person as it was typed, of the agent as Markdown, or of what was done on the page."""

    by: Literal["person", "agent", "page"]
    text: str


class PageConversation:
    """A conversation about one dataset, for any number of tabs.

    Attributes:
        said: what is shown, oldest first.
        offer: what lies on the table; None while nothing waits for an answer.
        table: the plan in question as it is edited; None where the question is another one.
        progress: of the jobs of the generation under way, by id, as they began.
        doing: the step under way, in words; empty when none is.
        trouble: why the last step failed, in words; empty when it did not.
        beside: what changed beside the conversation since the question was asked, in words; empty when nothing did.
        dataset_version: of the dataset when it was last looked at.
    """

    def __init__(
        self, services: Services, graph: CompiledStateGraph[Any, Any, Any, Any], workflow_id: str, person: str
    ) -> None:
        self.thread_id = f"page-{workflow_id}"
        self._services = services
        self._workflow_id = workflow_id
        self._person = person
        self._conversation = Conversation(
            graph,
            self.thread_id,
            context={"channel": "web", "approver": person},
            on_message=self._agent_said,
            on_start=self._job_starts,
            on_progress=self._job_goes_on,
        )
        self.said: list[Said] = []
        self.offer: Offer | None = None
        self.table: PlanTable | None = None
        self.progress: dict[str, Progress] = {}
        self.doing = ""
        self.trouble = ""
        self.beside = ""
        self.dataset_version: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._estimate: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._edited: PlanTable | None = None
        self._listed: list[str] = []
        self._numbers: dict[str, int] = {}
        self._told: list[str] = []
        self._numbered: list[str] = []
        self._revision = ""
        self._told_at = 0.0
        self._is_next_begun = False
        self._held = AsyncExitStack()

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way."""
        return self._task is not None

    @property
    def can_pause(self) -> bool:
        """Whether a person may end the step under way; an analysis takes seconds and changes nothing."""
        return self.is_busy and self.doing != _ANALYZES

    @property
    def written(self) -> int:
        """How many records the jobs under way have, where these are all that they owe; 0 before."""
        under_way = self.progress.values()
        if not self.is_busy or self._is_next_begun or any(one.accepted < one.requested for one in under_way):
            return 0
        return sum(one.accepted for one in under_way)

    @property
    def goes_on(self) -> str:
        """What is going on, in words; empty when nothing is."""
        return f"{self.written:,} written; measuring what they are worth…" if self.written else self.doing

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
        self._take_up(place)
        if place.question and place.question not in [message.text for message in self.said[-2:]]:
            self.said.append(Said("agent", place.question))
        if place.is_new:
            self._begin(_ANALYZES, self._conversation.begin(self._workflow_id))
        elif place.is_unfinished:
            self._begin("Taking up where it was…", self._conversation.go_on())
        else:
            await self._look_beside()
        self._watch = asyncio.create_task(self._keep_looking())

    async def close(self) -> None:
        """Stop what is under way, as a person leaving the terminal does, and let other programs have it."""
        for task in (self._watch, self._estimate):
            if task is not None:
                task.cancel()
        await self.pause()
        await self._held.aclose()

    # What a person says

    def say(self, text: str) -> None:
        """Send what a person typed; nothing happens while a step is under way.

        It is about what they see: the plan as it stands in its table, and the records that a screen lists.
        """
        if self.is_busy:
            return
        if self.beside:
            self._told_beside()
            if self.table is not None and self.table.is_edited:
                self.said.append(Said("page", f"Not kept of the plan before: {self.table.words}."))
            self.said.append(Said("person", text))
            self._begin("Thinking…", self._reply(text, is_afresh=True))
        elif self.table is not None and self.table.is_edited and _is_about_plan(text, self.table.offer):
            self._begin("Thinking…", self._say_to_table(self.table, text))
        else:
            self.said.append(Said("person", text))
            self._begin("Thinking…", self._reply(text))

    async def _say_to_table(self, table: PlanTable, text: str) -> None:
        # A yes counts where score and cost of the very plan in the table were to be seen; a number was that of the plan
        # in the conversation.
        is_number = any(letter.isdigit() for letter in text)
        is_ahead = is_number or not (table.is_told and table.is_within_caps)
        if table.wanted:
            self.said.append(Said("page", f"{CHANGED_IN_TABLE} {table.words}."))
            await self._conversation.decide(
                {"decisions": table.decisions(is_yes=False), "plan_id": table.offer.plan_id}
            )
        self.said.append(Said("person", text))
        self._tell()
        await self._reply(text, is_ahead=is_ahead)

    async def _reply(self, text: str, *, is_ahead: bool = False, is_afresh: bool = False) -> None:
        self._told = sorted(self._numbers, key=self._numbers.__getitem__)
        await self._conversation.reply(
            text, is_ahead=is_ahead, listed=self._listed, numbered=self._told, is_afresh=is_afresh
        )

    def answer(self, text: str, to: Offer) -> None:
        """Answer by a click: it counts for the question that was shown with it, and for no later one."""
        if to is self.offer and not self.beside:
            self.say(text)
        elif not self.is_busy:
            self.trouble = "That was an answer to an earlier question; this is the one that waits now."
            self._tell()

    def analyze_again(self) -> None:
        """Have the dataset looked at anew, after it was changed outside of the conversation."""
        if not self.is_busy:
            self._told_beside()
            self._edited = self.table if self.table is not None and self.table.is_edited else None
            self._begin(_ANALYZES, self._conversation.begin(self._workflow_id))

    def approve(self, shown: str) -> None:
        """Approve the plan exactly as it stands in the table: only where what it gives and takes is told.

        Args:
            shown: `PlanTable.shown` of what the person saw; another tab may have changed it since.
        """
        table = self.table
        if self.is_busy or self.beside or table is None or not table.is_told:
            return
        if table.shown != shown:
            self.trouble = (
                "The plan was changed in another tab as you approved it; this is how it stands now."
            )
            self._tell()
            return
        self.said.append(Said("person", f"Approved: {table.words}"))
        answer = {"decisions": table.decisions(is_yes=True), "plan_id": table.offer.plan_id}
        self._begin("Starting…", self._conversation.decide(answer))

    # The plan in its table

    def edit_plan(self, change: Callable[[PlanTable], None]) -> None:
        """Change the rows; what the plan gives and takes follows."""
        if self.table is not None and not self.is_busy:
            change(self.table)
            self.estimate(_AFTER_TYPING)

    def estimate(self, wait: float = 0.0) -> None:
        """Work out what the plan in the table gives and takes; what was typed last counts."""
        if self._estimate is not None:
            self._estimate.cancel()
        if self.table is not None:
            self._estimate = asyncio.create_task(self._estimate_table(self.table, wait))
        self._tell()

    async def _estimate_table(self, table: PlanTable, wait: float) -> None:
        await asyncio.sleep(wait)
        wanted = table.wanted
        table.problem = "" if wanted else "No topic is chosen."
        try:
            if wanted:
                table.effect = await asyncio.to_thread(effect_of, self._services, table.offer, wanted)
                table.problem = table.effect.why_not or ""
        except CoverageError as error:
            table.problem = without_commands(str(error))
        self._tell()

    # Records that a screen lists

    def list_records(self, ids: Sequence[str]) -> Callable[[], None]:
        """A screen lists these records now; "drop 3" in the conversation means the one with that number.

        Returns:
            What ends that, unless others were listed since.
        """
        listed = self._listed = list(ids)
        self._number(ids)

        def end() -> None:
            if self._listed is listed:
                self._listed = []

        return end

    def number_of(self, record_id: str) -> int | None:
        """The number under which a record was shown here or in the conversation; None for one that was not."""
        return self._numbers.get(record_id)

    def replace_record(self, before: str, after: str) -> None:
        """An edited record has the number of the one in whose place it is."""
        if before in self._numbers and after not in self._numbers:
            self._numbers[after] = self._numbers.pop(before)

    def _take_up_numbers(self, numbered: list[str]) -> None:
        """The conversation numbers what it shows after what it was told of; what it edited has the number of before."""
        if numbered != self._numbered:
            for before, after in zip(self._told, numbered, strict=False):
                if before != after:
                    self.replace_record(before, after)
            self._number(numbered[len(self._told) :])
            self._numbered = numbered

    def _number(self, ids: Sequence[str]) -> None:
        for record_id in ids:
            self._numbers.setdefault(record_id, len(self._numbers) + 1)

    # The generation

    async def pause(self) -> None:
        """End the step under way; what was accepted is kept, and going on is offered."""
        task = self._task
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def stop(self) -> None:
        """End the generation for good: calls under way are finished, nothing more is begun under the plan's yes."""

        def revoke() -> bool:
            store = self._services.store
            going_on = unfinished_approval(self._services, self.thread_id, self._workflow_id)
            for job_id in revoke_plan(store, going_on[1].id, by=self._person) if going_on else ():
                request_cancel(store, job_id)
            return going_on is not None

        try:
            is_stopped = await asyncio.to_thread(revoke)
        except CoverageError as error:
            self.trouble = str(error)
        else:
            said = (
                "Stopped for good. What was accepted is kept."
                if is_stopped
                else "All of it has ended already."
            )
            self.said.append(Said("page", said))
        self._tell()

    # What goes on

    def _begin(self, doing: str, step: Any) -> None:
        self.doing, self.trouble, self._is_next_begun = doing, "", False
        self.progress = {}
        self._task = asyncio.create_task(self._carry_out(step))
        self._tell()

    async def _carry_out(self, step: Any) -> None:
        try:
            await step
        except asyncio.CancelledError:
            self.said.append(Said("page", "Paused. What was accepted is kept."))
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
        self._take_up(place)
        if place.is_unfinished and not self.trouble:
            self._begin("Looking where it stopped…", self._conversation.go_on())
            return
        if place.question and self.said[-1:] and self.said[-1].text.startswith(BESIDE):
            self.said.append(
                Said("agent", place.question)
            )  # it was asked before, and is the one that waits now
        await self._look_beside()
        self._tell()

    def _take_up(self, place: Place) -> None:
        """Take the question up that waits."""
        self.offer = offer_in(self._conversation.values) if place.waits else None  # type: ignore[arg-type]
        is_plan = isinstance(self.offer, PlanOffer) and self.offer.plan_id
        self.table = PlanTable(self.offer) if is_plan and isinstance(self.offer, PlanOffer) else None
        if self.table is not None and self._edited is not None:
            self.table.take_over(self._edited)
        self._edited = None
        self._take_up_numbers(self._conversation.values.get("numbered") or [])
        self._revision = ""

    def _agent_said(self, text: str) -> None:
        self.said.append(Said("agent", text))
        self._tell()

    def _job_starts(self, line: str) -> None:
        self.doing, self._is_next_begun = line, True
        self._tell()

    def _job_goes_on(self, standing: Progress) -> None:
        self._is_next_begun = False
        self.progress.pop("", None)  # what was not begun yet
        self.progress[standing.job_id] = standing
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= _TOLD_EVERY_SECONDS or standing.accepted >= standing.requested:
            self._told_at = now
            self._tell()

    # What goes on beside

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)
            if self._listeners and not self.is_busy:
                before = (self.beside, self.dataset_version)
                await self._look_beside()
                if before != (self.beside, self.dataset_version) and not self.is_busy:
                    self._tell()

    async def _look_beside(self) -> None:
        """See whether the question still goes by what is there: another screen or process may have changed it."""
        try:
            revision = await asyncio.to_thread(self._services.store.revision)
            if revision == self._revision:
                return
            self.dataset_version = await asyncio.to_thread(
                dataset_version, self._services.store, self._workflow_id
            )
            self.beside = await asyncio.to_thread(self._what_changed, self.offer, self.dataset_version)
            self._revision = revision
        except CoverageError:  # the dataset is gone, or the store busy: said by whatever is asked for next
            return

    def _what_changed(self, offer: Offer | None, version: int) -> str:
        store = self._services.store
        if offer is None:
            return ""
        if offer.is_outdated(version):
            known, now = self._conversation.values.get("coverage"), analyze(self._services, self._workflow_id)
            changes = changes_words(Coverage.model_validate(known), now) if known else ""
            return changes or "Texts, topics or targets are others now."
        if isinstance(offer, ResumeOffer):
            is_open = unfinished_approval(self._services, self.thread_id, self._workflow_id) is not None
            return "" if is_open else "The generation was carried on, or ended, elsewhere."
        if isinstance(offer, PlanOffer) and offer.plan_id:
            status = get_plan(store, offer.plan_id).status
            return "" if status == "pending" else _ANSWERED.get(status, f"The plan is {status}.")
        return ""

    def _told_beside(self) -> None:
        """What changed beside becomes a line of the conversation: the next question goes by it."""
        if self.beside:
            self.said.append(Said("page", f"{BESIDE} {self.beside} {_ANEW}"))
        self.beside = ""

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
        Said(_by(message), message.text)
        for message in messages
        if isinstance(message, HumanMessage | AIMessage) and message.text
    ]
    return shown[-_SHOWN:]


def _by(message: AnyMessage) -> Literal["person", "agent", "page"]:
    if not isinstance(message, HumanMessage):
        return "agent"
    is_edit = message.additional_kwargs.get(DECISION) and message.text.startswith(CHANGED_IN_TABLE)
    return "page" if is_edit else "person"


def _is_about_plan(text: str, offer: Offer) -> bool:
    """Whether what was typed is to the plan in the table: not a no, an end, or the number of another answer."""
    deed = read_reply(text, offer).deed
    if isinstance(deed, Approve):
        return same_items(deed.items, offer.items)
    return not isinstance(deed, Decline | Proceed | Stop | ReviewOutside | ShowRecords)
