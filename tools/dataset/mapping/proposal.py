"""Proposing a mapping from the values of a file's first items; names only decide where values do not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..formats.json_text.json_line import parse_value
from ..formats.refusal import Refused
from ..formats.turns.roles import role_of
from ..formats.turns.tool_declarations import read_tools
from ..topic_candidates import topic_candidates
from ..topic_label import value_at
from .columns import Column, columns_of, lists_in
from .field_mapping import FieldMapping

Source = dict[str, Any]
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_SPEAKERS = 6
_LONGEST_SPEAKER = 40
_SPEAKS = 2
"""Turns of a speaker, on average, from which a name that is no known role is one."""
_ALTERNATING = 0.6
"""Share of neighbouring turns with different speakers, from which a field tells who speaks."""
_MOST_FILLED = 0.5
_VARIED = 0.5
"""Different texts per text, from which a column is what is asked or answered."""
_REPEATED = 0.2
"""And up to which it is an instruction that stands in all records."""
_ASKING_MORE = 0.3
_SIDES = ("user", "assistant")
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
    proposed = _turns_in_a_list(items) or _turn_per_row(items, columns)
    if proposed is None and len(items) > 1:  # which texts are said shows in how they vary
        proposed = _column_per_turn(columns)
    if proposed is None:
        return None
    left = [column for column in columns if _expression(column.path) not in _said(proposed)]
    system = _system(left)
    tools = _tools([column for column in left if column is not system])
    fields = {column.field: column for column in left if column not in (system, tools)}
    topics = [fields[found.field] for found in topic_candidates(items) if found.field in fields]
    beside = {"system": system, "tools": tools, "topic": topics[0] if topics else None}
    named = {part: _expression(column.path) for part, column in beside.items() if column is not None}
    return FieldMapping.model_validate({**proposed, **named})


def _turns_in_a_list(items: Sequence[Source]) -> Source | None:
    best: tuple[float, Source] | None = None
    for path, lists in lists_in(items).items():
        turns = [turn for one in lists for turn in one]
        if len(lists) < _MOST_FILLED * len(items) or len(turns) < 2 * len(lists):
            continue
        said = _spoken(lists) if all(isinstance(turn, dict) for turn in turns) else None
        if said is None and all(isinstance(turn, str) for turn in turns):
            prose = Column(("",), turns)
            said = {"role": ["user", "assistant"]} if prose.is_prose else None
        if said is not None:
            length = sum(len(json.dumps(one)) for one in lists) / len(lists)
            if best is None or length > best[0]:
                best = length, {"messages": _expression(path), **said}
    return best[1] if best else None


def _spoken(conversations: Sequence[Sequence[Source]], but: tuple[str, ...] = ()) -> Source | None:
    """The fields of turns that tell who speaks and what, and what the speakers are called; ``but`` is none of them."""
    turns = [turn for turns in conversations for turn in turns]
    columns = [column for column in columns_of(turns) if column.path != but]
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
        "role": _expression(speaker.path),
        "content": _expression(content.path),
        "roles": _roles(speaker.path, conversations),
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
    if names.total() < _SPEAKS * len(names):  # ids of the turns, or of the conversations of a list of those
        return False
    said = [[str(value_at(turn, column.path)) for turn in turns] for turns in conversations]
    pairs = [pair for speakers in said for pair in pairwise(speakers)]
    differ = sum(first != second for first, second in pairs)
    opening = Counter(speakers[0] for speakers in said if speakers).most_common(1)[0][1]
    return bool(pairs) and differ >= _ALTERNATING * len(pairs) and opening >= _ALTERNATING * len(said)


def _roles(path: Sequence[str], conversations: Sequence[Sequence[Source]]) -> dict[str, str]:
    """The role of each speaker; nothing when all are called as speakers usually are."""
    said = [[str(value_at(turn, path)).strip() for turn in turns] for turns in conversations]
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
    prose = [column for column in columns if column.is_prose and column.variety > _REPEATED]
    for key in columns:
        if not 1 <= len(key.counts) <= len(items) / 2 or key.counts.total() < len(items):
            continue
        groups: dict[str, list[Source]] = {}
        for item in items:
            groups.setdefault(str(value_at(item, key.path)), []).append(item)
        rows = list(groups.values())
        said = _spoken(rows, but=key.path)
        # Names of speakers that nobody knows prove little where there is more than one text.
        if said is not None and ("roles" not in said or len(prose) == 1):
            order = next((column for column in columns if _counts_turns(column, rows)), None)
            numbered = {"order": _expression(order.path)} if order is not None else {}
            return {"conversation": _expression(key.path), **numbered, **said}
    return None


def _counts_turns(column: Column, conversations: Sequence[Sequence[Source]]) -> bool:
    """Whether a field numbers the turns of each conversation, from the same number on."""
    numbers = [[str(value_at(row, column.path)).strip() for row in rows] for rows in conversations]
    if not all(number.isdecimal() for rows in numbers for number in rows):
        return False
    are_different = all(len(set(rows)) == len(rows) for rows in numbers)
    return are_different and len({min(map(int, rows)) for rows in numbers}) == 1


def _column_per_turn(columns: Sequence[Column]) -> Source | None:
    prose = [column for column in columns if column.is_prose and column.filled >= _MOST_FILLED]
    several = _alternating(prose)
    if several:
        return {"turns": several}
    varied = [column for column in prose if column.variety > _VARIED]
    if len(varied) < 2:  # short answers are no prose
        short = [c for c in columns if c.is_text and c not in prose and c.variety > _VARIED]
        varied += sorted(short, key=lambda column: -column.length)[: 2 - len(varied)]
        varied.sort(key=columns.index)
    if len(varied) < 2:
        return {"turns": [{"user": _expression(varied[0].path)}]} if varied else None
    asks, answers = _sides_of(varied)
    return {"turns": [{"user": _expression(asks.path)}, {"assistant": _expression(answers.path)}]}


def _sides_of(texts: Sequence[Column]) -> tuple[Column, Column]:
    """Which of two or more columns is asked and which answered: by name, by length, by question marks, by order."""
    by_length = sorted(texts, key=lambda column: -column.length)
    asks = next((column for column in texts if _side(column.name) == "user"), None)
    answers = next((column for column in texts if _side(column.name) == "assistant"), None)
    if asks is None and answers is None:
        first, second = sorted(by_length[:2], key=texts.index)
        is_turned = second.questions - first.questions > _ASKING_MORE
        return (second, first) if is_turned else (first, second)
    asks = asks or next(column for column in by_length if column is not answers)
    return asks, answers or next(column for column in by_length if column is not asks)


def _alternating(prose: Sequence[Column]) -> list[dict[str, str]]:
    """A turn for each of four or more columns that are by turns one side's and the other's; nothing otherwise."""
    named = [column for column in prose if _side(column.name) is not None]
    by_name = all(_side(column.name) == _SIDES[number % 2] for number, column in enumerate(named))
    by_marks = len(prose) % 2 == 0 and all(
        first.questions - second.questions > _ASKING_MORE
        for first, second in zip(prose[::2], prose[1::2], strict=False)
    )
    turns = named if by_name and len(named) >= 4 else prose if by_marks and len(prose) >= 4 else []
    return [{_SIDES[number % 2]: _expression(column.path)} for number, column in enumerate(turns)]


def _side(name: str) -> str | None:
    """Whose turn a column holds by its name, numbers at its end left aside."""
    plain = name.strip().lower().rstrip("0123456789_- ")
    if plain in _ASKS:
        return "user"
    role = "assistant" if plain in _ANSWERS else role_of(plain)
    return role if role in _SIDES else None


def _system(columns: Sequence[Column]) -> Column | None:
    """The column with an instruction that stands in all records, or in many."""
    fit = [c for c in columns if c.is_prose and c.variety <= _REPEATED and c.filled > _MOST_FILLED]
    longest = max(fit, key=lambda column: column.length, default=None)
    return longest if longest is not None and longest.length > _LONGEST_SPEAKER else None


def _tools(columns: Sequence[Column]) -> Column | None:
    for column in columns:
        values = [value for value in column.values if value]
        if values and all(map(_are_tools, values)):
            return column
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


def _said(proposed: Source) -> set[str]:
    """The expressions of a proposal."""
    parts = (proposed.get(part) for part in ("messages", "conversation", "order", "role", "content"))
    return {text for turn in proposed.get("turns", ()) for text in turn.values()} | {
        part for part in parts if isinstance(part, str)
    }


def _expression(path: Sequence[str]) -> str:
    """A path of names in JMESPath; a single name as it stands."""
    if len(path) == 1:
        return path[0]
    return ".".join(name if _IDENTIFIER.fullmatch(name) else json.dumps(name) for name in path)
