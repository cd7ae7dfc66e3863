"""Two branches of a workflow side by side: what each made of the same beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field
from sqlalchemy import select

from ..analyze_coverage import analyze
from ..coverage.uplift import Uplift, combined
from ..dataset.record import Record
from ..errors import InvalidInput
from ..generation.diversity.job_report import spoken_text
from ..generation.diversity.report import DiversityFigures, diversity_report
from ..generation.money.use import Use, sum_of
from ..store.branches import MARK, branch_of, jobs_since
from ..store.records import load_records
from ..store.tables import records
from ..store.workflows import require_workflow
from .records import ShownRecord, shown_record
from .rounds import RoundItem, inspect_rounds

if TYPE_CHECKING:
    from ..services import Services

_SAMPLES = 2
_MOST = 500
"""Records of each side that the diversity is measured on."""


class Side(Use):
    """What one of the two made since they parted."""

    workflow_id: str
    score: float | None
    records: int
    strategies: list[str]
    accepted: int = Field(description="Records that are in the dataset.")
    worth: float | None = Field(description="Real-like records that those accepted count for.")
    uplift: Uplift | None = Field(description="What they bring in recognising their topics, as the mean.")
    rejected: int = Field(description="Drafts that did not pass the checks.")
    distinct_pairs: float | None = Field(
        description="Distinct pairs of words over pairs; higher is more varied."
    )
    nearest_likeness: float | None = Field(
        description="Mean likeness with the nearest record; lower is more varied."
    )
    samples: list[ShownRecord]


class Comparison(BaseModel):
    """The two sides; diversity is measured at equal numbers."""

    compared: int = Field(description="Records of each side that the diversity is of.")
    sides: list[Side]


def compare_branches(services: Services, one: str, other: str) -> Comparison:
    """Compare a branch with the workflow that it was made from, or with another branch of it.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: the two have nothing in common, or are one.
    """
    for workflow_id in (one, other):
        require_workflow(services.store, workflow_id)
    if one == other:
        raise InvalidInput(f"{one!r} cannot be compared with itself.", hint="Name another branch of it.")
    made = [_made_since(services, mine, theirs) for mine, theirs in ((one, other), (other, one))]
    written = [
        _written(services, workflow_id, items) for workflow_id, items in zip((one, other), made, strict=True)
    ]
    texts = [[spoken_text(record) for record in side] for side in written]
    figures: list[DiversityFigures | None] = [None, None]
    compared = min(map(len, texts))
    if compared > 1:
        report = diversity_report(texts[0], texts[1], services.embeddings_of(one), {})
        figures, compared = [report.synthetic, report.real], report.compared
    sides = [
        _side(services, workflow_id, made[n], written[n], figures[n])
        for n, workflow_id in enumerate((one, other))
    ]
    return Comparison(compared=compared, sides=sides)


def _made_since(services: Services, workflow_id: str, other: str) -> list[RoundItem]:
    """The parts of rounds that the other one does not share."""
    store = services.store
    if workflow_id.split(MARK)[0] != other.split(MARK)[0]:
        raise InvalidInput(
            f"{workflow_id!r} and {other!r} are no branches of one workflow.",
            hint='A branch comes from "go back to before round 2" in the conversation, or from `chat --thread ID '
            "--fork-at N`. `analyze` measures each dataset by itself.",
        )
    items = [item for entry in inspect_rounds(services, workflow_id).shown for item in entry.items]
    try:
        branch = branch_of(store, other)
    except InvalidInput:
        branch = None
    if branch is not None and branch.source == workflow_id:
        since = {*branch.left_out, *jobs_since(store, workflow_id, branch.created_at)}
        return [item for item in items if item.job_id in since]
    query = select(records.c.job_id).where(records.c.workflow_id == other, records.c.job_id.is_not(None))
    with store.read() as connection:
        shared = set(connection.execute(query.distinct()).scalars())
    return [item for item in items if item.job_id not in shared]


def _written(services: Services, workflow_id: str, items: list[RoundItem]) -> list[Record]:
    found = [r for item in items for r in load_records(services.store, workflow_id, job_id=item.job_id)]
    return found[:_MOST]


def _side(
    services: Services,
    workflow_id: str,
    items: list[RoundItem],
    written: list[Record],
    figures: DiversityFigures | None,
) -> Side:
    coverage = analyze(services, workflow_id)
    return Side(
        workflow_id=workflow_id,
        score=coverage.balance_score,
        records=coverage.total_records,
        strategies=list(dict.fromkeys(item.strategy for item in items)),
        accepted=len(written),
        worth=sum(item.worth for item in items if item.worth is not None) if items else None,
        uplift=combined([item.uplift for item in items if item.uplift is not None]),
        rejected=sum(item.rejected_total for item in items),
        **sum_of(items).figures(),
        distinct_pairs=round(figures.distinct_2, 3) if figures else None,
        nearest_likeness=round(figures.nearest_likeness, 3) if figures else None,
        samples=[shown_record(record) for record in written[:_SAMPLES]],
    )
