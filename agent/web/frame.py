"""What every screen of a dataset has: the way to the others, and the conversation at its side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from nicegui import ui

from .conversation_panel import ConversationPanel
from .conversations import PageConversation
from .elements import address, box, link, text

SCREENS = {"": "Overview", "plan": "Plan", "review": "Review", "topics": "Topics", "export": "Export"}
"""Of a dataset: the end of its address, and its name."""


def head(title: str) -> None:
    """What the browser is told before it draws anything."""
    ui.page_title(f"{title} · Finetune Coverage")
    ui.add_head_html(_looks())


@contextmanager
def frame(
    workflow_id: str, screen: str, conversation: PageConversation
) -> Iterator[Callable[[Callable[[], None]], None]]:
    """The frame around a screen; what is made within stands in its main part.

    Yields:
        What takes a function to be called whenever the conversation changed, for as long as the tab is open.
    """
    head(f"{SCREENS[screen]} · {workflow_id}")
    _top(workflow_id, screen)
    listen = _listening(conversation)
    with box("div", "body"):
        with box("div", id="main", tabindex="-1"):  # the framework's page around it is the <main>
            yield listen
        panel = ConversationPanel(conversation, workflow_id)
    listen(panel.refresh)


@contextmanager
def plain_frame(title: str) -> Iterator[None]:
    """A screen that is about no dataset."""
    head(title)
    _top(None, "")
    with box("div", "body alone"), box("div", id="main", tabindex="-1"):
        yield


def _top(workflow_id: str | None, screen: str) -> None:
    link("To the content", "#main", "skip")
    if workflow_id is not None:
        link("To the conversation", "#typed", "skip").on("click", js_handler="() => toTalk()")
    with box("header", "top"):
        link("Finetune Coverage", "/", "brand")
        if workflow_id is not None:
            with box("nav", aria_label=f"Screens of {workflow_id}"):
                for end, name in SCREENS.items():
                    entry = link(name, address(workflow_id, end))
                    if end == screen:
                        entry.props["aria-current"] = "page"
            text(workflow_id, "span", "soft small")
        toggle = text("Light / dark", "button", "act quiet end small")
        toggle.props["type"] = "button"
        toggle.on("click", js_handler="() => toggleDark()")
    box("div", "told over", id="told", role="status", aria_live="polite")


def _listening(conversation: PageConversation) -> Callable[[Callable[[], None]], None]:
    client = ui.context.client
    ends: list[Callable[[], None]] = []

    def listen(changed: Callable[[], None]) -> None:
        def tell() -> None:
            with client:
                changed()

        ends.append(conversation.listen(tell))

    def leave() -> None:
        for end in ends:
            end()

    client.on_delete(leave)
    return listen


@cache
def _looks() -> str:
    style, script = (
        (Path(__file__).with_name(name)).read_text(encoding="utf-8") for name in ("looks.css", "page.js")
    )
    return f"<style>{style}</style><script>{script}</script>"
