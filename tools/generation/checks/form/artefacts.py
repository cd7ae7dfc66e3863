"""Artefacts: traces of the machine that wrote the text, and texts that are cut off or run in circles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..habits import Excuse, Finding, Habits
from .loops import said_twice
from .sentence_ends import SentenceEnds

_MACHINE = re.compile(
    r"\bas an? (ai|artificial|language model|assistant model)\b|\bi('m| am) an? (ai|language model)\b"
    r"|\bopenai\b|\bmy training data\b|\blorem ipsum\b"
    r"|<\|[^|>]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|^#{2,}\s*(response|instruction|input|output)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"\[(your|the|insert|name|customer|user|company|product|date|number|phone|email|address)\b[^\[\]]*+\]"
    r"|<(name|user|customer|insert|placeholder)[^<>]*+>|\{\{[^{}\n]*+\}\}|\bX{3,}\b|_{4,}",
    re.IGNORECASE,
)
_PROMPT_LEAK = re.compile(
    r"\b(original (user|assistant|reply|message)|edge case|sub-area)\b"
    r"|\bhere('s| is) (the|a|your|my) (re-?written|re-?phrased|revised|varied|improved)\b"
    r"|^(user|assistant|system|human|customer|agent|bot)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_DATA_FORM = re.compile(
    r"\b(training data|as data|json)\b|^[^\S\n]*[{\[]\s*+\"", re.IGNORECASE | re.MULTILINE
)
"""What the orders to a model are full of, and talk about programs and data too."""
_AGENT_VOICE = re.compile(
    r"\b(how (can|may) i (help|assist) you|(glad|happy|i['’]?m here|i am here) to (help|assist)"
    r"|thank you for (contacting|reaching out)"
    r"|could you (please )?(provide|confirm) your|let me know if you need|feel free to)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_ABOUT_DATA = re.compile(
    r"\b(json|xml|yaml|html|sql|python|java\w*|code|program\w*|scripts?|functions?|arrays?|dictionar\w+|regex|api"
    r"|data\w*|algorithms?|(machine|deep) learning|neural|models?)\b",
    re.IGNORECASE,
)
_TO_BE_FILLED = re.compile(
    r"\b(fill\w*|missing|blanks?|complete|template|format|placeholders?|guess)\b", re.IGNORECASE
)
_RUN = re.compile(r"(\W|_)\1{3,}")
LONG_TURN = 150
"""Characters from which a user's turn without an end counts as cut off; people leave short ones open."""
_OPENED = re.compile(r"\s[\"'(\[{“‘«„]\s*$")
"""A quotation mark or bracket that was opened as the last thing: none of 55,642 real turns ends so."""
HABIT = 0.01
"""Share of the real records with a trace, from which the trace is theirs: blanks in quiz questions, no full stops."""


class Artefacts:
    """Looks at each written turn by itself, and at the assistant's turns against the user's."""

    name = "artefacts"

    def __init__(self, real: Iterable[Record] = ()) -> None:
        real = list(real)
        self._ends = {role: SentenceEnds(real, role) for role in ("assistant", "user")}
        self._habits = Habits(real, lambda record: self._findings(record.messages, []))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first trace found, quoted."""
        context = [message_text(message) for message in candidate.seed_messages()]
        persona = str(candidate.draft.details.get("persona", "")).removeprefix("a ").removeprefix("an ")
        for message in candidate.written:
            if persona and persona in message_text(message).lower() and not _stands_in(persona, context):
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

    def _findings(self, messages: Sequence[Message], context: Sequence[str]) -> Iterator[Finding]:
        scripts = frozenset[str]().union(*map(_scripts, context))
        known = list(context)
        for message in messages:
            text, role = message_text(message), message["role"]
            if role == "user":
                known.append(text)
            if role in ("user", "assistant") and text.strip():
                yield from _written_by_machine(text, role, known if role == "assistant" else context)
                yield from self._ill_formed(text, role)
                if scripts and (strange := _foreign_script(text, scripts)):
                    yield Finding(f"{role}: a letter of another script: {strange!r}")

    def _ill_formed(self, text: str, role: str) -> Iterator[Finding]:
        if role == "user" and (match := _AGENT_VOICE.search(text)):
            yield _finding(role, f"speaks in the agent's voice: {match.group()!r}", match.group().lower())
        if role == "assistant" and self._ends["assistant"].is_cut_off(text):
            yield _finding(role, f"cut off: …{text[-40:]!r}", _last_word(text))
        is_long = len(text) >= LONG_TURN and self._ends["user"].is_cut_off(text)
        if role == "user" and (is_long or _OPENED.search(text)):
            yield _finding(role, f"cut off: …{text[-40:]!r}", "open end")
        if role == "assistant" and text[:1].islower():
            yield _finding(role, f"begins in the middle: {text[:40]!r}…", "small letter")
        if twice := said_twice(_CODE.sub(" ", text)):
            yield _finding(role, f"says twice: {twice!r}", twice)


def _written_by_machine(text: str, role: str, known: Sequence[str]) -> Iterator[Finding]:
    plain = _CODE.sub(" ", text)
    patterns = [("machine", _MACHINE), ("placeholder", _PLACEHOLDER)]
    if role == "assistant":
        patterns.append(("prompt", _PROMPT_LEAK))
        # People may well write about JSON; an assistant that does so unasked repeats its orders.
        if not any(map(_ABOUT_DATA.search, known)):
            patterns.append(("prompt", _DATA_FORM))
    for what, pattern in patterns:
        match = pattern.search(plain)
        if match is None or _stands_in(match.group().lower(), known):
            continue
        if what == "placeholder" and role == "user" and _TO_BE_FILLED.search(text):
            continue
        trace = _RUN.sub(r"\1\1\1\1", match.group().lower())  # a blank is one, however long
        yield _finding(role, f"{what} text {match.group()!r}", trace)


def _finding(role: str, evidence: str, trace: str) -> Finding:
    return Finding(f"{role}: {evidence}", (Excuse((role, trace), None, HABIT),))


def _last_word(text: str) -> str:
    return text.split()[-1].lower()


def _stands_in(words: str, texts: Sequence[str]) -> bool:
    return any(words in text.lower() for text in texts)


def _foreign_script(text: str, known: frozenset[str]) -> str | None:
    """The first letter of a script that is not known."""
    if _scripts(text) <= known:
        return None
    return next(letter for letter in text if letter.isalpha() and _script(letter) not in known)


@lru_cache(maxsize=4096)
def _scripts(text: str) -> frozenset[str]:
    """The scripts of a text's letters; kept, since the same source texts come again and again."""
    return frozenset(_script(letter) for letter in set(text) if letter.isalpha())


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
