"""Marks that call an answer bad: such a record teaches what a model must not do, so it is no training data.

``kto_tag`` (LLaMA-Factory) and ``desirable`` say nothing else, in any spelling of false. A ``label`` (TRL, ms-swift)
may as well be a class: the truth value false is a mark there; a number or a word is one only where the labels of the
file are two that say yes and no, as 1 and 0 do, and somebody answers. The words are English.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LABEL = "label"
STRICT = ("kto_tag", "kto_label", "desirable", "is_desirable")
"""Fields that are nothing else than such a mark."""
LABELS_LOOKED_AT = 1000
"""Records of a file whose labels are looked at."""
_BAD_OF: dict[str, tuple[str, ...]] = {
    "1": ("0", "-1"),
    "true": ("false",),
    "t": ("f",),
    "yes": ("no",),
    "y": ("n",),
    "good": ("bad",),
    "desirable": ("undesirable",),
    "chosen": ("rejected",),
    "accepted": ("rejected",),
    "like": ("dislike",),
    "thumbs_up": ("thumbs_down",),
    "correct": ("incorrect", "wrong"),
    "right": ("wrong",),
    "pass": ("fail",),
}
"""What calls an answer good, and what stands beside it for a bad one."""
_BAD = frozenset(bad for each in _BAD_OF.values() for bad in each)


def bad_mark(source: dict[str, Any], topic_field: str = "") -> str | None:
    """The field that marks a record's answer as bad; ``None`` when none does.

    Args:
        source: an item of a file.
        topic_field: the field that holds the topic: what stands in it is no mark.
    """
    for key in STRICT:
        if key != topic_field and key in source and mark_text(source[key]) in _BAD:
            return key
    if topic_field != LABEL and LABEL in source and mark_text(source[LABEL]) == "false":
        return LABEL
    return None


def may_be_bad(source: dict[str, Any], topic_field: str = "") -> bool:
    """Whether a record's label is a mark if those of the other records say so."""
    return topic_field != LABEL and LABEL in source and mark_text(source[LABEL]) in _BAD


def bad_label(labels: Iterable[Any]) -> str | None:
    """The one of two labels that calls an answer bad, as `mark_text` has it; ``None`` when they are no such pair."""
    found = {mark_text(label) for label in labels if label is not None}
    pairs = ((good, bad) for good, bads in _BAD_OF.items() for bad in bads)
    return next((bad for good, bad in pairs if found == {good, bad}), None)


def mark_text(value: Any) -> str:
    """A mark as text: in small letters, and a whole number without its fraction."""
    text = str(value).strip().lower().removesuffix(".0")
    return text if text.startswith("-") else text.replace("-", "_").replace(" ", "_")
