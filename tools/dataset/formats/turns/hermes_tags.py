"""Tool calls written into a text between tags, as Hermes, Qwen and their datasets do."""

from __future__ import annotations

from ..refusal import Refused
from .tool_calls import read_calls

_CALL = "tool_call"
_RESPONSE = "tool_response"


def split_calls(text: str, where: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of an assistant turn without its calls, and the calls.

    A text whose tags hold no JSON stays as it is: it may speak about the tags.
    """
    beside, found = _split(text, _CALL)
    try:
        calls = [call for block in found for call in read_calls(block, where)[0]]
    except Refused:
        return text, []
    return ("\n".join(part.strip() for part in beside).strip() if calls else text), calls


def split_responses(text: str) -> list[str]:
    """The results in a tool's turn: those between tags, or the whole text."""
    beside, found = _split(text, _RESPONSE)
    return [part.strip() for part in found] if found and not "".join(beside).strip() else [text]


def _split(text: str, tag: str) -> tuple[list[str], list[str]]:
    """What stands outside of such tags, and what within."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    outside, within, at = list[str](), list[str](), 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        outside.append(text[at:start])
        within.append(text[start + len(opening) : end])
        at = end + len(closing)
    return [*outside, text[at:]], within
