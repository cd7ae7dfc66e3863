"""What an import found, in words for a person; the same on a terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator

from ...tools.coverage.wording import plural
from ...tools.dataset.formats.turns.chat_body import EXTRA_KEY
from ...tools.dataset.import_report import ImportReport

FIELDS_SHOWN = 12


def import_lines(report: ImportReport) -> Iterator[str]:
    """All but the lines that are no records, and the commands that mend something: one sentence a line."""
    if report.already_there:
        yield f"{report.already_there} were there already."
    if report.without_topic:
        yield f"{report.without_topic} have no topic; they stay out of the balance score."
    if report.without_assistant:
        yield f"{report.without_assistant} have no assistant turn: they count, but nothing is learnt from them."
    beside = {name: count for name, count in report.beside.items() if name != EXTRA_KEY}
    if beside:
        fields = ", ".join(f"`{name}` ({count})" for name, count in list(beside.items())[:FIELDS_SHOWN])
        rest = f", … and {len(beside) - FIELDS_SHOWN} more (--json)" if len(beside) > FIELDS_SHOWN else ""
        yield (
            f"{plural(len(beside), 'field')} of up to {max(beside.values())} records "
            f"{'stays' if len(beside) == 1 else 'stay'} beside the conversation, "
            f"kept and not learnt: {fields}{rest}."
        )
    if more := report.beside.get(EXTRA_KEY):
        yield f"{plural(more, 'record')} hold more than OpenAI chat has a place for, kept under `{EXTRA_KEY}`."
    for name, count in report.left_beside.items():
        yield f"`{name}` stays beside the conversation in {count} records: it is no part of what is learnt."
    for what, count in report.mended.items():
        yield f"Mended in {count} {'place' if count == 1 else 'places'}: {what}."
    if marked := report.marked_bad:
        yield (
            f"{len(marked)} records are marked as bad answers and were not imported: nothing is to be learnt from "
            f"them. The first: {marked[0].place}, {marked[0].reason}."
        )
