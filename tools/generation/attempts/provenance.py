"""Provenance: why a synthetic record is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ..jobs.ledger import Job
from ..strategies.prompt import template_source
from .draft import Draft


def provenance_of(
    job: Job,
    slot: int,
    attempt: int,
    draft: Draft,
    checks: list[str],
    scores: Mapping[str, float],
    judge: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Job, slot, strategy, seeds, template, model, checks with what they measured, judge, and approval of a record."""
    source = {
        "job": job.id,
        "slot": slot,
        "attempt": attempt,
        "approval": job.approval_id,
        "strategy": draft.strategy,
        "seeds": [seed.id for seed in draft.seeds],
        "drawn": draft.details,
        "template": _template_hash(draft.strategy),
        "model": job.model,
        "checks": checks,
        "scores": {check: round(score, 4) for check, score in scores.items()},
    }
    return source | ({"judge": judge} if judge else {})


@cache
def _template_hash(strategy: StrategyName) -> str:
    return hashlib.sha256(template_source(strategy).encode()).hexdigest()[:16]
