"""How far a job is, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far a job is; handed to whoever watches."""

    job_id: str
    topic: str
    accepted: int
    requested: int
    attempts: int
    rejected: dict[str, int] = field(default_factory=dict)


OnProgress = Callable[[Progress], None]
