"""The conversation at the side: what was said, what can be clicked, and the line to type in."""

from __future__ import annotations

from nicegui import ui

from ...graph.offers.offer import Offer, Option
from ...graph.offers.reply import Approve
from ...graph.wording.markdown import unescape
from .conversations import PageConversation, Said
from .elements import box, button, tell, text
from .markdown import as_html

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
_TO_THE_END = "const s = document.getElementById('said'); if (s) s.scrollTop = s.scrollHeight;"


class ConversationPanel:
    """Draws itself where it is made.

    Args:
        conversation: what it shows; several tabs may show the same.
    """

    def __init__(self, conversation: PageConversation) -> None:
        self._conversation = conversation
        self._drawn: list[Said] = []
        with box("aside", "card talk", aria_label="Conversation"):
            with box("div", "head"):
                text("Conversation", "h2")
                hide = text("Show / hide", "button", "act quiet small")
                hide.props["type"] = "button"
                hide.on("click", js_handler="() => toggleTalk()")
            self._said = box("div", "said", id="said", tabindex="0", role="log", aria_label="What was said")
            with box("div", "foot"):
                self._below = box("div")
                self._line = box(
                    "textarea",
                    id="typed",
                    rows="2",
                    aria_label="Your message",
                    placeholder="Ask, change the plan, or answer…",
                )
                self._line.on("keydown", lambda event: self._type(str(event.args)), js_handler=_TYPED)
                with box("div", "acts"):
                    send = text("Send", "button", "act quiet")
                    send.props["type"] = "button"
                    send.on("click", lambda event: self._type(str(event.args)), js_handler=_SENT)
        self.refresh()

    def refresh(self) -> None:
        """Draw what changed."""
        said = self._conversation.said
        if said[: len(self._drawn)] != self._drawn:
            self._said.clear()
            self._drawn = []
        new = said[len(self._drawn) :]
        with self._said:
            for message in new:
                _draw(message)
        self._drawn = list(said)
        self._line.props["data-busy"] = "1" if self._conversation.is_busy else ""
        self._below.clear()
        with self._below:
            self._draw_standing()
        if new:
            ui.run_javascript(_TO_THE_END)

    def _draw_standing(self) -> None:
        conversation = self._conversation
        if conversation.trouble:
            box_ = text(conversation.trouble, "p", "bad")
            box_.props["role"] = "alert"
        if conversation.is_busy:
            with box("div", "acts"):
                text(conversation.doing, "span", "working")
                button("Pause", conversation.pause, quiet=True)
        elif conversation.offer is not None:
            with box("div", "acts"):
                for number, option in enumerate(conversation.offer.numbered, 1):
                    self._draw_option(number, option, conversation.offer)

    def _draw_option(self, number: int, option: Option, offer: Offer) -> None:
        if may_be_clicked(option):
            button(
                unescape(option.label), lambda: self._conversation.answer(str(number), offer), quiet=True
            ).classes("small")

    def _type(self, typed: str) -> None:
        if typed and not self._conversation.is_busy:
            self._conversation.say(typed)
        else:  # what was typed stays in the line
            tell("Still at work; pause it first, or wait.")


def may_be_clicked(option: Option) -> bool:
    """Whether choosing it starts nothing: a plan is approved where it is shown with its figures."""
    return not (isinstance(option.deed, Approve) and option.shown)


def _draw(message: Said) -> None:
    if message.by_person:
        text(message.text, "div", "message you")
    else:
        ui.html(as_html(message.text)).classes("message")
