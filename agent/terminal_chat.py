"""The conversation in the terminal: shows what the agent says, reads what the person types."""

from __future__ import annotations

import asyncio
import sys
import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from rich.text import Text

from ..tools.errors import InvalidInput
from .output import ExitCode, say, stdout, visible
from .progress import ProgressView

if TYPE_CHECKING:
    from ..tools.services import Services
    from ..tools.settings import Settings
    from .conversation import Conversation, Place

LEAVE = frozenset({"exit", "quit", "/exit", "/quit", ":q"})
"""What a person types to leave; the conversation stays as it is."""


class TerminalChat:
    """A conversation with a person at a terminal, or with a pipe.

    Args:
        services: store and models.
        thread_id: a conversation to continue; a new one when not given.
        workflow_id: the dataset to talk about.
        person: who sits at the terminal, for the record of approvals.
        fork_at: begin another conversation from ``thread_id``, as it was before the person's message of that number.
    """

    def __init__(
        self,
        services: Services,
        *,
        thread_id: str | None,
        workflow_id: str | None,
        person: str,
        fork_at: int | None = None,
    ) -> None:
        self._services = services
        self._is_new_id = thread_id is None
        self.thread_id = thread_id or f"chat-{uuid.uuid4().hex[:8]}"
        self._workflow_id = workflow_id
        self._person = person
        self._fork_at = fork_at
        self._view = ProgressView(stdout())

    def run(self) -> int:
        """Talk until the person leaves or the dataset is handed over; returns the exit code."""
        # One loop for the whole conversation, but a person's typing is waited for outside of it: so Ctrl-C
        # reaches the prompt as it would in any program, and a running step as a cancellation.
        say(f"Conversation {self.thread_id} · {model_text(self._services.settings)}", style="dim")
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
        from ..graph.build import build_graph
        from ..graph.persist import open_checkpointer
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
            on_start=lambda line: say(line, style="dim"),
            on_progress=self._view.update,
        )

    def _talk(self, runner: asyncio.Runner, conversation: Conversation) -> int:
        place = runner.run(conversation.place())
        self._check(place)
        self._take_up(runner, conversation, place)
        while conversation.next_step is None:
            text = self._read()
            if text is None or text.lower() in LEAVE:
                self._say_how_to_go_on("The conversation is kept.")
                return ExitCode.DONE
            if text:
                runner.run(conversation.reply(text))
        self._say_end(conversation)
        return ExitCode.DONE

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
            runner.run(conversation.begin(self._workflow_id or place.workflow_id))
        elif place.is_unfinished:
            say("The last step was cut off; going on with it.", style="yellow")
            runner.run(conversation.go_on())
        elif place.question or place.last_message:
            self._show(place.question or place.last_message or "")

    def _say_where_things_stand(self, workflow_id: str) -> None:
        from ..graph.standing import where_things_stand

        for line in where_things_stand(self._services, self.thread_id, workflow_id):
            say(line, style="dim")

    def _read(self) -> str | None:
        """A line from the person; ``None`` when there is no more."""
        _forget_what_was_typed_ahead()
        prompt = "\nyou> "
        try:
            text = input(prompt)
        except EOFError:
            say()
            return None
        if not sys.stdin.isatty():
            say(text)  # a pipe's lines are not echoed by a terminal: without them a transcript cannot be read
        return text.strip()

    def _show(self, text: str) -> None:
        self._view.close()
        show_message(text)

    def _say_how_to_go_on(self, what: str) -> None:
        say(f"{what} Go on with: finetune-coverage chat --thread {self.thread_id}", style="yellow")

    def _say_end(self, conversation: Conversation) -> None:
        say()
        workflow = conversation.values.get("workflow_id")
        if workflow:
            say(f"Export: finetune-coverage export -w {workflow} -o {workflow}.jsonl")
        self._say_how_to_go_on("The conversation is kept.")


def _forget_what_was_typed_ahead() -> None:
    """What was typed before the question could be read is no answer to it, least of all a yes."""
    if not sys.stdin.isatty():
        return
    try:
        import termios
    except ImportError:  # Windows
        return
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def show_message(text: str) -> None:
    """Print a message of the agent: rendered for a terminal, as it is for a pipe."""
    console = stdout()
    console.print()
    if console.is_terminal:
        from .chat_markdown import ChatMarkdown

        console.print(ChatMarkdown(text))
    else:
        # A dollar sign is escaped for chat windows that read two of them as a formula; a pipe has no use for that.
        console.print(Text(visible(text.replace("\\$", "$"))))


def model_text(settings: Settings) -> str:
    """Which model writes the records, and what that costs."""
    if settings.uses_embedded_model:
        return f"model: {settings.model_in_use}; it runs on this computer and costs nothing"
    return f"model: {settings.model_in_use}; its operator may charge for calls, estimates come with each plan"
