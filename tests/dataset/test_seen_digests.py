"""Equal records of a file are numbered in their order, however the file is cut into parts."""

from __future__ import annotations

from collections import Counter

from finetune_coverage.tools.dataset.record import DIGEST_BYTES
from finetune_coverage.tools.dataset.seen_digests import SeenDigests
from hypothesis import given
from hypothesis import strategies as st

DIGESTS = st.integers(0, 12).map(lambda number: bytes([number]) * DIGEST_BYTES)


@given(st.lists(st.lists(DIGESTS, max_size=9), max_size=8))
def test_numbers_as_a_counter_would(parts: list[list[bytes]]) -> None:
    seen, times, expected, got = SeenDigests(), Counter[bytes](), [], []
    for part in parts:
        got += seen.ids(b"".join(part))
        for digest in part:
            times[digest] += 1
            expected.append(f"{digest.hex()}-{times[digest]}")
    assert got == expected
