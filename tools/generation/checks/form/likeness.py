"""From which likeness of their vectors on two texts of users count as one, as the topic's real records have it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMIT = 0.96
"""Cosine of two user texts from which they count as one. With all-MiniLM-L6-v2, 0.8% of the STAR dialogues have
such a twin in their topic (forms filled with another name or day), and 21% of the one-line questions of Banking77,
which ask the same in nearly the same words; at 0.92 it would be 4% and 45%."""
SAME_WORDS = 0.98
"""Cosine from which the users' words are the same; then two dialogues are one, or contradict each other."""
TWINS, MOST_MEASURED = 0.03, 1_000


def likeness_limit(real: NDArray[Any]) -> float:
    """The limit, higher where more than `TWINS` of the real records have a neighbour within it themselves."""
    some = real[:: max(1, len(real) // MOST_MEASURED)]
    if len(some) < 2:
        return LIMIT
    cosines = some @ some.T
    np.fill_diagonal(cosines, -1)
    nearest = float(np.quantile(cosines.max(axis=1), 1 - TWINS))
    return max(LIMIT, min(nearest, SAME_WORDS + (1 - SAME_WORDS) / 2))
