"""One generation job as a process of its own, measured from inside: wall time, processor time, peak memory.

Run as ``python -m benchmarks.one_job FOLDER URL COUNT CONCURRENCY [resume] [cheap] [unverified]``; it prints one JSON
document. With ``resume`` it goes on with the unfinished job of the folder; with ``cheap`` only the cheap checks judge:
all but the comparison of meanings, which needs vectors; with ``unverified`` no verifier is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.jobs.ledger import get_job, list_jobs
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.tables import records
from finetune_coverage.tools.store.workflows import create_workflow
from pydantic import SecretStr
from sqlalchemy import LargeBinary, cast, func, select

from .endpoint import MODEL, TOPIC

WORKFLOW = "bench"


def services_for(folder: Path, url: str, concurrency: int, **more: Any) -> Services:
    """Services on a folder, against an endpoint; without a neural embedding model."""
    settings = Settings(
        home=folder,
        openai_base_url=url,
        openai_api_key=SecretStr("sk-mock"),
        model=MODEL,
        embedding_model="wordllama",
        max_concurrency=concurrency,
        **more,
    )
    return Services(settings)


def approved_job(services: Services, count: int, strategy: str = "few_shot") -> tuple[str, int]:
    """The bundled sample, and an approval of one plan on it."""
    create_workflow(services.store, WORKFLOW)
    import_sample(services.store, WORKFLOW)
    item = PlanItem(topic=TOPIC, count=count, strategy=strategy)  # type: ignore[arg-type]
    plan = propose_plan(services.store, WORKFLOW, [item])
    return approve_plan(services.store, plan.id, approver="benchmark", channel="benchmark").id, 0


def unfinished_job(services: Services) -> tuple[str, int]:
    """The approved item of the job that an earlier process left."""
    job = get_job(services.store, list_jobs(services.store)[0].id)
    return job.approval_id, 0


def cpu_seconds() -> float:
    """Processor time of this process so far, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measured(services: Services, item: tuple[str, int]) -> dict[str, Any]:
    """Run the item; figures count from the first request to the last record, loading not included."""
    from finetune_coverage.tools.generation.attempts.engine import Engine
    from finetune_coverage.tools.generation.jobs.job import run_item

    figures: dict[str, Any] = {}
    run = Engine.run

    async def timed(engine: Engine) -> str | None:
        began, cpu = time.perf_counter(), cpu_seconds()
        memory = resident_bytes()
        try:
            return await run(engine)
        finally:
            figures["seconds"] = time.perf_counter() - began
            figures["cpu_seconds"] = cpu_seconds() - cpu
            figures["memory_before"], figures["engine_peak"] = memory, peak_bytes()

    Engine.run = timed  # type: ignore[method-assign, assignment]
    result = await run_item(services, *item)
    peak = peak_bytes()  # before the bodies are weighed: what that takes is not the job's
    return {
        **figures,
        "accepted": result["accepted"],
        "rejected": result["rejected"],
        "status": result["status"],
        "stop_reason": result["stop_reason"],
        "body_bytes": written_bytes(services),
        "peak_memory": peak,
    }


def written_bytes(services: Services) -> int:
    """Bytes of the bodies of all synthetic records: what the records themselves are."""
    size = func.coalesce(func.sum(func.length(cast(records.c.body, LargeBinary))), 0)
    with services.store.read() as connection:
        return int(connection.execute(select(size).where(records.c.origin == "synthetic")).scalar_one())


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident_bytes() -> int:
    """Memory of this process now (Linux), else the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(arguments: list[str]) -> None:
    """Run one job and print its figures."""
    folder, url, count, concurrency = arguments[:4]
    checks = CheckSettings(semantic="cheap" not in arguments)
    services = services_for(
        Path(folder),
        url,
        int(concurrency),
        checks=checks,
        verifier_share=float("unverified" not in arguments),
    )
    item = unfinished_job(services) if "resume" in arguments else approved_job(services, int(count))
    print(json.dumps(asyncio.run(measured(services, item))))


if __name__ == "__main__":
    main(sys.argv[1:])
