"""A dataset that changes while a job is stopped: what was paid for is judged as it was drafted, and it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.stages import AttemptWork
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.origin import origin_of
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.journal_tables import attempts
from finetune_coverage.tools.store.records import load_records, set_status
from sqlalchemy import update

from .conftest import exchange
from .test_engine import TOPIC, WORKFLOW, good_answers

pytestmark = pytest.mark.slow

Approve = Callable[..., tuple[str, int]]


async def answered_and_killed(
    services: Services, item: tuple[str, int], model: ScriptedChatModel, patch: pytest.MonkeyPatch
) -> None:
    """One answer is paid for, and the program dies before it is judged, while the next one is under way."""
    supply = good_answers()

    async def answer(_: Any) -> str:
        await asyncio.sleep(0 if len(model.history) == 1 else 60)
        return next(supply)

    model.default = answer

    def crash(*_: Any) -> Any:
        raise RuntimeError("the machine dies here")

    with patch.context() as dying:
        dying.setattr(AttemptWork, "judge", crash)
        assert not (await run_approved_item(services, *item))["success"]
    model.default = lambda _: next(supply)


def import_more(services: Services, folder: Path) -> None:
    """Ten records more in the topic, which move every later draw."""
    rows = [
        {
            "topic": TOPIC,
            "messages": [
                {"role": "user", "content": f"The tablet number {n} shows stripes after the last restart."},
                {"role": "assistant", "content": f"Please reset display profile {n} in the device menu."},
            ],
        }
        for n in range(10)
    ]
    path = folder / "more.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_files(services.store, WORKFLOW, [path])


async def test_a_paid_answer_keeps_the_seeds_that_it_was_drafted_from(
    services: Services,
    approved: Approve,
    model: ScriptedChatModel,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    item = approved(TOPIC, 3, "few_shot")
    await answered_and_killed(services, item, model, monkeypatch)
    (job,) = list_jobs(services.store)
    (begun,) = (one for one in list_attempts(services.store, job.id) if one.number == 0)
    import_more(services, tmp_path)
    set_status(services.store, WORKFLOW, begun.seed_ids[:1], "rejected")
    told: list[Progress] = []
    generation = (await run_approved_item(services, *item, on_progress=told.append))["generation"]
    assert generation["accepted"] == 3
    (remark,) = [text for text in generation["remarks"] if "changed since" in text]
    assert "1 of the 15 records that it learns from are out of the topic" in remark
    assert "10 real records were added" in remark
    assert remark in [progress.remark for progress in told]
    made = {
        record.provenance["attempt"]: record
        for record in load_records(services.store, WORKFLOW, origin="synthetic")
        if record.provenance
    }
    first, second = made[0], made[max(made)]  # the answer that was paid for, and one that was bought later
    assert first.provenance and first.provenance["seeds"] == begun.seed_ids
    assert origin_of(services, WORKFLOW, first.id)["prompt_is_exact"]
    assert second.provenance and begun.seed_ids[0] not in second.provenance["seeds"], (
        "not drafted from it anew"
    )
    assert origin_of(services, WORKFLOW, second.id)["prompt_is_exact"]


async def test_nothing_is_told_when_nothing_changed(
    services: Services, approved: Approve, model: ScriptedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = approved(TOPIC, 2, "few_shot")
    await answered_and_killed(services, item, model, monkeypatch)
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 2 and generation["remarks"] == []


@pytest.mark.parametrize("forgotten", [False, True])
async def test_an_answer_to_a_prompt_that_cannot_be_drawn_again_is_not_grafted_onto_another(
    services: Services,
    approved: Approve,
    model: ScriptedChatModel,
    monkeypatch: pytest.MonkeyPatch,
    forgotten: bool,
) -> None:
    """Another version of the program has other templates; an older one noted the seeds only."""
    item = approved(TOPIC, 1, "few_shot")
    await answered_and_killed(services, item, model, monkeypatch)
    other = {"draft": None, "seed_ids": ["another-1"]} if forgotten else {"draft": "another prompt"}
    with services.store.write() as connection:
        connection.execute(update(attempts).values(**other))
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["rejected"]["changed_draft"] == 1
    (lost,) = (a for a in list_attempts(services.store, generation["job_id"]) if a.check == "changed_draft")
    assert "cannot be drawn again" in (lost.evidence or "") and lost.tokens > 0, "it is paid for all the same"
    assert generation["accepted"] == 1


async def test_a_job_that_is_cancelled_and_resumed_draws_on(
    services: Services, approved: Approve, model: ScriptedChatModel, tmp_path: Path
) -> None:
    """Several runs, each with another dataset: every record's prompt can be drawn again."""
    item, supply = approved(TOPIC, 6, "few_shot"), good_answers()
    for round_ in range(3):

        async def answer(_: Any) -> str:
            await asyncio.sleep(0.05)
            return next(supply)

        model.default, reached = answer, asyncio.Event()

        def watch(progress: Progress, wanted: int = 2 * round_ + 1, reached: asyncio.Event = reached) -> None:
            if progress.accepted >= wanted:
                reached.set()

        job = asyncio.create_task(run_approved_item(services, *item, on_progress=watch))
        await reached.wait()
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        path = tmp_path / f"{round_}.jsonl"
        text = json.loads(
            exchange(f"Screen {round_} flickers at night.", "Please update the screen driver first.")
        )
        turns = text["exchanges"][0]
        messages = [{"role": role, "content": turns[role]} for role in ("user", "assistant")]
        path.write_text(json.dumps({"topic": TOPIC, "messages": messages}))
        import_files(services.store, WORKFLOW, [path])
    generation = (await run_approved_item(services, *item))["generation"]
    assert generation["accepted"] == 6 and "changed_draft" not in generation["rejected"]
    for record in load_records(services.store, WORKFLOW, origin="synthetic"):
        assert origin_of(services, WORKFLOW, record.id)["prompt_is_exact"]
