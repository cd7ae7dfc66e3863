"""A pilot within a plan: one yes to the whole, carried out in two steps with a look at the first one's worth between.

An approved item with a pilot has two steps, each with a job of its own under the one approval and its caps: its first
records, and the rest. The rest may be begun once the first are there and worth what the plan said with `HOLDS` to
spare, and bring no harm. Where they fall short nobody can begin it: it needs another plan, and another yes. That is
derived from what the store knows, so it is the same for whoever asks, and after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, func, select

from ...coverage.plans import PlanItem
from ...coverage.uplift import Uplift
from ...store.journal_tables import approval_items, approvals, jobs, plans, slots
from ...store.store import Store
from ..expected_worth import Share, shares

if TYPE_CHECKING:
    from ...services import Services

HOLDS = 2 / 3
"""Part of the worth that the plan said from which on a pilot holds: ten records as good as said are worth now more, now
less."""
PILOTS = "pilots"
"""Under which a plan's details keep, for each item, what was said of its pilot."""
FIRST = "the first records of this item are not written yet"


class Promise(BaseModel):
    """What a plan says of an item's first records.

    Attributes:
        records: how many come first.
        expected: what they will probably be worth; ``None`` where nothing is known.
        least: what they must be worth for the rest to follow by itself; ``None`` where it always waits.
        source: where the figure comes from, in words.
    """

    model_config = ConfigDict(frozen=True)

    records: int
    expected: float | None = None
    least: float | None = None
    source: str = ""


class Outcome(BaseModel):
    """What became of an item's first records.

    Attributes:
        is_written: whether their job has ended.
        holds: whether the rest may follow.
        why: why it may, or may not, for a person.
    """

    is_written: bool
    holds: bool
    why: str = ""


class Step(NamedTuple):
    """One approved item as it is carried out.

    Attributes:
        item: exactly what is generated.
        part_of: the number of the plan's item.
        pilot: the number of the step that has to hold before this one, if one has.
    """

    item: PlanItem
    part_of: int
    pilot: int | None = None


def steps_of(items: Sequence[PlanItem]) -> list[Step]:
    """All first records, then the rest of each item, or all of it; their numbers are those of the approval's items."""
    first = [number for number, item in enumerate(items) if item.pilot is not None]
    steps = [Step(_part(items[number], items[number].pilot or 0), number) for number in first]
    for number, item in enumerate(items):
        if item.pilot is None:
            steps.append(Step(item, number))
        else:
            steps.append(Step(_part(item, item.count - item.pilot), number, first.index(number)))
    return steps


def _part(item: PlanItem, count: int) -> PlanItem:
    return PlanItem(topic=item.topic, count=count, strategy=item.strategy)


def promises(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> list[Promise | None]:
    """What a plan says of the first records of each item; ``None`` for one without a pilot."""
    known = shares(services, workflow_id, [item for item in items if item.pilot is not None])
    return [_promise(item, known.get(item.strategy)) for item in items]


def _promise(item: PlanItem, share: Share | None) -> Promise | None:
    if item.pilot is None:
        return None
    if share is None:
        return Promise(records=item.pilot)
    expected = item.pilot * share.share
    least = round(HOLDS * expected, 1)
    return Promise(records=item.pilot, expected=round(expected, 1), least=least, source=share.source)


def kept_promises(promised: Sequence[Promise | None]) -> dict[str, Any]:
    """The promises as a plan's details keep them; nothing for a plan without a pilot."""
    if not any(promised):
        return {}
    return {PILOTS: [one.model_dump() if one is not None else None for one in promised]}


def promised_in(details: dict[str, Any]) -> list[Promise | None]:
    """The promises that a plan's details hold, one for each item; empty for a plan without a pilot."""
    return [Promise.model_validate(one) if one else None for one in details.get(PILOTS) or []]


def promise_words(items: Sequence[PlanItem], promised: Sequence[Promise | None]) -> str:
    """What a plan says of its pilots, in a sentence or two; empty where it has none."""
    pilots = {item.pilot for item in items if item.pilot is not None}
    if not pilots:
        return ""
    known = [one for one in promised if one is not None]
    first = f"First come {min(pilots):,}" if len(pilots) == 1 else "First come a few"
    of_each = " of each topic" if len(items) > 1 else ""
    of_each += " that has a pilot" if len(known) < len(items) else ""
    leasts = {one.least for one in known}
    if leasts == {None}:
        return f"{first}{of_each}. What they will be worth is not known, so the rest waits for another yes."
    least = next(iter(leasts)) if len(leasts) == 1 else None
    worth = f"{least:g} real ones or more" if least is not None else "two thirds of what is expected"
    if len(known) == 1:
        return (
            f"{first}{of_each}: if they are worth {worth}, the rest follows without asking; if less, it waits for "
            "another yes."
        )
    return (
        f"{first}{of_each}: where they are worth {worth}, that topic's rest follows without asking; where less, it "
        "waits for another yes."
    )


class Rest(BaseModel):
    """What falls short of a plan needs another yes for.

    Attributes:
        item: what is left of the item, with what its pilot lacks.
        why: why it was not begun.
    """

    item: PlanItem
    why: str = Field(description="For a person.")


def rests(store: Store, approval_id: str) -> list[Rest]:
    """What an approval's pilots leave to another yes; empty where all hold, or are not written yet."""
    with store.read() as connection:
        details, items = _plan(connection, approval_id)
        found = []
        for number, step in enumerate(steps_of(items)):
            outcome = _outcome(connection, approval_id, number, details, items)
            if outcome is None or not outcome.is_written or outcome.holds or step.pilot is None:
                continue
            pilot = _pilot_job(connection, approval_id, step.pilot)
            missing = 0 if pilot is None else pilot["count"] - _filled(connection, pilot["id"])
            rest = step.item.model_copy(update={"count": step.item.count + missing})
            found.append(Rest(item=rest, why=outcome.why))
    return found


def outcome_of(store: Store, approval_id: str, number: int) -> Outcome | None:
    """What became of the pilot of one approved item; ``None`` for an item that waits for none."""
    with store.read() as connection:
        return outcome_within(connection, approval_id, number)


def outcome_within(connection: Connection, approval_id: str, number: int) -> Outcome | None:
    """The same inside a caller's transaction."""
    details, items = _plan(connection, approval_id)
    return _outcome(connection, approval_id, number, details, items)


def _plan(connection: Connection, approval_id: str) -> tuple[dict[str, Any], list[PlanItem]]:
    query = select(plans.c.details, plans.c["items"]).join(approvals, approvals.c.plan_id == plans.c.id)
    row = connection.execute(query.where(approvals.c.id == approval_id)).first()
    return (row[0] or {}, [PlanItem.model_validate(item) for item in row[1]]) if row else ({}, [])


def _outcome(
    connection: Connection, approval_id: str, number: int, details: dict[str, Any], items: list[PlanItem]
) -> Outcome | None:
    steps = steps_of(items)
    step = steps[number] if 0 <= number < len(steps) else None
    if step is None or step.pilot is None:
        return None
    job = _pilot_job(connection, approval_id, step.pilot)
    if job is None or job["ended_at"] is None:
        return Outcome(is_written=False, holds=False, why=FIRST)
    promised = promised_in(details)
    promise = promised[step.part_of] if step.part_of < len(promised) else None
    return _looked_at(job, _filled(connection, job["id"]), promise)


def _looked_at(job: Any, filled: int, promise: Promise | None) -> Outcome:
    why_not = _why_not(job, filled, promise)
    if why_not or promise is None:
        return Outcome(is_written=True, holds=False, why=why_not)
    worth = job["notes"]["measured"]["worth"]
    why = f"the first {job['count']:,} are worth {worth:g}, and the rest was to follow from {promise.least:g} on"
    return Outcome(is_written=True, holds=True, why=why)


def _why_not(job: Any, filled: int, promise: Promise | None) -> str:
    measured = (job["notes"] or {}).get("measured") or {}
    worth = measured.get("worth")
    uplift = Uplift.model_validate(measured["uplift"]) if measured.get("uplift") else None
    if job["undone_at"] is not None:
        return "the first records were taken back"
    if job["status"] != "complete":
        return f"only {filled:,} of the first {job['count']:,} came about"
    if worth is None or promise is None or promise.least is None:
        return f"whether the first {job['count']:,} are worth what they should be cannot be told"
    if uplift is not None and uplift.verdict == "harmful":
        return f"the first {job['count']:,} make their topic harder to recognise ({uplift.f1:+z.2f})"
    if worth < promise.least:
        return (
            f"the first {job['count']:,} are worth {worth:g}, the plan said about {promise.expected:g}, and that the "
            f"rest would wait below {promise.least:g}"
        )
    return ""


def _pilot_job(connection: Connection, approval_id: str, number: int) -> Any:
    query = select(jobs).join(approval_items, approval_items.c.job_id == jobs.c.id)
    this = (approval_items.c.approval_id == approval_id) & (approval_items.c.number == number)
    return connection.execute(query.where(this)).mappings().first()


def _filled(connection: Connection, job_id: str) -> int:
    query = select(func.count()).where(slots.c.job_id == job_id, slots.c.record_id.is_not(None))
    return int(connection.execute(query).scalar_one())
