"""Turns in any other spelling: an item with one list whose objects have a known speaker and say something.

Who speaks is told by `roles`, what is said by `content_parts`; `Conversation` knows the keys. This is the last layout
that is asked, so what is particular to a vendor is read before. Where two lists could be the conversation, the item
is refused, with their names.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, shown
from ..turns.conversation import CONTENTS, are_turns, body_of_turns, is_turn, says_something, speaker_of
from ..turns.roles import role_of

Source = dict[str, Any]
NAME = "turns"
_USUAL = (
    "messages",
    "conversations",
    "conversation",
    "turns",
    "dialogue",
    "dialog",
    "chat",
    "transcript",
    "thread",
)


_PEOPLE = ("parties", "participants", "Participants")
_IDS = ("id", "ParticipantId", "participant_id", "participantId", "user_id", "userId")
_ROLE_KEYS = ("role", "ParticipantRole", "type")
_NAMED = 4


def recognise(source: Source) -> str | None:
    """What makes a record a list of turns; ``None`` when it is not."""
    keys = _keys(source)
    return f"`{keys[0]}` with speakers" if keys else None


def to_chat(source: Source) -> Source:
    """The body of such a record; raises `Refused`."""
    keys = _fullest(_keys(source), source)
    if not keys:
        raise Refused("no_messages", "no list of turns")
    if len(keys) > 1:
        names = " and ".join(map(shown, keys))
        raise Refused("unsupported_format", f"{names} are lists of turns: leave one, or name it `messages`")
    key = keys[0]
    turns = [turn for turn in source[key] if says_something(turn) and not _is_event(turn, source[key])]
    _check_told_apart(key, turns)
    extra = {key: source[key]} if len(turns) < len(source[key]) else None
    return body_of_turns(NAME, source, _with_assistant(_named(turns, source)), {key}, extra=extra)


def _fullest(keys: list[str], source: Source) -> list[str]:
    """The keys; where one of the lists says all that the others do and more, its key alone."""
    texts = {key: {str(said) for turn in source[key] for said in _texts(turn)} for key in keys}
    return next(([key] for key in keys if all(texts[other] <= texts[key] for other in keys)), keys)


def _texts(turn: Any) -> list[Any]:
    said = [turn.get(key) for key in (*CONTENTS, "name", "arguments")] if isinstance(turn, dict) else []
    return [value for value in said if isinstance(value, str)]


def _is_event(turn: Any, turns: list[Any]) -> bool:
    """Whether an object among turns is something else that happened, by the field that tells who speaks in others."""
    if not isinstance(turn, dict) or "event" not in turn:
        return False
    key, _, role = speaker_of(turn)
    return key == "event" and role is None and any(speaker_of(t)[0] == "event" and is_turn(t) for t in turns)


def _check_told_apart(key: str, turns: list[Any]) -> None:
    """Refuse turns that are all of users, by two names: one of them answers, as those who work there are users too."""
    found = [speaker_of(turn) for turn in turns if isinstance(turn, dict)]
    names = list(dict.fromkeys(name.lower() for _, name, role in found if name and role == "user"))
    if len(names) > 1 and {role for _, _, role in found} <= {"user", None}:
        who = " and ".join(map(shown, names[:_NAMED]))
        raise Refused("bad_message", f"`{key}`: {who} speak, and which of them is the assistant is not known")


def unknown_speakers(source: Source) -> str | None:
    """What is wrong with an item whose list of turns has speakers that nobody knows; ``None`` when it has none."""
    for key, value in source.items():
        said = [turn for turn in value if isinstance(turn, dict)] if isinstance(value, list) else []
        found = [speaker_of(turn) for turn in said if says_something(turn)]
        names = list(dict.fromkeys(name for _, name, role in found if name is not None and role is None))
        if names and len(found) == len(value) and all(speaker for speaker, _, _ in found):
            who = ", ".join(map(shown, names[:_NAMED]))
            asked = f"which of {who} is the user and which the assistant is not known"
            return f"`{key}`: {asked}; write that in `{found[0][0]}`"
    return None


def _named(turns: list[Any], source: Source) -> list[Any]:
    """Turns whose speaker is told by number or id, with the role that the list of the participants gives it."""
    people: dict[Any, str] = {}
    for field in _PEOPLE:
        held = source.get(field)
        for number, person in enumerate(held if isinstance(held, list) else []):
            given = [person[key] for key in _ROLE_KEYS if key in person] if isinstance(person, dict) else []
            role = next((name for name in given if role_of(name)), None)
            if role is not None:
                ids = [person[key] for key in _IDS if isinstance(person.get(key), str | int)]
                people |= dict.fromkeys([number, *ids], role)
    if not people:
        return turns
    return [turn if is_turn(turn) else _with_role(turn, people) for turn in turns]


def _with_role(turn: Source, people: dict[Any, str]) -> Source:
    for key in (*_PEOPLE, *_IDS, "party", "speaker", "sender_id", "user"):
        told = turn.get(key)
        told = told[0] if isinstance(told, list) and len(told) == 1 else told
        if isinstance(told, str | int) and told in people:
            return {"role": people[told], **turn}
    return turn


def _with_assistant(turns: list[Any]) -> list[Any]:
    """Turns of a user and a dialogue system, as research writes them: that system is the assistant."""
    found = [speaker_of(turn) for turn in turns if isinstance(turn, dict)]
    roles = [role for _, _, role in found]
    if "assistant" in roles or "user" not in roles or "system" not in roles[roles.index("user") :]:
        return turns
    return [
        {**turn, key: "assistant"} if role == "system" else turn
        for turn, (key, _, role) in zip(turns, found, strict=True)
    ]


def _keys(source: Source) -> list[str]:
    """The keys of the lists that may be the conversation: the usual name alone, where one has it."""
    keys = [key for key, value in source.items() if isinstance(value, list) and _holds_turns(value, source)]
    usual = [key for name in _USUAL for key in keys if key.lower() == name]
    return usual[:1] or keys


def _holds_turns(value: list[Any], source: Source) -> bool:
    said = [turn for turn in value if says_something(turn)]
    return all(isinstance(turn, dict) for turn in value) and are_turns(_named(said, source))
