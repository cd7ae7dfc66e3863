"""Runs of letters that a text shares with another: the same whether or not a script has spaces between words."""

from __future__ import annotations

from ...text.letters import letters_in, squeezed


def copied_run(text: str, sources: list[str], letters: int) -> tuple[int, str] | None:
    """The first run of a text that stands in one of the sources: which one, and the run, squeezed.

    Args:
        text: as it was written.
        sources: squeezed.
        letters: that a run has at least, as `letters_in` counts them.
    """
    plain = squeezed(text)
    if letters_in(plain) < letters:
        return None
    least = -(-letters * len(plain) // letters_in(plain))
    # A run of this length holds one of the text's halves of it whole.
    half = max(1, least // 2)
    for start in range(0, len(plain) - half + 1, half):
        part = plain[start : start + half]
        for number, source in enumerate(sources):
            place = source.find(part)
            while place >= 0:
                run = _extended(plain, start, source, place, half)
                if len(run) >= least:
                    return number, run
                place = source.find(part, place + 1)
    return None


def _extended(text: str, start: int, source: str, place: int, length: int) -> str:
    """The whole run around a part that both have, at ``start`` here and at ``place`` there."""
    before = 0
    while before < min(start, place) and text[start - before - 1] == source[place - before - 1]:
        before += 1
    end = length
    while start + end < len(text) and place + end < len(source) and text[start + end] == source[place + end]:
        end += 1
    return text[start - before : start + end]
