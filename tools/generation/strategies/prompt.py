"""From a template to the chat messages of a request.

A template is one file of text; lines of the form ``=== system``, ``=== user`` and ``=== assistant`` begin a
message. Dataset text goes in through the ``data`` filter only, as a JSON string: it stays on one line, so it
can neither begin a message nor end the quotation that it stands in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from ...dataset.record import Message, message_text
from ...errors import InvalidInput
from ..attempts.draft import ChatTurn

TEMPLATES = Path(__file__).parent
_MARKER = re.compile(r"^=== (system|user|assistant)$", re.MULTILINE)


def as_data(value: Any) -> str:
    """A value of the dataset as JSON, with angle brackets escaped so that it cannot close a tag around it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        auto_reload=False,  # a look at the file for each prompt; templates do not change while a program runs
    )
    environment.filters["data"] = as_data
    return environment


def render(name: str, *, folder: Path = TEMPLATES, own: Path | None = None, **values: Any) -> list[ChatTurn]:
    """The chat messages that template ``name`` of a folder gives for these values.

    Args:
        name: path in the folder, without its ending.
        folder: where the templates are.
        own: the user's folder; a template of the same name there is taken instead.
        values: for the template.

    Raises:
        InvalidInput: the template is the user's and cannot be rendered; says which, and why.
    """
    try:
        text = (
            _environment((own, folder) if own else (folder,)).get_template(f"{name}.jinja").render(**values)
        )
    except TemplateError as error:
        if own is None:
            raise
        line = getattr(error, "lineno", None)
        at = f", line {line}" if line else ""
        raise InvalidInput(
            f"The prompt template {getattr(error, 'name', None) or name}{at} cannot be rendered: {error.message}.",
            hint=f"Mend it in {own}, or take it out of there. Compare it with the one in {TEMPLATES}.",
        ) from error
    pieces = _MARKER.split(text)[1:]
    if not pieces and own is not None:
        raise InvalidInput(
            f"The prompt template {name}.jinja in {own} makes no message.",
            hint="A line “=== system” or “=== user” begins one.",
        )
    return [(role, body.strip()) for role, body in zip(pieces[::2], pieces[1::2], strict=True)]


def check_templates(own: Path | None) -> None:
    """Make sure that a user's folder replaces something.

    Raises:
        InvalidInput: there is no such folder, or a template in it has no name that is looked for.
    """
    if own is None:
        return
    replaceable = ("prefix.jinja", "task.jinja", "*/full.jinja")
    known = {str(path.relative_to(TEMPLATES)) for each in replaceable for path in TEMPLATES.glob(each)}
    found = {str(path.relative_to(own)) for path in own.rglob("*.jinja")} if own.is_dir() else set()
    replacing = ", ".join(sorted(known))
    hint = f"Templates: {replacing}. Copy one from {TEMPLATES} into a folder of your own, at the same place in it."
    if not found:
        raise InvalidInput(f"There are no prompt templates in {own}.", hint=hint)
    if unknown := sorted(found - known):
        raise InvalidInput(
            f"Nothing asks for the prompt template {unknown[0]} in {own}.",
            hint=hint,
        )


@cache
def template_hash(*patterns: str, own: Path | None = None) -> str:
    """Tells templates apart, for the provenance: those whose paths match, each from the folder that has it."""
    folders = (TEMPLATES, *([own] if own else []))
    found = {
        path.relative_to(folder): path
        for folder in folders
        for one in patterns
        for path in _found(folder, one)
    }
    texts = [path.read_bytes() for _, path in sorted(found.items())]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _found(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(f"{pattern}.jinja"))


def transcript(messages: Sequence[Message], *, last: int = 6, longest: int = 600) -> list[dict[str, str]]:
    """The last spoken turns as role and text, for a prompt; tool traffic and system prompts are left out."""
    spoken = [
        {"role": message["role"], "text": message_text(message)[:longest]}
        for message in messages
        if message["role"] in ("user", "assistant") and message_text(message).strip()
    ]
    return spoken[-last:]
