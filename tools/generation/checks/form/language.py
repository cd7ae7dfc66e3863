"""Language: what is written is in the language and the script of the topic's real records.

What it cites may be in any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ....coverage.space.languages import language_of
from ....dataset.record import Record, message_text
from ....text.citations import own_words
from ....text.scripts import script_shares
from ...attempts.draft import Candidate, Rejection
from ..check import ANY

ROLES = ("user", "assistant")
MEASURED = 300
"""Real records that are looked at."""
LEAST_RECORDS = 5
SELDOM = 0.03
"""Share of the real texts in a language up to which it is not one of the dataset's."""
STRANGE = 0.3
"""Share of the letters of a text in scripts that real records hardly use, from which it is in another one."""


class Language:
    """Compares both sides of a record with the real ones; short and mixed texts tell no language and pass.

    Languages are told apart by py3langid (the extra ``languages``); scripts always are.
    """

    name = "language"
    languages = ANY

    def __init__(self, real: Iterable[Record]) -> None:
        self._scripts: dict[str, Counter[str]] = {}
        self._languages: dict[str, Counter[str]] = {}
        known = list(real)[:MEASURED]
        for role in ROLES:
            texts = [text for record in known if (text := _said(record.messages, role))]
            scripts: Counter[str] = Counter()
            for text in texts:
                scripts.update(script_shares(text))
            self._scripts[role] = scripts if len(texts) >= LEAST_RECORDS else Counter()
            self._languages[role] = Counter(filter(None, map(language_of, texts)))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The side that is in another script or language."""
        for role in ROLES:
            text = _said(candidate.written, role)
            if strange := self._other_script(role, text) or self._other_language(role, text):
                return Rejection(self.name, f"{role}: {strange}: {text[:60]!r}")
        return None

    def _other_script(self, role: str, text: str) -> str | None:
        known, shares = self._scripts[role], script_shares(text)
        usual = {script for script, share in known.items() if share >= SELDOM * known.total()}
        strange = {script: share for script, share in shares.items() if usual and script not in usual}
        if sum(strange.values()) < STRANGE:
            return None
        return (
            f"in {max(strange, key=lambda script: strange[script])} script, real ones are in {_often(known)}"
        )

    def _other_language(self, role: str, text: str) -> str | None:
        known = self._languages[role]
        language = language_of(text) if known.total() >= LEAST_RECORDS else None
        if language is None or known[language] > SELDOM * known.total():
            return None
        return f"in {language}, real ones are in {_often(known)}"


def _often(counts: Counter[str]) -> str:
    return counts.most_common(1)[0][0]


def _said(messages: Sequence[dict[str, object]], role: str) -> str:
    """What a side says in its own words."""
    return own_words("\n".join(message_text(one) for one in messages if one.get("role") == role)).strip()
