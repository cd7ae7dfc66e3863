"""Reading items of a file by a mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..formats.items.raw_objects import BadItem, RawObject
from ..formats.items.turn_rows import TurnsWaiting, beside_turns
from ..formats.json_text.json_line import parse_value
from ..formats.json_text.lenient_json import read_leniently
from ..formats.layouts.openai_chat import check_chat
from ..formats.refusal import Refused, shown
from ..formats.registry import Format, Reading
from ..formats.turns.chat_body import chat_body
from ..formats.turns.conversation import Conversation
from ..formats.turns.roles import NAMES_BEFORE_TEXT, role_of
from ..formats.turns.tool_declarations import read_tools
from ..topic_label import DEFAULT_FIELD
from .expression import Expression, given
from .field_mapping import ANY_OTHER, LEAVE_OUT, RECORD_KEY, FieldMapping
from .names_before_text import turns_with_names

Source = dict[str, Any]
NAME = "mapping"
_ROWS = "rows"
"""Where the rows of a conversation stand that was put together."""


class MappingReader:
    """Reads items of a file as a mapping says.

    Attributes:
        mapping: it.
        left_out: what of the file it leaves out, in words, with how often.
    """

    def __init__(self, mapping: FieldMapping) -> None:
        self.mapping = mapping
        self._speakers = {name.strip().lower(): role for name, role in mapping.roles.items()}
        self._turns = [
            (role, Expression(f"turns[{number}].{role}", text))
            for number, turn in enumerate(mapping.turns, start=1)
            for role, text in turn.items()
        ]
        self._messages = self._expression("messages")
        self._conversation = self._expression("conversation")
        self._order = self._expression("order")
        self._records = self._expression("records")
        self._where = self._expression("where")
        self.left_out: Counter[str] = Counter()
        self._transcript = self._expression("transcript")
        self._role = self._expression("role") if isinstance(mapping.role, str) else None
        self._content = Expression("content", mapping.content)
        self._system = self._expression("system")
        self._tools = self._expression("tools")
        self._topic = self._expression("topic")

    def _expression(self, part: str) -> Expression | None:
        text = getattr(self.mapping, part)
        return Expression(part, text) if text is not None else None

    @property
    def topic_field(self) -> str:
        """The field that holds the topic before it is read; empty when the mapping names none."""
        return self.mapping.topic or ""

    def items(self, items: Iterator[RawObject | BadItem]) -> Iterator[RawObject | BadItem]:
        """The items to read: those of the file, or those that they hold, or all rows of a conversation as one."""
        if self._records is not None:
            items = _held(items, self._records)
        if self._where is not None:
            items = self._those_where(items, self._where)
        if self._conversation is None:
            yield from items
            return
        waiting = TurnsWaiting()
        for item in items:
            if isinstance(item, BadItem):
                yield item
                continue
            try:
                of = self._conversation.find(item.value)
                if of is None or of == "":
                    raise Refused("bad_message", f"{self._conversation} gave nothing: whose turn is it?")
            except Refused as refused:
                yield BadItem(item.place, refused)
            else:
                waiting.add(of, item.place, item.value)
        order = self._order
        for place, rows in waiting.conversations(lambda row: order.find(row) if order else None):
            yield RawObject(place, None, {_ROWS: rows})

    def _those_where(
        self, items: Iterator[RawObject | BadItem], where: Expression
    ) -> Iterator[RawObject | BadItem]:
        for item in items:
            try:
                is_wanted = isinstance(item, BadItem) or where.find(item.value) not in (
                    None,
                    False,
                    "",
                    [],
                    {},
                )
            except Refused as refused:
                yield BadItem(item.place, refused)
                continue
            if is_wanted:
                yield item
            else:
                self.left_out[f"an item that the mapping leaves out ({where})"] += 1

    def parts(self, value: Source) -> Sequence[Source]:
        """The objects of the file that an item is made of."""
        return value[_ROWS] if self._conversation is not None else (value,)

    def read(self, value: Source) -> Reading:
        """An item as OpenAI chat, with the checks that every record has to pass; raises `Refused`."""
        body = self.to_chat(value)
        check_chat(body)
        return Reading(
            body, Format(NAME, "your mapping", lambda _: None, self.to_chat), "as the mapping says"
        )

    def to_chat(self, value: Source) -> Source:
        """The body of a record: what the mapping names, and all else of the item beside it.

        Raises:
            Refused: an expression gave something that cannot be used; it is named with what it gave.
        """
        source = beside_turns(value[_ROWS], ()) if self._conversation is not None else value
        messages = self._read_messages(value, source)
        rest = source
        for expression in self._of_conversation():
            rest = expression.taken_from(rest)
        if not messages:
            raise Refused("no_messages", "the mapping leaves out all of its turns")
        if any(message["role"] == "tool" and not message.get("tool_call_id") for message in messages):
            messages = _with_call_ids(messages)
        if self._system is not None and messages[0]["role"] not in ("system", "developer"):
            said = self._system.find(source)
            if said not in (None, ""):
                messages.insert(0, {"role": "system", "content": self._system.text_in(source)})
            rest = self._system.taken_from(rest)
        tools = None
        if self._tools is not None:
            found = self._tools.find(source)
            try:
                tools = read_tools(None if isinstance(found, str) and not found.strip() else found)
            except Refused as refused:
                raise Refused(
                    refused.code, f"{self._tools} gave {given(found)}: {refused.reason}"
                ) from refused
            rest = self._tools.taken_from(rest)
        topic = {}
        extra = {}
        if self._topic is not None:
            found = self._topic.find(source)
            topic = {} if found is None else {DEFAULT_FIELD: found}
            rest = self._topic.taken_from(rest)
            if DEFAULT_FIELD in rest:
                extra = {DEFAULT_FIELD: rest[DEFAULT_FIELD]}
        return chat_body(NAME, rest | topic, (), messages, tools=tools, extra=extra)

    def _of_conversation(self) -> list[Expression]:
        found = [expression for _, expression in self._turns]
        found += [one for one in (self._messages, self._transcript) if one is not None]
        if self._conversation is not None:
            found += [one for one in (self._role, self._content, self._order) if one is not None]
        return found

    def _read_messages(self, value: Source, source: Source) -> list[Source]:
        if self._turns:
            return self._turn_by_turn(source)
        if self._transcript is not None:
            return self._turns_of_text(self._transcript, source)
        if self._conversation is not None:
            turns = value[_ROWS]
        elif self._messages is not None:
            turns = _list_of(self._messages, source)
        messages = [self._message(turn, number) for number, turn in enumerate(turns, start=1)]
        return [message for message in messages if message["role"] != LEAVE_OUT]

    def _turn_by_turn(self, source: Source) -> list[Source]:
        texts = [expression.find(source) for _, expression in self._turns]
        filled = max(
            (number for number, text in enumerate(texts, start=1) if text not in (None, "")), default=0
        )
        # A long conversation has more turns than a short one, but none is without its first question and answer.
        wanted = self._turns[: max(filled, min(2, len(self._turns)))]
        return [{"role": role, "content": expression.text_in(source)} for role, expression in wanted]

    def _turns_of_text(self, expression: Expression, source: Source) -> list[Source]:
        text = expression.text_in(source)
        known = NAMES_BEFORE_TEXT if not self._speakers else list(self._speakers)
        turns = turns_with_names(text, known) if isinstance(text, str) else []
        if not turns:
            raise Refused(
                "bad_message",
                f"{expression} gave {given(text)}: no line begins with one of the names {', '.join(known[:4])}, …, and "
                "a colon; say what the speakers are called in `roles`",
            )
        roles = [(self._speakers.get(name.lower()) or role_of(name), said) for name, said in turns]
        return [{"role": role, "content": said} for role, said in roles if role != LEAVE_OUT and said]

    def _message(self, turn: Any, number: int) -> Source:
        if isinstance(turn, str) and self._role is None:
            content: Any = turn
        elif isinstance(turn, dict):
            try:
                content = self._content.text_in(turn)
            except Refused:
                if not turn.get("tool_calls"):
                    raise
                content = None
        else:
            raise Refused("bad_message", f"turn {number} is {given(turn)}, not an object")
        message = {"role": self._role_in(turn, number), "content": content}
        if self._conversation is not None or isinstance(turn, str):
            return message
        others = self._content.taken_from(turn)
        others = self._role.taken_from(others) if self._role is not None else others
        return {**message, **{key: value for key, value in others.items() if key not in message}}

    def _role_in(self, turn: Any, number: int) -> str:
        if self._role is None:
            return self.mapping.role[(number - 1) % len(self.mapping.role)]
        speaker = self._role.find(turn)
        name = str(speaker).strip()
        role = self._speakers.get(name.lower()) or role_of(name) or self._speakers.get(ANY_OTHER)
        if role is None or role == "call":
            raise Refused(
                "bad_message",
                f"{self._role} gave {given(speaker)} in turn {number}: say who that is, as in "
                f"`roles: {{{shown(name)}: user}}`",
            )
        return role


def _with_call_ids(messages: list[Source]) -> list[Source]:
    """The messages with the answers of tools given to their calls by their place."""
    conversation = Conversation()
    for message in messages:
        conversation.add(message)
    return conversation.messages


def _held(items: Iterator[RawObject | BadItem], records: Expression) -> Iterator[RawObject | BadItem]:
    """The records that items hold, numbered from 1 over the whole file."""
    number = 0
    for item in items:
        if isinstance(item, BadItem):
            yield item
            continue
        try:
            found = records.find(item.value)
            if not isinstance(found, list) or not found:
                raise Refused("no_messages", f"{records} gave {given(found)}, not a list of records")
        except Refused as refused:
            yield BadItem(item.place, refused)
            continue
        for held in found:
            number += 1
            if isinstance(held, dict | list):
                yield RawObject(number, None, held if isinstance(held, dict) else {RECORD_KEY: held})
            else:
                yield BadItem(number, Refused("no_messages", f"{records}: record {number} is {given(held)}"))


def _list_of(expression: Expression, source: Source) -> list[Any]:
    found = expression.find(source)
    turns = found
    if isinstance(found, str) and found.lstrip().startswith(("[", "array([")):
        try:
            turns = parse_value(found)
        except Refused:
            lenient = read_leniently(found)
            turns = lenient[0] if lenient is not None else found
    if not isinstance(turns, list) or not turns:
        raise Refused("no_messages", f"{expression} gave {given(found)}, not a list of turns")
    return turns
