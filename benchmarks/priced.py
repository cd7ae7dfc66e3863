"""Jobs of a priced model whose answers take unequal time: do they end, and is their cost the endpoint's own count?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from finetune_coverage.tools.generate_synthetic_data import run_approved_item

from .endpoint import MODEL, Behaviour
from .one_job import approved_job, services_for
from .running_endpoint import running_endpoint
from .table import markdown_table

JOBS = 12
LEAST_COUNT = 41
LATENCY, SPREAD = 0.3, 0.8
SENT, WRITTEN = 0.4, 1.6
"""USD per 1,000,000 tokens: gpt-4.1-mini's."""
CONCURRENCY = 32


def measure() -> list[dict[str, Any]]:
    """One job after the other, of 41 to 52 records."""
    return [_job(LEAST_COUNT + number) for number in range(JOBS)]


def _job(count: int) -> dict[str, Any]:
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        running_endpoint(Behaviour(latency=LATENCY, spread=SPREAD, seed=count)) as endpoint,
    ):
        prices = Path(folder) / "prices.yaml"
        prices.write_text(
            f"endpoints: {{'{endpoint.url}': {{{MODEL}: {{input: {SENT}, output: {WRITTEN}}}}}}}"
        )
        services = services_for(
            Path(folder) / "home", endpoint.url, CONCURRENCY, prices=prices, budget_usd=1.0
        )
        answer = asyncio.run(run_approved_item(services, *approved_job(services, count)))
        asked = endpoint.log()["requests"]
        services.index.close()
        services.store.close()
    generation = answer.get("generation") or {"status": answer["error"]["message"], "accepted": 0, "cost": {}}
    billed = (
        sum(SENT * one["prompt_tokens"] + WRITTEN * one["completion_tokens"] for one in asked) / 1_000_000
    )
    return {"count": count, "calls": len(asked), "billed": billed, **generation}


def report(jobs: list[dict[str, Any]]) -> str:
    """The figures in Markdown."""
    rows = [
        (
            number,
            job["status"],
            f"{job['accepted']} of {job['count']}",
            job["calls"],
            f"${job['cost'].get('usd') or 0:.6f}",
            f"${job['billed']:.6f}",
        )
        for number, job in enumerate(jobs, 1)
    ]
    table = markdown_table(["job", "ended", "delivered", "calls", "told", "the endpoint's own count"], rows)
    return f"{table}\n\nAnswers take {LATENCY} s in the median, lognormal with sigma {SPREAD}; {CONCURRENCY} at once."


if __name__ == "__main__":
    print(report(measure()))
