"""Alpaca: ``{"instruction": …, "input": …, "output": …}``, with ``response`` for ``output``, ``history``, ``system``.

As in LLaMA-Factory the user says the instruction and, on a new line, the input; Dolly calls it ``context``. A trainer's
prompt template ("Below is an instruction …") is no part of the data and is not added. Self-Instruct's ``instances`` are
read where there is exactly one. BELLE writes the turns of a conversation into the instruction (`rendered_text`).
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused
from ..turns.chat_body import chat_body, system_messages, text_at
from ..turns.fields_beside import history_turns, text_or_texts
from ..turns.media_tags import Media
from .rendered_text import turns_by_names

Source = dict[str, Any]
NAME = "alpaca"
_ANSWERS = ("output", "response", "answer", "chosen", "completion", "generation", "target", "targets")


def recognise(source: Source) -> str | None:
    """What makes a record Alpaca; ``None`` when it is not."""
    if not isinstance(source.get("instruction"), str):
        return None
    if isinstance(source.get("instances"), list):
        return "`instruction` with `instances`"
    answer = next((key for key in _ANSWERS if key in source), None)
    return f"`instruction` with `{answer}`" if answer else "`instruction`"


def to_chat(source: Source) -> Source:
    """The body of an Alpaca record; raises `Refused`."""
    flat, extra = _without_instances(source)
    answer_key = next((key for key in _ANSWERS if key in flat), None)
    if answer_key is None:
        raise Refused("bad_message", "an instruction without an answer (no `output` or `response`)")
    instruction, answer = text_at(flat, "instruction"), text_at(flat, answer_key)
    given = flat.get("input")
    given = "" if given is None else text_at(flat, "input")
    context = text_or_texts(flat.get("context"))
    prompt = "\n".join(text for text in (instruction, given, context) if text)
    if given:
        extra["input"] = given
    if context:
        extra["context"] = flat["context"]
    turns = [
        *history_turns(flat.get("history")),
        *(turns_by_names(prompt) or [{"role": "user", "content": prompt}]),
        {"role": "assistant", "content": answer},
    ]
    media = Media(flat, [turn["content"] for turn in turns if isinstance(turn["content"], str)])
    turns = [
        {**turn, "content": media.parts(turn["content"])} if isinstance(turn["content"], str) else turn
        for turn in turns
    ]
    used = {
        "instruction",
        "input",
        answer_key,
        "history",
        "system",
        *media.used,
        *(["context"] if context else []),
    }
    return chat_body(NAME, flat, used, system_messages(flat) + turns, extra=extra)


def _without_instances(source: Source) -> tuple[Source, dict[str, Any]]:
    """A Self-Instruct record as a plain one, and what is left of its instance."""
    instances = source.get("instances")
    if not isinstance(instances, list):
        return source, {}
    if len(instances) != 1 or not isinstance(instances[0], dict):
        raise Refused(
            "unsupported_format", f"{len(instances)} `instances` in one record: write one record for each"
        )
    flat = {key: value for key, value in source.items() if key != "instances"}
    left = {key: value for key, value in instances[0].items() if key not in ("input", "output")}
    flat.update({key: value for key, value in instances[0].items() if key in ("input", "output")})
    return flat, {"instances": [left]} if left else {}
