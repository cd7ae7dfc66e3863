"""Records that are there already, word for word or nearly so, and questions with more than one answer, over all shards.

What one process finds one record after the other (`validation.duplicates`) is found here by bringing together the
records that share a hash: of all that is learnt from them, of what they ask and answer, of their set of shingles, or of
a band of its MinHash signature. Those that share a band are then compared. No record is left out for want of room, as
in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..dataset.validation.duplicates import NEAR, Earlier, Known, OtherAnswer, hash_of_set, learnt_of
from ..dataset.validation.validate import parsed
from ..generation.search.similar_sets import (
    BANDS,
    Pairs,
    begins,
    disagreements,
    may_be_alike,
    most_disagreements,
    sign,
)
from ..store.shards import Shard
from .shard_files import Changes, columns_at, numbered_rows
from .stages import each, grouped, groups_for

if TYPE_CHECKING:
    import pyarrow as pa

MOST_OF_A_BAND = 50_000
"""Different sets that share one band: further ones are compared with the first so many of them, since comparing all
with all takes their square. One process has no such limit, and mostly no room for so many."""
_OF_ANSWERS = 3
_SAME, _QUESTION, _CALLS, _ANSWER, _SAME_SHINGLES, _FIRST_BAND = range(6)
_RECORDS_AT_ONCE = 2_000
_PAIRS_AT_ONCE = 1_000_000
_SKETCH = [f"sketch_{number}" for number in range(4)]
_HASH = np.dtype(np.uint64)
_MIXING = _HASH.type(0x9E3779B97F4A7C15)
_SHARD_BITS = 32

Positions = NDArray[np.int64]
"""Records, by shard (the upper 32 bits) and place in it: in their order."""


def find_duplicates(shards: Sequence[Shard], changes: Changes) -> dict[int, dict[int, list[Earlier]]]:
    """What records repeat of earlier ones, or contradict: by shard, then by place in it."""
    keys = (_FIRST_BAND + BANDS) * sum(shard.records for shard in shards)
    met = grouped(
        shards, _emitting(changes, groups_for(keys)), _meetings, rows=keys, doing="Looking for duplicates"
    )
    if met is None:
        return {}
    kind, later, earlier, apart = (met[name].to_numpy() for name in ("kind", "later", "earlier", "apart"))
    is_near = kind >= _FIRST_BAND
    near = Pairs(later[is_near], earlier[is_near], apart[is_near]).most_alike()
    found = _nearest(near, _similarities(shards, near))
    # The earliest with the same shingles comes before whatever is less like it, and what is the same before both.
    for one, similarity in ((_SAME_SHINGLES, 1.0), (_SAME, None)):
        pairs = zip(later[kind == one].tolist(), earlier[kind == one].tolist(), strict=True)
        found |= {position: (first, similarity) for position, first in pairs}
    answers = [
        dict(zip(later[kind == one].tolist(), earlier[kind == one].tolist(), strict=True))
        for one in (_QUESTION, _CALLS, _ANSWER)
    ]
    return _named(shards, changes, found, _answered_otherwise(*answers))


def _answered_otherwise(
    questions: Mapping[int, int], calls: Container[int], answers: Container[int]
) -> dict[int, tuple[int, bool]]:
    """Those that share a question with an earlier one and answer otherwise, and whether their calls differ."""
    return {
        later: (earlier, later not in calls) for later, earlier in questions.items() if later not in answers
    }


def _nearest(pairs: Pairs, similarities: NDArray[np.float64]) -> dict[int, tuple[int, float | None]]:
    """The most similar earlier record of each, the first of several, where it is near enough."""
    near = np.flatnonzero(similarities >= NEAR)
    order = near[np.lexsort([pairs.earlier[near], -similarities[near], pairs.later[near]])]
    firsts = order[begins(pairs.later[order])]
    found = zip(pairs.earlier[firsts].tolist(), similarities[firsts].tolist(), strict=True)
    return dict(zip(pairs.later[firsts].tolist(), found, strict=True))


def _emitting(changes: Changes, groups: int) -> Callable[[Shard], Iterator[pa.Table]]:
    def emit(shard: Shard) -> Iterator[pa.Table]:
        rows = ((place, row.body) for place, row in numbered_rows(shard, changes))
        while part := list(islice(rows, _RECORDS_AT_ONCE)):
            yield _keys(shard, part, groups)

    return emit


def _keys(shard: Shard, records: Sequence[tuple[int, str]], groups: int) -> pa.Table:
    """What some records of a shard, with their places, are brought together by."""
    import pyarrow as pa

    learnt = learnt_of([parsed(body) for _, body in records])
    places = np.array([records[number][0] for number in learnt.places], np.int64)
    is_told = np.array([len(one) > 0 for one in learnt.sets], np.bool_)
    sets = [one for one in learnt.sets if len(one)]
    signed = sign(sets)
    hashes = np.array([hash_of_set(one) for one in sets], _HASH)

    def of_keys(of_records: NDArray[Any], of_sets: NDArray[Any]) -> NDArray[Any]:
        """What stands at the key of each record, and at all keys of each set."""
        return np.concatenate([of_records, np.tile(of_sets, 1 + BANDS)]).astype(of_sets.dtype)

    is_answered = learnt.answered[:, 0] != 0
    asked = places[is_answered]
    of_records = np.concatenate([places, np.tile(asked, _OF_ANSWERS)])
    none = np.zeros(len(of_records), np.int8)
    kinds = np.concatenate(
        [
            np.full(len(places), _SAME, np.int8),
            np.repeat(np.arange(_QUESTION, _ANSWER + 1, dtype=np.int8), len(asked)),
            np.repeat(np.arange(_SAME_SHINGLES, _FIRST_BAND + BANDS, dtype=np.int8), len(sets)),
        ]
    )
    answers = learnt.answered[is_answered].T.ravel()
    keys = np.concatenate([learnt.hashes, answers, hashes, signed.bands.T.ravel().astype(_HASH)])
    # Kinds with few different values would otherwise fall into few groups.
    mixed = (keys + kinds.astype(_HASH) * _MIXING) * _MIXING >> _HASH.type(32)
    return pa.table(
        {
            "group": (mixed % _HASH.type(groups)).astype(np.int32),
            "kind": kinds,
            "key": keys,
            "position": of_keys(of_records, places[is_told]) | shard.number << _SHARD_BITS,
            "set": of_keys(none, hashes),
            "size": of_keys(none, np.array([len(one) for one in sets], np.int32)),
            **{name: of_keys(none, signed.sketches[:, word]) for word, name in enumerate(_SKETCH)},
        }
    )


def _meetings(group: pa.Table) -> pa.Table:
    """Each record with the earlier ones that share a key with it, where it is worth comparing them."""
    import pyarrow as pa

    kind, key, position = (group[name].to_numpy() for name in ("kind", "key", "position"))
    equal = np.flatnonzero(kind < _FIRST_BAND)
    equal = equal[np.lexsort([position[equal], key[equal], kind[equal]])]
    is_first = begins(kind[equal], key[equal])
    firsts = equal[is_first][np.cumsum(is_first) - 1]
    later, earlier, near = equal[~is_first], firsts[~is_first], _likely_pairs(group)
    return pa.table(
        {
            "kind": np.concatenate([kind[later], np.full(len(near.later), _FIRST_BAND, np.int8)]),
            "later": np.concatenate([position[later], near.later]),
            "earlier": np.concatenate([position[earlier], near.earlier]),
            "apart": np.concatenate([np.zeros(len(later), np.uint8), near.apart]),
        }
    )


def _likely_pairs(group: pa.Table) -> Pairs:
    """Pairs that share a band and are not surely unlike."""
    kind, key, position, sets, size = (
        group[name].to_numpy() for name in ("kind", "key", "position", "set", "size")
    )
    rows = np.flatnonzero(kind >= _FIRST_BAND)
    # Those with the same shingles have met by these; for the others the first of them stands.
    rows = rows[np.lexsort([position[rows], sets[rows], key[rows], kind[rows]])]
    rows = rows[begins(kind[rows], key[rows], sets[rows])]
    rows = rows[np.lexsort([position[rows], key[rows], kind[rows]])]
    sketches = np.stack([group[name].to_numpy()[rows] for name in _SKETCH], axis=1)
    position, size = position[rows], size[rows]
    most_apart = most_disagreements(NEAR)
    found = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))]
    for later, earlier in _pairs_within(np.flatnonzero(begins(kind[rows], key[rows])), len(rows)):
        possible = may_be_alike(size[later], size[earlier], NEAR)
        later, earlier = later[possible], earlier[possible]
        apart = disagreements(sketches[later], sketches[earlier])
        close = apart <= most_apart
        found.append(Pairs(position[later[close]], position[earlier[close]], apart[close]))
    return _together(found).most_alike()


def _pairs_within(
    starts: NDArray[np.intp], total: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Later and earlier rows of each pair within runs of rows that begin at these."""
    sizes = np.diff(np.append(starts, total))
    for size in np.unique(sizes[sizes > 1]).tolist():
        of_size = starts[sizes == size]
        if size * size > _PAIRS_AT_ONCE:
            for start in of_size.tolist():
                for number in range(1, size):
                    before = np.arange(start, start + min(number, MOST_OF_A_BAND))
                    yield np.full(len(before), start + number), before
            continue
        earlier, later = np.triu_indices(size, 1)
        at_once = max(1, _PAIRS_AT_ONCE // len(later))
        for start in range(0, len(of_size), at_once):
            some = of_size[start : start + at_once, None]
            yield (some + later).ravel(), (some + earlier).ravel()


def _together(pairs: Sequence[Pairs]) -> Pairs:
    return Pairs(*(np.concatenate(column) for column in zip(*pairs, strict=True)))


@dataclass(frozen=True)
class _Compared:
    """Records of a shard that are compared.

    Attributes:
        shard: the shard.
        places: of the records, in their order; one that is in several pairs is there as often.
        pairs: the number of the pair.
    """

    shard: Shard
    places: NDArray[np.int64]
    pairs: NDArray[np.int64]


def _similarities(shards: Sequence[Shard], pairs: Pairs) -> NDArray[np.float64]:
    """The Jaccard similarity of each pair, 0 where it is below `NEAR`."""
    count = len(pairs.later)
    similarities = np.zeros(count)
    numbers = np.tile(np.arange(count), 2)
    wanted = [
        _Compared(shard, places, numbers[rows])
        for shard, places, rows in _by_shard(shards, np.concatenate([pairs.later, pairs.earlier]))
    ]
    alike = grouped(
        wanted, _emitting_sets(groups_for(2 * count)), _jaccard, rows=2 * count, doing="Comparing wording"
    )
    if alike is not None:
        similarities[alike["pair"].to_numpy()] = alike["similarity"].to_numpy()
    return similarities


def _by_shard(
    shards: Sequence[Shard], positions: Positions
) -> Iterator[tuple[Shard, NDArray[np.int64], NDArray[np.intp]]]:
    """The places in each shard, in their order, and which of the positions each is."""
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    for shard in shards:
        start, end = np.searchsorted(
            ordered, [number << _SHARD_BITS for number in (shard.number, shard.number + 1)]
        )
        if start < end:
            yield shard, ordered[start:end] - (shard.number << _SHARD_BITS), order[start:end]


def _emitting_sets(groups: int) -> Callable[[_Compared], Iterator[pa.Table]]:
    def emit(wanted: _Compared) -> Iterator[pa.Table]:
        import pyarrow as pa

        places, firsts = np.unique(wanted.places, return_index=True)
        pairs_of = np.split(wanted.pairs, firsts[1:])
        numbers: list[NDArray[np.int64]] = []
        sets: list[bytes] = []
        for pairs, body in zip(pairs_of, columns_at(wanted.shard.url, places, ["body"]), strict=True):
            (shingles,) = learnt_of([parsed(body["body"])]).sets
            numbers.append(pairs)
            sets += [shingles.tobytes()] * len(pairs)
        pair = np.concatenate(numbers)
        yield pa.table(
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
    places: NDArray[np.int64]


def _named(
    shards: Sequence[Shard],
    changes: Changes,
    found: Mapping[int, tuple[int, float | None]],
    answered_otherwise: Mapping[int, tuple[int, bool]],
) -> dict[int, dict[int, list[Earlier]]]:
    firsts = [first for first, _ in chain(found.values(), answered_otherwise.values())]
    earlier = np.unique(np.array(firsts, np.int64))
    wanted = [_Named(shard, places) for shard, places, _ in _by_shard(shards, earlier)]

    def names(of: _Named) -> list[tuple[str, str | None]]:
        rows = columns_at(of.shard.url, of.places, ["id", "topic", "origin"])
        if of.shard.topics_url:
            given = columns_at(of.shard.topics_url, of.places, ["topic"])
            rows = ({**row, **now} for row, now in zip(rows, given, strict=True))
        return [(row["id"], changes.of(row["id"], row["origin"], row["topic"]).topic) for row in rows]

    known = dict(
        zip(
            earlier.tolist(), chain.from_iterable(each(wanted, names, doing="Naming duplicates")), strict=True
        )
    )
    named: dict[int, dict[int, list[Earlier]]] = {}

    def add(position: int, one: Earlier) -> None:
        shard, place = divmod(position, 1 << _SHARD_BITS)
        named.setdefault(shard, {}).setdefault(place, []).append(one)

    for position, (first, similarity) in found.items():
        add(position, Known(known[first][0], known[first][1], similarity))
    for position, (first, is_call) in answered_otherwise.items():
        add(position, OtherAnswer(known[first][0], is_call))
    return named
