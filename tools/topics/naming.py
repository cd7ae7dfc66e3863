"""Names and descriptions for groups of records, written by the model or made from their telling words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.answer_room import AnswerRoom, json_with_room
from ..models.structured import parse_json, structured_json
from ..store.workflows import TopicInfo

if TYPE_CHECKING:
    from jinja2 import Template
    from langchain_core.language_models import BaseChatModel

_WORD = re.compile(r"\w+")
_TEXTS_SHOWN = 5
_CHARACTERS_SHOWN = 300  # of each text
_MOST_TOKENS = 200
_LONGEST_NAME = 60
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "description": {"type": "string"}},
    "required": ["name", "description"],
    "additionalProperties": False,
}


def name_from_terms(terms: Sequence[str], taken: Collection[str]) -> TopicInfo:
    """A topic named by its two most telling words, with all of them as its description."""
    name = "_".join(terms[:2]) or "other"
    description = f"Conversations with words such as {', '.join(terms)}." if terms else ""
    return TopicInfo(_free(name, taken), description)


async def name_by_model(
    model: BaseChatModel, room: AnswerRoom, terms: Sequence[str], texts: Sequence[str], taken: Collection[str]
) -> TopicInfo:
    """A topic as the model names and describes it; by its words where the model gives nothing usable.

    Args:
        model: any chat model.
        room: for its answers.
        terms: the group's telling words.
        texts: texts of the group, the most typical first.
        taken: names that are in use.

    Raises:
        EndpointError: the endpoint refused or failed for good.
    """
    prompt = naming_prompt(terms, texts, taken)
    reply, _ = await json_with_room(
        partial(structured_json, model),
        room,
        [("user", prompt)],
        _SCHEMA,
        name="topic",
        text_tokens=_MOST_TOKENS,
    )
    try:
        said = parse_json(reply)
    except ValueError:
        said = None
    name = _clean(said.get("name")) if isinstance(said, dict) else ""
    if not name:
        return name_from_terms(terms, taken)
    description = said.get("description")
    described = " ".join(description.split()) if isinstance(description, str) else ""
    return TopicInfo(_free(name, taken), described or name_from_terms(terms, ()).description)


def naming_prompt(terms: Sequence[str], texts: Sequence[str], taken: Collection[str]) -> str:
    """What the model is asked; all that comes from the dataset stands in it as JSON strings."""
    shown = [text[:_CHARACTERS_SHOWN] for text in texts[:_TEXTS_SHOWN]]
    return _template().render(terms=list(terms), texts=shown, taken=sorted(taken))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from ..generation.strategies.prompt import as_data

    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["data"] = as_data
    return environment.get_template("name_topic.jinja")


def _clean(name: object) -> str:
    words = _WORD.findall(name.lower()) if isinstance(name, str) else []
    return "_".join(words)[:_LONGEST_NAME].strip("_")


def _free(name: str, taken: Collection[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
