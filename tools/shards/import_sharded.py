"""Importing a dataset that one machine does not hold: its records go into Parquet shards, a sample into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

from ..dataset.file_reading import FileReading
from ..dataset.import_report import ImportReport
from ..dataset.importer import add_hints
from ..dataset.remote_files import is_remote
from ..dataset.sources import SourceFile, readable_size
from ..dataset.topic_candidates import HowToRead, require_topic_field
from ..dataset.topic_label import check_topic_field
from ..errors import Busy, InvalidInput
from ..store.bulk_insert import topic_counts_of
from ..store.counts import add_counts
from ..store.shards import Shard, add_shards, has_records, shards_within
from ..store.store import Store
from ..store.workflows import bump_version, check_workflow_id, ensure_workflow
from .cluster import RayCluster
from .file_splits import SPLIT_BYTES
from .import_stages import (
    Counts,
    NewShard,
    ReadSplit,
    SampleOf,
    number_equal_records,
    read_files,
    take_samples,
)
from .shard_files import keep_only, remove_folder, require_writable
from .store_sample import ByTopic, Sample, add_samples, firsts_of, sampled_topics


def import_sharded(
    store: Store,
    cluster: RayCluster,
    workflow_id: str,
    files: Sequence[SourceFile],
    folder: str,
    *,
    how: HowToRead,
    split_bytes: int = SPLIT_BYTES,
) -> ImportReport:
    """Add the records of dataset files to a workflow whose records lie in shards; it is made if it is not there.

    Its report and the ids, topics and order of the records are those of `import_files`. The workflow knows about the
    new shards when all of them are whole: before that nothing is in it, and an error takes them away.

    Args:
        store: where the workflow is.
        cluster: what carries the stages out.
        workflow_id: whose records they are.
        files: the files; names with a protocol are read by fsspec, on every machine of the cluster.
        folder: where shards go, in a folder of their own: a path, or what fsspec writes. Every machine of the cluster
            must reach it.
        how: how the files are read.
        split_bytes: of plain lines, what goes into one shard.

    Raises:
        InvalidInput: a file cannot be read, a name cannot be used, no record has the field that should hold the topic,
            the folder cannot be written, or the records of the workflow are in the store.
    """
    check_workflow_id(workflow_id)
    check_topic_field(how.topic_field)
    here = [file for file in files if not is_remote(file.name)]
    for file in here:
        readable_size(file.path)
    require_topic_field(here, how)
    with store.read() as connection:
        known = shards_within(connection, workflow_id)
        _refuse_stored(known, has_records=has_records(connection, workflow_id), workflow_id=workflow_id)
    require_writable(folder)
    place = f"{folder.rstrip('/')}/{uuid4().hex}"
    report = ImportReport([file.name for file in files])
    try:
        read = cluster.run(read_files, files, how, place, split_bytes)
        _tell(report, files, read)
        new = cluster.run(number_equal_records, read, known, how, place)
        samples = cluster.run(take_samples, _samples(store, workflow_id, new)) if new else []
        _store(store, workflow_id, known, new, samples)
    except BaseException:
        remove_folder(place)
        raise
    keep_only(place, [one.shard.url for one in new])
    report.added = sum(one.shard.records for one in new)
    report.already_there = sum(one.counts.total() for one in read) - report.added
    if report.good:
        add_hints(report, store, workflow_id, here, how)
    return report


def _refuse_stored(known: Sequence[Shard], *, has_records: bool, workflow_id: str) -> None:
    if has_records and not known:
        raise InvalidInput(
            f"The records of {workflow_id!r} are in the store; --engine ray keeps them in Parquet shards.",
            hint="Import into another workflow, or without --engine ray.",
        )


def _tell(report: ImportReport, files: Sequence[SourceFile], read: Sequence[ReadSplit]) -> None:
    for number, file in enumerate(files):
        whole = FileReading(file.name)
        for one in read:
            if one.split.file == number:
                whole.add_part(one.reading)
                report.count_good(one.counts)
        whole.add_to(report)


def _samples(store: Store, workflow_id: str, new: Sequence[NewShard]) -> list[SampleOf]:
    """The first records of each topic, as far as the store has not so many of it already."""
    firsts = firsts_of(sampled_topics(store, workflow_id), [_by_topic(one.counts) for one in new])
    return [SampleOf(one.shard, these) for one, these in zip(new, firsts, strict=True) if these]


def _by_topic(counts: Counts) -> ByTopic:
    by_topic: ByTopic = Counter()
    for (topic, _), count in counts.items():
        by_topic[topic] += count
    return by_topic


def _store(
    store: Store,
    workflow_id: str,
    known: Sequence[Shard],
    new: Sequence[NewShard],
    samples: Sequence[Sample],
) -> None:
    """All of an import in one transaction."""
    if not new:
        return
    total: Counts = Counter()
    for one in new:
        total.update(one.counts)
    with store.write(workflow_id) as connection:
        ensure_workflow(connection, workflow_id)
        now_known = shards_within(connection, workflow_id)
        if [shard.number for shard in now_known] != [shard.number for shard in known]:
            raise Busy(f"Something else was imported into {workflow_id!r} meanwhile.", hint="Import again.")
        _refuse_stored(now_known, has_records=has_records(connection, workflow_id), workflow_id=workflow_id)
        add_shards(connection, workflow_id, [one.shard for one in new])
        add_samples(connection, workflow_id, samples)
        add_counts(connection, workflow_id, topic_counts_of(total))
        bump_version(connection, workflow_id)
