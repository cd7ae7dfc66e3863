"""Artefacts: sure traces of the machine that wrote the text, and texts that are cut off or run in circles.

The same in every language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from ....dataset.record import Message, Record, message_text
from ....text.citations import own_words
from ....text.scripts import script_of
from ...attempts.draft import Candidate, Rejection
from ..check import ANY
from ..habits import Excuse, Finding, Habits
from .loops import said_twice

_MARKUP = re.compile(
    r"<\|[^|>]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|</?think>|^#{2,}\s*(response|instruction|input|output)\b"
    r"|^(user|assistant|system|human)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
"""What stands between the messages of a prompt; the words in it are the same in every language."""
_PLACEHOLDER = re.compile(
    r"\[[^\W\d][^\[\]\d\n]{1,40}\](?!\()|\{\{[^{}\n]*+\}\}|\bX{3,}\b|_{4,}|\blorem ipsum\b", re.I
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_RUN = re.compile(r"(\W|_)\1{3,}")
_OPENED = re.compile(r"\s[\"'(\[{“‘«„]\s*$")
_COMMA = re.compile(r"[,，、]\s*$")
"""A quotation mark or bracket that was opened as the last thing, or of an assistant a comma: of 50,000 real turns three
end so. Users do end with a comma, one in a thousand turns."""
HABIT = 0.01
"""Share of the real records with a trace, from which the trace is theirs: blanks in quiz questions."""
OPEN_ENDS = 0.01
"""Share of a role's real turns that end in a letter, from which they may: Thai has no full stop, nor have users."""
LEAST_TURNS = 30
LEAST_FOR_SCRIPTS = 20
"""Real records without a letter of a script, before one letter of it is a slip of the machine."""


class Artefacts:
    """Looks at each written turn by itself."""

    name = "artefacts"
    languages = ANY

    def __init__(
        self, real: Iterable[Record] = (), rules: Iterable[str] = (), *, any_script: bool = False
    ) -> None:
        """Learns from the real records.

        Args:
            real: those of the dataset.
            rules: a person's own, in their words: a placeholder that they ask for is none.
            any_script: letters of scripts that the real records do not have may be meant.
        """
        real = list(real)
        self._asked_for = "\n".join(rules).lower()
        self._closed = {role for role in ("user", "assistant") if _ends_closed(real, role)}
        self._scripts = (
            {
                script
                for record in real
                for message in record.messages
                for script in _scripts(message_text(message))
            }
            if len(real) >= LEAST_FOR_SCRIPTS and not any_script
            else set[str]()
        )
        self._habits = Habits(real, lambda record: self._findings(record.messages))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first trace found, quoted."""
        context = candidate.seed_text.lower()
        persona = (
            str(candidate.draft.details.get("persona", "")).removeprefix("a ").removeprefix("an ").lower()
        )
        for message in candidate.written:
            if persona and persona in message_text(message).lower() and persona not in context:
                return Rejection(
                    self.name, f"{message['role']}: names the person it was to be written by: {persona!r}"
                )
        found = self._habits.first_unexcused(self._findings(candidate.written, context))
        if found:
            return Rejection(self.name, found.evidence)
        user, assistant = candidate.written_text("user"), candidate.written_text("assistant")
        if user and user.strip().lower() == assistant.strip().lower():
            return Rejection(self.name, "the assistant repeats the user word for word")
        return None

    def _findings(self, messages: Sequence[Message], context: str = "") -> Iterator[Finding]:
        said, scripts = context, self._scripts | _scripts(context)
        for message in messages:
            text, role = message_text(message).strip(), message["role"]
            if role == "tool":  # what it tells may be words of another script, such as a translation
                scripts |= _scripts(text)
            if role not in ("user", "assistant") or not text:
                continue
            plain = _CODE.sub(" ", text)
            for what, pattern in (("markup", _MARKUP), ("placeholder", _PLACEHOLDER)):
                match = pattern.search(plain)
                if match and match.group().lower() not in said + self._asked_for:
                    # A blank is one, however long.
                    trace = _RUN.sub(r"\1\1\1\1", match.group().lower())
                    yield _finding(role, f"{what} {match.group()!r}", trace)
            if twice := said_twice(plain):
                yield _finding(role, f"says twice: {twice!r}", twice)
            opened = _OPENED.search(text) or (role == "assistant" and _COMMA.search(text))
            if opened or (role in self._closed and text[-1].isalnum()):
                trace = "open end" if text[-1].isalnum() else text[-1]
                yield _finding(role, f"cut off: …{text[-40:]!r}", trace)
            own = own_words(text)
            strange = _scripts(own) - scripts if self._scripts else set[str]()
            scripts |= _scripts(text)
            if strange:
                letter = next(letter for letter in own if letter.isalpha() and script_of(letter) in strange)
                yield _finding(role, f"a letter of another script: {letter!r}", "script")
            said += " " + text.lower()


def _finding(role: str, evidence: str, trace: str) -> Finding:
    return Finding(f"{role}: {evidence}", (Excuse((role, trace), None, HABIT),))


def _ends_closed(real: Sequence[Record], role: str) -> bool:
    """Whether the real turns of a role end in a mark, so that one which ends in a letter was cut off."""
    ends = [
        text[-1]
        for record in real
        for message in record.messages
        if message.get("role") == role and (text := message_text(message).strip())
    ]
    is_open = [end.isalnum() or unicodedata.category(end)[0] == "M" for end in ends]
    return len(ends) >= LEAST_TURNS and sum(is_open) <= OPEN_ENDS * len(ends)


def _scripts(text: str) -> set[str]:
    return {script_of(letter) for letter in set(text) if letter.isalpha()}
