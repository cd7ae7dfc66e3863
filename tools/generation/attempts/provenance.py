"""Provenance: why a synthetic record is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
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
    verifier: dict[str, Any] | None = None,
    not_judged: Sequence[str] = (),
) -> dict[str, Any]:
    """Why a record is there: job, slot, strategy, seeds, model, approval, and what checks and verifier found."""
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
        "not_judged": list(not_judged),
        "scores": {check: round(score, 4) for check, score in scores.items()},
    }
    return source | ({"verifier": verifier} if verifier else {})


@cache
def _template_hash(strategy: StrategyName) -> str:
    return hashlib.sha256(template_source(strategy).encode()).hexdigest()[:16]
