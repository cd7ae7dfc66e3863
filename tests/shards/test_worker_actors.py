"""A dataset in shards grows by workers that are actors of a Ray cluster, one of which is killed, and is exported."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.dataset.exports.huggingface import source_of
from finetune_coverage.tools.dataset.sources import SourceFile
from finetune_coverage.tools.dataset.topic_candidates import HowToRead
from finetune_coverage.tools.generation.approvals.approval import approval_of
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_jobs
from finetune_coverage.tools.generation.workers.worker import living_workers
from finetune_coverage.tools.shards.cluster import RayCluster
from finetune_coverage.tools.shards.export_sharded import ExportOrder, export_sharded
from finetune_coverage.tools.shards.import_sharded import import_sharded
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from langgraph.checkpoint.memory import InMemorySaver

from ..generation.test_engine_endpoint import TOPIC, WORKFLOW, texts
from ..generation.test_several_processes import PLACES, check_books
from ..generation.test_worker import WorkerMachine, eventually, services_at
from ..graph.conftest import Chat
from ..mock_openai.server import MockOpenAI
from .conftest import SPLIT_BYTES
from .dying_workers import address_of_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("ray"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals; needs no Windows"),
]


COUNT, BEFORE_THE_KILL = 30, 6


@pytest.fixture
def actors(
    cluster: RayCluster, postgresql_url: str, mock_openai: MockOpenAI, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """The command of two workers, in the cluster that is there; it works as soon as that has started them."""
    address, token = cluster.run(address_of_cluster)
    machine = WorkerMachine(tmp_path / "workers", postgresql_url, mock_openai)
    environment = machine.environment | {
        "FINETUNE_COVERAGE_RAY_ADDRESS": address,
        "FINETUNE_COVERAGE_RECORDS_PER_PART": "10",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
    }
    program = [str(Path(sys.executable).with_name("finetune-coverage")), "worker"]
    with subprocess.Popen(
        [*program, "--engine", "ray", "--workers", "2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        yield command
        command.kill()


def holders(store: Store) -> list[str]:
    return [one.holder for one in living_workers(store)]


async def test_a_conversation_about_shards_grows_them_by_actors_of_which_one_is_killed(
    cluster: RayCluster,
    actors: subprocess.Popen[str],
    postgresql_url: str,
    mock_openai: MockOpenAI,
    tmp_path: Path,
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.3
    services = services_at(
        tmp_path / "chat", postgresql_url, mock_openai, shards=str(tmp_path / "shards"), run_jobs="workers"
    )
    store, folder = services.store, services.settings.shard_folder
    files = [SourceFile(sample_path(), "sample.jsonl")]
    import_sharded(store, cluster, WORKFLOW, files, folder, how=HowToRead(), split_bytes=SPLIT_BYTES)
    chat = Chat(build_graph(services, checkpointer=InMemorySaver()))
    await chat.new("")
    asked = await chat.asked()
    assert asked is not None
    (action,) = asked["action_requests"]
    assert (action["args"]["topic"], action["args"]["count"]) == (TOPIC, COUNT)
    changed = {"name": action["name"], "args": action["args"] | {"strategy": "few_shot"}}
    await eventually(lambda: len(living_workers(store)) == 2)
    before = len(mock_openai.chats())
    answering = asyncio.create_task(
        chat.answer({"decisions": [{"type": "edit", "edited_action": changed}], "plan_id": asked["plan_id"]})
    )
    await eventually(
        lambda: sum(job.accepted for job in list_jobs(store, WORKFLOW)) >= BEFORE_THE_KILL or answering.done()
    )
    killed = random.Random(0).choice([one for one in living_workers(store) if one.job_id])
    kept = {record.id for record in load_records(store, WORKFLOW, origin="synthetic")}
    os.kill(int(killed.holder.partition("process ")[2].split()[0]), signal.SIGKILL)
    said = await answering
    assert "Technical Issues: 15 → 45 records" in said, said
    await eventually(lambda: killed.holder not in (found := holders(store)) and len(found) == 2)
    actors.send_signal(signal.SIGTERM)
    out, err = await asyncio.to_thread(actors.communicate)
    assert actors.returncode == 0 and "Traceback" not in err, err
    assert "has died" in out and out.count(": ends") == 2, out
    assert living_workers(store) == []

    made = {record.id: record for record in load_records(store, WORKFLOW, origin="synthetic")}
    assert len(made) == COUNT and kept <= made.keys()
    (job,) = list_jobs(store, WORKFLOW)
    assert get_job(store, job.id).parts == 3 and (job.status, job.accepted) == ("complete", COUNT)
    assert len(mock_openai.chats()) - before <= COUNT + PLACES, "only calls under way were asked again"
    assert mock_openai.peak <= PLACES
    (plan,) = list_plans(store, WORKFLOW, "approved")
    approval = approval_of(store, plan.id)
    assert approval is not None
    check_books(store, approval.id)

    assert analyze_coverage(services, WORKFLOW, cluster) == analyze_coverage(services, WORKFLOW)
    export_sharded(store, cluster, WORKFLOW, tmp_path / "out", folder, ExportOrder("huggingface"))
    tables = [pq.read_table(part) for part in sorted((tmp_path / "out" / "data").iterdir())]
    rows = [row for table in tables for row in table.to_pylist()]
    assert len(tables) > 2 and len(rows) == 150 + COUNT
    written = [json.dumps(source_of(row)) for row in rows if row["origin"] == "synthetic"]
    assert sorted(written) == sorted(json.dumps(json.loads(record.body)) for record in made.values())
    assert [row for row in tables[-1].to_pylist() if row["origin"] == "real"] == [], "shards of their own"
