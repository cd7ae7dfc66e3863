"""The real record that one is most like, to be read beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..dataset.record import Record
from ..errors import CoverageError
from ..store.records import active_ids, get_record

if TYPE_CHECKING:
    from ..services import Services

_LOOKED_AT = 20
"""Neighbours among which one is looked for that is still in the dataset."""


@dataclass(frozen=True)
class RealRecord:
    """A real record beside another one.

    Attributes:
        record: the real one.
        cosine: of what the users say in both; None where it was not found by that.
        is_seed: whether the other one was made from it.
    """

    record: Record
    cosine: float | None
    is_seed: bool


def real_beside(services: Services, workflow_id: str, record: Record) -> list[RealRecord]:
    """Real records to read beside one: that of its topic which it is most like, and the one that it was made from.

    The first of them is what it is best compared with: where a turn of a conversation was varied, that conversation.
    Nothing is embedded for it: a record that is not in the index has no nearest one.
    """
    seeds = [str(seed) for seed in (record.provenance or {}).get("seeds") or []]
    neighbours = _neighbours(services, workflow_id, record)
    known = active_ids(services.store, workflow_id, seeds)
    cosines = dict(neighbours)
    ids = [other for other, _ in neighbours[:1]]
    ids += [seed for seed in seeds if seed in known and seed not in ids][:1]
    if record.first_written:
        ids.reverse()
    return [
        RealRecord(get_record(services.store, workflow_id, other), cosines.get(other), other in seeds)
        for other in ids
    ]


def _neighbours(services: Services, workflow_id: str, record: Record) -> list[tuple[str, float]]:
    settings = services.settings
    if record.topic is None or not (settings.chroma_url or settings.index_path.exists()):
        return []
    try:
        found = services.index.nearest(workflow_id, record.id, record.topic, _LOOKED_AT)
    except CoverageError:  # an index that is away or busy costs the comparison, not the record
        return []
    active = active_ids(services.store, workflow_id, [other for other, _ in found])
    return [(other, cosine) for other, cosine in found if other in active]
