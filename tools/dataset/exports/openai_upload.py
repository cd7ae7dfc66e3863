"""OpenAI chat with the fields of a line that OpenAI documents, and no other; messages stay as they are.

https://platform.openai.com/docs/api-reference/fine-tuning/chat-input. Whether a line with others is taken is documented
nowhere: a file to upload goes without.
"""

from __future__ import annotations

from typing import Any

from ..formats.turns.chat_body import FORMAT_KEY
from ..validation.tool_rules import FUNCTION_NAME, function_names
from .chat_turns import named
from .converted import Converted, Unfit

DOCUMENTED = ("messages", "tools", "parallel_tool_calls", "functions")


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record as OpenAI and Azure document it.

    Raises:
        Unfit: a function has a name that they refuse.
    """
    for name in function_names(source):
        if not FUNCTION_NAME.fullmatch(name):
            raise Unfit(f"the function name {name!r}: only letters, digits, _ and -, at most 64, are taken")
    row = {key: value for key, value in source.items() if key in DOCUMENTED}
    lost = source.keys() - row.keys() - {FORMAT_KEY}
    return Converted(row, frozenset(named([key]) for key in lost))
