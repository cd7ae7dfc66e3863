"""TRL: ``messages`` and ``tools`` as its SFTTrainer takes them, and a script that loads them.

Arguments are JSON objects, as its dataset formats say; records with different tools load with
``Dataset.from_list(…, on_mixed_types="use_json")`` (datasets 4.7 or newer), and with nulls filled in without it.
"""

from __future__ import annotations

from typing import Any

from .chat_rows import messages_of, row_of, tools_for_templates
from .chat_turns import chat_of, drop_of_messages
from .converted import Converted


def convert(source: dict[str, Any], topic: str | None) -> Converted:
    """A record as TRL reads it.

    Raises:
        Unfit: it holds something else than text.
    """
    chat = chat_of(source)
    drop_of_messages(chat, "weight")
    return row_of(chat, messages_of(chat, parsed=True), tools_for_templates(chat) or None, topic)
