"""A message of the agent on a terminal: Markdown, with no cell of a table cut off."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.markdown import Markdown, MarkdownContext, TableDataElement

from ..output import visible


class _WholeCell(TableDataElement):
    """A cell that goes on in the next line where Rich would end it with an ellipsis."""

    def on_enter(self, context: MarkdownContext) -> None:
        super().on_enter(context)
        self.content.overflow = "fold"

    def on_text(self, context: MarkdownContext, text: Any) -> None:
        super().on_text(context, text)
        self.content.overflow = "fold"


class ChatMarkdown(Markdown):
    """What the agent says, which may hold text of the dataset: control characters become visible, links plain."""

    elements: ClassVar[dict[str, Any]] = {**Markdown.elements, "th_open": _WholeCell, "td_open": _WholeCell}

    def __init__(self, text: str) -> None:
        super().__init__(visible(text), hyperlinks=False)
