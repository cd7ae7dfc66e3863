"""A message of the agent on a terminal: Markdown, with no cell of a table cut off and no line wasted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from markdown_it.token import Token
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownContext, Paragraph, TableDataElement, TableElement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ..output import visible

_OPENING = ("Ps", "Pi")
_CLOSING = ("Pe", "Pf", "Po", "Lm", "Mn", "Me")
"""Kinds of characters: those that end no line, and those that begin none."""
_JOINED = ("table_open", "ordered_list_open", "bullet_list_open", "blockquote_open")


class _Paragraph(Paragraph):
    """A paragraph whose lines also end between characters of scripts that put no spaces between words, such as Chinese
    and Japanese: Rich would move all that stands between two spaces to the next line.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = self.justify
        lines = [piece for line in self.text.split("\n") for piece in _pieces(line, options.max_width)]
        joined = Text("\n", end="").join(lines)
        joined.justify, joined.end = self.justify, self.text.end
        yield joined


class _WholeCell(TableDataElement):
    """A cell that goes on in the next line where Rich would end it with an ellipsis."""

    def on_enter(self, context: MarkdownContext) -> None:
        super().on_enter(context)
        self.content.overflow = "fold"

    def on_text(self, context: MarkdownContext, text: Any) -> None:
        super().on_text(context, text)
        self.content.overflow = "fold"


class _PlainTable(TableElement):
    """A table without the lines around it: the screen has 24."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        heads = self.header.row.cells if self.header is not None and self.header.row is not None else []
        for cell in heads:
            table.add_column(cell.content, justify=cell.justify)
        for row in self.body.rows if self.body is not None else []:
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class ChatMarkdown(Markdown):
    """What the agent says, which may hold text of the dataset: control characters become visible, links plain."""

    elements: ClassVar[dict[str, Any]] = {
        **Markdown.elements,
        "paragraph_open": _Paragraph,
        "table_open": _PlainTable,
        "th_open": _WholeCell,
        "td_open": _WholeCell,
    }

    def __init__(self, text: str) -> None:
        super().__init__(visible(text), hyperlinks=False)
        self._blocks = list(_blocks(self.parsed))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What is written directly below a paragraph, a list or a table, stands directly below it."""
        above: Token | None = None
        for block in self._blocks:
            if above is not None and not _stands_below(above, block[0]):
                yield Segment.line()
            self.parsed = block
            rendered = list(super().__rich_console__(console, options))
            yield from rendered[1:] if rendered[:1] == [Segment.line()] else rendered
            above = block[0]


def _pieces(line: Text, width: int) -> Sequence[Text]:
    """The lines that it takes; what Rich breaks as well is left to it."""
    plain = line.plain
    if cell_len(plain) <= width or not any(map(_is_unspaced, plain)):
        return [line]
    ends, begin, last, cells = [], 0, 0, 0
    for place, character in enumerate(plain):
        if place > begin and _may_end(plain, place):
            last = place
        cells += cell_len(character)
        if cells > width and not character.isspace() and last > begin:
            ends.append(last)
            begin, cells = last, cell_len(plain[last : place + 1])
    pieces = list(line.divide(ends))
    for piece in pieces:
        piece.rstrip()
    return pieces


def _may_end(plain: str, place: int) -> bool:
    """Whether a line may end before the character at this place."""
    before, after = plain[place - 1], plain[place]
    if before.isspace() or after.isspace():
        return before.isspace() and not after.isspace()
    closes, opens = unicodedata.category(after) in _CLOSING, unicodedata.category(before) in _OPENING
    return (_is_unspaced(before) or _is_unspaced(after)) and not closes and not opens


def _is_unspaced(character: str) -> bool:
    """Whether its script puts no spaces between words: what is wide, but for Korean."""
    return unicodedata.east_asian_width(character) in "WF" and not unicodedata.name(character, "").startswith(
        "HANGUL"
    )


def _stands_below(above: Token, token: Token) -> bool:
    ends = above.type == "paragraph_open" and above.map and above.map[1]
    return bool(token.type in _JOINED and token.map and token.map[0] == ends)


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each block that is in no other."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []
