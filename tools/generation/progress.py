"""How far a job is, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far a job is; handed to whoever watches.

    Attributes:
        note: what is waited for, in words, when that takes long.
    """

    job_id: str
    topic: str
    accepted: int
    requested: int
    attempts: int
    rejected: dict[str, int] = field(default_factory=dict)
    note: str = ""


OnProgress = Callable[[Progress], None]
