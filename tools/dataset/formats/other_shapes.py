"""Well-known dataset shapes that are not OpenAI chat, so that a refusal can name what it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .turns.conversation import is_turn

Source = dict[str, Any]
_NO_END = "nothing tells where a conversation ends; write each as one object with `messages`"
_ASKED_ELSEWHERE = "what was asked is in another file; join the two by their ids and write each as `messages`"
_AS_PROMPTS = "to count it as a prompt, name the format: --format prompts"


def _has(*keys: str) -> Callable[[Source], bool]:
    return lambda source: all(key in source for key in keys)


def _is_list(key: str) -> Callable[[Source], bool]:
    return lambda source: isinstance(source.get(key), list)


# The first that fits is named, with what to do where no format reads it. Those that have `messages` too come first.
_SHAPES: tuple[tuple[Callable[[Source], bool], str, str], ...] = (
    (
        lambda source: "messages" in source and isinstance(source.get("system"), str | list),
        "Anthropic messages (`system` beside `messages`)",
        "",
    ),
    (_has("input", "preferred_output"), "OpenAI preference pairs (`input`, `preferred_output`)", ""),
    (_has("chosen", "rejected"), "preference pairs (`chosen`, `rejected`)", ""),
    (_has("messages"), "", ""),  # judged by the reader of OpenAI chat
    (_is_list("conversations"), "ShareGPT (`conversations`)", "its turns have no speaker and text"),
    (_is_list("conversation"), "ShareGPT (`conversation`)", "its turns have no speaker and text"),
    (_has("instruction"), "Alpaca (`instruction`)", "the instruction is no text"),
    (_has("prompt", "completion"), "prompt and completion", "one of them is neither text nor messages"),
    (_has("prompt", "response"), "prompt and response", "one of them is neither text nor messages"),
    (_has("question", "answer"), "question and answer", "one of them is neither text nor messages"),
    (_is_list("segments"), "pieces of rendered text (`segments`, Axolotl)", "write its turns as `messages`"),
    (
        _has("ground_truth"),
        "answers to the questions of another file (`ground_truth`)",
        "there is no conversation in it; import the file with the questions",
    ),
    (
        _has("message_id", "role"),
        "a message of an OpenAssistant tree (`message_id`)",
        "put the tree together first, with the replies under `replies`",
    ),
    (_has("contents"), "Gemini (`contents`)", "write its turns as OpenAI chat messages"),
    (
        lambda source: isinstance(source.get("body"), dict),
        "an OpenAI batch request (`body`)",
        "take the messages out of `body` and add the answers",
    ),
    (_has("response", "custom_id"), "an answer of an OpenAI batch (`response`)", _ASKED_ELSEWHERE),
    (_is_list("choices"), "answers of a model (`choices`)", _ASKED_ELSEWHERE),
    (_has("ts", "user", "text"), "a message of Slack (`user`, `text`, `ts`)", _NO_END),
    (_is_list("data"), "a whole dataset in one object (`data`)", "give it a file of its own"),
    (_has("role", "text"), "one message per line (`role`, `text`)", _NO_END),
    (is_turn, "one message per line", _NO_END),
    (_has("role", "content"), "one message per line (`role`, `content`)", _NO_END),
    (_has("turns"), "a list of prompts (`turns`)", "one of them is no text"),
    (
        lambda source: isinstance(source.get("example"), str),
        "an example for a prompt, as one text (`example`)",
        "write its turns as messages",
    ),
    (_has("text"), "plain text (`text`)", f"nobody answers in it; {_AS_PROMPTS}"),
    (_has("prompt"), "a prompt without an answer (`prompt`)", _AS_PROMPTS),
    (_has("question"), "a question without an answer (`question`)", _AS_PROMPTS),
    (_has("query"), "a query without an answer (`query`)", _AS_PROMPTS),
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
    for fits, name, _ in _SHAPES:
        if fits(source):
            return name or None
    return None


def why_unread(source: Source) -> str | None:
    """Name the shape of a record that no format reads, and what to do; ``None`` when it is unknown."""
    for fits, name, advice in _SHAPES:
        if fits(source):
            return f"{name}: {advice}" if advice else None
    return None


def name_foreign_part(part: Source) -> str | None:
    """Name the format that a content part comes from when it is not OpenAI chat's."""
    kind = part.get("type")
    if "value" in part and "text" not in part and kind in ("text", "image_url", "video_url", "audio_url"):
        return "LLaMA-Factory content parts"
    return _FOREIGN_PARTS.get(kind) if isinstance(kind, str) else None
