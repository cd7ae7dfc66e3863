"""What an import did: counts, and every line that is no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .formats.dataset_file import FoundFormat
from .formats.plain_line import ANSWERED
from .formats.refusal import RefusalCode
from .topic_candidates import TopicCandidate


@dataclass(frozen=True)
class BadLine:
    """A line that is not a record.

    Attributes:
        file: path of the file, as it was given.
        line: number of the line, or of the item in a JSON list or Parquet file, counted from 1; ``None`` when
            the file as a whole is meant.
        reason: what is wrong, for a person.
        code: the kind of trouble, for programs.
    """

    file: str
    line: int | None
    reason: str
    code: RefusalCode

    @property
    def place(self) -> str:
        """``file:line``, or only the file."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass
class ImportReport:
    """What an import found and did.

    Attributes:
        files: the files, as they were given.
        added: records that are new in the workflow.
        already_there: records that the workflow had before.
        blank: lines with nothing but white space, skipped.
        bad: lines and files that are no records, in their order.
        without_topic: good records without a label: they are uncategorized.
        without_assistant: good records without an assistant turn: they count for coverage, but are no seeds
            and are left out of an export.
        topics: good records per topic, in the order of their first appearance.
        formats: the formats that the files are in, with the evidence for each.
        left_beside: fields that may carry a part of the conversation and were not read into it, with how many records
            have them: what they mean in their layout is not known.
        beside: all fields that are no part of the conversation and are kept beside it, the same way.
        near_same: topics of the workflow that differ in how they are written only, the largest first.
        mended: what was wrong and certain to mend, in words, with how often it was.
        mostly_unread: files of which more could not be read than could.
        topic_candidates: fields that could hold the topic, where no record has one in the field that was asked for.
    """

    files: list[str]
    added: int = 0
    already_there: int = 0
    blank: int = 0
    bad: list[BadLine] = field(default_factory=list)
    without_topic: int = 0
    without_assistant: int = 0
    topics: dict[str, int] = field(default_factory=dict)
    formats: list[FoundFormat] = field(default_factory=list)
    left_beside: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    near_same: list[list[str]] = field(default_factory=list)
    mended: dict[str, int] = field(default_factory=dict)
    mostly_unread: list[str] = field(default_factory=list)
    topic_candidates: list[TopicCandidate] = field(default_factory=list)

    @property
    def marked_bad(self) -> list[BadLine]:
        """Those of ``bad`` that are well written and marked as bad answers: nothing is to be learnt from them."""
        return [line for line in self.bad if line.code == "marked_bad"]

    @property
    def good(self) -> int:
        """Records in the files that can be used, new or not."""
        return self.added + self.already_there

    def count_good(self, counts: Mapping[tuple[str | None, int], int]) -> None:
        """Count good records by topic and kind, as `RecordColumns.counts` has them."""
        for (topic, kind), count in counts.items():
            self.without_assistant += 0 if kind & ANSWERED else count
            if topic is None:
                self.without_topic += count
            else:
                self.topics[topic] = self.topics.get(topic, 0) + count


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is.

    Attributes:
        file: the file being read.
        bytes_read: of all files.
        bytes_total: of all files.
        records: good records so far.
        bad: bad lines so far.
        seconds: since the import began.
    """

    file: str
    bytes_read: int
    bytes_total: int
    records: int
    bad: int
    seconds: float = field(default=0.0, compare=False)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take if it goes on as it went so far; ``None`` while nothing was read."""
        if not self.bytes_read:
            return None
        return self.seconds * (self.bytes_total - self.bytes_read) / self.bytes_read
