"""The first look at an export, before anything is written: what does not fit, and how the dataset is divided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import InvalidInput
from ...store.stored_rows import StoredRow
from ..topic_label import read_topics, write_topic
from .converted import Unfit
from .export_format import ExportFormat
from .split import Split, Splitter

NAMED = 20
"""Records that are named one by one; the others are counted."""


@dataclass(frozen=True)
class UnfitRecord:
    """A record that a format cannot hold.

    Attributes:
        id: of the record.
        place: ``file:line``, or the id again for a synthetic one.
        reason: why.
    """

    id: str
    place: str
    reason: str


@dataclass
class Survey:
    """What the first look found.

    Attributes:
        without_assistant: records without an assistant turn that are left out.
        unfit: how many records the format cannot hold.
        unfit_named: the first of them.
        split: how the dataset is divided, if it is.
        topics: records of each topic that will be written; ``None`` is uncategorized.
    """

    without_assistant: int = 0
    unfit: int = 0
    unfit_named: list[UnfitRecord] = field(default_factory=list)
    split: Split | None = None
    topics: Counter[str | None] = field(default_factory=Counter)

    def refuse_unfit(self, form: ExportFormat) -> None:
        """Raise `InvalidInput` when there are records that do not fit, with the first of them and their number."""
        if not self.unfit:
            return
        shown = "; ".join(f"{record.place} ({record.reason})" for record in self.unfit_named[:5])
        more = f"; and {self.unfit - 5} more" if self.unfit > 5 else ""
        raise InvalidInput(
            f"{self.unfit} records do not fit into the format {form.name}: {shown}{more}.",
            hint="Leave them out with --leave-out-unfit, or choose another format (openai holds all).",
        )


def learnable(rows: Iterable[StoredRow], survey: Survey | None, *, include_all: bool) -> Iterator[StoredRow]:
    """The rows without those that a trainer refuses for want of an assistant turn; these are counted."""
    for row in rows:
        if row.has_assistant_turn or include_all:
            yield row
        elif survey is not None:
            survey.without_assistant += 1


def survey_rows(
    rows: Iterable[StoredRow],
    form: ExportFormat,
    *,
    include_all: bool,
    split: float | None,
    seed: int,
) -> Survey:
    """Look at all rows of an export."""
    survey = Survey()
    splitter = None if split is None else Splitter(split, seed)
    for row in learnable(rows, survey, include_all=include_all):
        if form.convert is not None:
            try:
                form.convert(json.loads(row.body), row.topic)
            except Unfit as unfit:
                survey.unfit += 1
                if len(survey.unfit_named) < NAMED:
                    survey.unfit_named.append(UnfitRecord(row.id, row.place, unfit.reason))
                continue
        survey.topics[row.topic] += 1
        if splitter is not None:
            splitter.add(row)
    if splitter is not None:
        survey.split = splitter.divide()
    return survey


def labelled_body(row: StoredRow) -> str:
    """The text of a record with the topic that it has now; untouched when it is the one of its source."""
    carried, _ = read_topics(json.loads(row.body), row.topic_field)
    return row.body if carried == row.topic else write_topic(row.body, row.topic_field, row.topic)
