"""An action: a question that a person can ask in the conversation, and what answers it."""

from __future__ import annotations

from finetune_coverage.graph.actions.asked_tools import Asked
from finetune_coverage.graph.actions.catalog import Action
from finetune_coverage.graph.actions.questions import Answer
from finetune_coverage.tools.inspection.records import inspect_records
from pydantic import Field


class ExplainLength(Action):
    """How long the conversations of a topic are, in messages: "are they long?"."""

    topic: str | None = Field(default=None, description="The topic's name; null for the whole dataset.")


def length(asked: Asked, action: ExplainLength) -> Answer:
    """The facts; every number comes from a tool, which is what lets the model repeat it."""
    look = asked.call(inspect_records, topic=action.topic, examples=0)
    return Answer(f"{look.looked_at} records have {look.mean_messages:g} messages on average.")
