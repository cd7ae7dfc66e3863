"""Preference pairs: the chosen answer becomes the record, the rejected one is kept beside it.

OpenAI's ``{"input": {"messages": …}, "preferred_output": …, "non_preferred_output": …}``, and ``chosen``/``rejected``
beside a ``prompt`` (TRL), an ``instruction`` or ``conversations`` (LLaMA-Factory), or with the whole conversation in
each, as messages or as a transcript (HH-RLHF).
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of
from ..turns.chat_body import EXTRA_KEY, FORMAT_KEY, chat_body, system_messages
from ..turns.media_tags import Media
from ..turns.tool_declarations import read_tools
from . import alpaca, sharegpt
from .prompt_completion import as_messages
from .rendered_text import turns_of_prompt

Source = dict[str, Any]
NAME = "preference"


def recognise(source: Source) -> str | None:
    """What makes a record a preference pair; ``None`` when it is not."""
    if "preferred_output" in source and isinstance(source.get("input"), dict):
        return "the chosen side: `input` with `preferred_output`"
    if "chosen" in source and "rejected" in source:
        return "the chosen side: `chosen` of `chosen` and `rejected`"
    return None


def to_chat(source: Source) -> Source:
    """The body made of the chosen side; raises `Refused`."""
    if "preferred_output" in source:
        return _openai(source)
    if "chosen" not in source:
        raise Refused("no_messages", "no `chosen` or `preferred_output`")
    others = {key: value for key, value in source.items() if key not in ("chosen", "rejected")}
    rejected = {"rejected": source.get("rejected")}
    chosen = source["chosen"]
    if sharegpt.recognise(others):
        return _with(_continued(others, chosen), rejected)
    if isinstance(chosen, list) and chosen and isinstance(chosen[0], dict) and "from" in chosen[0]:
        return _with(sharegpt.to_chat({**others, "conversations": chosen}), rejected)
    if isinstance(source.get("instruction"), str):
        output = {"output": others["output"]} if "output" in others else {}
        return _with(alpaca.to_chat({**others, "output": chosen}), {**rejected, **output})
    prompt_key = "prompt" if "prompt" in source else "question"
    prompt = source.get(prompt_key)
    messages, holds_prompt = _conversation(prompt, chosen)
    extra = rejected if holds_prompt else {**rejected, prompt_key: prompt}
    media = Media(source, [message["content"] for message in messages if isinstance(message["content"], str)])
    for message in messages:
        if isinstance(message["content"], str):
            message["content"] = media.parts(message["content"])
    used = {"chosen", "rejected", prompt_key, "system", "tools", *media.used}
    tools = read_tools(source.get("tools"))
    return chat_body(NAME, source, used, system_messages(source) + messages, tools=tools, extra=extra)


def _openai(source: Source) -> Source:
    given = source.get("input")
    if not isinstance(given, dict):
        raise Refused("no_messages", f"`input` is {kind_of(given)}, not an object with `messages`")
    messages = given.get("messages")
    if not isinstance(messages, list):
        raise Refused("no_messages", "`input` has no `messages`")
    answer = as_messages(source["preferred_output"], "assistant", "preferred_output")
    extra = {"non_preferred_output": source.get("non_preferred_output")}
    left = {key: value for key, value in given.items() if key not in ("messages", "tools")}
    if left:
        extra["input"] = left
    used = {"input", "preferred_output", "non_preferred_output"}
    return chat_body(NAME, source, used, messages + answer, tools=read_tools(given.get("tools")), extra=extra)


def _conversation(prompt: Any, chosen: Any) -> tuple[list[Source], bool]:
    """The conversation that ends with the chosen answer, and whether the prompt is in it as it was given.

    Where the chosen side is a whole conversation, the prompt only repeats how it begins.
    """
    whole = turns_of_prompt(chosen) if isinstance(chosen, str) else None
    answer = [dict(message) for message in as_messages(chosen, "user" if whole else "assistant", "chosen")]
    if any(not isinstance(message.get("role"), str) or "content" not in message for message in answer):
        raise Refused("bad_message", "`chosen` holds something that is no message")
    if prompt is None:
        return answer, True
    said = [dict(message) for message in as_messages(prompt, "user", "prompt")]
    if any("content" not in message for message in said):
        raise Refused("bad_message", "`prompt` holds something that is no message")
    if any(message["role"] == "user" for message in answer):
        return answer, answer[: len(said)] == said
    return said + answer, True


def _continued(others: Source, chosen: Any) -> Source:
    """A ShareGPT record with the chosen turn at its end."""
    key = next(
        key for key in ("conversations", "conversation", "messages") if isinstance(others.get(key), list)
    )
    if isinstance(chosen, str):
        chosen = {"from": "gpt", "value": chosen}
    turns = chosen if isinstance(chosen, list) else [chosen]
    return sharegpt.to_chat({**others, key: [*others[key], *turns]})


def _with(body: Source, extra: Source) -> Source:
    return {**body, FORMAT_KEY: NAME, EXTRA_KEY: {**body.get(EXTRA_KEY, {}), **extra}}
