"""All formats: telling which one an item is in, and reading it as OpenAI chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...errors import InvalidInput
from .items.json_fields import with_parsed_fields, with_turns_parsed
from .items.wrapped import record_within
from .layouts import (
    abcd,
    ai_sdk,
    alpaca,
    anthropic,
    api_bank,
    autogen,
    bedrock,
    chatgpt_export,
    claude_export,
    cohere,
    gemini,
    glaive,
    intercom,
    langchain,
    llamafactory_parts,
    logged_exchange,
    oasst_tree,
    open_webui,
    openai_responses,
    openai_variants,
    preference_pairs,
    prompt_completion,
    prompts,
    pydantic_ai,
    rendered_text,
    sgd,
    sharegpt,
    text_lists,
    toolace,
    tooltalk,
    turn_lists,
    xlam,
)
from .layouts.openai_chat import check_chat
from .layouts.turn_lists import unknown_speakers
from .other_shapes import why_unread
from .refusal import Refused, keys_of
from .turns.fields_beside import with_question, with_system

Source = dict[str, Any]
AUTO = "auto"


@dataclass(frozen=True)
class Format:
    """A format of records.

    Attributes:
        name: what ``--format`` takes.
        title: its name for a person.
        recognise: says what makes an item one of this format, or ``None``.
        to_chat: makes an item of this format the body of a record; raises `Refused`.
        asks_once: its items are one question, so that fields beside it belong to it.
    """

    name: str
    title: str
    recognise: Callable[[Source], str | None]
    to_chat: Callable[[Source], Source]
    asks_once: bool = False


# The first that recognises an item reads it, so the more particular ones come first.
_FORMATS = (
    Format(
        preference_pairs.NAME,
        "preference pairs",
        preference_pairs.recognise,
        preference_pairs.to_chat,
        asks_once=True,
    ),
    Format(tooltalk.NAME, "ToolTalk", tooltalk.recognise, tooltalk.to_chat),
    Format(api_bank.NAME, "API-Bank", api_bank.recognise, api_bank.to_chat),
    Format(abcd.NAME, "ABCD", abcd.recognise, abcd.to_chat),
    Format(oasst_tree.NAME, "OpenAssistant", oasst_tree.recognise, oasst_tree.to_chat),
    Format(
        llamafactory_parts.NAME, "LLaMA-Factory", llamafactory_parts.recognise, llamafactory_parts.to_chat
    ),
    Format(chatgpt_export.NAME, "ChatGPT export", chatgpt_export.recognise, chatgpt_export.to_chat),
    Format(claude_export.NAME, "Claude export", claude_export.recognise, claude_export.to_chat),
    Format(open_webui.NAME, "Open WebUI export", open_webui.recognise, open_webui.to_chat),
    Format(intercom.NAME, "Intercom", intercom.recognise, intercom.to_chat),
    Format(pydantic_ai.NAME, "Pydantic AI", pydantic_ai.recognise, pydantic_ai.to_chat),
    Format(autogen.NAME, "AutoGen", autogen.recognise, autogen.to_chat),
    Format(sgd.NAME, "Schema-Guided Dialogue", sgd.recognise, sgd.to_chat),
    Format(gemini.NAME, "Gemini", gemini.recognise, gemini.to_chat),
    Format(bedrock.NAME, "Bedrock Converse", bedrock.recognise, bedrock.to_chat),
    Format(ai_sdk.NAME, "AI SDK", ai_sdk.recognise, ai_sdk.to_chat),
    Format(langchain.NAME, "LangChain", langchain.recognise, langchain.to_chat),
    Format(openai_responses.NAME, "OpenAI Responses", openai_responses.recognise, openai_responses.to_chat),
    Format(cohere.NAME, "Cohere", cohere.recognise, cohere.to_chat),
    Format(logged_exchange.NAME, "logged requests", logged_exchange.recognise, logged_exchange.to_chat),
    Format(anthropic.NAME, "Anthropic messages", anthropic.recognise, anthropic.to_chat),
    Format(toolace.NAME, "ToolACE", toolace.recognise, toolace.to_chat),
    Format(sharegpt.NAME, "ShareGPT", sharegpt.recognise, sharegpt.to_chat),
    Format(openai_variants.NAME, "OpenAI chat", openai_variants.recognise, openai_variants.to_chat),
    Format(glaive.NAME, "Glaive", glaive.recognise, glaive.to_chat),
    Format(xlam.NAME, "xLAM", xlam.recognise, xlam.to_chat),
    Format(alpaca.NAME, "Alpaca", alpaca.recognise, alpaca.to_chat, asks_once=True),
    Format(
        prompt_completion.NAME,
        "prompt and completion",
        prompt_completion.recognise,
        prompt_completion.to_chat,
        asks_once=True,
    ),
    Format(text_lists.NAME, "turns without speakers", text_lists.recognise, text_lists.to_chat),
    Format(rendered_text.NAME, "rendered text", rendered_text.recognise, rendered_text.to_chat),
    Format(turn_lists.NAME, "turns of speakers", turn_lists.recognise, turn_lists.to_chat),
    Format(prompts.NAME, "prompts", prompts.recognise, prompts.to_chat, asks_once=True),
)
_BY_NAME = {format_.name: format_ for format_ in _FORMATS}
FORMAT_NAMES = (AUTO, *sorted(_BY_NAME))


@dataclass(frozen=True)
class Reading:
    """An item read as OpenAI chat.

    Attributes:
        body: the body of the record: the item itself when it is OpenAI chat already.
        format: the format that it was in.
        evidence: what that was told by.
        mended: what was wrong in fields of the item and certain to mend, in words.
    """

    body: Source
    format: Format
    evidence: str
    mended: tuple[str, ...] = ()


PLAIN = Reading({}, _BY_NAME[openai_variants.NAME], "`messages` with role/content")
"""The reading of OpenAI chat that needs no conversion, but for its body."""


def check_format(name: str) -> None:
    """Refuse a name that is no format; raises `InvalidInput`."""
    if name not in FORMAT_NAMES:
        raise InvalidInput(f"{name!r} is not a known format.", hint=f"Use one of {', '.join(FORMAT_NAMES)}.")


def read_item(source: Source, name: str = AUTO) -> Reading:
    """Read an item of a file as OpenAI chat.

    Args:
        source: the item.
        name: the format that it is in; ``auto`` finds out.

    Raises:
        Refused: it is in no known format, or not well formed in the one that it is in.
    """
    source, mended = with_parsed_fields(source)
    reading = _read_parsed(source, name)
    return replace(reading, mended=(*reading.mended, *mended)) if mended else reading


def _read_parsed(source: Source, name: str) -> Reading:
    known = _BY_NAME.get(name)
    trouble = None
    if known is None or known.name == openai_variants.NAME:
        try:
            check_chat(source)
        except Refused as refused:
            trouble = refused
        else:
            if not openai_variants.is_legacy(source) and not logged_exchange.is_unanswered(source):
                return replace(PLAIN, body=with_system(source))
    found, evidence = (known, known.recognise(source)) if known else _recognised(source)
    if found is None:
        source = with_turns_parsed(source)
        found, evidence = _recognised(source)
    within = record_within(source, is_record) if found is None else None
    if within is not None:
        reading = read_item(within[1])
        return replace(reading, evidence=f"within `{within[0]}`: {reading.evidence}")
    if found is None:
        unread = why_unread(source) or unknown_speakers(source)
        if unread is not None:
            raise Refused("unsupported_format", unread)
        raise trouble or Refused("no_messages", f"no `messages` (keys: {keys_of(source)})")
    chat = found.to_chat(source)
    check_chat(chat)
    body = with_system(chat)
    if found.asks_once:
        body = with_question(body, found.name)
    if body is not chat:
        check_chat(body)
    return Reading(body, found, evidence or "as you said")


def is_record(source: Source, deep: int = 2) -> bool:
    """Whether an object is an item of a known format, or holds one; a prompt without an answer is none."""
    found = _recognised(source)[0]
    if found is not None:
        return found.name != prompts.NAME
    return deep > 0 and record_within(source, lambda inner: is_record(inner, deep - 1)) is not None


def _recognised(source: Source) -> tuple[Format | None, str | None]:
    for known in _FORMATS:
        evidence = known.recognise(source)
        if evidence is not None:
            return known, evidence
    return None, None
