"""What the records of a plan will be worth, said before anybody approves it: as measured here, else as measured once.

A plan counts records, and thirty rewordings of what is there count thirty. What a strategy's records were worth in
earlier jobs of this workflow is what its next ones are expected to be worth. Before any there is what was measured
once: of records written by hand as a capable model writes them (``benchmarks/RESULTS.md``), and of the embedded model's
in the demo (``docs/demo.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, Field
from sqlalchemy import select

from ..coverage.plans import PlanItem
from ..coverage.strategy_choice import StrategyName
from ..store.journal_tables import jobs
from .jobs.ledger import summarize_job

if TYPE_CHECKING:
    from ..services import Services

Profile = Literal["full", "small"]
ON_OTHER_DATA = "measured on other data: benchmarks/RESULTS.md"
EMBEDDED = "measured in the demo: docs/demo.md"
HERE = "measured in earlier rounds"
LEAST_MEASURED = 5
"""Records of earlier jobs from which on their worth says more than what was measured elsewhere."""


class Measured(NamedTuple):
    """So many records of a strategy, and what they were worth together."""

    records: int
    worth: float

    @property
    def share(self) -> float:
        """Of one record, 0 to 1."""
        return self.worth / self.records


ONCE: dict[Profile, dict[StrategyName, Measured]] = {
    "full": {
        "message_variation": Measured(30, 23.7),
        "few_shot": Measured(32, 28.0),
        "topic_description": Measured(32, 25.5),
        "scenario_expansion": Measured(29, 23.6),
        "tool_chain": Measured(23, 19.1),
    },
    "small": {"message_variation": Measured(30, 1.3)},
}
"""By the profile of the model and the strategy; a test compares them with the pages that are named as their source.
All but the message variations are a few from many real records: of more the later ones are worth less."""


class ExpectedWorth(BaseModel):
    """What records will probably be worth: how many new real-like ones they count for."""

    worth: int = Field(description="From 0 to their number; rounded, since more nobody knows.")
    records: int = Field(description="Of how many records; those of which nothing is known are left out.")
    source: str = Field(description="Where the figure comes from, in words.")

    @property
    def words(self) -> str:
        """``about 24 of 30 new (measured on other data: benchmarks/RESULTS.md)``."""
        return f"about {self.worth:,} of {self.records:,} new ({self.source})"

    @property
    def brief(self) -> str:
        """``about 24 of 30 new (measured on other data)``, for a screen on which more stands than the plan."""
        named = dict.fromkeys(source.partition(":")[0] for source in self.source.split("; "))
        return f"about {self.worth:,} of {self.records:,} new ({', '.join(named)})"


class Share(NamedTuple):
    """What one record of a strategy is expected to be worth, 0 to 1, and where that comes from."""

    share: float
    source: str


def shares(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> dict[StrategyName, Share]:
    """By strategy what one record is expected to be worth; without those of which nothing is known."""
    found: dict[StrategyName, Share] = {}
    if not services.settings.checks.semantic:
        return found  # nobody will measure it
    profile = services.settings.profile
    for strategy in dict.fromkeys(item.strategy for item in items):
        here, once = _measured_here(services, workflow_id, strategy), ONCE[profile].get(strategy)
        if here is not None and here.records >= LEAST_MEASURED:
            found[strategy] = Share(here.share, HERE)
        elif once is not None:
            found[strategy] = Share(once.share, ON_OTHER_DATA if profile == "full" else EMBEDDED)
    return found


def expected_worth(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> ExpectedWorth | None:
    """What the records of a plan are expected to be worth together; ``None`` where nothing is known of any."""
    known = shares(services, workflow_id, items)
    told = [item for item in items if item.strategy in known]
    if not told:
        return None
    return ExpectedWorth(
        worth=round(sum(item.count * known[item.strategy].share for item in told)),
        records=sum(item.count for item in told),
        source="; ".join(dict.fromkeys(known[item.strategy].source for item in told)),
    )


def _measured_here(services: Services, workflow_id: str, strategy: str) -> Measured | None:
    """All records that the model in use made by the strategy in this workflow, as far as they were measured."""
    query = select(jobs.c.id, jobs.c.notes).where(
        jobs.c.workflow_id == workflow_id,
        jobs.c.strategy == strategy,
        jobs.c.model == services.settings.model_in_use,
        jobs.c.ended_at.is_not(None),
    )
    with services.store.read() as connection:
        rows = connection.execute(query).all()
    worths = {row.id: ((row.notes or {}).get("measured") or {}).get("worth") for row in rows}
    found = [
        (summarize_job(services.store, job_id).accepted, worth)
        for job_id, worth in worths.items()
        if worth is not None
    ]
    records = sum(accepted for accepted, _ in found)
    return Measured(records, sum(worth for _, worth in found)) if records else None
