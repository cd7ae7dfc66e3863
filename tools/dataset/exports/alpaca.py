"""Alpaca: ``{"instruction": …, "input": "", "output": …, "system": …}``: one question, one answer.

Only a record of one user turn and one answer fits, with a system prompt before them or none. Readers of Alpaca put
``instruction`` and ``input`` together, so the whole question is the instruction, but for a record that came as Alpaca.
"""

from __future__ import annotations

from typing import Any

from .chat_turns import EMPTY_SYSTEM, Chat, chat_of, drop_of_messages, named
from .converted import Converted, Unfit

SYSTEM = "system prompts stand in `system`, which not every reader of Alpaca uses"


def convert(source: dict[str, Any], _topic: str | None) -> Converted:
    """A record in Alpaca.

    Raises:
        Unfit: it has more than one question and one answer, tools, or something else than text.
    """
    chat = chat_of(source)
    if chat.tools or any(turn.calls or turn.role == "tool" for turn in chat.turns):
        raise Unfit("it has tools")
    turns = list(chat.turns)
    system = turns.pop(0) if turns[0].role == "system" else None
    roles = [turn.role for turn in turns]
    if roles != ["user", "assistant"]:
        raise Unfit(f"it is not one question and one answer ({_counted(roles)})")
    question, answer = turns
    own = {"instruction", "input", "output", "system"} & chat.extra.keys()
    if own:
        raise Unfit(f"it has fields of its own called {', '.join(sorted(own))}")
    instruction, given = _apart(question.text or "", chat)
    row = {"instruction": instruction, "input": given, "output": answer.text or ""}
    lost = chat.lost
    if system is not None and system.text:
        row["system"] = system.text
        lost.add(SYSTEM)
    elif system is not None:
        lost.add(EMPTY_SYSTEM)
    drop_of_messages(chat, "name", "weight", "reasoning")
    if chat.source_extra:
        lost.add(named(["source_extra"]))
    return Converted(row | chat.extra, frozenset(lost))


def _apart(question: str, chat: Chat) -> tuple[str, str]:
    """Instruction and input, as they were apart in an Alpaca record that was imported; else all is instruction."""
    given = chat.source_extra.get("input") if chat.source_format == "alpaca" else None
    if isinstance(given, str) and given and f"\n{question}".endswith(f"\n{given}"):
        chat.source_extra = {key: value for key, value in chat.source_extra.items() if key != "input"}
        return question.removesuffix(given).removesuffix("\n"), given
    return question, ""


def _counted(roles: list[str]) -> str:
    return ", ".join(f"{roles.count(role)} {role}" for role in dict.fromkeys(roles)) or "no turns"
