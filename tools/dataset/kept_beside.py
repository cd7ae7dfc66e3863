"""Fields of records that are kept beside the conversation, counted: nothing is learnt from them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .formats.turns.chat_body import FORMAT_KEY
from .formats.turns.fields_beside import left_beside
from .topic_label import DEFAULT_FIELD, LIST_FIELD

_OF_THE_CONVERSATION = frozenset(
    ("messages", "tools", "functions", "function_call", "parallel_tool_calls", FORMAT_KEY)
)


class KeptBeside:
    """Counts the fields of the records that it is told of.

    Attributes:
        fields: all fields beside the conversation and the topic, with how many records have them.
        unread: those of them that may carry a part of the conversation which is not in it.
    """

    def __init__(self) -> None:
        self.fields: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()

    def add(self, source: dict[str, Any], topic_field: str) -> None:
        """Count the fields of a record; ``topic_field`` is where it carries its topic."""
        labels = {topic_field.partition(".")[0], DEFAULT_FIELD, LIST_FIELD}
        self.fields.update(key for key in source if key not in _OF_THE_CONVERSATION and key not in labels)
        self.unread.update(left_beside(source))

    def add_part(self, later: KeptBeside) -> None:
        """Add what was counted of later records."""
        self.fields.update(later.fields)
        self.unread.update(later.unread)
