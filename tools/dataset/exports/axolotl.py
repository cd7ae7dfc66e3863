"""Axolotl: ``messages`` and ``tools`` for its ``chat_template`` datasets, and the ``datasets:`` block.

Arguments and tools are JSON text, which it reads (axolotl/prompt_strategies/chat_template.py, 0.19): as objects,
records with different tools do not load together. A message's weight becomes ``train``, true or false.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from .chat_rows import messages_of, row_of, tools_for_templates
from .chat_turns import chat_of
from .converted import Converted, Unfit


def convert(source: dict[str, Any], topic: str | None) -> Converted:
    """A record as Axolotl reads it.

    Raises:
        Unfit: it holds something else than text, or arguments that are not JSON, at which Axolotl stops.
    """
    chat = chat_of(source)
    for turn in chat.turns:
        for call in turn.calls:
            if call.parsed is call.arguments:
                raise Unfit(f"the arguments of a call of {call.name} are not JSON")
    messages = messages_of(chat, parsed=False)
    for message, turn in zip(messages, chat.turns, strict=True):
        if turn.weight is not None:
            message["train"] = bool(turn.weight)
    tools = json.dumps(tools_for_templates(chat), ensure_ascii=False) if chat.tools else None
    return row_of(chat, messages, tools, topic)


def datasets_block(train: Path, validation: Path | None) -> str:
    """The part of an Axolotl config that names the training file and, if there is one, the validation file."""
    config: dict[str, Any] = {"datasets": [_dataset(train)]}
    if validation is not None:
        config["test_datasets"] = [_dataset(validation) | {"split": "train"}]
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _dataset(path: Path) -> dict[str, Any]:
    return {
        "path": str(path),
        "ds_type": "json",
        "type": "chat_template",
        "field_messages": "messages",
        "field_tools": "tools",
        "roles_to_train": ["assistant"],
        "message_field_training": "train",  # where a message does not say, its role decides
    }
