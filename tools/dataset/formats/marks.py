"""Marks that call an answer bad: such a record teaches what a model must not do, so it is no training data.

``label`` (TRL, ms-swift) and ``kto_tag`` (LLaMA-Factory) of data for KTO. A ``label`` may as well be a class, so only
what can be nothing but the truth value false is a mark there; a number is not.
"""

from __future__ import annotations

from typing import Any

KTO_TAG, LABEL = "kto_tag", "label"
_SPELLED = {KTO_TAG: ("false", "0", "no"), LABEL: ("false",)}


def bad_mark(source: dict[str, Any], topic_field: str = "") -> str | None:
    """The field that marks a record's answer as bad; ``None`` when none does.

    Args:
        source: an item of a file.
        topic_field: the field that holds the topic: what stands in it is no mark.
    """
    for key, spelled in _SPELLED.items():
        if key != topic_field and key in source and str(source[key]).strip().lower() in spelled:
            return key
    return None
