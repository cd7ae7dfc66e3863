"""The conversation at the side: what was said, what can be clicked, and the line to type in."""

from __future__ import annotations

import re

from nicegui import ui

from ...graph.offers.offer import Offer
from .answers import draw_answers
from .conversations import BESIDE, PageConversation, Said
from .elements import box, button, tell, text
from .markdown import as_html
from .plain_words import has_more, without_commands

_TYPED = """(e) => {
  if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
  e.preventDefault();
  if (e.target.dataset.busy) emit('');
  else if (e.target.value.trim()) { emit(e.target.value); e.target.value = ''; }
}"""
_SENT = """() => {
  const line = document.getElementById('typed');
  if (line.dataset.busy) emit('');
  else if (line.value.trim()) { emit(line.value); line.value = ''; line.focus(); }
}"""
_TO_THE_END = "toTheEnd()"
_OPTION = re.compile(r"\d{1,3}\. ")
"""The numbered answers at the end of a question."""


class ConversationPanel:
    """Draws itself where it is made.

    Args:
        conversation: what it shows; several tabs may show the same.
        workflow_id: the dataset that it is about.
    """

    def __init__(self, conversation: PageConversation, workflow_id: str) -> None:
        self._conversation, self._workflow_id = conversation, workflow_id
        self._drawn: list[tuple[Said, bool]] = []
        self._drawn_standing: object = None
        self._answered: Offer | None = None
        with box("aside", "card talk", aria_label="Conversation"):
            with box("div", "head"):
                text("Conversation", "h2")
                # In a place of its own: where it took that of an answer, a click meant for that would stop the work.
                self._pause = button("Pause", conversation.pause, quiet=True).classes("small")
                hide = text("Show / hide", "button", "act quiet small")
                hide.props["type"] = "button"
                hide.on("click", js_handler="() => toggleTalk()")
            self._said = box("div", "said", id="said", tabindex="0", role="log", aria_label="What was said")
            with box("div", "foot"):
                self._below = box("div")
                with box("div", "line"):
                    self._line = box(
                        "textarea",
                        id="typed",
                        rows="2",
                        aria_label="Your message",
                        placeholder="Ask, change the plan, or answer…",
                    )
                    self._line.on("keydown", lambda event: self._type(str(event.args)), js_handler=_TYPED)
                    send = text("Send", "button", "act quiet")
                    send.props["type"] = "button"
                    send.on("click", lambda event: self._type(str(event.args)), js_handler=_SENT)
        self.refresh()

    def refresh(self) -> None:
        """Draw what changed."""
        shown = self._shown()
        if shown[: len(self._drawn)] != self._drawn:
            self._said.clear()
            self._drawn = []
        new = shown[len(self._drawn) :]
        with self._said:
            for message, is_open in new:
                _draw(message, is_open=is_open)
        self._drawn = shown
        self._pause.visible = self._conversation.can_pause
        self._line.props["data-busy"] = "1" if self._conversation.is_busy else ""
        standing = self._standing()
        if standing != self._drawn_standing or self._answered is not self._conversation.offer:
            self._drawn_standing, self._answered = standing, self._conversation.offer
            self._below.clear()
            with self._below:
                self._draw_standing()
        if new:
            ui.run_javascript(_TO_THE_END)

    def _shown(self) -> list[tuple[Said, bool]]:
        """All that is shown, each with whether it is the question that waits."""
        conversation = self._conversation
        said = list(conversation.said)
        waits = conversation.offer is not None and not conversation.is_busy and not conversation.beside
        last = max((at for at, message in enumerate(said) if message.by == "agent"), default=-1)
        table = conversation.table
        if conversation.beside:
            said.append(Said("page", f"{BESIDE} {conversation.beside}"))
        elif waits and table is not None and table.is_edited and table.wanted:
            said.append(Said("page", f"You changed the plan beside this: {table.words}."))
        return [(message, waits and at == last) for at, message in enumerate(said)]

    def _standing(self) -> object:
        """All that what is drawn below goes by: drawn anew at every sign of progress, nobody could read or click it."""
        conversation, table = self._conversation, self._conversation.table
        return (
            conversation.trouble,
            conversation.is_busy and conversation.goes_on,
            conversation.beside,
            table.words if table is not None and table.is_edited else "",
            conversation.said[-1:],
        )

    def _draw_standing(self) -> None:
        conversation = self._conversation
        if conversation.trouble:
            box_ = text(without_commands(conversation.trouble), "p", "bad")
            box_.props["role"] = "alert"
        with box("div", "acts"):
            if conversation.is_busy:
                text(conversation.goes_on, "span", "working")
            elif conversation.beside:
                button("Ask again by what is there now", conversation.analyze_again, quiet=True).classes(
                    "small"
                )
            elif conversation.offer is not None:
                draw_answers(conversation, conversation.offer, self._workflow_id, on_plan=False)
                last = next((one.text for one in reversed(conversation.said) if one.by == "agent"), "")
                if has_more(last):
                    button("Details", lambda: conversation.say("more"), quiet=True).classes("small")

    def _type(self, typed: str) -> None:
        if typed and not self._conversation.is_busy:
            self._conversation.say(typed)
        else:  # what was typed stays in the line
            tell("Still at work; pause it first, or wait.")


def _draw(message: Said, *, is_open: bool) -> None:
    if message.by == "person":
        text(message.text, "div", "message you")
        return
    if message.by == "page":
        text(message.text, "div", "message beside")
        return
    said, asked = _with_options_apart(without_commands(message.text))
    with box("div", "message"):
        ui.html(as_html(said))
        if asked and not is_open:
            with box("details", "replaced"):
                text("An earlier question: answered or replaced", "summary", "small")
                ui.html(as_html(asked))


def _with_options_apart(said: str) -> tuple[str, str]:
    """A message up to the numbered list that it ends with, and that list; "" where it ends with none."""
    lines = said.rstrip().split("\n")
    first = len(lines)
    while first > 1 and _OPTION.match(lines[first - 1]):
        first -= 1
    if first == len(lines) or not lines[first].startswith("1. "):
        return said, ""
    return "\n".join(lines[:first]), "\n".join(lines[first:])
