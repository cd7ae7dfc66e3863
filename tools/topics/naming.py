"""Names and descriptions for groups of records, written by the model or made from their telling words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..generation.strategies.prompt import render
from ..models.answer_room import AnswerRoom, json_with_room
from ..models.structured import parse_json, structured_json
from ..models.usage import TokenUsage
from ..store.workflows import TopicInfo

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_WORD = re.compile(r"\w+")
_TEXTS_SHOWN = 4
_CHARACTERS_SHOWN = 300  # of each text
NAME_TOKENS = 80
"""Of a name with its description, at most."""
_LONGEST_NAME = 60
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "topics": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "group": {"type": "integer"},
                    "name": {"type": "string"},
                    "description": {"type": "string"},
                },
                "required": ["group", "name", "description"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["topics"],
    "additionalProperties": False,
}


class Group(NamedTuple):
    """What a group of records is named by.

    Attributes:
        terms: its telling words.
        texts: of its records, the most typical first.
    """

    terms: Sequence[str]
    texts: Sequence[str]


def name_from_terms(terms: Sequence[str], taken: Collection[str]) -> TopicInfo:
    """A topic named by its two most telling words, with all of them as its description."""
    name = "_".join("_".join(terms[:2]).split()) or "other"
    description = f"Conversations with words such as {', '.join(terms)}." if terms else ""
    return TopicInfo(_free(name, taken), description)


async def names_by_model(
    model: BaseChatModel, room: AnswerRoom, groups: Sequence[Group], taken: Collection[str]
) -> tuple[list[TopicInfo], TokenUsage]:
    """The groups as the model names and describes them, in one call; by their words where it gives nothing usable.

    Args:
        model: any chat model.
        room: for its answers.
        groups: all of them, so that their names tell them apart.
        taken: names that are in use.

    Returns:
        A topic for each group, in their order, and what the call took.

    Raises:
        EndpointError: the endpoint refused or failed for good.
    """
    reply, usage = await json_with_room(
        partial(structured_json, model),
        room,
        [("user", naming_prompt(groups, taken))],
        _SCHEMA,
        name="topics",
        text_tokens=NAME_TOKENS * len(groups),
    )
    said, used, found = _said(reply), set(taken), []
    for number, group in enumerate(groups, 1):
        one = said.get(number, {})
        by_words, name = name_from_terms(group.terms, used), _clean(one.get("name"))
        described = one.get("description")
        description = " ".join(described.split()) if isinstance(described, str) else ""
        topic = TopicInfo(_free(name, used), description or by_words.description) if name else by_words
        used.add(topic.name)
        found.append(topic)
    return found, usage


def naming_prompt(groups: Sequence[Group], taken: Collection[str]) -> str:
    """What the model is asked; all that comes from the dataset stands in it as JSON strings."""
    shown = [
        {
            "terms": list(group.terms),
            "texts": [text[:_CHARACTERS_SHOWN] for text in group.texts[:_TEXTS_SHOWN]],
        }
        for group in groups
    ]
    ((_, prompt),) = render("name_topics", folder=Path(__file__).parent, groups=shown, taken=sorted(taken))
    return prompt


def _said(reply: str) -> dict[int, dict[str, Any]]:
    """What the reply says of each group; nothing of those that it leaves out."""
    try:
        said = parse_json(reply)
    except ValueError:
        return {}
    topics = said.get("topics") if isinstance(said, dict) else None
    return {
        one["group"]: one
        for one in (topics if isinstance(topics, list) else [])
        if isinstance(one, dict) and isinstance(one.get("group"), int)
    }


def _clean(name: object) -> str:
    words = _WORD.findall(name.lower()) if isinstance(name, str) else []
    return "_".join(words)[:_LONGEST_NAME].strip("_")


def _free(name: str, taken: Collection[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
