"""The fast way through lines of OpenAI chat: for those about which the careful way could say nothing else.

The careful way (`json_line`, `openai_chat`) is written for good reasons in words; nearly all lines of real
datasets need none. Whatever is unusual here - bad JSON, another shape, odd numbers, deep nesting - is left to it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from operator import attrgetter
from typing import Any, Literal

import msgspec
import orjson

from ..record import digest_of_dumped, digest_of_sorted
from .json_text.json_line import MAX_DEPTH, is_deeper_than, repeats_a_key
from .layouts.logged_exchange import ANSWERS
from .layouts.openai_chat import check_message, check_tools
from .marks import LABEL, STRICT, bad_mark, may_be_bad
from .refusal import Refused
from .turns.fields_beside import CARRYING

_OTHER_SHAPES = CARRYING.union(
    ANSWERS, STRICT, ("system", "chosen", "rejected", "preferred_output", "functions", "schemaVersion")
)
"""With one of these keys a record that has ``messages`` may be another format's, or an older way of writing it, or more
of the conversation stands beside them."""
_MORE_THAN_TEXT = _OTHER_SHAPES | {"tools"}
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""orjson reads integers of more than 64 bits as floats."""


class _Turn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    content: str
    role: Literal["system", "developer", "user", "assistant"]


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    arguments: str
    name: str


class _Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    function: _Function
    id: str | msgspec.UnsetType | None = msgspec.UNSET
    type: Literal["function"] | msgspec.UnsetType | None = msgspec.UNSET


class _ToolTurn(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    content: str | msgspec.UnsetType | None = msgspec.UNSET
    role: Literal["system", "developer", "user", "assistant", "tool"]
    tool_call_id: str | msgspec.UnsetType | None = msgspec.UNSET
    tool_calls: list[_Call] | msgspec.UnsetType | None = msgspec.UNSET


class _ToolChat(msgspec.Struct, gc=False):
    messages: list[_ToolTurn]


# Nearly all lines are one of these two: turns and texts, and nothing else. They are read and checked in one pass, and
# written again with their keys in order: those of the classes above are, which "deterministic" leaves as they stand.
_decode_chat = msgspec.json.Decoder(dict[str, list[_Turn] | str]).decode
_decode_tool_chat = msgspec.json.Decoder(dict[str, list[_ToolTurn] | str]).decode
_decode_messages = msgspec.json.Decoder(_ToolChat).decode
_encode_sorted = msgspec.json.Encoder(order="deterministic").encode

_tool_calls = attrgetter("tool_calls")

PlainChat = tuple[dict[str, Any], bytes, int]
"""The values of a record (messages may be objects of this file), its `content_hash` in bytes, and what it is: a sum of
`ANSWERED`, `MULTI_TURN` and `USES_TOOLS`. A plain tuple: making anything else costs as much as parsing a tenth of the
line."""

ANSWERED, MULTI_TURN, USES_TOOLS = 1, 2, 4
"""As `Record` has it: an assistant turn, at least two turns of the user, a tool call."""


def read_plain(raw: bytes) -> PlainChat | None:
    """Read a line that is beyond doubt; ``None`` sends it the careful way, which decides and gives reasons."""
    try:
        source = _decode_chat(raw)
    except msgspec.ValidationError:
        return _read_tool_chat(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    turns = source.get("messages")
    if not turns or isinstance(turns, str) or not _MORE_THAN_TEXT.isdisjoint(source):
        return _read_other(raw)
    if LABEL in source and _is_in_doubt(source):
        return None
    roles = [turn.role for turn in turns]
    text = _encode_sorted(source)
    # The two functions that say this elsewhere, written out: nearly every line comes by here.
    if repeats_a_key(raw, text):
        return None
    is_plain = text.isascii() and b"\x7f" not in text
    digest = sha256(text).digest() if is_plain else digest_of_sorted(text)
    kind = ("assistant" in roles) * ANSWERED + (roles.count("user") > 1) * MULTI_TURN
    return source, digest, kind


def _read_tool_chat(raw: bytes) -> PlainChat | None:
    """The same with tool calls and their answers; it declares no tools."""
    try:
        source = _decode_tool_chat(raw)
    except msgspec.ValidationError:
        return _read_other(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    turns = source.get("messages")
    if not turns or isinstance(turns, str) or not _MORE_THAN_TEXT.isdisjoint(source):
        return _read_other(raw)
    if not all(map(_is_whole, turns)) or _is_in_doubt(source):
        return None
    text = _encode_sorted(source)
    if repeats_a_key(raw, text):
        return None
    kind = USES_TOOLS if any(map(_tool_calls, turns)) else 0
    return source, digest_of_sorted(text), kind + _kind_of([turn.role for turn in turns])


def _is_in_doubt(source: dict[str, Any]) -> bool:
    return bad_mark(source) is not None or may_be_bad(source)


def _kind_of(roles: list[str]) -> int:
    kind = ANSWERED if "assistant" in roles else 0
    return kind + MULTI_TURN if roles.count("user") > 1 else kind


def _read_other(raw: bytes) -> PlainChat | None:
    """A line that holds more than turns and texts: declared tools, numbers, parts of a message, …"""
    try:
        source = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if type(source) is not dict or not _OTHER_SHAPES.isdisjoint(source) or type(source.get("tools")) is str:
        return None
    messages = source.get("messages")
    if not messages or type(messages) is not list:
        return None
    # First, how deep it is nested: beyond some depth the other checks raise.
    if not (_is_read_alike(raw, source) and _are_sound(raw, messages) and _are_tools(source.get("tools"))):
        return None
    if _is_in_doubt(source):
        return None
    text = orjson.dumps(source, option=orjson.OPT_SORT_KEYS)
    if repeats_a_key(raw, text):
        return None
    kind = USES_TOOLS if any(message.get("tool_calls") for message in messages) else 0
    return source, digest_of_dumped(text), kind + _kind_of([message["role"] for message in messages])


def _is_whole(turn: _ToolTurn) -> bool:
    """What `check_message` asks of such a message."""
    if type(turn.content) is str and not turn.tool_calls and turn.role != "tool":
        return True
    if turn.role == "tool":
        return not turn.tool_calls and bool(turn.tool_call_id and turn.tool_call_id.strip())
    if turn.tool_calls:
        return turn.role == "assistant" and all(call.function.name.strip() for call in turn.tool_calls)
    return False


def _are_sound(raw: bytes, messages: list[Any]) -> bool:
    try:
        return all(map(_is_whole, _decode_messages(raw).messages))
    except msgspec.ValidationError:
        pass
    try:
        for message in messages:
            check_message(message, "")
            if message["role"] == "function" or message.get("function_call"):
                return False  # the older way of writing tool calls
    except Refused:
        return False
    return True


def _are_tools(tools: Any) -> bool:
    try:
        check_tools(tools)
    except Refused:
        return False
    return True


def _is_read_alike(raw: bytes, source: dict[str, Any]) -> bool:
    """Whether orjson has read it as the standard library does, and it is not nested too deep to be kept."""
    if _LONG_NUMBER.search(raw):
        return False
    # As many brackets as levels are seen at once; only beyond that they are counted level by level.
    return raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH or not is_deeper_than(source, MAX_DEPTH)
