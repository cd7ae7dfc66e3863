"""A request to a model and its response, as gateways and tracing tools log them: two places of one item.

``request`` and ``response`` (LiteLLM, Helicone, Portkey), ``reqPayload`` and ``respPayload`` (OpenPipe), ``input``
and ``output`` (Langfuse, OpenPipe), ``inputs`` and ``outputs`` (LangSmith, MLflow), ``messages`` with the answer
beside them. The request is messages, or holds them; the response is a message, a text, or holds them as an API
answers (``choices``, ``candidates``, ``generations``, ``output``). Where the response repeats the request, it is read
once.

Layouts: https://docs.litellm.ai/docs/proxy/logging_spec, https://docs.helicone.ai/, https://docs.openpipe.ai/,
https://langfuse.com/docs/observability/data-model,
https://docs.smith.langchain.com/reference/data_formats/run_data_format,
https://platform.openai.com/docs/guides/batch.
"""

from __future__ import annotations

from typing import Any

from ..items.json_fields import holds_messages
from ..json_text.json_line import parse_value
from ..refusal import Refused
from ..turns.content_parts import TEXT_KEYS
from ..turns.conversation import are_turns, body_of_turns, is_turn, system_beside
from .rendered_text import turns_of_prompt
from .text_lists import alternating

Source = dict[str, Any]
NAME = "logged"
ANSWERS = ("response", "completion", "generation", "output", "answer", "choices", "target", "assistant")
"""Keys of an answer beside messages."""
_PLACES = (
    ("request", "response"),
    ("request_body", "response_body"),
    ("requestBody", "responseBody"),
    ("reqPayload", "respPayload"),
    ("req_payload", "resp_payload"),
    ("body", "response"),
    ("input", "output"),
    ("inputs", "outputs"),
    ("inputs", "predictions"),
    ("input_messages", "output_messages"),
    ("prompt", "response"),
    ("prompt", "output"),
    ("prompt", "completion"),
    *(("messages", answer) for answer in ANSWERS),
)
_ASKED = ("messages", "contents", "chat_history", "input", "prompt", "conversation", "body")
_QUESTIONS = (
    "question",
    "query",
    "prompt",
    "input",
    "instruction",
    "text",
    "content",
    "message",
    "user_input",
)
_REPLIES = (
    "choices",
    "message",
    "generations",
    "candidates",
    "output",
    "outputs",
    "body",
    "messages",
    "response",
)
_TEXTS = (
    *TEXT_KEYS,
    "answer",
    "output",
    "response",
    "completion",
    "generation",
    "result",
    "output_text",
    "completions",
)


def recognise(source: Source) -> str | None:
    """What makes a record a logged request; ``None`` when it is not."""
    found = _found(source)
    return f"`{found[0]}` with `{found[1]}`" if found else None


def is_unanswered(source: Source) -> bool:
    """Whether messages end with somebody else than the assistant, and the answer stands beside them."""
    messages = source.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return False
    if messages[-1].get("role") == "assistant":
        return False
    return any(source.get(key) and _answer(source[key]) for key in ANSWERS)


def to_chat(source: Source) -> Source:
    """The body of a request with its response; raises `Refused`."""
    found = _found(source)
    if found is None:
        raise Refused("no_messages", "no request with its response")
    asked_key, answered_key, asked, answered = found
    request, response = source[asked_key], source[answered_key]
    if len(answered) > len(asked) and answered[: len(asked)] == asked:
        answered = answered[len(asked) :]
    extra: Source = {}
    held = request if isinstance(request, dict) and not is_turn(request) else {}
    if held and set(held) - {"messages"}:
        extra[asked_key] = {key: value for key, value in held.items() if key not in ("messages", "tools")}
    if isinstance(response, dict) and not is_turn(response):
        extra[answered_key] = response
    inner = held.get("body") if isinstance(held.get("body"), dict) else held
    system = system_beside(inner)[0] if inner else None
    tools = (inner or {}).get("tools") or source.get("tools")
    return body_of_turns(
        NAME, source, asked + answered, {asked_key, answered_key}, system=system, tools=tools, extra=extra
    )


def _found(source: Source) -> tuple[str, str, list[Any], list[Any]] | None:
    """The places of request and response, and their turns."""
    for asked_key, answered_key in _PLACES:
        if asked_key not in source or answered_key not in source:
            continue
        request, response = source[asked_key], source[answered_key]
        if not request or not response:
            continue
        if asked_key != "messages" and _is_plain(request) and _is_plain(response):
            continue
        asked, answered = request_turns(request), _answer(response)
        if asked and answered:
            return asked_key, answered_key, asked, answered
    return None


def _is_plain(value: Any) -> bool:
    """Whether a side is a text, a message or a list of messages or parts: no log, but a prompt or its answer."""
    if isinstance(value, list):
        return all(isinstance(item, dict) and not {"role", "text", "type"}.isdisjoint(item) for item in value)
    return isinstance(value, str) or (isinstance(value, dict) and "role" in value)


def request_turns(value: Any) -> list[Any]:
    """The turns of a request; none when it is no request.

    Args:
        value: a text, a message, a list of messages, parts or texts, or an object that holds one of these.
    """
    if isinstance(value, str):
        held = _held_json(value)
        if held is not None:
            return request_turns(held)
        return turns_of_prompt(value) or ([{"role": "user", "content": value}] if value.strip() else [])
    if isinstance(value, list):
        return _turns_of_list(value, "user")
    if not isinstance(value, dict):
        return []
    if is_turn(value):
        return [value]
    for key in _ASKED:
        if isinstance(value.get(key), list | dict) and (turns := request_turns(value[key])):
            return turns
    texts = [key for key in _QUESTIONS if isinstance(value.get(key), str) and value[key].strip()]
    return [{"role": "user", "content": value[texts[0]]}] if len(texts) == 1 else []


def _answer(value: Any) -> list[Any]:
    """The turns of a response; none when it is no response."""
    if isinstance(value, str):
        held = _held_json(value)
        if held is not None:
            return _answer(held)
        return [{"role": "assistant", "content": value}] if value.strip() else []
    if isinstance(value, list):
        return _answer_of_list(value)
    if not isinstance(value, dict):
        return []
    if is_turn(value):
        return [value]
    if "parts" in value:
        return [{"role": "assistant", **value}]
    if isinstance(value.get("content"), list):  # a message as an API answers it
        return [{"role": "assistant", "content": value["content"]}]
    for key in _REPLIES:
        if isinstance(value.get(key), list | dict) and (turns := _answer(value[key])):
            return turns
    if isinstance(value.get("tool_calls"), list):
        return [{"role": "assistant", **value}]
    texts = [key for key in _TEXTS if isinstance(value.get(key), str) and value[key].strip()]
    return [{"role": "assistant", "content": value[texts[0]]}] if len(texts) == 1 else []


def _answer_of_list(items: list[Any]) -> list[Any]:
    if not items:
        return []
    if are_turns(items):
        return items
    first = items[0]
    if isinstance(first, list | str):
        return _answer(first)
    if not isinstance(first, dict):
        return []
    for key in (
        "message",
        "content",
        "text",
    ):  # of `choices`, `candidates` and `generations` the first counts
        inner = first.get(key)
        if isinstance(inner, dict) and (turns := _answer(inner)):
            return turns
    if "type" in first and all(isinstance(item, dict) for item in items):
        return [{"role": "assistant", "content": items}]
    return _answer(first)


def _turns_of_list(items: list[Any], role: str) -> list[Any]:
    if not items:
        return []
    if are_turns(items):
        return items
    if all(isinstance(item, str) for item in items):
        return alternating(items) if len(items) % 2 else []
    if len(items) == 1 and isinstance(items[0], list):
        return _turns_of_list(items[0], role)
    if all(isinstance(item, dict) and ("text" in item or "type" in item) for item in items):
        return [{"role": role, "content": items}]
    return []


def _held_json(text: str) -> Any:
    """What a text holds when it is JSON of messages or of an answer; ``None`` for any other text."""
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        value = parse_value(text)
    except Refused:
        return None
    return value if holds_messages(value) else None
