"""Artefacts: traces of the machine that wrote the text, and texts that are cut off or run in circles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from ...dataset.record import Message, Record, message_text
from ..draft import Candidate, Rejection
from .habits import Excuse, Finding, Habits
from .sentence_ends import SentenceEnds

_MACHINE = re.compile(
    r"\bas an? (ai|artificial|language model|assistant model)\b|\bi('m| am) an? (ai|language model)\b"
    r"|\bopenai\b|\bmy training data\b|\blorem ipsum\b"
    r"|<\|[^|>]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|^#{2,}\s*(response|instruction|input|output)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"\[(your|the|insert|name|customer|user|company|product|date|number|phone|email|address)\b[^\]]*\]"
    r"|<(name|user|customer|insert|placeholder)[^>]*>|\{\{.*?\}\}|\bX{3,}\b|_{4,}",
    re.IGNORECASE,
)
_PROMPT_LEAK = re.compile(
    r"\b(original (user|assistant|reply|message)|training data|edge case|sub-area|as data|json)\b|^\s*[{\[]\s*\""
    r"|\bhere('s| is) (the|a|your|my) (re-?written|re-?phrased|revised|varied|improved)\b"
    r"|^(user|assistant|system|human|customer|agent|bot)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_AGENT_VOICE = re.compile(
    r"\b(how (can|may) i (help|assist) you|(glad|happy|i['’]?m here|i am here) to (help|assist)"
    r"|thank you for (contacting|reaching out)"
    r"|could you (please )?(provide|confirm) your|let me know if you need|feel free to)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?\n]+")
_RUN = re.compile(r"(\W|_)\1{3,}")
LONG_TURN = 150
"""Characters from which a user's turn without an end counts as cut off; people leave short ones open."""
SENTENCE_TWICE_WORDS = 5
"""A sentence of at least this many words that stands twice in a text is a loop; short ones may repeat."""
SENTENCE_THRICE_WORDS = 2
"""The same for a sentence that stands three times."""
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
        for message in messages:
            text, role = message_text(message), message["role"]
            if role in ("user", "assistant") and text.strip():
                yield from _written_by_machine(text, role, context)
                yield from self._ill_formed(text, role)
                if scripts and (strange := _foreign_script(text, scripts)):
                    yield Finding(f"{role}: a letter of another script: {strange!r}")

    def _ill_formed(self, text: str, role: str) -> Iterator[Finding]:
        if role == "user" and (match := _AGENT_VOICE.search(text)):
            yield _finding(role, f"speaks in the agent's voice: {match.group()!r}", match.group().lower())
        if role == "assistant" and self._ends["assistant"].is_cut_off(text):
            yield _finding(role, f"cut off: …{text[-40:]!r}", _last_word(text))
        if role == "user" and len(text) >= LONG_TURN and self._ends["user"].is_cut_off(text):
            yield _finding(role, f"cut off: …{text[-40:]!r}", "open end")
        if role == "assistant" and text[:1].islower():
            yield _finding(role, f"begins in the middle: {text[:40]!r}…", "small letter")
        if twice := _said_twice(text):
            yield _finding(role, f"says twice: {twice!r}", twice)


def _written_by_machine(text: str, role: str, context: Sequence[str]) -> Iterator[Finding]:
    for what, pattern in (("machine", _MACHINE), ("placeholder", _PLACEHOLDER), ("prompt", _PROMPT_LEAK)):
        # People may well write about JSON; an assistant that does so unasked repeats its orders.
        match = pattern.search(text) if role == "assistant" or pattern is not _PROMPT_LEAK else None
        if match and not _stands_in(match.group().lower(), context):
            trace = _RUN.sub(r"\1\1\1\1", match.group().lower())  # a blank is one, however long
            yield _finding(role, f"{what} text {match.group()!r}", trace)


def _finding(role: str, evidence: str, trace: str) -> Finding:
    return Finding(f"{role}: {evidence}", (Excuse((role, trace), None, HABIT),))


def _last_word(text: str) -> str:
    return text.split()[-1].lower()


def _said_twice(text: str) -> str | None:
    sentences = [sentence.strip().lower() for sentence in _SENTENCE_END.split(text)]
    if len(sentences) > 2:
        for sentence, times in Counter(sentences).items():
            length = len(sentence.split()) if times > 1 else 0
            if length >= (SENTENCE_TWICE_WORDS if times == 2 else SENTENCE_THRICE_WORDS):
                return sentence
    words = text.lower().split()
    third = len(words) // 3
    if (
        third >= SENTENCE_THRICE_WORDS
        and len(words) == 3 * third
        and words[:third] == words[third : 2 * third]
    ):
        return " ".join(words[:third])
    return None


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
