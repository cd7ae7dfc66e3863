"""Provenance: why a synthetic record is there."""

from __future__ import annotations

import hashlib
from typing import Any

from .draft import Draft
from .ledger import Job
from .strategies.prompt import template_source


def provenance_of(job: Job, slot: int, attempt: int, draft: Draft, gates: list[str]) -> dict[str, Any]:
    """Job, slot, strategy, seeds, template, model, gates and approval of a record."""
    return {
        "job": job.id,
        "slot": slot,
        "attempt": attempt,
        "approval": job.approval_id,
        "strategy": draft.strategy,
        "seeds": [seed.id for seed in draft.seeds],
        "drawn": draft.details,
        "template": hashlib.sha256(template_source(draft.strategy).encode()).hexdigest()[:16],
        "model": job.model,
        "gates": gates,
    }
