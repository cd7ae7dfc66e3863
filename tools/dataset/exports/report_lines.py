"""What an export writes and loses, in words for a person; the same on a terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...coverage.wording import plural

if TYPE_CHECKING:
    from ..exporter import ExportReport

_TOPICS_NAMED = 10
_FIELDS_NAMED = 6


def loss_lines(report: ExportReport, keep: str = "") -> Iterator[str]:
    """What the format does not hold, and what is left out: one sentence a line, known before anything is written.

    Args:
        report: of the export, or of what it would do.
        keep: how what is left out is kept, such as ``; --all keeps such records``.
    """
    for loss, count in report.lost.items():
        yield f"Not in this format, in {plural(count, 'record')}: {loss}."
    yield from beside_lines(report.beside, report.left_beside)
    if report.format == "openai":
        yield (
            "Topics and other fields are written along. OpenAI does not document them: to upload there, use the "
            "format openai-upload."
        )
    if report.left_out_unfit:
        yield f"Left out: {plural(report.left_out_unfit, 'record')} that the format cannot hold:"
        yield from (f"  {record.place}: {record.reason}" for record in report.unfit)
        if report.left_out_unfit > len(report.unfit):
            yield f"  … and {report.left_out_unfit - len(report.unfit):,} more"
    if report.left_out_without_assistant:
        yield f"Left out: {plural(report.left_out_without_assistant, 'record')} without an assistant turn{keep}."
    if report.left_out_marked_bad:
        yield f"Left out: {plural(report.left_out_marked_bad, 'record')} marked as bad answers{keep}."
    if report.left_out_other_ending:
        yield f"Left out: {plural(report.left_out_other_ending, 'record')} whose last message is not the assistant's."
    if report.left_out_topics:
        yield f"Left out: records of these topics: {_topics(report.left_out_topics)}."


def outcome_lines(report: ExportReport) -> Iterator[str]:
    """How the records were divided and repeated: known once they are written."""
    if len(report.halves) > 1:
        yield f"{', '.join(_half(report, half) for half in report.halves)}."
    if report.only_training:
        yield f"Too few for a share of validation, all in training: {_topics(report.only_training)}."
    if report.over_share:
        yield f"Small topics that give one record to validation all the same: {_topics(report.over_share)}."
    if report.under_share:
        yield f"Fewer for validation than asked, as records were generated of the rest: {_topics(report.under_share)}."
    if report.repeated:
        yield f"Repeated for training, records added so: {_topics(report.repeated)}."


def _half(report: ExportReport, half: str) -> str:
    written = f"{half}: {report.halves[half]:,}"
    return f"{written} ({report.synthetic_halves[half]:,} synthetic)" if report.synthetic else written


def beside_lines(beside: dict[str, int], left_beside: dict[str, int]) -> Iterator[str]:
    """That fields stand beside the conversation: all of them, and those that may be a part of it."""
    if beside:
        named = ", ".join(f"{name} ({count:,})" for name, count in list(beside.items())[:_FIELDS_NAMED])
        more = f", … and {len(beside) - _FIELDS_NAMED} more" if len(beside) > _FIELDS_NAMED else ""
        most = plural(max(beside.values()), "record")
        yield f"Beside the conversation in up to {most}, not learnt: {named}{more}."
    for name, count in left_beside.items():
        yield f"`{name}` may carry a part of the conversation, in {plural(count, 'record')}."


def _topics(topics: dict[str, int]) -> str:
    named = [f"{topic} ({count:,})" for topic, count in list(topics.items())[:_TOPICS_NAMED]]
    more = len(topics) - len(named)
    return ", ".join([*named, *([f"and {more:,} more topics"] if more else [])])
