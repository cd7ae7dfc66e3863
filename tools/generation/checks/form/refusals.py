"""Refusals: what a model says of itself when it declines, in either role, word for word.

In the languages that are listed; whatever is said in other words or languages is the verifier's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ....dataset.record import Message, Record, message_text
from ....text.phrases import phrase_pattern
from ...attempts.draft import Candidate, Rejection
from ..check import Languages
from ..habits import Excuse, Finding, Habits

_CANNOT = ("I can't", "I cannot", "I am unable to", "I'm unable to")
_SAID: dict[str, tuple[str, ...]] = {
    "ar": ("كنموذج لغوي",),
    "de": ("als KI", "als eine KI", "als Sprachmodell", "als ein Sprachmodell"),
    "en": (
        *(f"as {a} {it}" for a in ("a", "an") for it in ("AI", "artificial intelligence", "language model")),
        *(
            f"{i} {a} {it}"
            for i in ("I am", "I'm", "I'm just")
            for a in ("a", "an")
            for it in ("AI", "language model")
        ),
        *(
            f"{cannot} {do} with {it}"
            for cannot in _CANNOT
            for do in ("assist", "help")
            for it in ("that", "this")
        ),
        *(
            f"sorry, but {cannot} {do}"
            for cannot in _CANNOT
            for do in ("assist", "help", "comply", "fulfill")
        ),
    ),
    "es": ("como IA", "como una IA", "como un modelo de lenguaje", "como modelo de lenguaje"),
    "fr": ("en tant qu'IA", "en tant que modèle de langage", "en tant que modèle linguistique"),
    "it": ("come IA", "come modello linguistico", "come modello di linguaggio"),
    "ja": ("AIとして", "AI言語モデルとして", "言語モデルとして"),
    "ko": ("AI 모델로서", "AI 언어 모델로서", "AI로서", "언어 모델로서"),
    "pt": ("como uma IA", "como um modelo de linguagem", "como modelo de linguagem"),
    "ru": ("как ИИ", "как языковая модель"),
    "th": ("ในฐานะ AI", "ในฐานะAI", "ในฐานะโมเดลภาษา"),
    "zh": (
        "作为AI",
        "作为一个AI",
        "作为人工智能",
        "作为一个人工智能",
        "作为语言模型",
        "作为一个语言模型",
        "無法協助",
    ),
}
_PHRASES = tuple(phrase.casefold() for said in _SAID.values() for phrase in said)
_ANY = re.compile(
    "|".join(phrase_pattern(said).pattern for each in _SAID.values() for said in each), re.IGNORECASE
)
HABIT = 0.01
"""Share of the real records that say it, from which it is theirs."""


class Refusals:
    """Looks at each written turn; what the source says already passes."""

    name = "refusals"
    languages: Languages = tuple(_SAID)

    def __init__(self, real: Iterable[Record] = ()) -> None:
        self._habits = Habits(real, lambda record: _findings(record.messages))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first refusal, quoted."""
        known = candidate.seed_text.casefold()
        found = self._habits.first_unexcused(_findings(candidate.written, known))
        return Rejection(self.name, found.evidence) if found else None


def _findings(messages: Sequence[Message], known: str = "") -> Iterator[Finding]:
    for message in messages:
        if message["role"] in ("user", "assistant"):
            text = message_text(message).replace("’", "'")
            low = text.casefold()
            # The pattern tries each phrase at each letter; that takes twenty times as long.
            match = _ANY.search(text) if any(phrase in low for phrase in _PHRASES) else None
            if match and match.group().casefold() not in known:
                trace = (message["role"], match.group().casefold())
                yield Finding(f"{message['role']}: {match.group()!r}", (Excuse(trace, None, HABIT),))
