"""The cells of a topic's space, how many records each holds, and the thin ones in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from .shapes import RecordShape

Facet = Literal["turns", "length", "language", "tool", "tools", "sub_area"]

LEAST_EXPECTED = 2.0
"""Records that a cell has to be expected to hold before its lack says anything."""
LEAST_ELSEWHERE = 0.05
"""Share of the other topics' records from which a cell is expected here, too."""
_MOST_COMBINATIONS = 30


class Cell(BaseModel):
    """One cell: the records of a topic that are alike in one respect.

    Attributes:
        facet: in which respect.
        value: what they have in common: a band of turns or length, a language, a tool, tools joined by " + "
            (empty: no tool), or the telling words of a group.
        count: how many records of the sample are in it.
        of: how many records of the sample could be: those that declare the tool, say enough to tell, and so on.
        expected: how many would be expected: the other topics' share of ``of``, or an even share of the topic's
            tools or groups.
        elsewhere: the share of the other topics' records that are in such a cell; ``None`` where it is not
            compared.
        is_thin: whether at least 2 records are expected and there are less than half as many.
        words: what is missing, as a sentence; empty when the cell is not thin.
        record_ids: some of its records, for groups only.
    """

    facet: Facet
    value: str
    count: int
    of: int
    expected: float
    elsewhere: float | None = None
    is_thin: bool = False
    words: str = ""
    record_ids: list[str] = []

    @property
    def missing(self) -> int:
        """Records that would bring it to half of what is expected, at least 1 for a thin one."""
        return max(1, round(self.expected / 2) - self.count) if self.is_thin else 0


def cells_of(topic: str, own: Sequence[RecordShape], others: Sequence[RecordShape]) -> list[Cell]:
    """The cells of a topic beside the other topics' records; groups of like records are not among them."""
    return [
        *_compared(topic, "turns", [s.turns for s in own], [s.turns for s in others]),
        *_compared(topic, "length", [s.length for s in own], [s.length for s in others]),
        *_compared(topic, "language", [s.language for s in own], [s.language for s in others]),
        *_tools(topic, own),
        *_combinations(topic, own, others),
    ]


def area_cells(
    topic: str, names: Sequence[Sequence[str]], sizes: Sequence[int], ids: Sequence[Sequence[str]]
) -> list[Cell]:
    """The cells for groups of like records; an even share of all is expected in each."""
    total = sum(sizes)
    return [
        named(
            topic,
            Cell(
                facet="sub_area",
                value=", ".join(words),
                count=size,
                of=total,
                expected=total / len(sizes),
                record_ids=list(members),
            ),
        )
        for words, size, members in zip(names, sizes, ids, strict=True)
        if words and len(sizes) > 1
    ]


def named(topic: str, cell: Cell) -> Cell:
    """The cell with whether it is thin, and what is missing in words."""
    if cell.expected < LEAST_EXPECTED or cell.count >= cell.expected / 2:
        return cell
    return cell.model_copy(update={"is_thin": True, "words": _sentence(topic, cell)})


def _compared(
    topic: str, facet: Facet, own: Iterable[str | None], others: Iterable[str | None]
) -> list[Cell]:
    here, there = (Counter(value for value in values if value is not None) for values in (own, others))
    total, elsewhere = here.total(), there.total()
    cells = []
    for value in dict.fromkeys([*there, *here]):
        share = there[value] / elsewhere if elsewhere else None
        counted = (share or 0) >= LEAST_ELSEWHERE
        cell = Cell(
            facet=facet,
            value=value,
            count=here[value],
            of=total,
            expected=(share or 0) * total if counted else 0,
            elsewhere=share,
        )
        cells.append(named(topic, cell))
    return cells


def _tools(topic: str, own: Sequence[RecordShape]) -> list[Cell]:
    """One cell a declared tool: an even share of the records that declare it is expected."""
    cells = []
    for tool in sorted({tool for shape in own for tool in shape.declared}):
        declaring = [shape for shape in own if tool in shape.declared]
        cell = Cell(
            facet="tool",
            value=tool,
            count=sum(tool in shape.called for shape in declaring),
            of=len(declaring),
            expected=sum(1 / len(shape.declared) for shape in declaring),
        )
        cells.append(named(topic, cell))
    return cells


def _combinations(topic: str, own: Sequence[RecordShape], others: Sequence[RecordShape]) -> list[Cell]:
    """Tools called in one conversation, two or more together or none, where the topic's records could do so.

    An even share of the combinations is expected; none at all as often as in the other topics.
    """
    with_tools = [shape for shape in own if shape.declared]
    declared = frozenset().union(*(shape.declared for shape in with_tools))
    here = Counter(shape.called for shape in with_tools)
    possible = here + Counter(shape.called for shape in others if shape.declared and shape.called <= declared)
    kinds = [called for called, _ in possible.most_common(_MOST_COMBINATIONS) if called]
    calling = len(with_tools) - here[frozenset()]
    silent = _compared(
        topic,
        "tools",
        ["" if not shape.called else "some" for shape in with_tools],
        ["" if not shape.called else "some" for shape in others if shape.declared],
    )
    return [cell for cell in silent if not cell.value] + [
        named(
            topic,
            Cell(
                facet="tools",
                value=" + ".join(sorted(called)),
                count=here[called],
                of=calling,
                expected=calling / len(kinds),
            ),
        )
        for called in kinds
        if len(called) > 1
    ]


_VERBS: Mapping[Facet, tuple[str, str]] = {
    "turns": ("has", "have"),
    "length": ("has", "have"),
    "language": ("is in", "are in"),
    "tool": ("uses", "use"),
    "tools": ("calls", "call"),
    "sub_area": ("is about", "are about"),
}


def _sentence(topic: str, cell: Cell) -> str:
    verb = _VERBS[cell.facet][cell.count > 1]
    if cell.facet == "tool":
        what = f"{verb} `{cell.value}`"
    elif cell.facet == "tools":
        tools = " and ".join(f"`{name}`" for name in cell.value.split(" + ") if name)
        what = f"{verb} {tools} together" if tools else f"{verb} no tool"
    else:
        what = f"{verb} {cell.value}"
    if cell.elsewhere is not None:
        beside = f"other topics: {_percent(cell.elsewhere)}"
    else:
        beside = f"an even share would be {cell.expected:.0f}"
    if not cell.count:
        return f"no record of `{topic}` {what} (0 of {cell.of}; {beside})"
    return f"only {cell.count} of {cell.of} records of `{topic}` {what} ({beside})"


def _percent(share: float) -> str:
    return f"{share:.0%}"
