"""Arguments that whoever calls puts into words: a report, a title, what to search for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from ....dataset.record import Record
from ..form.written_calls import calls_of, read_arguments

TOLD_FREELY = 3.0
"""Mean number of words from which an argument is a text in the assistant's own words, of which only numbers, times
and codes can be traced."""
QUERY = re.compile(r"\A\w[\w.]*+\(")
"""The beginning of a value that is a query: ``is_equal_to("Sunday")``."""
_COMPOSED = frozenset(
    [
        "title",
        "subject",
        "description",
        "content",
        "message",
        "note",
        "body",
        "query",
        "keyword",
        "summary",
        "text",
    ]
)


def freely_told(real: Iterable[Record]) -> set[tuple[str, str]]:
    """The arguments, by tool, that real calls pass texts of some length for."""
    lengths: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for record in real:
        for message in record.messages:
            for tool, written in calls_of(message):
                for argument, value in read_arguments(written).items():
                    if isinstance(value, str) and not QUERY.match(value):
                        lengths[tool, argument].append(len(value.split()))
    return {key for key, counts in lengths.items() if sum(counts) >= TOLD_FREELY * len(counts)}


def is_composed(argument: str) -> bool:
    """Whether an argument is such a text by its name."""
    return argument.lower().split("_")[-1].removesuffix("s") in _COMPOSED
