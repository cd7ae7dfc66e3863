"""From a template to the chat messages of a request.

A template is one file of text; lines of the form ``=== system``, ``=== user`` and ``=== assistant`` begin a
message. Dataset text goes in through the ``data`` filter only, as a JSON string: it stays on one line, so it
can neither begin a message nor end the quotation that it stands in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...dataset.record import Message, message_text
from ..attempts.draft import ChatTurn

TEMPLATES = Path(__file__).parent
_MARKER = re.compile(r"^=== (system|user|assistant)$", re.MULTILINE)


def as_data(value: Any) -> str:
    """A value of the dataset as JSON, with angle brackets escaped so that it cannot close a tag around it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        auto_reload=False,  # a look at the file for each prompt; templates do not change while a program runs
    )
    environment.filters["data"] = as_data
    return environment


def render(name: str, *, folder: Path = TEMPLATES, **values: Any) -> list[ChatTurn]:
    """The chat messages that template ``name`` of a folder gives for these values."""
    text = _environment(folder).get_template(f"{name}.jinja").render(**values)
    pieces = _MARKER.split(text)[1:]
    return [(role, body.strip()) for role, body in zip(pieces[::2], pieces[1::2], strict=True)]


def template_source(strategy: str) -> str:
    """The text of a strategy's templates, for their hash in the provenance."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob(f"{strategy}*.jinja")))


def transcript(messages: Sequence[Message], *, last: int = 6, longest: int = 600) -> list[dict[str, str]]:
    """The last spoken turns as role and text, for a prompt; tool traffic and system prompts are left out."""
    spoken = [
        {"role": message["role"], "text": message_text(message)[:longest]}
        for message in messages
        if message["role"] in ("user", "assistant") and message_text(message).strip()
    ]
    return spoken[-last:]
