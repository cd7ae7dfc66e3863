"""A question being answered: the tools it calls, kept with their results, and what the conversation knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langchain_core.messages import AnyMessage
from pydantic import BaseModel

from ...tools.coverage.recommendation import PlanItem
from ...tools.models.usage import NO_USAGE, TokenUsage
from ...tools.services import Services
from ..offers.offer import Offer
from .messages import tool_messages

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool, and what it returned."""

    name: str
    arguments: dict[str, Any]
    result: dict[str, Any]


@dataclass
class Asked:
    """What answers are made of.

    Attributes:
        services: where the workflow is.
        offer: what lies on the table, and so which workflow it is about.
        limits_of_all: the limits of everything that the conversation generates, and what is used, in words.
        changes: what the person changed of the dataset in this conversation, in words, oldest first.
        began_with: how it stood when the conversation came to it; empty where that was not noted.
        reading: what reading and answering what was typed has taken so far.
        usage: what reading this one took.
        calls: the tools called for this question, in order.
        language: in which the person writes, in English words; empty for one that is not English, None where
            nothing told it.
        beside: what the model says beside the action that it calls.
    """

    services: Services
    offer: Offer
    limits_of_all: str = ""
    changes: list[str] = field(default_factory=list)
    began_with: dict[str, Any] = field(default_factory=dict)
    reading: TokenUsage = NO_USAGE
    usage: TokenUsage = NO_USAGE
    calls: list[ToolCall] = field(default_factory=list)
    language: str | None = None
    beside: str = ""

    @property
    def items(self) -> list[PlanItem]:
        """The plan on the table."""
        return self.offer.items

    @property
    def messages(self) -> list[AnyMessage]:
        """The calls as they belong into the conversation."""
        return [
            message
            for call in self.calls
            for message in tool_messages(call.name, call.arguments, {"success": True, "result": call.result})
        ]

    @property
    def held(self) -> list[dict[str, Any]]:
        """Arguments and results: where the numbers of an answer must come from."""
        return [part for call in self.calls for part in (call.arguments, call.result)]

    def call(self, tool: Callable[..., T], **arguments: Any) -> T:
        """What a tool of `inspection` says of the workflow; the call is kept."""
        result = tool(self.services, self.offer.workflow_id, **arguments)
        plain = {key: _as_json(value) for key, value in arguments.items() if value not in (None, [])}
        call = {"workflow_id": self.offer.workflow_id, **plain}
        self.calls.append(ToolCall(tool.__name__, call, result.model_dump(mode="json")))
        return result


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
