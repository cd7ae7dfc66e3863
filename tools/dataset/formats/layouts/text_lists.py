"""Turns without speakers: lists of texts in which user and assistant take turns, and pairs of question and answer.

``{"data": [q, a, q, a]}`` (UltraChat; DailyDialog's ``dialog``), ``{"conversation": [{"input", "output"}]}`` (XTuner,
with ``system`` in the first), ``[{"human", "assistant"}]`` (ms-swift), ``[[q, a], [q, a]]``. The user begins.
Layouts: https://huggingface.co/datasets/stingning/ultrachat,
https://github.com/InternLM/xtuner/blob/v0.1.13/docs/en/user_guides/dataset_format.md,
https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "text_lists"
LISTS = (
    *("conversation", "conversations", "dialog", "dialogue", "data", "messages", "chat", "utterances"),
    *("turns", "history", "rounds", "exchanges", "qa", "qa_pairs", "pairs", "multi_turns", "items", "log"),
)
_OF_TEXTS = LISTS[:8]
"""Those that may be texts in turn: `turns` alone are prompts of a benchmark, `items` may be anything."""
PAIRS = (
    ("human", "assistant"),
    ("user", "assistant"),
    ("input", "output"),
    ("prompt", "response"),
    ("prompt", "completion"),
    ("question", "answer"),
    ("query", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("user", "bot"),
    ("human", "ai"),
    ("human", "bot"),
    ("q", "a"),
    ("input", "answer"),
    ("user utterance", "system response"),
)


def recognise(source: Source) -> str | None:
    """What makes a record a list of texts or pairs; ``None`` when it is not."""
    found = _found(source)
    return f"`{found[0]}`, {found[1]}" if found else None


def to_chat(source: Source) -> Source:
    """The body of such a list; raises `Refused`."""
    found = _found(source)
    if found is None:
        raise Refused("no_messages", "no list of texts or pairs")
    key, _, turns, left = found
    return body_of_turns(NAME, source, turns, {key}, extra={key: left} if left else None)


def one_or_many(source: Source) -> str:
    """What is not certain of a record that is all of its file: its pairs may as well be a conversation each.

    Returns:
        That in words, with the mappings that say it; empty where it is no such record.
    """
    for key, value in source.items():
        if (
            key not in LISTS
            or not isinstance(value, list)
            or len(value) < 2
            or not isinstance(value[0], dict)
        ):
            continue
        pair = _pair(value[0])
        if pair is not None and all(isinstance(item, dict) and set(pair) <= set(item) for item in value):
            asked, said = pair
            return (
                f"{shown(key)} is all that the file holds: one conversation of {len(value)} exchanges, or {len(value)} "
                f'conversations? Say it by a mapping (--map): `messages: "{key}[].[{asked}, {said}][]"` with `role: '
                f"[user, assistant]`, or `records: {key}` with `turns: [{{user: {asked}}}, {{assistant: {said}}}]`"
            )
    return ""


def alternating(texts: list[str]) -> list[Source]:
    """Texts as turns of user and assistant, the user first."""
    return [
        {"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(texts)
    ]


def are_pairs(value: Any) -> bool:
    """Whether a value is a list of pairs of texts: a question and its answer each."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
        and all(isinstance(text, str) for pair in value for text in pair)
    )


def _found(source: Source) -> tuple[str, str, list[Source], list[Any]] | None:
    """The list, what tells it, its turns, and what of its pairs those do not say."""
    for key in LISTS:
        value = source.get(key)
        if not isinstance(value, list) or not value:
            continue
        if key in _OF_TEXTS and all(isinstance(text, str) for text in value):
            if len(value) > 1:
                return key, "texts in turn", alternating(value), []
        elif are_pairs(value):
            return key, "pairs of texts", alternating([text for pair in value for text in pair]), []
        elif isinstance(value[0], dict) and (pair := _pair(value[0])):
            turns, left = _apart(value, pair)
            return key, f"pairs of {pair[0]} and {pair[1]}", turns, left
    return None


def _pair(item: Source) -> tuple[str, str] | None:
    names = {key.lower(): key for key in item if isinstance(item[key], str)}
    for asked, said in PAIRS:
        if asked in names and said in names:
            return names[asked], names[said]
    return None


def _apart(items: list[Any], pair: tuple[str, str]) -> tuple[list[Source], list[Any]]:
    turns: list[Source] = []
    left: list[Any] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise Refused("bad_message", f"pair {number} is {kind_of(item)}, not an object")
        rest = {key: value for key, value in item.items() if key not in pair}
        system = rest.get("system")
        if number == 1 and isinstance(system, str) and "system" not in pair:
            del rest["system"]
            if system.strip():
                turns.append({"role": "system", "content": system})
        for key, role in zip(pair, ("user", "assistant"), strict=True):
            if item.get(key) is not None:
                turns.append({"role": role, "content": item[key]})
        left.append(rest)
    return turns, left if any(left) else []
