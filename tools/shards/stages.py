"""The two shapes of a stage, over Ray Data: each part by itself, and what many parts say of one thing together.

A stage may be carried out twice, when a worker dies: what it is given does not change, and what it writes has the same
name and content each time. Imported where Ray is: in the process of the cluster.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

_A = TypeVar("_A")
_R = TypeVar("_R")

_ROWS_OF_A_GROUP = 250_000


@dataclass(frozen=True)
class StageProgress:
    """Where a stage is.

    Attributes:
        doing: what it does, for a person.
        done: its parts that are done.
        parts: all of them; 0 where parts that are done are not told.
    """

    doing: str
    done: int
    parts: int


def _nobody(_: StageProgress) -> None:
    return


tell: Callable[[StageProgress], None] = _nobody
"""Is told where the stages of this process are."""


def each(parts: Sequence[_A], work: Callable[[_A], _R], *, doing: str) -> list[_R]:
    """Do some work with each part.

    Args:
        parts: small descriptions of what is to be done, such as the name of a shard.
        work: what is done; its result comes to this process, so it is small.
        doing: what this is, for a person.

    Returns:
        The results, in the order of the parts.
    """
    import ray.data

    if not parts:
        return []

    def one(row: dict[str, Any]) -> dict[str, Any]:
        return {"number": row["number"], "done": pickle.dumps(work(pickle.loads(row["part"])))}

    rows = [{"number": number, "part": pickle.dumps(part)} for number, part in enumerate(parts)]
    results: dict[int, _R] = {}
    tell(StageProgress(doing, 0, len(parts)))
    for row in ray.data.from_items(rows, override_num_blocks=len(rows)).map(one).iter_rows():
        results[row["number"]] = pickle.loads(row["done"])
        tell(StageProgress(doing, len(results), len(parts)))
    return [results[number] for number in range(len(parts))]


def grouped(
    parts: Sequence[_A],
    emit: Callable[[_A], Iterator[pa.Table]],
    reduce: Callable[[pa.Table], pa.Table],
    *,
    rows: int,
    doing: str,
) -> pa.Table | None:
    """Bring the rows that parts emit together by group, and reduce each group.

    Args:
        parts: as for `each`.
        emit: makes rows of a part, some at a time; their column ``group`` is a number, of which `groups_for` says how
            many there are.
        reduce: makes rows of all that have the same ``group``. They come in no certain order. What it makes comes to
            this process.
        rows: how many there are, about.
        doing: what this is, for a person.

    Returns:
        What was made of all groups; ``None`` when that is no row.
    """
    import pyarrow as pa
    import ray.data

    if not parts:
        return None
    tell(StageProgress(doing, 0, 0))

    def of_one(batch: pa.Table) -> Iterator[pa.Table]:
        for part in batch["part"].to_pylist():
            yield from emit(pickle.loads(part))

    given = ray.data.from_items(
        [{"part": pickle.dumps(part)} for part in parts], override_num_blocks=len(parts)
    )
    emitted = given.map_batches(of_one, batch_size=1, batch_format="pyarrow", zero_copy_batch=True)
    by_group = emitted.groupby("group", num_partitions=groups_for(rows))
    reduced = by_group.map_groups(reduce, batch_format="pyarrow")
    batches: Any = reduced.iter_batches(batch_size=None, batch_format="pyarrow")
    tables = [table for table in batches if table.num_rows]
    return pa.concat_tables(tables) if tables else None


def groups_for(rows: int) -> int:
    """Into how many groups rows are dealt."""
    return max(1, -(-rows // _ROWS_OF_A_GROUP))
