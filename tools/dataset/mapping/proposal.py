"""Proposing a mapping from the values of a file's first items; names only decide where values do not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from ..formats.json_line import parse_value
from ..formats.refusal import Refused
from ..formats.roles import role_of
from ..formats.tool_declarations import read_tools
from ..topic_candidates import topic_candidates
from .columns import Column, columns_of, lists_in
from .field_mapping import FieldMapping

Source = dict[str, Any]
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_SPEAKERS = 6
_LONGEST_SPEAKER = 40
_ALTERNATING = 0.6
"""Share of neighbouring turns with different speakers, from which a field tells who speaks."""
_MOST_FILLED = 0.5
_VARIED = 0.5
"""Different texts per text, from which a column is what is asked or answered."""
_REPEATED = 0.2
"""And up to which it is an instruction that stands in all records."""
_ASKING_MORE = 0.3
# Names that datasets give to the two sides of an exchange; they are English, and those of other languages tell nothing.
_ASKS = frozenset(
    ("instruction", "input", "inputs", "prompt", "question", "query", "request", "user_message")
)
_ANSWERS = frozenset(
    ("output", "outputs", "response", "completion", "answer", "reply", "target", "targets", "chosen")
)


def propose(items: Sequence[Source]) -> FieldMapping | None:
    """A mapping for some items; ``None`` when nothing in them looks like a conversation.

    Args:
        items: the first objects of a file, one at least.
    """
    columns = columns_of(items)
    proposed = _turns_in_a_list(items) or _turn_per_row(items, columns) or _column_per_turn(columns)
    if proposed is None:
        return None
    used = set(_named(proposed))
    system = _system(columns, used)
    tools = _tools(columns, used)
    used |= {name for name in (system, tools) if name}
    beside = [{name: value for name, value in item.items() if name not in used} for item in items]
    topics = [found.field for found in topic_candidates(beside)]
    topic = _expression(topics[0].split(".")) if topics else None
    return FieldMapping(**proposed, system=system, tools=tools, topic=topic)


def _turns_in_a_list(items: Sequence[Source]) -> Source | None:
    best: tuple[float, Source] | None = None
    for path, lists in lists_in(items).items():
        turns = [turn for one in lists for turn in one]
        if len(lists) < _MOST_FILLED * len(items) or len(turns) < 2 * len(lists):
            continue
        said = _spoken(lists) if all(isinstance(turn, dict) for turn in turns) else None
        if said is None and all(isinstance(turn, str) for turn in turns):
            prose = Column("", turns)
            said = {"role": ["user", "assistant"]} if prose.is_prose else None
        if said is not None:
            length = sum(len(json.dumps(one)) for one in lists) / len(lists)
            if best is None or length > best[0]:
                best = length, {"messages": _expression(path), **said}
    return best[1] if best else None


def _spoken(conversations: Sequence[Sequence[Source]]) -> Source | None:
    """The fields of turns that tell who speaks and what, and what the speakers are called."""
    columns = columns_of([turn for turns in conversations for turn in turns])
    texts = [column for column in columns if column.filled >= _MOST_FILLED and column.variety > _REPEATED]
    speakers = [column for column in columns if _names_speakers(column, conversations)]
    # Of several, the one with names that are known, or with names rather than numbers, or with the fewest.
    speaker = min(
        speakers,
        key=lambda column: (
            not _are_roles(column),
            all(map(str.isdecimal, column.counts)),
            len(column.counts),
        ),
        default=None,
    )
    said = [column for column in texts if column is not speaker and column.is_prose]
    if speaker is None or not said:
        return None
    content = max(said, key=lambda column: column.length)
    found: Source = {
        "role": _expression([speaker.name]),
        "content": _expression([content.name]),
        "roles": _roles(speaker.name, conversations),
    }
    return {key: value for key, value in found.items() if value}


def _are_roles(column: Column) -> bool:
    return all(role_of(name) for name in column.counts)


def _names_speakers(column: Column, conversations: Sequence[Sequence[Source]]) -> bool:
    names = column.counts
    if not 2 <= len(names) <= _MOST_SPEAKERS or names.total() < len(column.values):
        return False
    if max(map(len, names)) > _LONGEST_SPEAKER:
        return False
    if _are_roles(column):
        return True
    said = [[str(turn.get(column.name)) for turn in turns] for turns in conversations]
    pairs = [pair for speakers in said for pair in pairwise(speakers)]
    differ = sum(first != second for first, second in pairs)
    opening = Counter(speakers[0] for speakers in said if speakers).most_common(1)[0][1]
    return bool(pairs) and differ >= _ALTERNATING * len(pairs) and opening >= _ALTERNATING * len(said)


def _roles(field: str, conversations: Sequence[Sequence[Source]]) -> dict[str, str]:
    """The role of each speaker; nothing when all are called as speakers usually are."""
    said = [[str(turn.get(field)).strip() for turn in turns] for turns in conversations]
    known = {name: role_of(name) for speakers in said for name in speakers}
    if all(known.values()):
        return {}
    roles = {name: role for name, role in known.items() if role is not None and role != "call"}
    # Who is left: the one that begins asks; one that only ever begins, once, sets the scene.
    for name in known:
        if name in roles:
            continue
        only_begins = all(speakers.count(name) == (speakers[0] == name) for speakers in said)
        if only_begins and len(known) > 2 and "system" not in roles.values():
            roles[name] = "system"
        else:
            roles[name] = "assistant" if "user" in roles.values() else "user"
    return dict(roles)


def _turn_per_row(items: Sequence[Source], columns: Sequence[Column]) -> Source | None:
    prose = [column for column in columns if column.is_prose and column.variety > _VARIED]
    for key in columns:
        if not 1 <= len(key.counts) <= len(items) / 2 or key.counts.total() < len(items):
            continue
        groups: dict[str, list[Source]] = {}
        for item in items:
            groups.setdefault(str(item.get(key.name)), []).append(item)
        without = [
            [{n: v for n, v in row.items() if n != key.name} for row in rows] for rows in groups.values()
        ]
        said = _spoken(without)
        if said is None:
            continue
        are_known = "roles" not in said
        if are_known or len(prose) == 1:
            order = next(
                (column.name for column in columns if _counts_turns(column.name, list(groups.values()))), None
            )
            numbered = {"order": _expression([order])} if order is not None else {}
            return {"conversation": _expression([key.name]), **numbered, **said}
    return None


def _counts_turns(name: str, conversations: Sequence[Sequence[Source]]) -> bool:
    """Whether a field numbers the turns of each conversation, from the same number on."""
    numbers = [[str(row.get(name, "")).strip() for row in rows] for rows in conversations]
    if not all(number.isdecimal() for rows in numbers for number in rows):
        return False
    are_different = all(len(set(rows)) == len(rows) for rows in numbers)
    return are_different and len({min(map(int, rows)) for rows in numbers}) == 1


def _column_per_turn(columns: Sequence[Column]) -> Source | None:
    prose = [c for c in columns if c.is_prose and c.filled >= _MOST_FILLED and c.variety > _VARIED]
    sides = [_side(column.name) for column in prose]
    several = _alternating(prose, sides)
    if several:
        return {"turns": several}
    if len(prose) < 2:
        short = [
            c
            for c in columns
            if c.texts and c not in prose and c.variety > _VARIED and c.filled >= _MOST_FILLED
        ]
        prose = [
            c for c in columns if c in prose or c in sorted(short, key=lambda c: -c.length)[: 2 - len(prose)]
        ]
    if not prose:
        return None
    if len(prose) == 1:
        return {"turns": [{"user": _expression([prose[0].name])}]}
    known = [next((c for c in prose if _side(c.name) == side), None) for side in ("user", "assistant")]
    asks, answers = known
    rest = sorted((c for c in prose if c not in known), key=lambda c: -c.length)
    if asks is None and answers is None:
        first, second = sorted(rest[:2], key=columns.index)
        is_turned = second.questions - first.questions > _ASKING_MORE
        asks, answers = (second, first) if is_turned else (first, second)
    elif asks is None or answers is None:
        other = rest[0] if rest else None
        asks, answers = asks or other, answers or other
    if asks is None or answers is None:
        return None
    return {"turns": [{"user": _expression([asks.name])}, {"assistant": _expression([answers.name])}]}


def _alternating(prose: Sequence[Column], sides: Sequence[str | None]) -> list[dict[str, str]]:
    """A turn for each of four or more columns that are by turns one side's and the other's; nothing otherwise."""
    if len(prose) < 4:
        return []
    by_name = all(side == ("user", "assistant")[number % 2] for number, side in enumerate(sides))
    by_marks = all(
        first.questions - second.questions > _ASKING_MORE
        for first, second in zip(prose[::2], prose[1::2], strict=False)
    )
    if not by_name and not (by_marks and len(prose) % 2 == 0):
        return []
    return [
        {("user", "assistant")[number % 2]: _expression([column.name])} for number, column in enumerate(prose)
    ]


def _side(name: str) -> str | None:
    """Whose turn a column holds by its name, numbers at its end left aside."""
    plain = name.strip().lower().rstrip("0123456789_- ")
    if plain in _ASKS:
        return "user"
    role = "assistant" if plain in _ANSWERS else role_of(plain)
    return role if role in ("user", "assistant") else None


def _system(columns: Sequence[Column], used: set[str]) -> str | None:
    fit = [
        column
        for column in columns
        if column.name not in used
        and column.is_prose
        and column.variety <= _REPEATED
        and column.filled > _MOST_FILLED
    ]
    longest = max(fit, key=lambda column: column.length, default=None)
    if longest is None or longest.length <= _LONGEST_SPEAKER:
        return None
    return _expression([longest.name])


def _tools(columns: Sequence[Column], used: set[str]) -> str | None:
    for column in columns:
        values = [value for value in column.values if value]
        if column.name not in used and values and all(map(_are_tools, values)):
            return _expression([column.name])
    return None


def _are_tools(value: Any) -> bool:
    try:
        value = parse_value(value) if isinstance(value, str) else value
        tools = read_tools(value) if isinstance(value, list) and value else []
    except Refused:
        return False
    return bool(tools) and all(
        isinstance(tool, dict) and isinstance(tool.get("function"), dict) for tool in tools
    )


def _named(proposed: Source) -> Iterable[str]:
    """The fields of an item that a proposal uses."""
    for turn in proposed.get("turns", ()):
        yield from turn.values()
    if "conversation" in proposed:
        yield from (
            proposed[part] for part in ("conversation", "order", "role", "content") if part in proposed
        )
    if "messages" in proposed:
        yield proposed["messages"].split(".")[0].strip('"')


def _expression(path: Sequence[str]) -> str:
    """A path of names in JMESPath; a single name as it stands."""
    if len(path) == 1:
        return path[0]
    return ".".join(name if _IDENTIFIER.fullmatch(name) else json.dumps(name) for name in path)
