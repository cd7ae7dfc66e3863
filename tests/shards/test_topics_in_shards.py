"""Topics for records in shards are those that one process gives, and are corrected, renamed and undone as there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.sources import SourceFile
from finetune_coverage.tools.dataset.topic_candidates import HowToRead
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.shards import store_sample
from finetune_coverage.tools.shards.assign_sharded import assign_sharded
from finetune_coverage.tools.shards.cluster import RayCluster
from finetune_coverage.tools.shards.import_sharded import import_sharded
from finetune_coverage.tools.shards.shard_files import shard_rows
from finetune_coverage.tools.shards.sharded_dataset import sharded_dataset
from finetune_coverage.tools.store.records import load_records, set_status
from finetune_coverage.tools.topics import assign as assign_module
from finetune_coverage.tools.topics.assign import AssignReport, assign_topics
from finetune_coverage.tools.topics.assignments import current_assignments, undo_last_run
from finetune_coverage.tools.topics.corrections import correct
from finetune_coverage.tools.topics.discover import merge_topics

from .conftest import ONE, SHARDED, SPLIT_BYTES
from .dying_workers import kill_in_each_stage, kill_no_more

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]
LABELLED = 4
"""Every so many records of the sample have a topic."""


@pytest.fixture
def imported(
    cluster: RayCluster, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Services:
    """The sample, most of it without topics, in two workflows; the store has a few of the records in shards."""
    monkeypatch.setattr(store_sample, "OF_A_TOPIC", 12)
    monkeypatch.setattr(store_sample, "_LEAST_OF_A_TOPIC", 12)
    monkeypatch.setattr(
        assign_module, "MOST_TOGETHER", 60
    )  # of 150: most are judged by their likeness to these
    path = tmp_path / "mostly unlabelled.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number, line in enumerate(sample_path().read_text(encoding="utf-8").splitlines()):
            record = json.loads(line)
            if number % LABELLED:
                del record["topic"]
            file.write(json.dumps(record) + "\n")
    import_files(services.store, ONE, [path])
    files = [SourceFile(path, str(path))]
    folder = services.settings.shard_folder
    import_sharded(services.store, cluster, SHARDED, files, folder, how=HowToRead(), split_bytes=SPLIT_BYTES)
    return services


def check_same(services: Services, cluster: RayCluster) -> dict[str, str | None]:
    """The topics of both, which are the same, and so are their counts, noted or counted anew."""
    expected = {record.id: record.topic for record in load_records(services.store, ONE)}
    with sharded_dataset(services.store, SHARDED, services.settings.shard_folder) as dataset:
        rows = [row for shard in dataset.shards for row in shard_rows(shard, dataset.changes)]
    assert {row.id: row.topic for row in rows} == expected
    in_store = {record.id: record.topic for record in load_records(services.store, SHARDED)}
    assert in_store.items() <= expected.items() and len(in_store) < len(expected)
    analysis = {by: analyze_coverage(services, *by) for by in ((ONE,), (SHARDED,), (SHARDED, cluster))}
    coverage = [dict(sorted(one["coverage"]["topic_distribution"].items())) for one in analysis.values()]
    assert coverage[0] == coverage[1] == coverage[2]
    scores = {one["coverage"]["balance_score_exact"] for one in analysis.values()}
    assert len(scores) == 1
    return expected


def check_assigned(services: Services, cluster: RayCluster) -> dict[str, str | None]:
    one = assign_topics(services, ONE)
    sharded = assign_sharded(services, cluster, SHARDED)
    assert as_told(sharded) == as_told(one)
    assert sharded.expected_right == pytest.approx(one.expected_right)
    given, expected = (current_assignments(services.store, workflow) for workflow in (SHARDED, ONE))
    for record_id, row in given.items():
        assert (row.topic, row.likeliest) == (expected[record_id].topic, expected[record_id].likeliest)
        assert row.informative == pytest.approx(expected[record_id].informative, abs=1e-4)
    return check_same(services, cluster)


def as_told(report: AssignReport) -> dict[str, Any]:
    return {**vars(report), "expected_right": None}


@pytest.mark.timeout(900)  # each death costs the start of another worker
def test_topics_are_given_corrected_renamed_and_undone(
    imported: Services, cluster: RayCluster, tmp_path: Path
) -> None:
    services, store = imported, imported.store
    before = check_same(services, cluster)
    marks = tmp_path / "killed"
    marks.mkdir()
    cluster.run(kill_in_each_stage, marks)
    try:
        first = check_assigned(services, cluster)
    finally:
        cluster.run(kill_no_more)
    assert len(list(marks.iterdir())) >= 4  # labels, vectors, topics, sample
    assert sum(topic is not None for topic in first.values()) > sum(map(bool, before.values())) + 50
    # What a person says is learnt from, and what is taken out is not judged and comes back with what it had.
    mine = next(one.id for one in load_records(store, SHARDED) if before[one.id] is None and one.topic)
    gone = next(one.id for one in load_records(store, SHARDED) if one.topic and one.id != mine)
    other = next(topic for topic in first.values() if topic not in (None, first[mine]))
    for workflow in (ONE, SHARDED):
        correct(store, workflow, {mine: str(other)})
        set_status(store, workflow, [gone], "rejected")
    check_same(services, cluster)
    second = check_assigned(services, cluster)
    assert second[mine] == other and gone not in second
    for workflow in (ONE, SHARDED):
        set_status(store, workflow, [gone], "active")
    assert check_same(services, cluster)[gone] == first[gone]
    # A topic ends, another is named anew: no shard is read for it.
    names = sorted({topic for topic in second.values() if topic})
    for ended, into in ((names[0], names[1]), (names[1], "by another name")):
        moved = {merge_topics(services, workflow, {ended: into}) for workflow in (ONE, SHARDED)}
        assert len(moved) == 1
    assert names[0] not in check_same(services, cluster).values()
    check_assigned(services, cluster)
    for _ in range(3):
        for workflow in (ONE, SHARDED):
            undo_last_run(store, workflow)
        check_same(services, cluster)
    assert check_same(services, cluster) == second | {gone: first[gone]}
    for _ in range(3):
        for workflow in (ONE, SHARDED):
            undo_last_run(store, workflow)
    assert check_same(services, cluster) == before
