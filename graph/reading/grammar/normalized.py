"""What a person typed, made plain for the grammar."""

from __future__ import annotations

import re
import unicodedata

from .number_words import ascii_digits

_AS_WRITTEN = {
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "isnt": "isn't", "wasnt": "wasn't", "cant": "can't",
    "lets": "let's", "whats": "what's", "thats": "that's", "im": "i'm", "theres": "there's", "youre": "you're",
    "w/": "with ", "w/o": "without ", "acct": "account", "mgmt": "management", "mgt": "management",
}  # fmt: skip
_SHORT = re.compile(
    rf"(?<![\w'])(?:{'|'.join(sorted(map(re.escape, _AS_WRITTEN), key=len, reverse=True))})(?![\w'])"
)


def normalize(text: str) -> str:
    """Lower case, one space, no decoration around; a question mark at the end stays."""
    text = unicodedata.normalize("NFKC", ascii_digits(text)).replace("؟", "?").replace("’", "'")
    text = re.sub(r"[*_`\"“”«»]+", " ", text) if not re.search(r"\w_\w", text) else text
    text = re.sub(r"\s+", " ", text).strip().lower()
    text = re.sub(r"([a-z])\1{2,}", r"\1", text)  # "naaah", "yesss"
    text = _SHORT.sub(lambda found: _AS_WRITTEN[found[0]], text)
    asks = bool(re.search(r"\?[\s!.)]*$", text))
    text = re.sub(r"^[(\[\s¿¡]+|[\s.!,;:)\]?…]+$", "", text)
    text = re.sub(r"(?<=[a-z0-9])[,!.](?= |$)", ",", text)
    return text + ("?" if asks else "")
