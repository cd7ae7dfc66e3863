"""Messages of OpenAI chat, made turn by turn from turns of any vendor's spelling.

A turn has a speaker (``role``, ``from``, ``sender``, …; `roles`) and says something (``content``, ``parts``,
``value``, …; `content_parts`). Calls and results may be parts of it, stand beside its content, or be a turn of their
own; results of calls without ids belong to the call that their place says (`tool_calls`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import NoneType
from typing import Any

from ..refusal import Refused, keys_of, kind_of, shown
from .chat_body import chat_body
from .content_parts import (
    Called,
    Piece,
    Returned,
    Said,
    Thought,
    content_of,
    pieces_of,
    plain_text,
    text_piece,
)
from .hermes_tags import split_calls, split_responses
from .langchain_messages import opened
from .media_tags import Media
from .roles import Role, role_of
from .tool_calls import OpenCalls, arguments_text, read_calls
from .tool_declarations import is_other_tool, read_tools

Source = dict[str, Any]
SPEAKERS = (
    *("role", "from", "speaker", "author", "sender", "sendertype", "authortype", "participantrole"),
    *(
        "participant",
        "participantid",
        "user",
        "event",
        "direction",
        "messagetype",
        "sendername",
        "authorname",
        "type",
    ),
)
"""Keys that tell who speaks, the surest first; capital letters and underscores in them make no difference."""
_FLAGS: Mapping[Sequence[str], tuple[Role, Role]] = {
    ("isuser", "ishuman", "iscreatedbyuser", "fromuser", "incoming"): ("user", "assistant"),
    ("isbot", "isassistant", "isai", "frombot"): ("assistant", "user"),
}
"""Keys that say so or not so, and who speaks in each case."""
CONTENTS = (
    *("parts", "content", "value", "text", "message", "utterance", "body", "msg", "mes", "payload", "blocks"),
    *("items", "contents"),
)
"""Keys of what is said, the fullest first, in the same way."""
SYSTEM_KEYS = ("system", "systemInstruction", "system_instruction", "instructions", "preamble")
"""Keys of a system message beside the turns."""
_KEPT = ("name", "weight", "loss", "train", "refusal", "prefix")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_OF_CALLS = ("tool_calls", "toolCalls", "function_call", "toolInvocations")
_OF_RESULTS = ("tool_call_id", "tool_use_id", "toolCallId", "call_id")


class Conversation:
    """The messages of one conversation, as far as it is read.

    Attributes:
        messages: what was read, as OpenAI chat.
        not_expressed: turns of which some detail has no place there, by their index.
    """

    def __init__(self) -> None:
        self.messages: list[Source] = []
        self.not_expressed: dict[str, Any] = {}
        self._calls = OpenCalls()
        self._turns = 0

    def add(self, turn: Any) -> None:
        """Take the next turn in; raises `Refused`."""
        self._turns += 1
        where = f"message {self._turns}"
        if not isinstance(turn, dict):
            raise Refused("bad_message", f"{where} is {kind_of(turn)}, not an object")
        message, is_whole = opened(turn)
        if "role" not in message and message.get("type") in ITEMS:
            role, pieces, says_all = _item(message, where)
            kept: Source = {}
        else:
            speaker, role = _speaker(message, where)
            pieces, used, says_all = _said(message, role, where)
            kept = {key: message[key] for key in _KEPT if key in message and key not in used}
            if role == "tool":
                kept.pop("name", None)
            names_only = not isinstance(message[speaker], dict) or len(message[speaker]) == 1
            known = {*([speaker] if names_only else []), *used, *kept}
            says_all &= all(key in known or value in (None, [], {}, "") for key, value in message.items())
        self._add(role, pieces, kept, where)
        if not (says_all and is_whole):
            self.not_expressed[str(self._turns - 1)] = turn

    def take(self, role: Role, pieces: list[Piece]) -> None:
        """Take the next turn in, of which the speaker and the pieces are known; raises `Refused`."""
        self._turns += 1
        self._add(role, pieces, {}, f"message {self._turns}")

    def _add(self, role: Role, pieces: list[Piece], kept: Source, where: str) -> None:
        if role in ("assistant", "call"):
            self._assistant(pieces, kept, where)
            return
        results = [piece for piece in pieces if isinstance(piece, Returned)]
        for result in results:
            self._returned(result, where)
        said = [piece.part for piece in pieces if isinstance(piece, Said)]
        if len(said) + len(results) < len(pieces):
            raise Refused("bad_message", f"{where}: a thought or a tool call by the role {role}")
        if said or not results:
            self._calls.next_turn()
            content = content_of(said)
            self.messages.append({"role": role, "content": "" if content is None else content, **kept})

    def _assistant(self, pieces: list[Piece], kept: Source, where: str) -> None:
        parts: list[Source] = []
        thoughts: list[str] = []
        calls: list[Source] = []

        def close() -> None:
            if not (parts or thoughts or calls):
                return
            message: Source = {"role": "assistant", "content": content_of(parts) or (None if calls else "")}
            if thoughts:
                message["reasoning_content"] = "\n".join(thoughts)
            if calls:
                message["tool_calls"] = list(calls)
            self.messages.append(message | kept)
            for done in (parts, thoughts, calls):
                done.clear()

        for piece in pieces:
            if isinstance(piece, Returned):
                close()
                self._returned(piece, where)
            elif isinstance(piece, Called):
                calls.append(self._calls.call(piece.name, piece.arguments, piece.id))
            elif isinstance(piece, Thought):
                if parts or calls:
                    close()
                thoughts.append(piece.text)
            elif isinstance(piece, Said):
                if calls:
                    close()
                parts.append(piece.part)
        if not pieces:
            self.messages.append({"role": "assistant", "content": "", **kept})
        close()
        self._join_thought()

    def _join_thought(self) -> None:
        """A thought that stands as a turn of its own belongs to what the assistant does next."""
        if len(self.messages) < 2:
            return
        before, last = self.messages[-2:]
        if (
            before["role"] == last["role"] == "assistant"
            and set(before) == {"role", "content", "reasoning_content"}
            and before["content"] == ""
            and "reasoning_content" not in last
        ):
            self.messages[-2:] = [last | {"reasoning_content": before["reasoning_content"]}]

    def _returned(self, result: Returned, where: str) -> None:
        call_id = self._calls.answer(where, result.name, result.id)
        message: Source = {"role": "tool", "tool_call_id": call_id, "content": result.content}
        self.messages.append({**message, "name": result.name} if result.name else message)


def is_turn(turn: Any) -> bool:
    """Whether an object is a turn with a known speaker, in any spelling."""
    if not isinstance(turn, dict):
        return False
    message, _ = opened(turn)
    if "role" not in message and message.get("type") in ITEMS:
        return True
    if speaker_of(message)[2] is None:
        return False
    return bool(_keys_of(message, CONTENTS)) or any(name in message for name in (*_OF_CALLS, "refusal"))


def are_turns(value: Any) -> bool:
    """Whether a value is a list of turns; turns of unknown speakers may be among them, but not first."""
    return (
        isinstance(value, list)
        and bool(value)
        and is_turn(value[0])
        and all(isinstance(t, dict) for t in value)
    )


def says_something(turn: Any) -> bool:
    """Whether an object has anything that is said or called in a turn; other events of a conversation have not."""
    return (
        not isinstance(turn, dict)
        or {"name", "arguments"} <= turn.keys()
        or any(
            turn[key] not in (None, "", []) for key in (*_keys_of(turn, CONTENTS), *_OF_CALLS) if key in turn
        )
    )


def body_of_turns(
    name: str,
    source: Source,
    turns: list[Any],
    used: Collection[str],
    *,
    system: Any = None,
    tools: Any = None,
    extra: Source | None = None,
) -> Source:
    """The body of a record made of turns in any spelling.

    Args:
        name: the format that the source came in.
        source: the item of the file.
        turns: its turns.
        used: the keys of the source that are expressed.
        system: a system message beside the turns; ``None`` takes that of the source (`SYSTEM_KEYS`).
        tools: the declared tools; ``None`` takes those of the source.
        extra: what is not expressed, by key.

    Raises:
        Refused: a turn is not well formed, or there is none.
    """
    taken, kept = set(used), dict(extra or {})
    conversation = Conversation()
    said, key = (system, "system") if system is not None else system_beside(source)
    if said:
        conversation.messages.append({"role": "system", "content": said})
    if key:
        taken.add(key)
        if not isinstance(source.get(key), str | NoneType) and not _is_text_alone(source[key], key):
            kept[key] = source[key]
    if not turns:
        raise Refused("no_messages", "there are no turns")
    for turn in turns:
        conversation.add(turn)
    texts = [message["content"] for message in conversation.messages if isinstance(message["content"], str)]
    media = Media(source, texts)
    for message in conversation.messages if media.used else ():
        if isinstance(message["content"], str):
            message["content"] = media.parts(message["content"])
    taken |= media.used
    given = tools if tools is not None else source.get("tools")
    declared = read_tools(given)
    functions = [tool for tool in declared if not is_other_tool(tool)]
    if len(functions) < len(declared):
        kept["tools"] = given
    if conversation.not_expressed:
        kept.setdefault("messages", conversation.not_expressed)
    return chat_body(name, source, taken | {"tools"}, conversation.messages, tools=functions, extra=kept)


def system_beside(source: Source) -> tuple[Any, str]:
    """The system message that stands beside turns, as a content, and its key; nothing where there is none."""
    for key in SYSTEM_KEYS:
        value = source.get(key)
        if isinstance(value, dict):
            value = value.get("parts", value)
        if isinstance(value, str | list | dict) and value:
            said = plain_text(value, f"`{key}`")
            if isinstance(said, list):
                texts = [part.get("text") for part in said]
                said = "\n".join(text for text in texts if isinstance(text, str))
            if isinstance(said, str) and said.strip():
                return said, key
    return None, ""


def _is_text_alone(content: Any, key: str) -> bool:
    """Whether a content, or the parts of one, hold nothing besides what they say."""
    if isinstance(content, dict) and "parts" in content:
        return set(content) <= {"role", "parts"} and pieces_of(content["parts"], key)[1]
    return pieces_of(content, key)[1]


def _keys_of(message: Source, names: Sequence[str]) -> list[str]:
    """The keys of a turn that are called by some names, in the order of those."""
    written = {key.lower().replace("_", ""): key for key in message}
    return [
        name if name in message else written[name] for name in names if name in message or name in written
    ]


def speaker_of(message: Source) -> tuple[str, str | None, Role | None]:
    """Who speaks in a turn: the key that tells, the name there, and the role; empty and ``None`` where none tells.

    The key of a known speaker is taken, or else the first that names anybody.
    """
    named = [
        (key, name)
        for key in _keys_of(message, SPEAKERS)
        if (name := _speaker_name(message[key])) is not None
    ]
    for key, name in named:
        if (role := role_of(name)) is not None:
            return key, name, role
    for flags, (yes, no) in _FLAGS.items():
        for key in _keys_of(message, flags):
            if isinstance(message[key], bool):
                return key, None, yes if message[key] else no
    return next(((key, name, None) for key, name in named if key.lower() != "type"), ("", None, None))


def _speaker_name(value: Any) -> str | None:
    if isinstance(value, dict):
        written = {key.lower(): held for key, held in value.items()}
        value = next((written[key] for key in ("role", "label", "type", "name") if key in written), None)
    return value if isinstance(value, str) else None


def _speaker(message: Source, where: str) -> tuple[str, Role]:
    key, name, role = speaker_of(message)
    if role is not None:
        return key, role
    if name is None:
        raise Refused("bad_message", f"{where} has no speaker (role or from; keys: {keys_of(message)})")
    raise Refused("bad_message", f"{where} has the unknown speaker {shown(name)}")


def _said(message: Source, role: Role, where: str) -> tuple[list[Piece], set[str], bool]:
    """The pieces of a turn, its keys that they express, and whether they say all that those hold."""
    keys = _keys_of(message, CONTENTS)
    key = next((key for key in keys if message[key] not in (None, "", [])), None) or next(iter(keys), None)
    content = message.get(key) if key else None
    # Some write a message's text a second time, beside its parts.
    used = {other for other in keys if other == key or _repeats(message[other], content)}
    if role == "call" and content is None and "name" in message:  # a call in the fields of the turn itself
        pieces, says_all = pieces_of([{**message, "type": "tool_call"}], where)
        return pieces, {"name", "arguments", *_OF_RESULTS}, says_all
    if role == "call":
        calls, says_all = read_calls(content, where)
        return [Called(name, arguments) for name, arguments in calls], used, says_all
    if role == "tool" and not _has_results(content):
        return _results(message, content, used, where)
    pieces, says_all = pieces_of(content, where)
    if role == "assistant":
        pieces = [piece for said in pieces for piece in _tagged(said, where)]
        before: list[Piece] = []
        for name in _THOUGHTS:
            if isinstance(message.get(name), str) and message[name].strip() and not before:
                before.append(Thought(message[name]))
                used.add(name)
        known = {piece.id for piece in pieces if isinstance(piece, Called) and piece.id}
        for name in _OF_CALLS:
            beside, complete = _calls_beside(message.get(name), where)
            pieces += [piece for piece in beside if not (isinstance(piece, Called) and piece.id in known)]
            used.add(name)
            says_all &= complete
        pieces = before + pieces
    return pieces, used, says_all


def _tagged(piece: Piece, where: str) -> list[Piece]:
    """A text with calls between tags as its text and its calls; any other piece as it is."""
    text = piece.part.get("text") if isinstance(piece, Said) else None
    if not isinstance(text, str) or "<tool_call>" not in text:
        return [piece]
    rest, calls = split_calls(text, where)
    said: list[Piece] = [text_piece(rest)] if rest else []
    return said + [Called(name, arguments) for name, arguments in calls]


def _results(message: Source, content: Any, used: set[str], where: str) -> tuple[list[Piece], set[str], bool]:
    name = message.get("name") or message.get("tool_name")
    given = next((message[key] for key in _OF_RESULTS if isinstance(message.get(key), str)), None)
    texts = split_responses(content) if isinstance(content, str) else [content]
    results: list[Piece] = []
    for text in texts:
        if isinstance(text, list):
            text = plain_text(text, where)
        said = text if isinstance(text, str | list) else arguments_text(text)
        results.append(Returned(said, name if isinstance(name, str) else None, given))
    return results, used | {"name", "tool_name", *_OF_RESULTS}, True


def _has_results(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict)
        and (
            str(part.get("type", "")).replace("-", "_") == "tool_result"
            or part.get("$type") == "FunctionResultContent"
            or "toolResult" in part
            or "functionResponse" in part
            or "function_response" in part
        )
        for part in content
    )


def _calls_beside(value: Any, where: str) -> tuple[list[Piece], bool]:
    """The calls that stand beside a content: OpenAI's, LangChain's, or the AI SDK's with their results."""
    if not value:
        return [], True
    pieces: list[Piece] = []
    says_all = True
    for call in value if isinstance(value, list) else [value]:
        if not isinstance(call, dict):
            raise Refused("bad_message", f"{where} has a tool call that is {kind_of(call)}")
        kind = "tool-invocation" if "toolCallId" in call else "tool_call"
        part = {"type": kind, "toolInvocation": call} if kind == "tool-invocation" else {**call, "type": kind}
        found, complete = pieces_of([part], where)
        function = call.get("function")
        is_openai = isinstance(function, dict) and set(function) <= {"name", "arguments"}
        says_all &= complete or (is_openai and set(call) <= {"id", "type", "function", "index"})
        pieces += found
    return pieces, says_all


ITEMS = ("function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning")
"""Items of OpenAI Responses that are no messages."""


def _item(item: Source, where: str) -> tuple[Role, list[Piece], bool]:
    """An item of OpenAI Responses that is no message: a call, its result, or a thought."""
    beside = {key: value for key, value in item.items() if key not in ("id", "status")}
    if isinstance(item.get("call_id"), str) or item["type"] == "reasoning":
        item = beside
    pieces, says_all = pieces_of([item], where)
    return ("tool" if item["type"].endswith("_output") else "assistant"), pieces, says_all


def _repeats(value: Any, content: Any) -> bool:
    if not isinstance(value, str):
        return value is None
    parts = content if isinstance(content, list) else [{"text": content}]
    held = [part.get("text") for part in parts if isinstance(part, dict)]
    texts = [text for text in held if isinstance(text, str)]
    return value in ("", *texts) or value in ("\n\n".join(texts), "\n".join(texts), "".join(texts))
