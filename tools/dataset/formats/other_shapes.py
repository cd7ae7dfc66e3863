"""Well-known dataset shapes that are not OpenAI chat, so that a refusal can name what it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Source = dict[str, Any]


def _has(*keys: str) -> Callable[[Source], bool]:
    return lambda source: all(key in source for key in keys)


def _is_list(key: str) -> Callable[[Source], bool]:
    return lambda source: isinstance(source.get(key), list)


# The first that fits is named. Those that have `messages` too come first.
_SHAPES: tuple[tuple[Callable[[Source], bool], str], ...] = (
    (
        lambda source: "messages" in source and isinstance(source.get("system"), str | list),
        "Anthropic messages (`system` beside `messages`)",
    ),
    (_has("input", "preferred_output"), "OpenAI preference pairs (`input`, `preferred_output`)"),
    (_has("chosen", "rejected"), "preference pairs (`chosen`, `rejected`)"),
    (_has("messages"), ""),  # judged by the reader of OpenAI chat
    (_is_list("conversations"), "ShareGPT (`conversations`)"),
    (_is_list("conversation"), "ShareGPT (`conversation`)"),
    (_has("instruction"), "Alpaca (`instruction`)"),
    (_has("prompt", "completion"), "prompt and completion"),
    (_has("prompt", "response"), "prompt and response"),
    (_has("question", "answer"), "question and answer"),
    (_has("message_id", "role"), "an OpenAssistant message tree (`message_id`, `replies`)"),
    (_has("contents"), "Gemini (`contents`)"),
    (lambda source: isinstance(source.get("body"), dict), "an OpenAI batch request (`body`)"),
    (_is_list("data"), "a whole dataset in one object (`data`)"),
    (_has("role", "text"), "one message per line (`role`, `text`)"),
    (_has("role", "content"), "one message per line (`role`, `content`)"),
    (_has("turns"), "a list of prompts (`turns`)"),
    (_has("text"), "plain text (`text`)"),
)

_FOREIGN_PARTS = {
    "tool_use": "Anthropic content blocks",
    "tool_result": "Anthropic content blocks",
    "thinking": "Anthropic content blocks",
    "redacted_thinking": "Anthropic content blocks",
    "image": "Anthropic content blocks",
    "document": "Anthropic content blocks",
    "input_text": "OpenAI Responses items",
    "output_text": "OpenAI Responses items",
    "reasoning": "LLaMA-Factory content parts",
    "tool_call": "LLaMA-Factory content parts",
}


def name_other_shape(source: Source) -> str | None:
    """Name the shape of a record that is not OpenAI chat; ``None`` when it may be, or is unknown."""
    for fits, name in _SHAPES:
        if fits(source):
            return name or None
    return None


def name_foreign_part(part: Source) -> str | None:
    """Name the format that a content part comes from when it is not OpenAI chat's."""
    kind = part.get("type")
    if "value" in part and "text" not in part and kind in ("text", "image_url", "video_url", "audio_url"):
        return "LLaMA-Factory content parts"
    return _FOREIGN_PARTS.get(kind) if isinstance(kind, str) else None
