"""The conversation in the terminal: shows what the agent says, reads what the person types."""

from __future__ import annotations

import asyncio
import shlex
import sys
import uuid
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...tools.errors import CoverageError, InvalidInput
from ..output import ExitCode, print_error, say, stdout, visible
from ..views.progress import ProgressView
from .slash_commands import cost_text, export_to, help_text, slash_command
from .typed_lines import TypedLines

if TYPE_CHECKING:
    from ...tools.services import Services
    from ...tools.settings import Settings
    from .conversation import Conversation, Place
    from .line_editor import LineEditor

LEAVE = frozenset({"exit", "quit", "/exit", "/quit", ":q"})
"""What a person types to leave; the conversation stays as it is."""
WAIT_SECONDS = 1.5
"""After so long without an answer the terminal says that one is under way."""


class TerminalChat:
    """A conversation with a person at a terminal, or with a pipe.

    Args:
        services: store and models.
        thread_id: a conversation to continue; a new one when not given.
        workflow_id: the dataset to talk about.
        person: who sits at the terminal, for the record of approvals.
        fork_at: begin another conversation from ``thread_id``, as it was before the person's message of that number.
        yes: a yes from a pipe counts even if it was written before its plan was shown.
    """

    def __init__(
        self,
        services: Services,
        *,
        thread_id: str | None,
        workflow_id: str | None,
        person: str,
        fork_at: int | None = None,
        yes: bool = False,
    ) -> None:
        self._services = services
        self._is_new_id = thread_id is None
        self.thread_id = thread_id or f"chat-{uuid.uuid4().hex[:8]}"
        self._workflow_id = workflow_id
        self._person = person
        self._fork_at = fork_at
        self._yes = yes
        self._typed = TypedLines(self._editor)
        self._about: str | None = workflow_id
        self._view = ProgressView(stdout())
        self._is_refused = False

    def run(self) -> int:
        """Talk until the person leaves or the dataset is handed over; returns the exit code."""
        # One loop for the whole conversation, but a person's typing is waited for outside of it: so Ctrl-C
        # reaches the prompt as it would in any program, and a running step as a cancellation.
        say(f"Conversation {self.thread_id} · {model_text(self._services.settings)}", style="dim")
        if sys.stdin.isatty():
            say("/help says what can be said; Tab completes commands and names.", style="dim")
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            try:
                conversation = runner.run(self._open(stack))
                return self._talk(runner, conversation)
            except KeyboardInterrupt:
                self._view.close()
                say()
                self._say_how_to_go_on("Stopped. What was accepted is kept.")
                return ExitCode.INTERRUPTED
            finally:
                self._view.close()
                runner.run(stack.aclose())

    async def _open(self, stack: AsyncExitStack) -> Conversation:
        # Imported here: it takes seconds, and by now there is something to read.
        from ...graph.build import build_graph
        from ...graph.conversations.checkpoints import open_checkpointer
        from .conversation import Conversation

        checkpointer = await stack.enter_async_context(open_checkpointer(self._services.settings))
        graph = build_graph(self._services, checkpointer=checkpointer)
        if self._fork_at is not None:
            from .fork import fork_conversation

            fork = await fork_conversation(graph, self._services, self.thread_id, self._fork_at)
            say(f"{fork.thread_id} goes on from there with {fork.workflow_id}; the other stays.", style="dim")
            self.thread_id, self._is_new_id = fork.thread_id, True
        return Conversation(
            graph,
            self.thread_id,
            context={"channel": "chat", "approver": self._person},
            on_message=self._show,
            on_start=self._start,
            on_progress=self._view.update,
        )

    def _talk(self, runner: asyncio.Runner, conversation: Conversation) -> int:
        place = runner.run(conversation.place())
        self._check(place)
        self._take_up(runner, conversation, place)
        while conversation.next_step is None:
            self._about = conversation.values.get("workflow_id")
            line = self._typed.ask("you> ")
            if line is None or line.text.lower() in LEAVE:
                self._say_how_to_go_on("The conversation is kept.")
                return ExitCode.NOT_APPROVED if self._is_refused else ExitCode.DONE
            if line.text and not self._carried_out(runner, conversation, line.text):
                is_ahead = line.is_ahead and not self._yes
                runner.run(self._waited_for(conversation.reply(line.text, is_ahead=is_ahead)))
        self._say_end(conversation)
        return ExitCode.DONE

    async def _waited_for(self, step: Coroutine[Any, Any, None]) -> None:
        """Carry a step out; one that takes long says so, as reading does with a small model on a busy computer."""

        async def tell() -> None:
            await asyncio.sleep(WAIT_SECONDS)
            self._view.wait("working on it… Ctrl-C stops")

        telling = asyncio.create_task(tell())
        try:
            await step
        finally:
            telling.cancel()
            self._view.close()

    def _carried_out(self, runner: asyncio.Runner, conversation: Conversation, text: str) -> bool:
        """Whether it was a command, or meant to be one."""
        try:
            command = slash_command(text)
            if command is None:
                return False
            place = runner.run(conversation.place())
            match command:
                case "/help", _:
                    show_message(help_text())
                case "/options", _:
                    show_message(place.question or place.last_message or "Nothing lies on the table.")
                case "/cost", _:
                    show_message(cost_text(self._services, conversation.values))
                case "/export", file:
                    export_to(self._services, conversation.values, file)
        except CoverageError as error:
            print_error(error)
        return True

    def _editor(self) -> LineEditor:
        # Imported here: a pipe has no use for it.
        from .completion import ChatCompleter
        from .line_editor import LineEditor

        return LineEditor(self._services.settings.home, ChatCompleter(self._names))

    def _names(self) -> list[str]:
        """What can be named: topics and strategies, or datasets while none is chosen."""
        from ...tools.coverage.strategy_choice import STRATEGIES
        from ...tools.dataset.topic_names import topic_names
        from ...tools.store.workflows import list_workflows

        store = self._services.store
        try:
            if self._about is not None:
                return [*topic_names(store, self._about), *STRATEGIES]
        except CoverageError:  # deleted by somebody meanwhile
            pass
        return [workflow.id for workflow in list_workflows(store)]

    def _check(self, place: Place) -> None:
        if place.is_new and not self._is_new_id and self._workflow_id is None:
            raise InvalidInput(
                f"There is no conversation {self.thread_id!r}.",
                hint="`finetune-coverage threads` lists them; -w ID begins one about a workflow.",
            )

    def _take_up(self, runner: asyncio.Runner, conversation: Conversation, place: Place) -> None:
        changes = self._workflow_id is not None and self._workflow_id != place.workflow_id
        begins = place.is_new or changes or self._fork_at is not None
        if place.workflow_id is not None and not changes and not begins:
            self._say_where_things_stand(place.workflow_id)
        if begins:
            runner.run(self._waited_for(conversation.begin(self._workflow_id or place.workflow_id)))
        elif place.is_unfinished:
            # What may cost something is asked by the graph before it goes on.
            say("The last step was cut off; taking it up where it was.", style="yellow")
            runner.run(self._waited_for(conversation.go_on()))
        elif place.question or place.last_message:
            self._show(place.question or place.last_message or "")

    def _say_where_things_stand(self, workflow_id: str) -> None:
        from ...graph.conversations.standing import where_things_stand

        for line in where_things_stand(self._services, self.thread_id, workflow_id):
            say(line, style="dim")

    def _start(self, line: str) -> None:
        self._is_refused = False
        self._view.close()
        say(line, style="dim")

    def _show(self, text: str) -> None:
        from ...graph.offers.form import AHEAD

        self._is_refused |= AHEAD in text
        self._view.close()
        show_message(text)

    def _say_how_to_go_on(self, what: str) -> None:
        say(
            f"{what} Go on with: finetune-coverage chat --thread {shlex.quote(self.thread_id)}",
            style="yellow",
        )

    def _say_end(self, conversation: Conversation) -> None:
        say()
        workflow = conversation.values.get("workflow_id")
        if workflow:
            say(
                f"Export: finetune-coverage export -w {shlex.quote(workflow)} -o {shlex.quote(f'{workflow}.jsonl')}"
            )
        self._say_how_to_go_on("The conversation is kept.")


def show_message(text: str) -> None:
    """Print a message of the agent: rendered for a terminal, as it is for a pipe."""
    console = stdout()
    console.print()
    if console.is_terminal:
        from .markdown import ChatMarkdown

        console.print(ChatMarkdown(text))
    else:
        # What is guarded for chat windows, and the spaces that break lines there, are of no use in a pipe.
        from ...graph.wording.markdown import unescape

        lines = (line.rstrip() for line in unescape(text).split("\n"))
        console.print(Text(visible("\n".join(lines))))


def model_text(settings: Settings) -> str:
    """Which model writes the records, and what that costs."""
    if settings.uses_embedded_model:
        return f"model: {settings.model_in_use}; it runs on this computer and costs nothing"
    said = f"model: {settings.model_in_use}; its operator may charge for calls: estimates come with each plan"
    if settings.profile == "small":
        return said
    from ...graph.reading.by_model import least_tokens
    from ...tools.generation.money.amounts import as_usd, usd_words
    from ...tools.generation.money.prices import price_of

    tokens, price = round(least_tokens(), -3), price_of(settings)
    money = (
        f" ({usd_words(as_usd(price.picodollars(tokens, 0)))}, less from the endpoint's cache)"
        if price
        else ""
    )
    return f"{said}, and reading what you type takes {tokens:,} tokens{money} a sentence or more"
