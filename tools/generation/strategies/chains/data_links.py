"""Where the arguments of traced calls come from: the user, an earlier result, an earlier argument."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ....dataset.record import Record, message_text
from .traces import TracedCall, parameters_of

Path = tuple[str | int, ...]
"""Keys and list positions that lead from a JSON value to one of its leaves."""

_NO_WORD = re.compile(r"[^\w@.]+")
SHORTEST_LINKED = 2
"""Characters of a value that is taken for the same one elsewhere; single digits are equal by chance."""


@dataclass(frozen=True)
class Source:
    """Where the value of one argument comes from.

    Attributes:
        kind: ``said`` by the user, a field of an earlier ``result``, an ``argument`` of an earlier call, a ``choice``
            among values that the tool lists, or ``unknown``: worked out, or a default.
        tool: of the earlier call.
        path: to the field of its result, or the name of its argument alone.
        is_said: whether the user names the value, too.
    """

    kind: Literal["said", "result", "argument", "choice", "unknown"]
    tool: str = ""
    path: Path = ()
    is_said: bool = False


def sources_of(record: Record, calls: Sequence[TracedCall]) -> list[dict[str, Source]]:
    """For each call of a record's trace: the source of each argument.

    What an earlier call was given already is taken from there, since results like to repeat it.
    """
    users = [_plain(message_text(message)) for message in record.messages if message.get("role") == "user"]
    sources = []
    for call in calls:
        earlier = [other for other in reversed(calls) if other.group < call.group]
        schemas = (parameters_of(record, call.name) or {}).get("properties", {})
        said = " ".join(users[: call.turn])
        sources.append(
            {
                key: _source(value, schemas.get(key, {}), earlier, said)
                for key, value in call.arguments.items()
            }
        )
    return sources


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of a JSON value with the paths to them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def leaf_at(value: Any, path: Path) -> Any:
    """The leaf that a path leads to, or None where it leads nowhere."""
    for key in path:
        is_there = key in value if isinstance(value, dict) else _has_item(value, key)
        if not is_there:
            return None
        value = value[key]
    return None if isinstance(value, (dict, list)) else value


def _has_item(value: Any, key: str | int) -> bool:
    return isinstance(value, list) and isinstance(key, int) and key < len(value)


def _source(value: Any, schema: dict[str, Any], earlier: Sequence[TracedCall], said: str) -> Source:
    if "enum" in schema or isinstance(value, bool):
        return Source("choice")
    text = str(value)
    is_said = _plain(text) in said
    if not isinstance(value, (dict, list)) and len(text) >= SHORTEST_LINKED:
        for call in earlier:
            same = [key for key, other in call.arguments.items() if str(other) == text]
            if same:
                return Source("argument", call.name, (same[0],), is_said)
        for call in earlier:
            fields = [path for path, other in leaves(call.value) if _is_same(other, text) and path]
            if fields:
                return Source("result", call.name, fields[0], is_said)
    return Source("said" if is_said else "unknown", is_said=is_said)


def _is_same(leaf: Any, text: str) -> bool:
    return leaf is not None and not isinstance(leaf, bool) and str(leaf) == text


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", text.lower()).split())
