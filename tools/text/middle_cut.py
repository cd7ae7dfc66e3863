"""Long names made short at their middle: what tells two names apart mostly stands at their ends."""

from __future__ import annotations

from rich.cells import cell_len, split_graphemes

_LEFT_OUT = "…"


def cut_middle(name: str, cells: int) -> str:
    """The name in at most so many cells of a terminal, of which a wide character takes two.

    ``card_payment_wrong_exchange_rate`` in 25 is ``card_payment…xchange_rate``. What is one character to the eye, such
    as a letter with its accent, is never cut in two.
    """
    if cell_len(name) <= cells:
        return name
    room = cells - cell_len(_LEFT_OUT)
    if room < 0:
        return ""
    characters, _ = split_graphemes(name)
    end, tail = len(name), 0
    for start, _, width in reversed(characters):
        if tail + width > room // 2:
            break
        end, tail = start, tail + width
    begin, head = 0, 0
    for _, after, width in characters:
        if head + width > room - tail:
            break
        begin, head = after, head + width
    return name[:begin] + _LEFT_OUT + name[end:]
