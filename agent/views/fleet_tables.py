"""Who works on a store, on a terminal: a table for each kind of thing that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ...tools.text.durations import duration_words
from ..output import visible

if TYPE_CHECKING:
    from ...tools.inspection.fleet import Fleet


def fleet_tables(fleet: Fleet) -> Iterator[RenderableType]:
    """The tables that have a row, or a line that says that nobody is there."""
    if not (fleet.leases or fleet.jobs or fleet.queue):
        yield Text("Nobody works on this store, and no job is open.")
        return
    yield from _table(
        ("Held", "By", "Renewed", ""),
        [
            (
                lease.name,
                lease.holder,
                f"{duration_words(lease.age_seconds)} ago",
                "" if lease.is_living else "not heard of: may be taken over",
            )
            for lease in fleet.leases
        ],
    )
    yield from _table(
        ("Job", "Workflow", "Accepted", "Held by"),
        [
            (
                job.job_id,
                job.workflow_id,
                f"{job.accepted:,} of {job.requested:,}",
                "; ".join(job.holders) or "nobody",
            )
            for job in fleet.jobs
        ],
    )
    yield from _table(
        ("Queued", "Workflow", "Strategy", "Waits for"),
        [
            (
                f"{item.count:,} {item.topic}",
                item.workflow_id,
                item.strategy,
                duration_words(item.waits_seconds),
            )
            for item in fleet.queue
        ],
    )
    yield from _table(
        ("Endpoint", "Lease", "Requests at once", "Seen to bear"),
        [
            (one.endpoint, lease, f"{share:,}", "" if one.ceiling is None else f"{one.ceiling:,}")
            for one in fleet.endpoints
            for lease, share in one.shares.items()
        ],
    )
    yield from _table(
        ("Budget of", "Workflow", "Tokens spent", "set aside", "cap", "USD spent", "set aside", "cap"),
        [
            (
                one.approval_id,
                one.workflow_id,
                f"{one.spent_tokens:,}",
                f"{one.reserved_tokens:,}",
                "none" if one.cap_tokens is None else f"{one.cap_tokens:,}",
                f"{one.spent_usd:.4f}",
                f"{one.reserved_usd:.4f}",
                "none" if one.cap_usd is None else f"{one.cap_usd:.2f}",
            )
            for one in fleet.budgets
        ],
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    yield table
    yield Text("")
