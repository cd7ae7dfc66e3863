"""The first look at an export, before anything is written: what does not fit, and how the dataset is divided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...errors import InvalidInput
from ...store.stored_rows import StoredRow
from ..formats.marks import bad_mark
from ..kept_beside import KeptBeside
from ..record import last_role
from ..topic_label import read_topics, write_topic
from .converted import Unfit
from .export_format import ExportFormat
from .split import Division, Split, Splitter

NAMED = 20
"""Records that are named one by one; the others are counted."""


@dataclass(frozen=True)
class Selection:
    """Which of the active records an export takes.

    Attributes:
        include_all: also those without an assistant turn, which trainers refuse, and those marked as bad answers.
        without_topics: none of these topics.
        ending_with_assistant: only those whose last message is the assistant's.
    """

    include_all: bool = False
    without_topics: tuple[str, ...] = ()
    ending_with_assistant: bool = False


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
        marked_bad: records that are marked as bad answers and left out.
        other_ending: records that are left out for not ending with the assistant.
        left_out_topics: records of each topic that is left out.
        beside: fields that stand beside the conversation.
        unfit: how many records the format cannot hold.
        unfit_named: the first of them.
        splitter: what divides the dataset, if it is.
        split: how it is divided, once all is looked at.
        topics: records of each topic that will be written; ``None`` is uncategorized.
        synthetic: how many of them were generated.
        relabelled: how many of them carry another topic than their source did.
        lost: what the format does not hold, and how many records lose it.
    """

    without_assistant: int = 0
    marked_bad: int = 0
    other_ending: int = 0
    left_out_topics: Counter[str] = field(default_factory=Counter)
    beside: KeptBeside = field(default_factory=KeptBeside)
    unfit: int = 0
    unfit_named: list[UnfitRecord] = field(default_factory=list)
    splitter: Splitter | None = None
    split: Split | None = None
    topics: Counter[str | None] = field(default_factory=Counter)
    synthetic: int = 0
    relabelled: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def add_part(self, later: Survey) -> None:
        """Add what was found in later records."""
        self.without_assistant += later.without_assistant
        self.marked_bad += later.marked_bad
        self.other_ending += later.other_ending
        self.left_out_topics.update(later.left_out_topics)
        self.beside.add_part(later.beside)
        self.unfit += later.unfit
        self.unfit_named += later.unfit_named[: NAMED - len(self.unfit_named)]
        self.topics.update(later.topics)
        self.synthetic += later.synthetic
        self.relabelled += later.relabelled
        self.lost.update(later.lost)
        if self.splitter is not None and later.splitter is not None:
            self.splitter.add_part(later.splitter)

    def divide(self) -> None:
        """Divide the dataset, if that was asked for."""
        if self.splitter is not None:
            self.split = self.splitter.divide()

    def refuse_unfit(self, form: ExportFormat) -> None:
        """Raise `InvalidInput` when there are records that do not fit, with the first of them and their number."""
        if not self.unfit:
            return
        shown = "; ".join(f"{record.place} ({record.reason})" for record in self.unfit_named[:5])
        more = f"; and {self.unfit - 5} more" if self.unfit > 5 else ""
        raise InvalidInput(
            f"{self.unfit} records do not fit into the format {form.name}: {shown}{more}.",
            hint="Leave them out (--leave-out-unfit), or choose another format (openai holds all).",
        )


def learnable(
    rows: Iterable[StoredRow], survey: Survey, selection: Selection
) -> Iterator[tuple[StoredRow, dict[str, Any]]]:
    """The rows that are selected and their parsed bodies; the survey counts the others, each for one reason."""
    for row in rows:
        if row.topic is not None and row.topic in selection.without_topics:
            survey.left_out_topics[row.topic] += 1
            continue
        source = json.loads(row.body)
        if not selection.include_all and not row.has_assistant_turn:
            survey.without_assistant += 1
        elif not selection.include_all and bad_mark(source, row.topic_field):
            survey.marked_bad += 1
        elif selection.ending_with_assistant and last_role(source["messages"]) != "assistant":
            survey.other_ending += 1
        else:
            survey.beside.add(source, row.topic_field)
            yield row, source


def survey_rows(
    rows: Iterable[StoredRow],
    form: ExportFormat,
    selection: Selection,
    division: Division | None,
) -> Survey:
    """Look at rows of an export; `Survey.divide` follows when these were all."""
    survey = Survey(splitter=None if division is None else Splitter(division))
    for row, source in learnable(rows, survey, selection):
        if form.convert is not None:
            try:
                survey.lost.update(form.convert(source, row.topic).lost)
            except Unfit as unfit:
                survey.unfit += 1
                if len(survey.unfit_named) < NAMED:
                    survey.unfit_named.append(UnfitRecord(row.id, row.place, unfit.reason))
                continue
        survey.topics[row.topic] += 1
        survey.synthetic += row.origin == "synthetic"
        survey.relabelled += carried_topic(row, source) != row.topic
        if survey.splitter is not None:
            survey.splitter.add(row)
    return survey


def carried_topic(row: StoredRow, source: dict[str, Any]) -> str | None:
    """The topic that the record itself names, which may have been corrected since."""
    return read_topics(source, row.topic_field)[0]


def labelled_body(row: StoredRow, source: dict[str, Any]) -> str:
    """The text of a record with the topic that it has now; untouched when it is the one of its source."""
    if carried_topic(row, source) == row.topic:
        return row.body
    return write_topic(row.body, row.topic_field, row.topic)
