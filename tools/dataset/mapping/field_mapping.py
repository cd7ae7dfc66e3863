"""A mapping: which fields of an item are the turns of a conversation, its system message, its tools and its topic."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

ROLES = ("system", "developer", "user", "assistant", "tool")
LEAVE_OUT = "leave_out"
"""What ``roles`` says of speakers whose turns are no part of the conversation: notices, internal notes."""
ANY_OTHER = "*"
"""In ``roles``, everybody who is not named there."""
RECORD_KEY = "turns"
"""Where a record stands that is a list."""


class FieldMapping(BaseModel):
    """What `mapping_file` reads; each text is an `Expression` unless it is said otherwise.

    Attributes:
        records: where an item of the file holds many records, the list of them; all else is asked of each. One that is
            a list itself stands under `RECORD_KEY`.
        where: what is asked of each record, or of each row where it is a turn; where it finds nothing, or ``false``,
            that is left out.
        messages: the list of turns; ``role`` and ``content`` are asked of each.
        turns: one turn for each entry, with the role as its key: ``[{user: question}, {assistant: answer}]``.
        conversation: where each item is one turn, what tells which conversation it belongs to; ``role`` and
            ``content`` are asked of the item itself.
        order: then, which turn it is; the items stand in order when it is not given.
        transcript: a text with all turns in it, each beginning a line as ``Name: …``; ``roles`` names the speakers.
        role: who speaks; or the roles that take turns, as a list.
        content: what is said; a turn that is a text is its content itself.
        roles: what the speakers are called, and the role of each, or `LEAVE_OUT`; `ANY_OTHER` is who is not named.
        system: the system message.
        tools: the declared tools, as a list or its JSON text.
        topic: the topic.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str | None = None
    where: str | None = None
    messages: str | None = None
    turns: list[dict[str, str]] = Field(default_factory=list)
    conversation: str | None = None
    order: str | None = None
    transcript: str | None = None
    role: str | list[str] = "role"
    content: str = "content"
    roles: dict[str, str] = Field(default_factory=dict)
    system: str | None = None
    tools: str | None = None
    topic: str | None = None

    @model_validator(mode="after")
    def _check(self) -> FieldMapping:
        ways = [name for name in ("messages", "turns", "conversation", "transcript") if getattr(self, name)]
        if len(ways) != 1:
            said = f"both `{ways[0]}` and `{ways[1]}`" if ways else "none of them"
            raise ValueError(
                f"one of `messages` (a list of turns), `turns` (a field for each turn), `conversation` (one row per "
                f"turn) and `transcript` (one text) says where the conversation stands; there are {said}"
            )
        if any(len(turn) != 1 for turn in self.turns):
            raise ValueError("each entry of `turns` is one role with one field, as in `- user: question`")
        if not self.role:
            raise ValueError("`role` names nobody")
        named = [
            *(role for turn in self.turns for role in turn),
            *(self.role if isinstance(self.role, list) else ()),
            *(role for role in self.roles.values() if role != LEAVE_OUT),
        ]
        for role in named:
            if role not in ROLES:
                raise ValueError(f"{role!r} is no role; use one of {', '.join(ROLES)}")
        if self.order and not self.conversation:
            raise ValueError("`order` belongs to `conversation`")
        return self
