"""What Ray makes of a dataset in shards is what one process makes of it, also when workers die."""

from __future__ import annotations

import json
import socket
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.dataset.exporter import ExportReport, export_records
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.sources import SourceFile, opened_sources
from finetune_coverage.tools.dataset.topic_candidates import HowToRead
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.jobs.ledger import Job
from finetune_coverage.tools.generation.jobs.measured import measure_job
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.shards.cluster import RayCluster, opened_cluster
from finetune_coverage.tools.shards.export_sharded import ExportOrder, export_sharded
from finetune_coverage.tools.shards.import_sharded import import_sharded
from finetune_coverage.tools.shards.shard_files import Change, Changes, shard_rows
from finetune_coverage.tools.store.branches import branch_workflow
from finetune_coverage.tools.store.records import topic_counts
from finetune_coverage.tools.store.shards import shards_of
from finetune_coverage.tools.store.stored_rows import stored_rows
from finetune_coverage.tools.topics.assign import assign_topics
from finetune_coverage.tools.validate_dataset import validate

from .conftest import ONE, SHARDED, SPLIT_BYTES, Both
from .dying_workers import kill_in_each_stage, kill_no_more

# Ray gives up on a node that is not up within seconds, as on a machine that runs tests on all of its processors.
# One cluster is enough for all of them.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

ORDERS = (
    ExportOrder(provenance=True),
    ExportOrder("sharegpt", split=0.8, seed=3, oversample=True),
    ExportOrder(split=0.8, real_validation=True, ending_with_assistant=True),
    ExportOrder(
        "openai", origin="real", oversample=True, include_all=True, without_topics=("technical_issues",)
    ),
)


def check_import(both: Both) -> None:
    store = both.services.store
    assert both.reports[0] == both.reports[1]
    shards = shards_of(store, SHARDED)
    assert len(shards) > len(both.files)  # files of plain lines were divided
    with store.read() as connection:
        stored = [row for row in stored_rows(connection, ONE) if row.origin == "real"]
        changes = Changes({row.id: Change(row.topic) for row in stored[:9]})
    in_shards = [row for shard in shards for row in shard_rows(shard, changes)]
    rejected = {row.id for row in in_shards} - {row.id for row in stored}
    assert len(rejected) == 1
    assert [row for row in in_shards if row.id not in rejected] == stored


def check_figures(both: Both, cluster: RayCluster, folder: Path) -> None:
    services = both.services
    expected = analyze_coverage(services, ONE)
    assert expected["coverage"]["total_records"] == sum(c.records for c in topic_counts(services.store, ONE))
    assert analyze_coverage(services, SHARDED) == expected
    assert analyze_coverage(services, SHARDED, cluster) == expected
    said = {}
    for workflow, by in ((ONE, None), (SHARDED, cluster)):
        findings = folder / f"{workflow}.jsonl"
        report = validate(services, workflow, vendor="together", findings_file=findings, cluster=by)
        said[workflow] = report, findings.read_text(encoding="utf-8").splitlines()
    assert said[SHARDED][1] == said[ONE][1]
    assert said[SHARDED][0] == said[ONE][0]
    found = {rule.rule for rule in said[ONE][0].rules}
    assert {
        "exact_duplicate",
        "near_duplicate",
        "same_record_other_topic",
        "other_calls",
        "other_words",
    } <= found


def check_worth(both: Both) -> None:
    """What records bring is measured on the first of each topic, which the store has."""
    made = {}
    for workflow in (ONE, SHARDED):
        known = {"id": "job", "workflow_id": workflow, "topic": "technical_issues", "count": 3}
        job = Job(**{**dict.fromkeys(field.name for field in fields(Job)), **known})  # type: ignore[arg-type]
        made[workflow] = measure_job(both.services, job)
    assert made[ONE].worth is not None and made[ONE].uplift is not None
    assert made[SHARDED] == made[ONE]


def check_export(both: Both, cluster: RayCluster, folder: Path, order: ExportOrder) -> None:
    store, alone = both.services.store, folder / "alone.jsonl"
    options = {
        "file_format": order.file_format,
        "include_all": order.include_all,
        "origin": order.origin,
        "split": order.split,
        "seed": order.seed,
        "real_validation": order.real_validation,
        "provenance": order.provenance,
        "oversample": order.oversample,
        "without_topics": order.without_topics,
        "ending_with_assistant": order.ending_with_assistant,
    }
    expected = export_records(store, ONE, alone, **options)  # type: ignore[arg-type]
    report = export_sharded(
        store, cluster, SHARDED, folder / "together", both.services.settings.shard_folder, order
    )
    assert tuple(report.left_out_topics) == order.without_topics
    assert report.left_out_other_ending == expected.left_out_other_ending
    assert report.synthetic_halves == expected.synthetic_halves
    for half in order.halves:
        one = alone if order.split is None else alone.with_name(f"alone.{half}.jsonl")
        parts = sorted((folder / "together").glob(f"{half}-*.jsonl"))
        assert b"".join(part.read_bytes() for part in parts) == one.read_bytes()
    if order.provenance:
        parts = sorted((folder / "together").glob("provenance-*.jsonl"))
        told = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
        ids = [
            json.loads(line)["id"] for line in (folder / "alone.provenance.jsonl").read_text().splitlines()
        ]
        assert [line["id"] for line in told] == ids
    for name in vars(ExportReport(alone, 0, 0, 0, 0)):
        if name not in ("path", "files"):
            assert getattr(report, name) == getattr(expected, name), name


def check_parquet(both: Both, cluster: RayCluster, folder: Path) -> None:
    """Generated records are Parquet shards of their own, the same whether the rest is exported with them or not."""
    store, shards, written = both.services.store, both.services.settings.shard_folder, {}
    for name, origin in (("all", None), ("generated", "synthetic")):
        order = ExportOrder("huggingface", origin=origin)  # type: ignore[arg-type]
        export_sharded(store, cluster, SHARDED, folder / name, shards, order)
        alone = folder / f"{name} alone"
        export_records(store, ONE, alone, file_format="huggingface", origin=origin)  # type: ignore[arg-type]
        parts = sorted((folder / name / "data").iterdir())
        assert pa.concat_tables(map(pq.read_table, parts)) == pq.read_table(alone / "data")
        written[name] = {part.name: part.read_bytes() for part in parts}
    generated = written["generated"]
    assert generated and generated.items() <= written["all"].items()
    for name in written["all"]:
        origins = set(pq.read_table(folder / "all" / "data" / name)["origin"].to_pylist())
        assert origins == {"synthetic" if name in generated else "real"}


def test_ray_and_one_process_come_to_the_same(both: Both, cluster: RayCluster, tmp_path: Path) -> None:
    check_import(both)
    check_figures(both, cluster, tmp_path)
    check_worth(both)
    check_export(both, cluster, tmp_path, ORDERS[0])
    for number, order in enumerate(ORDERS[1:]):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_export(both, cluster, folder, order)
    check_parquet(both, cluster, tmp_path / "1")
    again = import_sharded(
        both.services.store,
        cluster,
        SHARDED,
        both.files,
        both.services.settings.shard_folder,
        how=HowToRead(),
        split_bytes=2 * SPLIT_BYTES,
    )
    assert (again.added, again.already_there) == (0, both.reports[0].good)
    left = [path for path in Path(both.services.settings.shard_folder).rglob("*") if path.is_file()]
    assert sorted(map(str, left)) == sorted(shard.url for shard in shards_of(both.services.store, SHARDED))


@pytest.mark.timeout(900)  # each death costs the start of another worker
def test_a_worker_that_dies_in_each_stage_loses_and_doubles_nothing(
    cluster: RayCluster,
    services: Services,
    files: list[SourceFile],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    marks = tmp_path / "killed"
    marks.mkdir()
    cluster.run(kill_in_each_stage, marks)
    try:
        both: Both = request.getfixturevalue("both")
        check_import(both)
        check_figures(both, cluster, tmp_path)
        check_export(both, cluster, tmp_path, ORDERS[1])
    finally:
        cluster.run(kill_no_more)
    # Lines, reading, numbers (twice), rewriting, sample; counting; duplicates, likeness (twice each), names, findings;
    # first look and writing of the export.
    assert len(list(marks.iterdir())) >= 14


def test_a_sharded_workflow_is_no_other_engines_and_none_of_the_store_is_rays(
    both: Both, cluster: RayCluster, tmp_path: Path
) -> None:
    store, folder = both.services.store, both.services.settings.shard_folder
    for refused in (
        lambda: import_files(store, SHARDED, both.files),
        lambda: validate(both.services, SHARDED),
        lambda: export_records(store, SHARDED, tmp_path / "out.jsonl"),
        lambda: assign_topics(both.services, SHARDED),
        lambda: branch_workflow(store, SHARDED, "copy"),
    ):
        with pytest.raises(InvalidInput, match="in Parquet shards"):
            refused()
    for refused in (
        lambda: import_sharded(store, cluster, ONE, both.files, folder, how=HowToRead()),
        lambda: validate(both.services, ONE, cluster=cluster),
        lambda: export_sharded(store, cluster, ONE, tmp_path / "out", folder, ExportOrder()),
    ):
        with pytest.raises(InvalidInput, match="in the store"):
            refused()
    missing = [SourceFile(tmp_path / "gone.jsonl", "gone.jsonl")]
    before = topic_counts(store, SHARDED)
    with pytest.raises(InvalidInput, match=r"gone\.jsonl"):
        import_sharded(store, cluster, SHARDED, missing, folder, how=HowToRead())
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n[]\n")
    report = import_sharded(store, cluster, SHARDED, [SourceFile(bad, "bad.jsonl")], folder, how=HowToRead())
    assert (report.good, len(report.bad)) == (0, 2)
    assert topic_counts(store, SHARDED) == before


def test_what_fsspec_reads_and_writes(
    cluster: RayCluster, services: Services, files: list[SourceFile], tmp_path: Path
) -> None:
    lines = files[0].path.read_text(encoding="utf-8").splitlines()[:30]
    pq.write_table(
        pa.Table.from_pylist([json.loads(line) for line in lines]), tmp_path / "data" / "d.parquet"
    )
    (tmp_path / "data" / "notes.md").write_text("not a dataset")
    store, shards = services.store, f"file://{tmp_path}/shards"
    with opened_sources([f"file://{tmp_path}/data"], remote=True) as sources:
        named = [file.name for file in sources.files]
        report = import_sharded(
            store, cluster, SHARDED, sources.files, shards, how=HowToRead(), split_bytes=SPLIT_BYTES
        )
    here = [tmp_path / "data" / name for name in ("a.jsonl", "b.jsonl", "c.json", "d.parquet", "e.jsonl")]
    assert named == [f"file://{path}" for path in here]
    alone = import_files(store, ONE, here)
    assert (report.added, report.topics, len(report.bad)) == (alone.added, alone.topics, len(alone.bad))
    assert [(line.line, line.code) for line in report.bad] == [(line.line, line.code) for line in alone.bad]
    assert topic_counts(store, SHARDED) == topic_counts(store, ONE)
    assert all(shard.url.startswith(shards) for shard in shards_of(store, SHARDED))
    missing = f"file://{tmp_path}/nowhere"
    with pytest.raises(InvalidInput, match="no dataset at"), opened_sources([missing], remote=True):
        pass


def test_a_cluster_that_is_not_there_and_a_folder_that_cannot_be_written_are_said(
    services: Services, files: list[SourceFile], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InvalidInput, match="no Ray cluster"), opened_cluster(address, None) as away:
            away.run(list)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInput, match="cannot be written"), opened_cluster(None, 1) as unused:
        import_sharded(services.store, unused, SHARDED, files, f"{tmp_path}/file/shards", how=HowToRead())
