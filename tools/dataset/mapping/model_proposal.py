"""A mapping that a capable model proposes from the fields and first records of a file, tried before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import EndpointError
from ...models.answer_room import json_with_room
from ...models.endpoint_session import EndpointSession
from ...models.structured import parse_json
from ...models.usage import NO_USAGE, TokenUsage
from ..formats.dataset_file import BadItem, Item
from .columns import Column, columns_of, lists_in
from .field_mapping import LEAVE_OUT, ROLES, FieldMapping
from .mapping_check import check_mapping
from .text_read import LeftBehind

if TYPE_CHECKING:
    from ...services import Services

Source = dict[str, Any]
Try = Callable[[FieldMapping], Sequence[Item | BadItem]]
"""Reads the first items of the file by a mapping."""
_TRIES = 2
_RECORDS_SHOWN = 3
_LONGEST_TEXT, _MOST_ITEMS, _MOST_FIELDS = 160, 6, 40
_MOST_CHARACTERS = 3000
"""Of one record that is shown."""
_MOST_VALUES, _LONGEST_VALUE = 12, 60
"""Different values of a field, up to which all are listed: names of speakers, topics."""
_MOST_TOKENS = 900
_TEXT = {"type": ["string", "null"]}


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Turn(_Named):
    role: str
    field: str


class _Speaker(_Named):
    name: str
    role: str


class _Left(_Named):
    field: str
    why: str = ""


class _Answer(_Named):
    """What the model says; the parts of the mapping are those of `FieldMapping`."""

    records: str | None = None
    where: str | None = None
    messages: str | None = None
    turns: list[_Turn] = Field(default_factory=list)
    conversation: str | None = None
    order: str | None = None
    transcript: str | None = None
    role: str | None = None
    speakers_in_turn: list[str] = Field(default_factory=list)
    content: str | None = None
    roles: list[_Speaker] = Field(default_factory=list)
    system: str | None = None
    tools: str | None = None
    topic: str | None = None
    left_behind: list[_Left] = Field(default_factory=list)
    unsure: list[str] = Field(default_factory=list)

    def mapping(self) -> FieldMapping | None:
        """The mapping; ``None`` when the model says that there is no conversation. Raises `ValidationError`."""
        if not (self.messages or self.turns or self.conversation or self.transcript):
            return None
        names = (
            "records",
            "where",
            "messages",
            "conversation",
            "order",
            "transcript",
            "content",
            "system",
            "tools",
            "topic",
        )
        given: Source = {name: value for name in names if (value := getattr(self, name))}
        role = self.speakers_in_turn or self.role
        given |= {"role": role} if role else {}
        given |= {"turns": [{turn.role: turn.field} for turn in self.turns]} if self.turns else {}
        given |= {"roles": {one.name: one.role for one in self.roles}} if self.roles else {}
        return FieldMapping.model_validate(given)


def _list_of(**properties: Any) -> Source:
    return {"type": "array", "items": _closed(properties)}


def _closed(properties: Source) -> Source:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_ROLE = {"type": "string", "enum": list(ROLES)}
_STRING = {"type": "string"}
SCHEMA = _closed(
    {
        "records": _TEXT,
        "where": _TEXT,
        "messages": _TEXT,
        "turns": _list_of(role=_ROLE, field=_STRING),
        "conversation": _TEXT,
        "order": _TEXT,
        "transcript": _TEXT,
        "role": _TEXT,
        "speakers_in_turn": {"type": "array", "items": _ROLE},
        "content": _TEXT,
        "roles": _list_of(name=_STRING, role={"type": "string", "enum": [*ROLES, LEAVE_OUT]}),
        "system": _TEXT,
        "tools": _TEXT,
        "topic": _TEXT,
        "left_behind": _list_of(field=_STRING, why=_STRING),
        "unsure": {"type": "array", "items": _STRING},
    }
)
"""Of the answer; strict, as OpenAI's structured outputs ask."""


@dataclass(frozen=True)
class ModelAnswer:
    """What came of asking.

    Attributes:
        mapping: the mapping; ``None`` when none stood the trial.
        unsure: what the model was not sure of, or why it has no mapping.
        left: the texts that it leaves behind.
        tried: what becomes of the first items by it.
        usage: what all calls together took.
    """

    mapping: FieldMapping | None
    unsure: list[str]
    usage: TokenUsage = NO_USAGE
    left: list[LeftBehind] = field(default_factory=list)
    tried: Sequence[Item | BadItem] = ()


class MappingModel:
    """The language model of the settings, asked for mappings.

    Attributes:
        name: the model and where it runs, for a person.

    Args:
        services: of which the model is.
        on_asking: told the name before anything is sent.
    """

    def __init__(self, services: Services, on_asking: Callable[[str], None] = lambda name: None) -> None:
        self._services = services
        self._on_asking = on_asking
        self.name = services.settings.model_in_use

    def propose(self, values: Sequence[Source], read: Try) -> ModelAnswer:
        """Ask for a mapping of some items, and once more with what was wrong with it; what the model does never raises.

        Args:
            values: the first items of the file.
            read: reads them by a mapping.
        """
        self._on_asking(self.name)
        return asyncio.run(self._propose(values, read))

    async def _propose(self, values: Sequence[Source], read: Try) -> ModelAnswer:
        usage = NO_USAGE
        faults: list[str] = []
        prompt = mapping_prompt(values)
        room = self._services.answer_room()
        try:
            async with EndpointSession(self._services.chat_model) as session:
                for _ in range(_TRIES):
                    reply, used = await json_with_room(
                        session.json, room, prompt, SCHEMA, name="mapping", text_tokens=_MOST_TOKENS
                    )
                    usage += used
                    judged = _judged(reply, values, read)
                    if isinstance(judged, ModelAnswer):
                        return replace(judged, usage=usage)
                    faults = judged
                    prompt = [*prompt, ("assistant", reply), ("user", _retry(faults))]
        except EndpointError as error:
            faults = [str(error)]
        return ModelAnswer(None, [f"the model's mapping was not taken: {fault}" for fault in faults], usage)


def _judged(reply: str, values: Sequence[Source], read: Try) -> ModelAnswer | list[str]:
    """What a reply comes to: a mapping that stands the trial, none, or what is wrong with it."""
    try:
        answer = _Answer.model_validate(parse_json(reply))
        mapping = answer.mapping()
    except (ValidationError, ValueError) as error:
        return [f"it is no mapping: {_in_words(error)}"]
    if mapping is None:
        return ModelAnswer(None, ["the model sees no conversation in it", *answer.unsure])
    tried = read(mapping)
    check = check_mapping(mapping, values, tried, [left.field for left in answer.left_behind])
    if check.faults:
        return check.faults
    why = [f"{left.field} left behind: {left.why}" for left in answer.left_behind if left.why]
    return ModelAnswer(mapping, [*answer.unsure, *why], left=check.left, tried=tried)


def mapping_model(
    services: Services, on_asking: Callable[[str], None] = lambda name: None
) -> MappingModel | None:
    """Who proposes mappings by these settings: a capable model, or nobody; arguments as of `MappingModel`."""
    return MappingModel(services, on_asking) if services.settings.profile == "full" else None


def mapping_prompt(values: Sequence[Source]) -> list[tuple[str, str]]:
    """What the model is asked: the fields of some items, and the first of them, shortened."""
    from ...generation.strategies.prompt import render

    shown = [shortened(value) for value in values[:_RECORDS_SHOWN]]
    return render(
        "propose_mapping",
        folder=Path(__file__).parent,
        roles=list(ROLES),
        items=len(values),
        fields=[_described(column) for column in columns_of(values)[:_MOST_FIELDS]],
        within=[
            {"list": ".".join(path), **_described(column)}
            for path, lists in list(lists_in(values).items())[:_MOST_ITEMS]
            for column in columns_of([one for held in lists for one in held if isinstance(one, dict)])[
                :_MOST_FIELDS
            ]
        ],
        records=shown,
    )


def _retry(faults: Sequence[str]) -> str:
    from ...generation.strategies.prompt import render

    ((_, text),) = render("retry_mapping", folder=Path(__file__).parent, faults=list(faults))
    return text


def _described(column: Column) -> Source:
    told: Source = {"field": column.field, "in": round(column.filled or _present(column), 2)}
    counts = column.counts
    if (
        0 < len(counts) <= _MOST_VALUES
        and counts.total() >= 2 * len(counts)
        and max(map(len, counts)) <= _LONGEST_VALUE
    ):
        told["values"] = dict(counts.most_common())
    return told


def _present(column: Column) -> float:
    return sum(value not in (None, "", [], {}) for value in column.values) / max(1, len(column.values))


def shortened(value: Any, characters: int = _MOST_CHARACTERS) -> Any:
    """A value of the file with long texts and lists cut, until it is hardly longer than this; "…" marks a cut."""
    for text, items in ((_LONGEST_TEXT, _MOST_ITEMS), (80, 4), (40, 3), (20, 2)):
        cut = _cut(value, text, items)
        if len(str(cut)) <= characters:
            break
    return cut


def _cut(value: Any, text: int, items: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= text else f"{value[:text]}…"
    if isinstance(value, list):
        rest = len(value) - items
        return [_cut(one, text, items) for one in value[:items]] + (
            [f"… and {rest} more"] if rest > 0 else []
        )
    if isinstance(value, dict):
        named = list(value.items())
        rest = len(named) - _MOST_FIELDS
        return {str(name): _cut(one, text, items) for name, one in named[:_MOST_FIELDS]} | (
            {"…": f"{rest} more"} if rest > 0 else {}
        )
    return value


def _in_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in error.errors()[:3])
    return str(error)
