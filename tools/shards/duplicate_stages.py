"""Records that are there already, word for word or nearly so, found over all shards.

What one process finds one record after the other (`validation.duplicates`) is found here by bringing together the
records that share a hash: of all that is learnt from them, of their set of shingles, or of a band of its MinHash
signature. Those that share a band are then compared. No record is left out for want of room, as in one process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.validation.duplicates import NEAR, compared_shingles, hash_of
from ..generation.search.similar_sets import BANDS, band_values
from ..store.shards import Shard
from .shard_files import Changes, numbered_rows
from .stages import each, grouped, groups_for

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ALIKE = 500
"""Different sets that share one band: further ones are compared with the first so many of them."""
_SAME, _SAME_SHINGLES, _FIRST_BAND = 0, 1, 2
_SETS_AT_ONCE = 2_000
_HASH = np.dtype(np.uint64)

Place = tuple[int, int]
"""A record, by its shard and its place in it."""


@dataclass(frozen=True)
class Known:
    """An earlier record that one repeats.

    Attributes:
        id: of the earlier one.
        topic: its topic.
        similarity: how much of the wording is shared; ``None`` where the two are the same.
    """

    id: str
    topic: str | None
    similarity: float | None


def find_duplicates(shards: Sequence[Shard], changes: Changes) -> dict[int, dict[int, Known]]:
    """The records that repeat an earlier one: by shard, then by place in it."""
    rows = sum(shard.records for shard in shards)
    keys = (2 + BANDS) * rows
    met = grouped(shards, _emitting(changes, groups_for(keys)), _meetings, rows=keys)
    if met is None:
        return {}
    columns = {name: met[name].to_numpy() for name in met.column_names}
    found: dict[Place, tuple[Place, float | None]] = {}
    pairs = _pairs(columns, columns["kind"] >= _FIRST_BAND)
    for (later, earlier), similarity in zip(pairs, _similarities(shards, changes, pairs), strict=True):
        if similarity >= NEAR and similarity > (found.get(later, (earlier, 0.0))[1] or 0.0):
            found[later] = earlier, similarity
    # The earliest with the same shingles comes before whatever is less like it, and what is the same before both.
    found |= {later: (earlier, 1.0) for later, earlier in _pairs(columns, columns["kind"] == _SAME_SHINGLES)}
    found |= {later: (earlier, None) for later, earlier in _pairs(columns, columns["kind"] == _SAME)}
    return _named(shards, changes, found)


def _pairs(columns: dict[str, NDArray[Any]], wanted: NDArray[np.bool_]) -> list[tuple[Place, Place]]:
    """Different pairs of a later and an earlier record, in their order."""
    names = ("shard", "place", "earlier_shard", "earlier_place")
    table = np.stack([columns[name][wanted] for name in names], axis=1)
    unique = np.unique(table, axis=0) if len(table) else table
    return [((a, b), (c, d)) for a, b, c, d in unique.tolist()]


def _emitting(changes: Changes, groups: int) -> Callable[[Shard], pa.Table]:
    def emit(shard: Shard) -> pa.Table:
        import pyarrow as pa

        places: list[int] = []
        same: list[int] = []
        told: list[int] = []
        sets: list[NDArray[Any]] = []
        for place, row in numbered_rows(shard, changes):
            try:
                source = json.loads(row.body)
                number = hash_of(source)
                shingles = compared_shingles(source)
            except Exception:  # the rules name such a record as unreadable; it must not hide all others
                continue
            places.append(place)
            same.append(number)
            if shingles is not None and len(shingles):
                told.append(place)
                sets.append(shingles)
        keys = [_keys(np.array(places, np.int32), _SAME, np.array(same, _HASH), np.zeros(len(same), _HASH))]
        for start in range(0, len(sets), _SETS_AT_ONCE):
            part = sets[start : start + _SETS_AT_ONCE]
            here = np.array(told[start : start + _SETS_AT_ONCE], np.int32)
            whole = np.array([_hash_of_set(one) for one in part], _HASH)
            keys.append(_keys(here, _SAME_SHINGLES, whole, whole))
            values = band_values(part).astype(_HASH)
            keys += [_keys(here, _FIRST_BAND + band, values[:, band], whole) for band in range(BANDS)]
        columns = {name: np.concatenate([one[name] for one in keys]) for name in keys[0]}
        # Kinds with few different values would otherwise fall into few groups.
        mixed = (
            columns["key"] + columns["kind"].astype(_HASH) * _HASH.type(0x9E3779B97F4A7C15)
        ) % _HASH.type(groups)
        columns = {"group": mixed.astype(np.int32), **columns}
        return pa.table({**columns, "shard": np.full(len(mixed), shard.number, np.int32)})

    return emit


def _keys(places: NDArray[Any], kind: int, keys: NDArray[Any], sets: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {"place": places, "kind": np.full(len(places), kind, np.int8), "key": keys, "set": sets}


def _hash_of_set(shingles: NDArray[Any]) -> int:
    return int.from_bytes(hashlib.blake2b(shingles.tobytes(), digest_size=8).digest(), "little")


def _meetings(group: pa.Table) -> pa.Table:
    """Each record with the earlier ones that share a key with it, where it is worth comparing them."""
    import pyarrow as pa

    columns = {name: group[name].to_numpy() for name in group.column_names}
    order = np.lexsort([columns[name] for name in ("place", "shard", "key", "kind")])
    columns = {name: column[order] for name, column in columns.items()}
    same = (columns["kind"][1:] == columns["kind"][:-1]) & (columns["key"][1:] == columns["key"][:-1])
    starts = np.flatnonzero(np.concatenate([[True], ~same]))
    sizes = np.diff(np.append(starts, len(order)))
    later: list[NDArray[Any]] = []
    earlier: list[NDArray[Any]] = []
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        rows = np.arange(start, start + size)
        if columns["kind"][start] < _FIRST_BAND:
            later.append(rows[1:])
            earlier.append(np.full(size - 1, start))
            continue
        # Those with the same shingles have met by these; for the others the first of them stands.
        first_of_set = np.sort(np.unique(columns["set"][rows], return_index=True)[1])
        different = rows[first_of_set]
        for number in range(1, len(different)):
            before = different[: min(number, MOST_ALIKE)]
            later.append(np.full(len(before), different[number]))
            earlier.append(before)
    these = np.concatenate(later) if later else np.empty(0, np.int64)
    those = np.concatenate(earlier) if earlier else np.empty(0, np.int64)
    return pa.table(
        {
            "kind": columns["kind"][these],
            "shard": columns["shard"][these],
            "place": columns["place"][these],
            "earlier_shard": columns["shard"][those],
            "earlier_place": columns["place"][those],
        }
    )


@dataclass(frozen=True)
class _Compared:
    """Records of a shard that are compared.

    Attributes:
        shard: the shard.
        pairs: at each place the numbers of the pairs that it is in.
    """

    shard: Shard
    pairs: dict[int, list[int]]


def _similarities(
    shards: Sequence[Shard], changes: Changes, pairs: Sequence[tuple[Place, Place]]
) -> NDArray[np.float64]:
    """The Jaccard similarity of each pair, 0 where it is below `NEAR`."""
    similarities = np.zeros(len(pairs))
    by_shard: dict[int, dict[int, list[int]]] = {}
    for number, pair in enumerate(pairs):
        for shard, place in pair:
            by_shard.setdefault(shard, {}).setdefault(place, []).append(number)
    wanted = [_Compared(shard, by_shard[shard.number]) for shard in shards if shard.number in by_shard]
    alike = grouped(wanted, _sets(changes, groups_for(2 * len(pairs))), _jaccard, rows=2 * len(pairs))
    if alike is not None:
        similarities[alike["pair"].to_numpy()] = alike["similarity"].to_numpy()
    return similarities


def _sets(changes: Changes, groups: int) -> Callable[[_Compared], pa.Table]:
    def emit(wanted: _Compared) -> pa.Table:
        import pyarrow as pa

        numbers: list[int] = []
        sets: list[bytes] = []
        for place, row in numbered_rows(wanted.shard, changes):
            if place in wanted.pairs:
                shingles = compared_shingles(json.loads(row.body))
                written = b"" if shingles is None else shingles.astype(np.uint32).tobytes()
                numbers += wanted.pairs[place]
                sets += [written] * len(wanted.pairs[place])
        pair = np.array(numbers, np.int64)
        return pa.table(
            {
                "group": (pair % groups).astype(np.int32),
                "pair": pair,
                "set": pa.array(sets, pa.large_binary()),
            }
        )

    return emit


def _jaccard(group: pa.Table) -> pa.Table:
    import pyarrow as pa

    pairs = group["pair"].to_numpy()
    sets = group["set"].to_pylist()
    order = np.argsort(pairs, kind="stable")
    numbers: list[int] = []
    similarities: list[float] = []
    for one, other in zip(order[::2], order[1::2], strict=True):
        first, second = (np.frombuffer(sets[row], np.uint32) for row in (one, other))
        common = len(np.intersect1d(first, second, assume_unique=True))
        similarity = common / (len(first) + len(second) - common)
        if similarity >= NEAR:
            numbers.append(int(pairs[one]))
            similarities.append(similarity)
    return pa.table(
        {"pair": pa.array(numbers, pa.int64()), "similarity": pa.array(similarities, pa.float64())}
    )


@dataclass(frozen=True)
class _Named:
    shard: Shard
    places: frozenset[int]


def _named(
    shards: Sequence[Shard], changes: Changes, found: dict[Place, tuple[Place, float | None]]
) -> dict[int, dict[int, Known]]:
    by_shard: dict[int, set[int]] = {}
    for (shard, place), _ in found.values():
        by_shard.setdefault(shard, set()).add(place)
    wanted = [_Named(one, frozenset(by_shard[one.number])) for one in shards if one.number in by_shard]

    def names(of: _Named) -> dict[Place, tuple[str, str | None]]:
        return {
            (of.shard.number, place): (row.id, row.topic)
            for place, row in numbered_rows(of.shard, changes)
            if place in of.places
        }

    known = {place: name for some in each(wanted, names) for place, name in some.items()}
    named: dict[int, dict[int, Known]] = {}
    for (shard, place), (earlier, similarity) in found.items():
        named.setdefault(shard, {})[place] = Known(*known[earlier], similarity)
    return named
