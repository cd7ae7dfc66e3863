"""The keys that settings named in this process, so that what an endpoint says can be shown without them."""

from __future__ import annotations

_LEAST = 8
"""Characters. What is shorter is no secret but what local servers take for a key ("none", "ollama"), and a word."""
_IN_ITS_PLACE = "(the key)"

_keys: set[str] = set()


def remember_key(key: str) -> None:
    """Have `without_keys` take this one out from now on."""
    if len(key) >= _LEAST:
        _keys.add(key)


def without_keys(text: str) -> str:
    """The text without any key of the settings; to be called before it is cut, since half a key is one too many."""
    for key in sorted(_keys, key=len, reverse=True):  # one may be part of another
        text = text.replace(key, _IN_ITS_PLACE)
    return text
