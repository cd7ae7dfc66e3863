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
        yield f"There already: {report.already_there:,}."
    if report.without_topic:
        yield f"Without a topic, and so not in the balance score: {report.without_topic:,}."
    if report.without_assistant:
        yield f"Without an assistant turn: {report.without_assistant:,}. They count, but nothing is learnt from them."
    beside = {name: count for name, count in report.beside.items() if name != EXTRA_KEY}
    if beside:
        fields = ", ".join(f"`{name}` ({count})" for name, count in list(beside.items())[:FIELDS_SHOWN])
        rest = f", … and {len(beside) - FIELDS_SHOWN} more (--json)" if len(beside) > FIELDS_SHOWN else ""
        yield (
            f"{plural(len(beside), 'field')} of up to {plural(max(beside.values()), 'record')} "
            f"{'stays' if len(beside) == 1 else 'stay'} beside the conversation, "
            f"kept and not learnt: {fields}{rest}."
        )
    if more := report.beside.get(EXTRA_KEY):
        yield f"{plural(more, 'record')} with more than OpenAI chat has a place for, kept under `{EXTRA_KEY}`."
    for name, count in report.left_beside.items():
        yield f"`{name}` stays beside the conversation in {plural(count, 'record')}: it is no part of what is learnt."
    for what, count in report.mended.items():
        yield f"Mended or left out in {plural(count, 'place')}: {what}."
    if marked := report.marked_bad:
        yield (
            f"Marked as bad answers, from which nothing is to be learnt, and not imported: {len(marked):,}. The first: "
            f"{marked[0].place}, {marked[0].reason}."
        )
