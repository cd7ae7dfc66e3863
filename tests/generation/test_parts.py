"""Parts of one job: several workers write one topic, as one process would; on a server, where there are several."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generation.approvals.approved_items import take_item
from finetune_coverage.tools.generation.attempts import journal
from finetune_coverage.tools.generation.attempts.concurrency import AdaptiveLimit
from finetune_coverage.tools.generation.attempts.endpoint_shares import EndpointShare, give_up_inherited
from finetune_coverage.tools.generation.jobs.job import carry_out_item
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_attempts, list_jobs, slot_records
from finetune_coverage.tools.generation.jobs.notes import noted_remarks
from finetune_coverage.tools.generation.jobs.parts import CANCELLED, MOST, free_parts, part_ends, parts_for
from finetune_coverage.tools.generation.workers.queue import queue_item
from finetune_coverage.tools.store.journal_tables import leases
from finetune_coverage.tools.store.leases import Lease
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from sqlalchemy import update

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import WORDS, WORKFLOW, texts
from .test_several_processes import PLACES, approved, check_books, database, store
from .test_worker import Opening, eventually, opened, working

pytestmark = pytest.mark.slow

__all__ = ["database", "opened", "store"]  # fixtures

ON_SERVER = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
COUNT, RECORDS = 45, 10


def test_a_job_is_divided_from_twice_the_records_on() -> None:
    assert [parts_for(count, 1_000) for count in (1, 1_999, 2_000, 5_500, 100_000)] == [1, 1, 2, 5, MOST]


@ON_SERVER
def test_the_places_of_a_dead_worker_are_the_others_until_its_part_is_ready_again(
    store: Store, tmp_path: Path
) -> None:
    def taken(name: str) -> tuple[Lease, EndpointShare]:
        lease = Lease.take(store, tmp_path / name, f"job {name}", "a worker", seconds=60)
        return lease, EndpointShare(store, lease, "http://127.0.0.1:9/v1", 8, AdaptiveLimit(8))

    (dead, its_share), (_, other) = taken("one"), taken("two")
    assert (its_share.negotiate(0), other.negotiate(0)) == (8, 0)
    with store.write() as connection:
        connection.execute(update(leases).where(leases.c.name == dead.name).values(until=1.0))
    heir, share = taken("one")
    give_up_inherited(store, heir)
    assert (other.negotiate(0), share.negotiate(0)) == (8, 0), "it loads its part meanwhile"
    assert (other.negotiate(0), share.negotiate(0)) == (4, 4)


@ON_SERVER
async def test_workers_share_one_job(store: Store, opened: Opening, mock_openai: MockOpenAI) -> None:
    number = itertools.count()

    def each_twice(body: dict[str, Any]) -> str:
        rng = random.Random(next(number) // 2)
        said = [" ".join(rng.choices(WORDS, k=14)).capitalize() for _ in range(2)]
        exchanges = body["response_format"]["json_schema"]["schema"]["properties"]["exchanges"]["minItems"]
        return json.dumps({"exchanges": [{"user": f"{said[0]}.", "assistant": f"{said[1]}."}] * exchanges})

    mock_openai.reply, mock_openai.latency = each_twice, 0.05
    approval = approved(store, ("few_shot", COUNT))
    queue_item(store, approval, 0)
    machines = [opened(name, records_per_part=RECORDS) for name in "abc"]
    async with working(*machines) as said:
        await eventually(lambda: any(": ended " in line for line in said))
    (job,) = list_jobs(store, WORKFLOW)
    assert (job.status, job.accepted) == ("complete", COUNT), job
    assert {line.split(":")[0] for line in said if " takes " in line} == {"worker 1", "worker 2", "worker 3"}
    assert len([line for line in said if ": ended " in line]) == 1, "it is closed once"
    assert [(end.number, end.stop_reason) for end in part_ends(store, job.id)] == [
        (n, None) for n in range(4)
    ]
    # Nothing is drawn twice, and each part has filled its own slots.
    attempts = list_attempts(store, job.id)
    assert len(mock_openai.chats()) == len([one for one in attempts if one.check != "not_sent"])
    whole = get_job(store, job.id)
    assert all(one.slot in replace(whole, part=one.number % 4).slots for one in attempts if one.number >= 0)
    made = list(load_records(store, WORKFLOW, origin="synthetic"))
    assert sorted(slot_records(store, job.id).values()) == sorted(record.id for record in made)  # type: ignore[type-var]
    users = Counter(record.written_text("user") for record in made)
    assert len(users) == COUNT, "what one part accepts another one refuses"
    assert set(job.rejected) <= {"exact_duplicate", "near_duplicate"} and sum(job.rejected.values()) > 5
    assert mock_openai.peak <= PLACES
    check_books(store, approval)


@ON_SERVER
async def test_a_job_is_cancelled_and_stops_with_all_its_parts(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    mock_openai.reply, mock_openai.latency = texts(), 0.3
    approval = approved(store, ("few_shot", COUNT))
    queue_item(store, approval, 0)
    async with working(*(opened(name, records_per_part=RECORDS) for name in "ab")) as said:
        await eventually(lambda: sum(job.accepted for job in list_jobs(store, WORKFLOW)) >= 2)
        (job,) = list_jobs(store, WORKFLOW)
        assert journal.request_cancel(store, job.id)
        await eventually(lambda: any(": ended " in line for line in said))
    (job,) = list_jobs(store, WORKFLOW)
    assert job.status == "short" and (job.stop_reason or "").startswith(CANCELLED)
    assert len(mock_openai.chats()) == job.accepted < COUNT, "what was under way is kept"
    assert len(part_ends(store, job.id)) == 4
    check_books(store, approval)


@ON_SERVER
async def test_one_process_goes_on_with_what_workers_left(
    store: Store, opened: Opening, mock_openai: MockOpenAI
) -> None:
    """And closes a job whose last part had ended when its worker died."""
    mock_openai.reply = texts()
    approval = approved(store, ("few_shot", COUNT))
    one = opened("a")
    given = {"days": 7.0, "model": "mock-model", "coverage_before": {}}
    job = take_item(store, approval, 0, **given, records_per_part=RECORDS)
    assert job.parts == 4 and [part.part for part in free_parts(one, job)] == [0], (
        "the first one begins alone"
    )
    held = Lease.take(store, one.settings.home, job.lease, "a worker", seconds=60)
    assert free_parts(one, job) == []
    held.release()

    async def dies(*_: Any) -> str:
        raise RuntimeError("before it was closed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("finetune_coverage.tools.generation.jobs.job._closed", dies)
        with pytest.raises(RuntimeError, match="before it was closed"):
            await carry_out_item(one, approval, 0)
    (before,) = list_jobs(store, WORKFLOW)
    assert (before.status, before.accepted) == ("running", COUNT)
    assert len(part_ends(store, job.id)) == 4 and len(free_parts(one, job)) == 1
    done = await carry_out_item(opened("b"), approval, 0)
    assert (done["status"], done["accepted"], done["requested"]) == ("complete", COUNT, COUNT)
    assert len(mock_openai.chats()) == COUNT
    assert noted_remarks(store, job.id) == done["remarks"]
    check_books(store, approval)
