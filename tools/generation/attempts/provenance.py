"""Provenance: why a synthetic record is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..jobs.ledger import Job
from ..strategies.prompt import template_hash
from .draft import Candidate


def provenance_of(
    job: Job,
    slot: int,
    attempt: int,
    candidate: Candidate,
    checks: list[str],
    verifier: dict[str, Any] | None = None,
    not_judged: Sequence[str] = (),
) -> dict[str, Any]:
    """Why a record is there: job, slot, strategy, seeds, model, approval, and what checks and verifier found."""
    draft = candidate.draft
    source = {
        "job": job.id,
        "slot": slot,
        "attempt": attempt,
        "approval": job.approval_id,
        "strategy": draft.strategy,
        "seeds": [seed.id for seed in draft.seeds],
        "examples": [example.id for example in draft.examples],
        "drawn": draft.details | candidate.details,
        "template": draft.template or template_hash(f"{draft.strategy}/{draft.profile}*"),
        "model": job.model,
        "profile": draft.profile,
        "checks": checks,
        "not_judged": list(not_judged),
        "scores": {check: round(score, 4) for check, score in candidate.scores.items()},
    }
    return source | ({"verifier": verifier} if verifier else {})
