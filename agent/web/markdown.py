"""What the agent says, as HTML: its Markdown, in which nothing is a link, an image or HTML of somebody else's."""

from __future__ import annotations

from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])


def as_html(markdown: str) -> str:
    """Headings, lists, tables, emphasis and code; all else is text."""
    html: str = _READER.render(markdown)
    return html
