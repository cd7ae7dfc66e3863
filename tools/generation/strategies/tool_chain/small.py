"""Tool chain for a small model: a real record's calls and results as they are, what is said around them in other words.

A small model that makes up arguments and results makes up contradictions; so it makes up none.
"""

from __future__ import annotations

from ....coverage.strategy_choice import StrategyName
from ....dataset.record import Message, Record, message_text
from ....dataset.tool_exchanges import exchanges
from ..message_variation.small import MessageVariation, says_something
from .strategy import calls_declared_tools


class ToolChain(MessageVariation):
    """Rewords the request that leads to the first call, and the reply after the last result."""

    name: StrategyName = "tool_chain"
    lacking = (
        "it needs real records with declared, answered tool calls between a request and a reply in words"
    )

    @staticmethod
    def turns(record: Record) -> tuple[int, int] | None:
        """The last message of the user before the first call, and the assistant's first words after the last result."""
        calls = exchanges(record.messages)
        if not calls_declared_tools(record) or any(one.answer is None for one in calls):
            return None
        before = range(calls[0].message - 1, -1, -1)
        request = next((index for index in before if says_something(record.messages[index])), None)
        after = range(max(one.answer or 0 for one in calls) + 1, len(record.messages))
        reply = next((index for index in after if _speaks(record.messages[index])), None)
        return None if request is None or reply is None else (request, reply)


def _speaks(message: Message) -> bool:
    return (
        message["role"] == "assistant"
        and not message.get("tool_calls")
        and bool(message_text(message).strip())
    )
