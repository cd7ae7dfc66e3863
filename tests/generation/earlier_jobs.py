"""Jobs as earlier ones left them in the journal, for tests of what is made of them."""

from __future__ import annotations

from typing import Any

from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import attempts, jobs, slots
from sqlalchemy import insert

from .conftest import WORKFLOW

TOPIC = "technical_issues"


def job(
    services: Services,
    *,
    accepted: int = 0,
    rejected: int = 0,
    failed: int = 0,
    tokens: tuple[int, int] = (0, 0),
    count: int = 30,
    **changes: Any,
) -> str:
    """A job with drafts that came to this, newer than those before; its id."""
    with services.store.write() as connection:
        number = connection.exec_driver_sql("SELECT count(*) FROM jobs").scalar_one()
        row = {
            "id": f"job-{number}",
            "workflow_id": WORKFLOW,
            "approval_id": "approval-1",
            "topic": TOPIC,
            "count": count,
            "strategy": "few_shot",
            "model": services.settings.model_in_use,
            "status": "running",
            "coverage_before": {},
            "created_at": f"2026-01-{number + 10}",
        } | changes
        connection.execute(insert(jobs).values(**row))
        filled = [f"record-{slot}" if slot < accepted else None for slot in range(count)]
        connection.execute(
            insert(slots),
            [
                {"job_id": row["id"], "number": slot, "record_id": record}
                for slot, record in enumerate(filled)
            ],
        )
        statuses = ["accepted"] * accepted + ["rejected"] * rejected + ["failed"] * failed
        for attempt, status in enumerate(statuses):
            used = (0, 0) if status == "failed" else tokens
            connection.execute(
                insert(attempts).values(
                    job_id=row["id"],
                    number=attempt,
                    slot=0,
                    status=status,
                    check={
                        "rejected": "verifier" if attempt > accepted else "parse",
                        "failed": "endpoint",
                    }.get(status),
                    prompt_tokens=used[0],
                    completion_tokens=used[1],
                )
            )
    return str(row["id"])
