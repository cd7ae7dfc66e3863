"""New arguments and results for a chain of tool calls that was seen in a real record.

Short values (names, ids, dates, choices) are drawn by code from what the topic's own records show, so they
are plausible, differ from record to record and satisfy the tool's schema. Values of many words are left to the
model. Results keep the shape of the real ones, with the new values in the old ones' places: simulated.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...dataset.record import Record
from .traces import TracedCall, parameters_of

LONG_TEXT_WORDS = 5
_ID = re.compile(r"[A-Za-z#-]*\d{4,}[\w-]*")
_LONG_NUMBER = re.compile(r"(?<![\w.:/-])\d{4,}(?![\w:/-])")


@dataclass(frozen=True)
class Chain:
    """A chain to write a conversation around.

    Attributes:
        calls: with new arguments and results; texts that the model writes stand as None.
        to_write: arguments of many words that the model writes, as (call number, argument) by field name.
        facts: what the user has to say: argument values that come from nowhere else.
    """

    calls: Sequence[TracedCall]
    to_write: Mapping[str, tuple[int, str]]
    facts: Mapping[str, Any]


def new_chain(
    seed: Record,
    calls: Sequence[TracedCall],
    observed: Mapping[tuple[str, str], Sequence[Any]],
    rng: random.Random,
) -> Chain:
    """The chain of ``seed`` with other values."""
    replaced: dict[str, str] = {}
    fresh: list[TracedCall] = []
    to_write: dict[str, tuple[int, str]] = {}
    facts: dict[str, Any] = {}
    earlier_results = ""
    for number, call in enumerate(calls):
        schema = (parameters_of(seed, call.name) or {}).get("properties", {})
        arguments: dict[str, Any] = {}
        for key, value in call.arguments.items():
            if _comes_from(value, earlier_results):
                arguments[key] = _swap(value, replaced)
            elif str(value) in replaced:
                arguments[key] = _retype(replaced[str(value)], value)
            elif _is_long(value, schema.get(key, {})):
                to_write[f"{key}_{number}" if key in to_write else key] = (number, key)
                arguments[key] = None
            else:
                drawn = _draw(value, schema.get(key, {}), observed.get((call.name, key), [value]), rng)
                arguments[key] = drawn
                facts[key if key not in facts else f"{key}, call {number + 1}"] = drawn
                if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                    replaced[str(value)] = str(drawn)
        earlier_results += call.result
        fresh.append(TracedCall(call.name, arguments, _new_result(call.result, replaced, rng), call.group))
    return Chain(fresh, to_write, facts)


def _is_long(value: Any, schema: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and "enum" not in schema and len(value.split()) >= LONG_TEXT_WORDS


def _comes_from(value: Any, text: str) -> bool:
    return (
        isinstance(value, (str, int))
        and not isinstance(value, bool)
        and len(str(value)) >= 3
        and str(value) in text
    )


def _draw(value: Any, schema: Mapping[str, Any], observed: Sequence[Any], rng: random.Random) -> Any:
    # What a call returns usually depends on its choices: they stay as in the trace that the result is from.
    if "enum" in schema or isinstance(value, bool):
        return value
    if isinstance(value, (list, dict)):
        return rng.choice(list(observed)) if observed else value
    short = [other for other in observed if not _is_long(other, schema)]
    drawn = rng.choice(short) if short else value
    if _ID.fullmatch(str(drawn)) and not isinstance(drawn, float):
        return _retype(re.sub(r"\d{4,}", lambda match: _digits(match.group(), rng), str(drawn)), drawn)
    return drawn


def _digits(old: str, rng: random.Random) -> str:
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in old[1:])


def _retype(text: str, like: Any) -> Any:
    if isinstance(like, int) and not isinstance(like, bool):
        return int(text)
    return float(text) if isinstance(like, float) else text


def _swap(value: Any, replaced: Mapping[str, str]) -> Any:
    return (
        _retype(replaced.get(str(value), str(value)), value) if not isinstance(value, (list, dict)) else value
    )


def _new_result(result: str, replaced: dict[str, str], rng: random.Random) -> str:
    """The result with the new argument values in place of the old ones, and other long numbers.

    All at once, so that no new value is replaced again. Long numbers are remembered in ``replaced``: a later
    call that uses one gets the new one.
    """
    for number in _LONG_NUMBER.findall(result):
        if not 1900 <= int(number) <= 2100:  # a year stays a year
            replaced.setdefault(number, _digits(number, rng))
    old = sorted((text for text in replaced if len(text) >= 3), key=len, reverse=True)
    if not old:
        return result
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in old))
    return pattern.sub(lambda match: replaced[match.group()].replace('"', "'"), result)
