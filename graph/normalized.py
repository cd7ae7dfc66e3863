"""What a person typed, made plain for the grammar."""

from __future__ import annotations

import re
import unicodedata

from .number_words import ascii_digits
from .phrases import GO, OPTION, PLAIN_YES, RESUME

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
    text = _drop_commas_between_yeses(text)
    return text + ("?" if asks else "")


def _drop_commas_between_yeses(text: str) -> str:
    """Makes "yes, please" and "yes. go ahead!" plain; commas elsewhere part clauses and stay."""
    bare = text.replace(",", "")
    patterns = (PLAIN_YES, GO, OPTION, RESUME)
    if text.startswith("no,"):
        return text  # "no, 20" is no number 20
    return bare if any(pattern.fullmatch(bare) for pattern in patterns) else text
