"""A proposed mapping in words: whose it is, what is not certain of it, what it leaves behind, what it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...tools.dataset.mapping.suggestion import Suggestion

_LEFT_NAMED = 5
_LEAST_LEFT = 0.005
"""Share of the text from which a field that is left behind is named."""


def sent_words(name: str) -> str:
    """What is said before records are sent to a model."""
    return f"its fields, those of their values that come again, and its first records, shortened, are sent to {name}"


def proposal_lines(found: Suggestion) -> list[str]:
    """What a person should know of a proposal beside the first record by it; nothing where none is needed."""
    if not found.mapping:
        return []
    lines = []
    if found.usage is not None:
        lines.append(f"Asking the model took {found.usage.tokens:,} tokens.")
    lines += [f"Not sure: {remark}" for remark in found.unsure]
    if found.unsettled:
        lines.append(
            "What the values suggest is not certain, so the mapping is only begun. Settle and delete these:"
        )
        lines += [f"  - {doubt}" for doubt in found.unsettled]
    else:
        lines.append(f"Proposed by {found.proposed_by or 'the values of the fields'}.")
    left = [behind for behind in found.left if behind.share >= _LEAST_LEFT]
    if left:
        lines.append(f"It leaves behind: {', '.join(map(str, left[:_LEFT_NAMED]))}.")
    return lines
