"""Confidence that means what it says: of the records decided with 0.9, nine in ten are right.

Two opinions are mixed by a product of powers, ``softmax(a · log p + b · log q)``; the powers are those under
which the labels of held-out records are likeliest (temperature scaling, Guo et al. 2017, with two inputs).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-4  # a chance of 0 would never yield to the other opinion
_PULL = (
    0.02  # towards powers of 1, per square of a power's logarithm: decides only where the labels say little
)
_PSEUDO = 1.0  # held-out records that are imagined to be wrong: no finite sample shows that all are right


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Rows of chances from rows of scores."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def mixed(first: NDArray[Any], second: NDArray[Any], powers: tuple[float, float]) -> NDArray[Any]:
    """Two opinions (n, topics) as one."""
    logs = (np.log(np.clip(chances, _LEAST, 1)) for chances in (first, second))
    return softmax(sum(power * log for power, log in zip(powers, logs, strict=True)))


def fitted_powers(first: NDArray[Any], second: NDArray[Any], labels: NDArray[Any]) -> tuple[float, float]:
    """The powers for `mixed` under which the labels are likeliest.

    Args:
        first: an opinion on held-out records, shape (n, topics).
        second: another one.
        labels: their topics, shape (n,).
    """
    from scipy.optimize import minimize

    rows = np.arange(len(labels))
    topics = first.shape[1]

    def loss(logs: NDArray[Any]) -> float:
        chances = mixed(first, second, (float(np.exp(logs[0])), float(np.exp(logs[1]))))
        seen = -np.log(np.clip(chances[rows, labels], 1e-9, 1)).sum()
        # The imagined wrong one has the usual confidence and another topic.
        left = np.clip(1 - chances.max(axis=1), 1e-9, 1) / max(topics - 1, 1)
        imagined = -_PSEUDO * np.log(left).mean()
        return float((seen + imagined + _PULL * float(logs @ logs)) / (len(labels) + _PSEUDO))

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"maxiter": 200})
    return float(np.exp(best.x[0])), float(np.exp(best.x[1]))


def with_mean_confidence(chances: NDArray[Any], wanted: float) -> NDArray[Any]:
    """The chances with the temperature under which their mean confidence is the wanted one.

    Args:
        chances: shape (n, topics).
        wanted: between 1 / topics and 1; what cannot be reached is come near to.
    """
    from scipy.optimize import brentq

    logs = np.log(np.clip(chances, 1e-6, 1))

    def beyond(power: float) -> float:
        return float(softmax(np.exp(power) * logs).max(axis=1).mean() - wanted)

    low, high = -4.0, 4.0
    if beyond(low) >= 0 or beyond(high) <= 0:
        return softmax(np.exp(low if beyond(low) >= 0 else high) * logs)
    return softmax(np.exp(brentq(beyond, low, high, xtol=1e-3)) * logs)
