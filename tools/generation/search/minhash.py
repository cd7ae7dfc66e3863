"""MinHash signatures of shingle sets, by rensa."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SEED = 1


def signatures(sets: Sequence[NDArray[Any]], permutations: int) -> NDArray[np.uint32]:
    """One signature per set (Broder 1997): two sets agree in a column with the probability of their Jaccard.

    Args:
        sets: the hashes of each set; empty sets agree with each other.
        permutations: columns of a signature.

    Returns:
        Shape (len(sets), permutations).
    """
    from rensa import RMinHash

    if not sets:
        return np.empty((0, permutations), dtype=np.uint32)
    ends = np.cumsum([0, *map(len, sets)]).astype(np.uint64)
    tokens = np.concatenate(sets).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(tokens, ends, permutations, _SEED)
    return np.array(matrix.to_rows(), dtype=np.uint32)
