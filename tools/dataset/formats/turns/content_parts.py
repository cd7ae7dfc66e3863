"""What a turn says, whatever it is spelled in: one reader of contents for all layouts.

A content is a text, a list of texts, or parts: ``{"type": "text", "text": …}`` (OpenAI, Anthropic), ``{"text": …}``
(Bedrock, Gemini), ``input_text`` and ``output_text`` (OpenAI Responses), ``reasoning`` and ``tool-…`` (AI SDK), with
calls, results and pictures among them. What a part means is told by its ``type`` or, where it has none, by its key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..refusal import Refused, kind_of, shown
from .tool_calls import arguments_text

Source = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A text, a picture or another file, as a content part of OpenAI chat."""

    part: Source


@dataclass(frozen=True)
class Thought:
    """What the assistant thinks before it speaks."""

    text: str


@dataclass(frozen=True)
class Called:
    """A tool call; ``arguments`` are JSON text, ``id`` is ``None`` where the source has none."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True)
class Returned:
    """What a tool answers; ``name`` and ``id`` are ``None`` where the source has none."""

    content: Any
    name: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Aside:
    """A part that is no piece of the conversation: a mark for a cache, the beginning of a step, a source."""


Piece = Said | Thought | Called | Returned | Aside

TEXT_KEYS = ("text", "content", "value")
_TEXT_TYPES = frozenset(("text", "input_text", "output_text", "summary_text", "tool_use_text"))
_THOUGHT_TYPES = frozenset(("reasoning", "thinking", "reasoning_text", "thought"))
_CALL_TYPES = frozenset(("tool_use", "tool-call", "tool_call", "function_call", "custom_tool_call"))
_RESULT_TYPES = frozenset(
    ("tool_result", "tool-result", "tool_response", "function_call_output", "custom_tool_call_output")
)
_ASIDE_TYPES = frozenset(("step-start", "redacted_thinking", "redacted-reasoning", "source", "cache_point"))
_ASIDE_KEYS = ("cachePoint", "guardContent", "citations", "thoughtSignature")
_NAMES = ("name", "toolName", "tool_name")
_IDS = ("call_id", "toolCallId", "toolUseId", "tool_use_id", "tool_call_id", "id")
_ARGUMENTS = ("arguments", "args", "input", "parameters")
_RESULTS = ("output", "result", "content", "response")
_KERNEL_CALL, _KERNEL_RESULT = "FunctionCallContent", "FunctionResultContent"
_MEDIA_KEYS = ("image", "video", "audio", "document")


def pieces_of(content: Any, where: str) -> tuple[list[Piece], bool]:
    """The pieces of a content, in their order.

    Args:
        content: a text, a part, a list of either, or nothing.
        where: the turn, for a person.

    Returns:
        The pieces, and whether they say all that the content holds.

    Raises:
        Refused: a part is of no known kind.
    """
    if content is None:
        return [], True
    pieces: list[Piece] = []
    says_all = True
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            pieces.append(text_piece(part))
        elif isinstance(part, dict):
            found, used = _read(part, where)
            pieces += found
            says_all &= not any(isinstance(piece, Aside) for piece in found)
            says_all &= all(key in used or value in (None, [], {}, "") for key, value in part.items())
        else:
            raise Refused("bad_message", f"{where} has a content that is {kind_of(part)}, not text")
    return [piece for piece in pieces if not isinstance(piece, Aside)], says_all


def text_piece(text: str) -> Said:
    """A text as a piece of a content."""
    return Said({"type": "text", "text": text})


def plain_text(content: Any, where: str) -> Any:
    """A content as OpenAI chat has it: a text where it is text alone, else its parts; ``None`` where it is empty.

    Raises:
        Refused: a part is of no known kind, or is a call, a result or a thought.
    """
    return content if isinstance(content, str) else _said_alone(pieces_of(content, where)[0], where)


def _said_alone(pieces: list[Piece], where: str) -> Any:
    if not all(isinstance(piece, Said) for piece in pieces):
        raise Refused("bad_message", f"{where} holds something else than text")
    return content_of([piece.part for piece in pieces if isinstance(piece, Said)])


def content_of(parts: list[Source]) -> Any:
    """Parts as the content of a message: a text where there is one text alone; ``None`` where there is nothing."""
    if not parts:
        return None
    return parts[0]["text"] if len(parts) == 1 and parts[0].get("type") == "text" else list(parts)


def _read(part: Source, where: str) -> tuple[list[Piece], set[str]]:
    """The pieces of one part, and its keys that they express."""
    kind = part.get("type")
    if part.get("$type") in (_KERNEL_CALL, _KERNEL_RESULT):
        return _of_semantic_kernel(part, where)
    if isinstance(kind, str):
        return _typed(part, kind, where)
    return _untyped(part, where)


def _typed(part: Source, kind: str, where: str) -> tuple[list[Piece], set[str]]:
    used = {"type", "state", "status"} if kind.startswith(("tool", "dynamic")) else {"type"}
    if kind in _TEXT_TYPES:
        key = _first(part, TEXT_KEYS)
        return [text_piece(_text(part.get(key), where))], used | {key, "state"}
    if kind in _THOUGHT_TYPES:
        key = _first(part, ("text", "thinking", "reasoning", "summary", *TEXT_KEYS))
        thought = part.get(key)
        if isinstance(thought, list):  # the summary of a Responses item
            pieces, says_all = pieces_of(thought, where)
            used = used if says_all else set()
            thought = "\n".join(one.part["text"] for one in pieces if isinstance(one, Said))
        return ([Thought(_text(thought, where))] if thought else [Aside()]), used | {key, "state"}
    if kind == "tool-invocation" and isinstance(part.get("toolInvocation"), dict):
        inner = part["toolInvocation"]
        known = {*_NAMES, *_IDS, *_ARGUMENTS, *_RESULTS, "state", "step"}
        return list(_invoked(inner, _name(inner, where))), used | _whole(part, "toolInvocation", known)
    if kind in _CALL_TYPES:
        return [_called(part, where)], used | {*_NAMES, *_IDS, *_ARGUMENTS, "status"}
    if kind in _RESULT_TYPES:
        return _returned(part, where, used | {*_NAMES, *_IDS, *_RESULTS, "status"})
    if kind == "dynamic-tool" or kind.startswith("tool-"):
        name = part["toolName"] if isinstance(part.get("toolName"), str) else kind.removeprefix("tool-")
        known = {*_IDS, *_NAMES, *_ARGUMENTS, *_RESULTS, "state"}
        return list(_invoked(part, name)), used | known
    if kind in _ASIDE_TYPES or kind.startswith(("source-", "data-")):
        return [Aside()], set()
    return [Said(_media_typed(part, kind))], set(part)


def _of_semantic_kernel(part: Source, where: str) -> tuple[list[Piece], set[str]]:
    """A call or a result of Semantic Kernel, whose functions belong to plugins: ``Plugin-Function`` to the model."""
    names = [part[key] for key in ("PluginName", "FunctionName") if isinstance(part.get(key), str)]
    plain = {
        "name": "-".join(filter(None, names)),
        "arguments": part.get("Arguments"),
        "result": part.get("Result"),
    }
    plain |= {"id": part.get("Id", part.get("CallId"))}
    known = {"$type", "Id", "CallId", "PluginName", "FunctionName", "Arguments", "Result"}
    if part["$type"] == _KERNEL_CALL:
        return [_called(plain, where)], known
    return _returned(plain, where, known)


def _media_typed(part: Source, kind: str) -> Source:
    """A file as OpenAI chat has it where that is known, else as it stands: an unknown type is nobody's text."""
    url = part.get("image_url", part.get("image", part.get("url", part.get("data"))))
    if isinstance(url, dict):
        url = url.get("url")
    is_picture = "image" in kind or str(part.get("mediaType", part.get("mimeType", ""))).startswith("image/")
    if is_picture and isinstance(url, str):
        detail = {"detail": part["detail"]} if isinstance(part.get("detail"), str) else {}
        inner = part["image_url"] if isinstance(part.get("image_url"), dict) else {"url": url, **detail}
        return {"type": "image_url", "image_url": inner}
    return part


def _untyped(part: Source, where: str) -> tuple[list[Piece], set[str]]:
    for key in ("functionCall", "function_call", "toolUse"):
        if isinstance(part.get(key), dict):
            return [_called(part[key], where)], _whole(part, key, {*_NAMES, *_IDS, *_ARGUMENTS})
    for key in ("functionResponse", "function_response", "toolResult"):
        if isinstance(part.get(key), dict):
            return _returned(part[key], where, _whole(part, key, {*_NAMES, *_IDS, *_RESULTS, "status"}))
    if isinstance(part.get("reasoningContent"), dict):
        said = part["reasoningContent"].get("reasoningText")
        text = said.get("text") if isinstance(said, dict) else None
        signed = isinstance(said, dict) and set(said) != {"text"}
        return ([Thought(text)] if isinstance(text, str) else [Aside()]), (
            set() if signed else {"reasoningContent"}
        )
    if "json" in part:
        return [text_piece(json.dumps(part["json"], ensure_ascii=False))], {"json"}
    for key in ("inlineData", "inline_data", "fileData", "file_data", *_MEDIA_KEYS):
        if isinstance(part.get(key), dict):
            return [Said(_media_untyped(key, part[key]))], {key}
    written = {key.lower(): key for key in part}
    for key in (written[name] for name in TEXT_KEYS if name in written):
        if isinstance(part[key], str):
            if part.get("thought") is True:
                return [Thought(part[key])], {key, "thought"}
            return [text_piece(part[key])], {key, "thought"}
    if any(key in part for key in _ASIDE_KEYS):
        return [Aside()], set()
    keys = ", ".join(shown(key) for key in list(part)[:3]) or "none"
    raise Refused("unsupported_format", f"{where} has a content part of no known kind (keys: {keys})")


def _media_untyped(key: str, held: Source) -> Source:
    """A picture of Gemini (``inlineData``, ``fileData``) or Bedrock (``image``); other files as they stand."""
    source = held["source"] if isinstance(held.get("source"), dict) else {}
    kind = str(held.get("mimeType") or held.get("mime_type") or f"{key}/{held.get('format', '')}")
    data = held.get("data") or source.get("bytes")
    place = source.get("s3Location")
    url = (
        held.get("fileUri") or held.get("file_uri") or (place.get("uri") if isinstance(place, dict) else None)
    )
    if isinstance(data, str):
        url = f"data:{kind};base64,{data}"
    if kind.startswith("image/") and isinstance(url, str):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": key, key: held}


def _invoked(part: Source, name: str) -> Iterator[Piece]:
    """A call of the AI SDK's messages for a page, with its result where it has one."""
    call_id = _string(part, _IDS)
    yield Called(name, arguments_text(_value(part, ("input", "args"))), call_id)
    result = part.get("output", part.get("result", part.get("errorText")))
    if result is not None:
        yield Returned(_result(result), name, call_id)


def _called(part: Source, where: str) -> Called:
    inner = part["function"] if isinstance(part.get("function"), dict) else part
    return Called(_name(inner, where), arguments_text(_value(inner, _ARGUMENTS)), _string(part, _IDS))


def _returned(part: Source, where: str, known: set[str]) -> tuple[list[Piece], set[str]]:
    """What a tool answers, and the keys that it expresses: none where something within them is left."""
    content = _value(part, _RESULTS)
    says_all = not (_is_labelled(content) and set(content) > {"type", "value"})
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        try:
            pieces, says_all = pieces_of(content, where)
            content = _said_alone(pieces, where)
        except Refused:
            content = _result(content)
    result = Returned(_result(content), _string(part, _NAMES), _string(part, _IDS))
    return [result], (known if says_all else set())


def _is_labelled(value: Any) -> bool:
    """Whether a result says what kind of value it is, as the AI SDK's do."""
    return (
        isinstance(value, dict) and value.get("type") in ("text", "json", "error-text") and "value" in value
    )


def _result(value: Any) -> Any:
    """A result as the content of a tool message: text or parts, else its JSON."""
    if _is_labelled(value):
        value = value["value"]
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "type" in one for one in value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _whole(part: Source, key: str, known: set[str]) -> set[str]:
    """The key of an object within a part, when nothing else than what is known stands in it."""
    return {key} if set(part[key]) <= known else set()


def _name(part: Source, where: str) -> str:
    name = _string(part, _NAMES)
    if name is None or not name.strip():
        raise Refused("bad_message", f"{where} has a tool call without name")
    return name


def _value(part: Source, keys: tuple[str, ...]) -> Any:
    return next((part[key] for key in keys if part.get(key) is not None), None)


def _string(part: Source, keys: tuple[str, ...]) -> str | None:
    return next((part[key] for key in keys if isinstance(part.get(key), str)), None)


def _first(part: Source, keys: tuple[str, ...]) -> str:
    return next((key for key in keys if part.get(key) is not None), keys[0])


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Refused("bad_message", f"{where} has a content part without text")
    return value
