"""Tool calls written into a text between tags, as Hermes, Qwen and their datasets do."""

from __future__ import annotations

import re

from .refusal import Refused
from .tool_calls import read_calls

_CALL = re.compile(r"\s*<tool_call>(.*?)</tool_call>\s*", re.DOTALL)
_RESPONSE = re.compile(r"\s*<tool_response>\s*(.*?)\s*</tool_response>\s*", re.DOTALL)


def split_calls(text: str, where: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of an assistant turn without its calls, and the calls.

    A text whose tags hold no JSON stays as it is: it may speak about the tags.
    """
    found = _CALL.findall(text)
    try:
        calls = [call for block in found for call in read_calls(block, where)[0]]
    except Refused:
        return text, []
    return (_CALL.sub("\n", text).strip() if calls else text), calls


def split_responses(text: str) -> list[str]:
    """The results in a tool's turn: those between tags, or the whole text."""
    found = _RESPONSE.findall(text)
    return found if found and not _RESPONSE.sub("", text).strip() else [text]
