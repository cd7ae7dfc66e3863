"""The texts that are written beside the data, each from its Jinja template in this folder."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]|#~"})


def render(template: str, /, **values: Any) -> str:
    """The text that ``TEMPLATE.jinja`` gives for these values."""
    return _environment().get_template(f"{template}.jinja").render(**values)


def plain(text: str) -> str:
    """Text of the dataset that cannot act as Markdown or HTML, on one line."""
    return html.escape(" ".join(text.split()), quote=False).translate(_MARKDOWN)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown and Python, not HTML: `plain` and `python` escape what is shown
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    environment.filters["python"] = repr
    return environment
