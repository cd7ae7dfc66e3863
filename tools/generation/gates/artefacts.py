"""Artefacts: traces of the machine that wrote the text, and texts that are cut off or run in circles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from ...dataset.record import message_text
from ..draft import Candidate, Rejection

_MACHINE = re.compile(
    r"\bas an? (ai|artificial|language model|assistant model)\b|\bi('m| am) an? (ai|language model)\b"
    r"|\bopenai\b|\bmy training data\b|\blorem ipsum\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[(your|the|insert|name|customer|user|company|product|date|number|phone|email|address)\b[^\]]*\]"
    r"|<(name|user|customer|insert|placeholder)[^>]*>|\{\{.*?\}\}|\bX{3,}\b|_{4,}|\bJohn Doe\b",
    re.IGNORECASE,
)
_PROMPT_LEAK = re.compile(
    r"\b(original (user|assistant|reply|message)|training data|edge case|sub-area|as data|json)\b|^\s*[{\[]\s*\"",
    re.IGNORECASE,
)
_AGENT_VOICE = re.compile(
    r"\b(how (can|may) i (help|assist) you|(glad|happy|here) to (help|assist)|thank you for (contacting|reaching out)"
    r"|could you (please )?(provide|confirm) your|let me know if you need|feel free to)\b",
    re.IGNORECASE,
)
_ENDINGS = tuple(".!?…。！？।)\"'”’»*`:]")
LONG_TURN = 150
"""Characters from which a user's turn without an end counts as cut off; people leave short ones open."""
SENTENCE_TWICE_WORDS = 5
"""A sentence of at least this many words that stands twice in a text is a loop; short ones may repeat."""


class Artefacts:
    """Looks at each written turn by itself, and at the assistant's turns against the user's."""

    name = "artefacts"

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first trace found, quoted."""
        context = "\n".join(message_text(message) for message in candidate.seed_messages())
        persona = str(candidate.draft.details.get("persona", "")).removeprefix("a ").removeprefix("an ")
        for message in candidate.written:
            text = message_text(message)
            if persona and persona in text.lower() and persona not in context.lower():
                return Rejection(
                    self.name, f"{message['role']}: names the person it was to be written by: {persona!r}"
                )
            if message["role"] not in ("user", "assistant") or not text:
                continue
            found = _found(text, message["role"], context)
            if found:
                return Rejection(self.name, f"{message['role']}: {found}")
        user, assistant = candidate.written_text("user"), candidate.written_text("assistant")
        if user.strip().lower() == assistant.strip().lower():
            return Rejection(self.name, "the assistant repeats the user word for word")
        return None


def _found(text: str, role: str, context: str) -> str | None:
    for what, pattern in (("machine", _MACHINE), ("placeholder", _PLACEHOLDER), ("prompt", _PROMPT_LEAK)):
        match = pattern.search(text)
        if match and match.group().lower() not in context.lower():
            return f"{what} text {match.group()!r}"
    if role == "user" and (match := _AGENT_VOICE.search(text)):
        return f"speaks in the agent's voice: {match.group()!r}"
    if (role == "assistant" or len(text) >= LONG_TURN) and not text.rstrip().endswith(_ENDINGS):
        return f"cut off: …{text[-40:]!r}"
    if role == "assistant" and text[:1].islower():
        return f"begins in the middle: {text[:40]!r}…"
    if twice := _sentence_twice(text):
        return f"says twice: {twice!r}"
    if strange := _foreign_script(text, context):
        return f"a letter of another script: {strange!r}"
    return None


def _sentence_twice(text: str) -> str | None:
    sentences = [sentence.strip().lower() for sentence in re.split(r"[.!?\n]+", text)]
    counted = Counter(sentence for sentence in sentences if len(sentence.split()) >= SENTENCE_TWICE_WORDS)
    return next((sentence for sentence, times in counted.items() if times > 1), None)


def _foreign_script(text: str, context: str) -> str | None:
    """The first letter of a script that the source material does not use, or None without source material."""
    known = {_script(letter) for letter in context if letter.isalpha()}
    if not known:
        return None
    return next((letter for letter in text if letter.isalpha() and _script(letter) not in known), None)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
