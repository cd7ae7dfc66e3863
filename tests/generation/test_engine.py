"""The engine through its public face: counts, refills, crash and resume, approval, budget, failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from finetune_coverage.tools.analyze_coverage import analyze_coverage
from finetune_coverage.tools.generate_synthetic_data import (
    generate_synthetic_data,
    generate_synthetic_data_tool,
    run_approved_item,
)
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records

WORKFLOW = "wf-1"
TOPIC = "technical_issues"
Approve = Callable[..., tuple[str, int]]

# Distinct on purpose: the duplicate checks are the real ones.
PROBLEMS = """\
The live picture of my porch camera freezes after two minutes, sound goes on. Firmware 2.4 is installed.
Night mode turns everything purple, since the error popped up at the last update.
Crackling microphone whenever the heating starts, otherwise recordings are clean.
After the upgrade to Android 15 the gallery crashes as soon as I open an album.
Uploading a folder of RAW files fails with code E-552 at the third file every time.
My smart TV shows thumbnails but each slideshow stops with a black screen.
Downloads from the browser are renamed to a row of digits and lose their extension.
Search by date brings pictures from another year, the sorting looks broken.
The Windows tray icon spins forever and the log says database is locked.
Two of nine motion clips this morning have no video track, just a still frame.
Since Tuesday the Mac client eats a whole processor core while nothing is syncing.
Shared links open a blank page in Safari on my iPad, private mode included.
Panoramas are shown upside down in the web viewer, on the phone they look right.
The offline folder keeps asking for the PIN and then closes without a message.
Live photos lose their motion when I restore them onto the new iPhone.
Push messages about low battery of the camera arrive twelve hours late.
Dragging files into the desktop window does nothing although the cursor changes.
A backup of eleven thousand songs is stuck in the state preparing for a day.
Printing from the app cuts off the left edge of every portrait.
The QR code of the camera is not read during set-up, I tried three lamps.
Face labels swapped my twin boys and correcting them gives an unknown failure.
Version history of a spreadsheet is empty since it was moved into another folder.
Playing a slow-motion clip makes the tablet restart.
The widget reports no connection while the same phone streams videos well.
"""


def good_answers() -> Iterator[str]:
    """Distinct records on the topic, as a good model would answer."""
    for number, user in enumerate(PROBLEMS.splitlines()):
        assistant = (
            f"That is known fault {number}. Install the update from the support page and restart the device."
        )
        yield json.dumps({"exchanges": [{"user": user, "assistant": assistant}]})


@pytest.fixture
def answers(model: ScriptedChatModel) -> Any:
    """The model answers well from now on."""
    supply = good_answers()
    model.default = lambda messages: next(supply)
    return supply


async def run(services: Services, item: tuple[str, int], **more: Any) -> dict[str, Any]:
    return await run_approved_item(services, *item, **more)


async def test_a_job_delivers_exactly_the_count(services: Services, approved: Approve, answers: Any) -> None:
    seen: list[Progress] = []
    answer = await run(services, approved(TOPIC, 5, "topic_description"), on_progress=seen.append)
    assert answer["success"], answer
    generation = answer["generation"]
    assert (generation["status"], generation["requested"], generation["accepted"]) == ("complete", 5, 5)
    assert len(set(generation["record_ids"])) == 5
    assert generation["coverage_before"]["topic_distribution"][TOPIC] == 15
    assert generation["coverage_after"]["topic_distribution"][TOPIC] == 20
    assert seen[-1].accepted == 5
    made = list(load_records(services.store, WORKFLOW, origin="synthetic"))
    assert [record.topic for record in made] == [TOPIC] * 5
    for record in made:
        assert record.provenance is not None
        assert record.provenance["strategy"] == "topic_description"
        assert record.provenance["job"] == generation["job_id"]
        assert record.source["topic"] == TOPIC


async def test_refused_slots_are_refilled_and_counted_by_reason(
    services: Services, approved: Approve, model: ScriptedChatModel, answers: Any
) -> None:
    clone = next(answers)
    model.queue.extend(["no json at all", clone, clone, '{"exchanges": []}'])
    answer = await run(services, approved(TOPIC, 4, "topic_description"))
    generation = answer["generation"]
    assert generation["accepted"] == 4
    assert generation["rejected"] == {"parse": 2, "exact_duplicate": 1}
    attempts = list_attempts(services.store, generation["job_id"])
    assert [attempt.status for attempt in attempts].count("accepted") == 4
    assert all(attempt.evidence for attempt in attempts if attempt.status == "rejected")


async def test_a_model_that_never_manages_ends_short_and_says_why(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    model.default = lambda messages: "I would rather not."
    answer = await run(services, approved(TOPIC, 2, "topic_description"))
    assert answer["success"]
    generation = answer["generation"]
    assert (generation["status"], generation["accepted"]) == ("short", 0)
    assert generation["rejected"] == {"parse": 16}
    assert "refused" in generation["stop_reason"]


async def test_without_an_approval_nothing_is_generated(services: Services, model: ScriptedChatModel) -> None:
    answer = await generate_synthetic_data(services, WORKFLOW, TOPIC, 5, "topic_description")
    assert answer["error"]["code"] == "approval_required"
    assert model.history == []


async def test_the_approval_covers_exactly_topic_count_and_strategy(
    services: Services, approved: Approve, model: ScriptedChatModel, answers: Any
) -> None:
    approved(TOPIC, 2, "topic_description")
    for topic, count, strategy in [
        (TOPIC, 3, "topic_description"),
        (TOPIC, 1, "topic_description"),
        (TOPIC, 2, "few_shot"),
        ("billing_questions", 2, "topic_description"),
    ]:
        answer = await generate_synthetic_data(services, WORKFLOW, topic, count, strategy)
        assert answer["error"]["code"] == "approval_required"
    assert model.history == []
    tool = generate_synthetic_data_tool(services)
    arguments = {"workflow_id": WORKFLOW, "topic": TOPIC, "count": 2, "strategy": "topic_description"}
    answer = json.loads(await tool.ainvoke(arguments))
    assert answer["generation"]["accepted"] == 2
    replayed = json.loads(await tool.ainvoke(arguments))
    assert replayed["error"]["code"] == "approval_required"


async def test_a_finished_item_gives_its_result_again_and_calls_nobody(
    services: Services, approved: Approve, model: ScriptedChatModel, answers: Any
) -> None:
    item = approved(TOPIC, 2, "topic_description")
    first = await run(services, item)
    calls = len(model.history)
    assert await run(services, item) == first
    assert len(model.history) == calls


async def test_a_stopped_job_goes_on_without_loss_or_double(
    services: Services, approved: Approve, model: ScriptedChatModel, answers: Any
) -> None:
    item = approved(TOPIC, 6, "topic_description")
    started = asyncio.Event()

    def watch(progress: Progress) -> None:
        if progress.accepted >= 3:
            started.set()

    task = asyncio.create_task(run(services, item, on_progress=watch))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept = {record.id for record in load_records(services.store, WORKFLOW, origin="synthetic")}
    assert len(kept) >= 3
    answer = await run(services, item)
    assert answer["generation"]["accepted"] == 6
    assert kept <= set(answer["generation"]["record_ids"])
    assert len(list(load_records(services.store, WORKFLOW, origin="synthetic"))) == 6
    assert len(list_jobs(services.store, WORKFLOW)) == 1


async def test_an_answer_paid_for_before_a_crash_is_judged_not_bought_again(
    services: Services,
    approved: Approve,
    model: ScriptedChatModel,
    answers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from finetune_coverage.tools.generation.attempts.stages import AttemptWork

    item = approved(TOPIC, 1, "topic_description")

    def crash(*_: Any) -> Any:
        raise RuntimeError("the machine dies here")

    with monkeypatch.context() as patch:
        patch.setattr(AttemptWork, "judge", crash)
        crashed = await run(services, item)
    assert crashed["error"]["code"] == "internal"
    assert len(model.history) == 1
    answer = await run(services, item)
    assert answer["generation"]["accepted"] == 1
    assert len(model.history) == 1


async def test_a_token_budget_is_never_passed(services: Services, approved: Approve, answers: Any) -> None:
    services.settings.budget_tokens = 4_000
    answer = await run(services, approved(TOPIC, 8, "topic_description"))
    generation = answer["generation"]
    assert generation["status"] == "short"
    assert "budget" in generation["stop_reason"]
    assert generation["cost"]["tokens"] <= 4_000


async def test_a_money_cap_that_cannot_be_kept_is_refused(
    services: Services, approved: Approve, model: ScriptedChatModel
) -> None:
    services.settings.budget_usd = 0.4
    services.settings.model = "someone-elses-model"
    answer = await run(services, approved(TOPIC, 2, "topic_description"))
    assert answer["error"]["code"] == "budget_exceeded"
    assert model.history == []


def test_an_unknown_workflow_is_a_failure_not_a_traceback(services: Services) -> None:
    assert analyze_coverage(services, "wf-none")["error"]["code"] == "workflow_not_found"
