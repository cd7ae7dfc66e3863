"""The detector of languages of the extra ``languages`` (py3langid, whose model comes in its wheel)."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def language_detector() -> Any:
    """It, with chances that sum to one; None without the extra. Loading takes half a second, once in a process."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
