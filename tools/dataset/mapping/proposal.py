"""Proposing a mapping from the values of a file's first items; names only decide where values do not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..formats.json_text.json_line import parse_value
from ..formats.refusal import Refused, shown
from ..formats.turns.roles import role_of
from ..formats.turns.tool_declarations import read_tools
from ..topic_candidates import topic_candidates
from ..topic_label import value_at
from .columns import Column, columns_of, lists_in
from .field_mapping import LEAVE_OUT, RECORD_KEY, FieldMapping
from .names_before_text import names_in, turns_with_names

Source = dict[str, Any]
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGIT = re.compile(r"[0-9_]")
_NUMBER_AT_END = re.compile(r"[0-9]{1,3}\Z")
_MOST_SPEAKERS = 6
_LONGEST_SPEAKER = 40
_SPEAKS = 2
"""Turns of a speaker, on average, from which a name that is no known role is one."""
_ALTERNATING = 0.6
"""Share of neighbouring turns with different speakers, from which a field tells who speaks."""
_MOST_FILLED = 0.5
_ALL_FILLED = 0.95
_FEW_KEYS = 2
"""So few keys of an object are names of fields, not of records."""
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
_KINDS = dict.fromkeys(_ASKS, "user") | dict.fromkeys(_ANSWERS, "assistant")
_BETWEEN_WORDS = re.compile(r"[_\W]+")


@dataclass(frozen=True)
class Proposed:
    """A mapping that values suggest.

    Attributes:
        mapping: it.
        doubts: what of it is a guess, for the person who knows the data.
    """

    mapping: FieldMapping
    doubts: tuple[str, ...] = ()


def propose(items: Sequence[Source]) -> Proposed | None:
    """A mapping for some items; ``None`` when nothing in them looks like a conversation.

    Args:
        items: the first objects of a file, one at least.
    """
    return (_records_of_one(items[0]) if len(items) == 1 else None) or _of_records(items)


def _of_records(items: Sequence[Source]) -> Proposed | None:
    columns = columns_of(items)
    doubts: list[str] = []
    are_named = {_side(column.name) for column in columns if column.is_prose} >= {*_SIDES}
    proposed = _turns_in_a_list(items, doubts, of_texts=not are_named) or _turn_per_row(
        items, columns, doubts
    )
    if proposed is None:
        proposed = _transcript(columns, doubts)
    if proposed is None and len(items) > 1:  # which texts are said shows in how they vary
        proposed = _column_per_turn(columns, doubts)
    if proposed is None:
        return None
    left = [column for column in columns if _expression(column.path) not in _said(proposed)]
    system = _system(left)
    tools = _tools([column for column in left if column is not system])
    fields = {column.field: column for column in left if column not in (system, tools)}
    topics = [fields[found.field] for found in topic_candidates(items) if found.field in fields]
    beside = {"system": system, "tools": tools, "topic": topics[0] if topics else None}
    named = {part: _expression(column.path) for part, column in beside.items() if column is not None}
    return Proposed(FieldMapping.model_validate({**proposed, **named}), tuple(doubts))


def _records_of_one(item: Source) -> Proposed | None:
    """A mapping for the records that one object holds: in a list, or one under each key."""
    named = list(item.values())
    found: list[tuple[str, Sequence[Any]]] = [
        (_expression(path), one) for path, lists in lists_in([item]).items() for one in lists
    ]
    if len(named) > _FEW_KEYS and all(isinstance(value, type(named[0])) for value in named):
        found.insert(0, ("values(@)", named))
    for expression, values in sorted(found, key=lambda one: -len(one[1])):
        are_lists = all(isinstance(value, list) and value for value in values)
        if len(values) < 2 or not (are_lists or all(isinstance(value, dict) for value in values)):
            continue
        if not are_lists and _spoken([values], []) is not None:  # they are turns
            continue
        proposed = _of_records([{RECORD_KEY: value} if are_lists else value for value in values])
        if proposed is None or len(proposed.mapping.turns) == 1:
            continue
        mapping = proposed.mapping.model_copy(update={"records": expression})
        doubts = proposed.doubts
        if mapping.turns:
            doubts += (
                f"{expression} holds {len(values)} objects: is each a conversation, as it stands here, or all one?",
            )
        return Proposed(mapping, doubts)
    return None


def _turns_in_a_list(items: Sequence[Source], doubts: list[str], *, of_texts: bool) -> Source | None:
    best: tuple[float, Source, list[str]] | None = None
    for path, lists in lists_in(items).items():
        turns = [turn for one in lists for turn in one]
        if len(lists) < _MOST_FILLED * len(items):
            continue
        own: list[str] = []
        said = None
        if turns and all(isinstance(turn, dict) for turn in turns):
            are_many = len(turns) >= 2 * len(lists)
            said = (_spoken(lists, own) if are_many else None) or _exchanges(path, lists)
        elif of_texts and len(turns) >= 2 * len(lists) and all(isinstance(turn, str) for turn in turns):
            said = _texts_in_turn(_expression(path), turns, lists, own)
        if said is not None:
            length = sum(len(json.dumps(one)) for one in lists) / len(lists)
            if best is None or length > best[0]:
                best = length, {"messages": _expression(path), **said}, own
    if best is None:
        return None
    doubts += best[2]
    return best[1]


def _texts_in_turn(
    name: str, texts: Sequence[str], lists: Sequence[Sequence[str]], doubts: list[str]
) -> Source | None:
    """The roles of a list of texts that are said in turn, the user first; nothing where they are no prose."""
    if not Column(("",), texts).is_prose:
        return None
    if not all(len(one) % 2 == 0 for one in lists):
        doubts.append(f"{name} is a list of texts: do user and assistant say them in turn, the user first?")
    return {"role": list(_SIDES)}


def _exchanges(path: Sequence[str], lists: Sequence[Sequence[Source]]) -> Source | None:
    """The turns of a list of exchanges, each an object with a question and its answer."""
    columns = columns_of([pair for one in lists for pair in one])
    texts = [column for column in columns if column.is_prose and column.filled >= _ALL_FILLED]
    if len(texts) < 2 or any(len(column.path) > 1 for column in texts):
        return None
    own: list[str] = []
    asks, answers = _sides_of(texts, own)
    if own:  # documents have a title and a text too
        return None
    pair = f"[{_quoted(asks.name)}, {_quoted(answers.name)}]"
    return {"messages": f"{_expression(path)}[].{pair}[]", "role": list(_SIDES)}


def _spoken(
    conversations: Sequence[Sequence[Source]], doubts: list[str], but: tuple[str, ...] = ()
) -> Source | None:
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
    roles, is_guess = _roles(
        [[str(value_at(turn, speaker.path)).strip() for turn in turns] for turns in conversations]
    )
    if is_guess:
        doubts.append(_who_is_who(roles))
    found: Source = {
        "role": _expression(speaker.path),
        "content": _expression(content.path),
        "roles": roles,
    }
    return {key: value for key, value in found.items() if value}


def holds_turns(lists: Sequence[Sequence[Any]]) -> bool:
    """Whether lists of objects read like turns, or like questions with their answers."""
    turns = [turn for one in lists for turn in one]
    if not turns or not all(isinstance(turn, dict) for turn in turns):
        return False
    if len(turns) >= 2 * len(lists) and _spoken(lists, []) is not None:
        return True
    return _exchanges(("",), lists) is not None


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
    if all(map(str.isdecimal, names)) and _counts_turns(column, conversations):
        return False
    if names.total() < _SPEAKS * len(names):  # ids of the turns, or of the conversations of a list of those
        return False
    said = [[str(value_at(turn, column.path)) for turn in turns] for turns in conversations]
    pairs = [pair for speakers in said for pair in pairwise(speakers)]
    differ = sum(first != second for first, second in pairs)
    opening = Counter(speakers[0] for speakers in said if speakers).most_common(1)[0][1]
    return bool(pairs) and differ >= _ALTERNATING * len(pairs) and opening >= _ALTERNATING * len(said)


def _roles(said: Sequence[Sequence[str]]) -> tuple[dict[str, str], bool]:
    """The role of each speaker, and whether that is a guess; nothing when all are called as speakers usually are.

    Args:
        said: the names of those who speak in each conversation, turn by turn.
    """
    known = {name: role_of(name) for speakers in said for name in speakers}
    if all(known.values()):
        return {}, False
    roles: dict[str, str] = {
        name: role for name, role in known.items() if role is not None and role != "call"
    }
    unknown = [name for name in known if name not in roles]
    is_other = len(unknown) == 1 and sorted({*_SIDES} - {*roles.values()}) in (["assistant"], ["user"])
    if is_other:
        (roles[unknown[0]],) = {*_SIDES} - {*roles.values()}
        return dict(roles), False
    # Who is left: the one that begins asks; one that only ever begins, once, sets the scene.
    for name in unknown:
        only_begins = all(speakers.count(name) == (speakers[0] == name) for speakers in said)
        if only_begins and len(known) > 2 and "system" not in roles.values():
            roles[name] = "system"
        else:
            roles[name] = "assistant" if "user" in roles.values() else "user"
    return dict(roles), True


def _who_is_who(roles: Mapping[str, str]) -> str:
    named = ", ".join(f"{shown(name)} {role}" for name, role in roles.items())
    return f"who is the user and who the assistant? That who begins asks is a guess: {named}"


def _transcript(columns: Sequence[Column], doubts: list[str]) -> Source | None:
    """The field that holds whole conversations as one text, with the names of those who speak in it."""
    for column in columns:
        names = names_in(column.texts) if column.filled >= _MOST_FILLED else []
        if not names:
            continue
        said = [[name for name, _ in turns_with_names(text, names)] for text in column.texts]
        roles, is_guess = _roles([speakers for speakers in said if speakers])
        if is_guess:
            doubts.append(_who_is_who(roles))
        named = roles or {name: str(role_of(name)) for name in names}
        notices = [name for name, role in named.items() if role == "system"]
        if notices:
            doubts.append(f"is what {shown(notices[0])} says an instruction, or a notice to {LEAVE_OUT}?")
        return {
            "transcript": _expression(column.path),
            "roles": named,
        }
    return None


def _turn_per_row(items: Sequence[Source], columns: Sequence[Column], doubts: list[str]) -> Source | None:
    prose = [column for column in columns if column.is_prose and column.variety > _REPEATED]
    for key in columns:
        if not 1 <= len(key.counts) <= len(items) / 2 or key.counts.total() < len(items):
            continue
        groups: dict[str, list[Source]] = {}
        for item in items:
            groups.setdefault(str(value_at(item, key.path)), []).append(item)
        rows = list(groups.values())
        own: list[str] = []
        said = _spoken(rows, own, but=key.path)
        # Names of speakers that nobody knows prove little where there is more than one text.
        if said is not None and ("roles" not in said or len(prose) == 1):
            order = next((column for column in columns if _counts_turns(column, rows)), None)
            doubts += own
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


def _column_per_turn(columns: Sequence[Column], doubts: list[str]) -> Source | None:
    if numbered := _numbered(columns, doubts):
        return {"turns": numbered}
    prose = [column for column in columns if column.is_prose and column.filled >= _MOST_FILLED]
    several = _alternating(prose)
    if several:
        return {"turns": several}
    varied = [column for column in prose if column.variety > _VARIED]
    if len(varied) < 2:  # short answers are no prose
        short = [
            c for c in columns if c.is_text and c not in prose and c.variety > _VARIED and not _are_codes(c)
        ]
        varied += sorted(short, key=lambda column: -column.length)[: 2 - len(varied)]
        varied.sort(key=columns.index)
    if len(varied) < 2:
        if not varied:
            return None
        doubts.append(f"nobody answers {varied[0].field}: is it all that is said?")
        return {"turns": [{"user": _expression(varied[0].path)}]}
    asks, answers = _sides_of(varied, doubts)
    return {"turns": [{"user": _expression(asks.path)}, {"assistant": _expression(answers.path)}]}


def _are_codes(column: Column) -> bool:
    """Whether most of the texts are one word with a digit or an underscore in it, as ids are."""
    codes = sum(len(text.split(maxsplit=1)) == 1 and bool(_DIGIT.search(text)) for text in column.texts)
    return codes > len(column.texts) / 2


def _numbered(columns: Sequence[Column], doubts: list[str]) -> list[dict[str, str]]:
    """A turn for each column of those with a number at their end, in the order of the numbers; nothing without them.

    Later turns are there in fewer records, so that how many have them says nothing.
    """
    found: dict[int, list[tuple[str, Column]]] = {}
    for column in columns:
        number = _NUMBER_AT_END.search(column.name)
        if number and column.texts and (column.is_prose or column.variety > _VARIED):
            stem = column.name[: number.start()].strip(" _-.").lower()
            found.setdefault(int(number[0]), []).append((stem, column))
    stems = list(dict.fromkeys(stem for number in sorted(found) for stem, _ in found[number]))
    numbers = sorted(found)
    if len(numbers) < 2 or numbers != list(range(numbers[0], numbers[-1] + 1)) or len(stems) > len(_SIDES):
        return []
    if any(len(found[number]) < len(stems) for number in numbers[:-1]):
        return []
    turns = [column for number in numbers for _, column in found[number]]
    others = [column for column in columns if column.is_prose and column not in turns]
    if sum(map(_characters, turns)) < sum(map(_characters, others)):
        return []
    sides = [_side(stem) for stem in stems]
    if len(stems) == 1:
        if not _asks_first(turns):
            doubts.append(
                f"do user and assistant say {turns[0].field}, {turns[1].field}, … in turn, the user first?"
            )
        sides = list(_SIDES)
    elif set(sides) != set(_SIDES):
        asks, answers = (
            next(column for stem, column in found[numbers[0]] if stem == wanted) for wanted in stems
        )
        user = stems[0] if _sides_of([asks, answers], doubts)[0] is asks else stems[1]
        sides = ["user" if stem == user else "assistant" for stem in stems]
    if len(stems) == 1:
        return [{str(sides[number % 2]): _expression(column.path)} for number, column in enumerate(turns)]
    by_stem = dict(zip(stems, sides, strict=True))
    return [
        {str(by_stem[stem]): _expression(column.path)}
        for number in numbers
        for stem, column in sorted(found[number], key=lambda one: by_stem[one[0]] != "user")
    ]


def _characters(column: Column) -> int:
    return sum(map(len, column.texts))


def _asks_first(turns: Sequence[Column]) -> bool:
    """Whether the first, third, … of some columns ask questions, and the others do not."""
    return len(turns) > 1 and all(
        first.questions - second.questions > _ASKING_MORE
        for first, second in zip(turns[::2], turns[1::2], strict=False)
    )


def _sides_of(texts: Sequence[Column], doubts: list[str]) -> tuple[Column, Column]:
    """Which of two or more columns is asked and which answered: by name, by length, by question marks, by order."""
    by_length = sorted(texts, key=lambda column: -column.length)
    asks = next((column for column in texts if _side(column.name) == "user"), None)
    answers = next((column for column in texts if _side(column.name) == "assistant"), None)
    if asks is None and answers is None:
        first, second = sorted(by_length[:2], key=texts.index)
        asked = second.questions - first.questions
        asks, answers = (second, first) if asked > _ASKING_MORE else (first, second)
        is_sure = len(texts) == 2 and abs(asked) > _ASKING_MORE
    else:
        is_sure = len(texts) == 2 or (asks is not None and answers is not None)
        asks = asks or next(column for column in by_length if column is not answers)
        answers = answers or next(column for column in by_length if column is not asks)
    if not is_sure:
        doubts.append(f"is {asks.field} what the user says, and {answers.field} what the assistant answers?")
    return asks, answers


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
    words = [word for word in _BETWEEN_WORDS.split(plain) if word]
    people = {role for word in (plain, *words) if (role := role_of(word)) in _SIDES}
    if len(people) == 1:
        return str(*people)
    sides = {side for word in (plain, *words) if (side := _KINDS.get(word))}
    return str(*sides) if len(sides) == 1 and not people else None


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
    parts = (
        proposed.get(part) for part in ("messages", "conversation", "order", "transcript", "role", "content")
    )
    return {text for turn in proposed.get("turns", ()) for text in turn.values()} | {
        part for part in parts if isinstance(part, str)
    }


def _expression(path: Sequence[str]) -> str:
    """A path of names in JMESPath; a single name as it stands."""
    if len(path) == 1:
        return path[0]
    return ".".join(map(_quoted, path))


def _quoted(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)
