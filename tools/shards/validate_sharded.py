"""Validating a dataset whose records lie in shards."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..dataset.validation.duplicates import Earlier
from ..dataset.validation.report import ValidationReport
from ..dataset.validation.rules import Finding
from ..dataset.validation.validate import Validation
from ..store.shards import Shard
from ..store.store import Store
from ..store.stored_rows import StoredRow
from .cluster import RayCluster
from .duplicate_stages import find_duplicates
from .shard_files import Changes, numbered_rows, whole_file
from .sharded_dataset import ShardedDataset, sharded_dataset
from .stages import each

FindingLine = Callable[[StoredRow, Finding], bytes]
"""A finding as it is written into a file."""


def validate_sharded(
    store: Store,
    cluster: RayCluster,
    workflow_id: str,
    folder: str,
    *,
    vendor: str | None = None,
    max_tokens: int | None = None,
    findings: BinaryIO | None = None,
    as_line: FindingLine | None = None,
) -> ValidationReport:
    """What `validate_records` finds, found in all shards.

    Near duplicates are looked for among all records, however many: one process remembers a part of them only, beyond
    some hundred thousand.

    Args:
        store: where the workflow is.
        cluster: what carries the stages out.
        workflow_id: whose records they are.
        folder: where shards lie.
        vendor: as for `validate_records`.
        max_tokens: likewise.
        findings: where all findings are written, in the order of the records.
        as_line: writes one.

    Raises:
        InvalidInput: the limit is below 1, there is no such vendor, or the records are in the store.
        WorkflowNotFound: there is no such workflow.
    """
    import fsspec

    whole = Validation(vendor, max_tokens)
    with sharded_dataset(store, workflow_id, folder) as dataset:
        for part, written in cluster.run(
            _validate, dataset, vendor, max_tokens, as_line if findings else None
        ):
            whole.add_part(part)
            if findings is not None:
                with fsspec.open(written, "rb") as file:
                    shutil.copyfileobj(file, findings)
    return whole.report()


@dataclass(frozen=True)
class _Job:
    shard: Shard
    earlier: dict[int, list[Earlier]]


def _validate(
    dataset: ShardedDataset, vendor: str | None, max_tokens: int | None, as_line: FindingLine | None
) -> list[tuple[Validation, str]]:
    duplicates = find_duplicates(dataset.shards, dataset.changes)
    changes = dataset.changes

    def validate(job: _Job) -> tuple[Validation, str]:
        url = f"{dataset.folder}/findings-{job.shard.number:06d}.jsonl" if as_line else ""
        if as_line is None:
            return _validated(job, changes, vendor, max_tokens, None), url
        with whole_file(url) as file:
            line = as_line
            return _validated(
                job, changes, vendor, max_tokens, lambda row, finding: file.write(line(row, finding))
            ), url

    jobs = [_Job(shard, duplicates.get(shard.number, {})) for shard in dataset.shards]
    return each(jobs, validate, doing="Checking records")


def _validated(
    job: _Job,
    changes: Changes,
    vendor: str | None,
    max_tokens: int | None,
    on_finding: Callable[[StoredRow, Finding], Any] | None,
) -> Validation:
    validation = Validation(vendor, max_tokens)
    for place, row in numbered_rows(job.shard, changes):
        for finding in validation.add(row, job.earlier.get(place, [])):
            if on_finding is not None:
                on_finding(row, finding)
    return validation
