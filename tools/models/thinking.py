"""What a model thought, where it stands in its answer: kept apart from what it says."""

from __future__ import annotations

_MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
)
_DATA = ("{", "[", "`")


def split_thinking(text: str) -> tuple[str, str]:
    """The thinking that an answer begins with, and the answer.

    Thinking that is never closed is all there is. Some chat templates open it in the prompt, so that only its end
    shows; in an answer that begins as JSON does, such an end is a part of the JSON.
    """
    begun = text.lstrip()
    for opening, closing in _MARKS:
        thinking, closed, answer = begun.removeprefix(opening).partition(closing)
        if begun.startswith(opening) or (closed and not begun.startswith(_DATA)):
            return thinking, answer.lstrip()
    return "", text
