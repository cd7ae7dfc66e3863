"""The example: a full fine-tune parent, with the agent embedded in both ways; talked to, killed, and gone on with."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.examples.fine_tune_agent import parent as parents
from finetune_coverage.examples.fine_tune_agent.dry_run import told_apart
from finetune_coverage.examples.fine_tune_agent.steps import WORKFLOW, Steps
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from ..forked import Forked

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("crashing_parent.py")
CONFIG: Any = {"configurable": {"thread_id": "example"}}
EMBEDDINGS = ["shared_keys", "wrapped"]


def few_fail(texts: Sequence[str], topics: Sequence[str]) -> dict[str, float]:
    """Stands in for a dry run: topics with fewer than 12 records fail."""
    return {topic: float(size >= 12) for topic, size in Counter(topics).items()}


@pytest.fixture(params=EMBEDDINGS)
def parent(request: pytest.FixtureRequest, empty_services: Services, dataset: Callable[..., Path]) -> Any:
    steps = Steps(empty_services, dataset(), few_fail)
    return getattr(parents, request.param)(empty_services, steps, InMemorySaver())


def question(state: Any) -> dict[str, Any]:
    [waiting] = state["__interrupt__"]
    return dict(waiting.value["action_requests"][0])


def result(state: Any) -> dict[str, Any]:
    """What the coverage agent handed over, wherever this parent keeps it."""
    return dict(state.get("data") or state)


async def test_a_failed_dry_run_comes_back_for_its_topics(parent: Any, empty_services: Services) -> None:
    state = await parent.ainvoke({"messages": [("user", "Prepare my dataset.")]}, CONFIG)
    assert "**Coverage Analysis**" in question(state)["description"]
    state = await parent.ainvoke(Command(resume="do 2 for technical issues with few-shot"), CONFIG)
    assert question(state)["args"]["count"] == 2
    state = await parent.ainvoke(Command(resume="yes"), CONFIG)
    # On to the grader and the dry run, which fails for the topic with 10 records: back, and nothing is done unasked.
    state = await parent.ainvoke(Command(resume="proceed"), CONFIG)
    assert state["dry_runs"] == 1 and state["focus_topics"] == ["technical_issues"]
    assert 'Only "Technical Issues".' in question(state)["description"]
    assert question(state)["args"]["topic"] == "technical_issues"
    assert len(list(load_records(empty_services.store, WORKFLOW, origin="synthetic"))) == 2

    state = await parent.ainvoke(Command(resume="make it 3 for technical issues with few-shot"), CONFIG)
    state = await parent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
    state = await parent.ainvoke(Command(resume="proceed"), CONFIG)
    assert "__interrupt__" not in state
    assert (
        state["dry_runs"] == 2 and state["focus_topics"] == [] and set(state["pass_rates"].values()) == {1.0}
    )
    assert "billing_questions" in state["grader"]["input"][0]["content"]
    outcome = result(state)
    assert outcome["next_step"] == "grader" and outcome["rounds"] == 2
    ids = [record.id for record in load_records(empty_services.store, WORKFLOW, origin="synthetic")]
    assert sorted(outcome["record_ids"]) == sorted(ids) and len(ids) == 5
    assert outcome["coverage_before"]["total_records"] == 80
    assert outcome["coverage_after"]["total_records"] == 85


async def test_it_ends_with_a_dry_run_that_goes_on_failing(parent: Any) -> None:
    state = await parent.ainvoke({"messages": [("user", "Prepare my dataset.")]}, CONFIG)
    for dry_runs in (1, 2, 3):
        state = await parent.ainvoke(Command(resume="skip"), CONFIG)
        assert state["dry_runs"] == dry_runs
    assert "__interrupt__" not in state and state["focus_topics"] == ["technical_issues"]


@pytest.mark.parametrize("embedding", EMBEDDINGS)
async def test_an_old_word_is_no_answer_to_the_return(
    embedding: str, empty_services: Services, dataset: Callable[..., Path]
) -> None:
    """With a good score the agent recommends to proceed; the "proceed" from before the dry run is not its answer."""
    data = dataset({"billing_questions": 14, "technical_issues": 11, "account_management": 14})
    parent = getattr(parents, embedding)(
        empty_services, Steps(empty_services, data, few_fail), InMemorySaver()
    )
    state = await parent.ainvoke({"messages": [("user", "Prepare my dataset.")]}, CONFIG)
    assert question(state)["name"] == "proceed_to_grader"
    state = await parent.ainvoke(Command(resume="proceed"), CONFIG)
    assert state["dry_runs"] == 1 and state["focus_topics"] == ["technical_issues"]
    returned = question(state)
    assert 'Only "Technical Issues".' in returned["description"]
    # The balance is good, and the topic that failed needs records all the same: up to the minimum of 20.
    assert returned["name"] == "generate_synthetic_data" and returned["args"]["topic"] == "technical_issues"
    assert returned["args"]["count"] == 9 and "More records were asked for 1 topic" in returned["description"]
    state = await parent.ainvoke(Command(resume="make it 2"), CONFIG)
    state = await parent.ainvoke(Command(resume="yes"), CONFIG)
    assert question(state)["name"] == "proceed_to_grader", (
        "after a round for them, what the balance says counts"
    )


async def test_who_stops_gets_no_grader(parent: Any) -> None:
    await parent.ainvoke({"messages": [("user", "Prepare my dataset.")]}, CONFIG)
    state = await parent.ainvoke(Command(resume="stop"), CONFIG)
    assert result(state)["next_step"] == "stopped" and "grader" not in state and "__interrupt__" not in state


def test_the_dry_run_tells_topics_apart() -> None:
    texts = [f"{word} {number}" for word in ("invoice charge", "screen crash") for number in range(6)]
    topics = ["billing"] * 6 + ["technical"] * 6
    assert told_apart(texts, topics) == {"billing": 1.0, "technical": 1.0}
    mixed = told_apart(["the same words"] * 12 + ["rare"], [*topics, "small"])
    assert mixed["small"] == 0.0 and min(mixed["billing"], mixed["technical"]) < 0.6


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_killed_in_the_middle_of_generation(
    embedding: str, tmp_path: Path, dataset: Callable[..., Path]
) -> None:
    home, data = tmp_path / "home", dataset()
    environment = os.environ | {"LANGGRAPH_STRICT_MSGPACK": "true", "ANONYMIZED_TELEMETRY": "False"}

    def start(delay: str, *answers: str) -> Forked:
        arguments = (str(home), str(data), embedding, delay, *answers)
        return Forked(tmp_path, SCRIPT, *arguments, environment=environment)

    def synthetic() -> list[str]:
        store = Store.open(f"sqlite:///{home / 'coverage.db'}")
        records = list(load_records(store, WORKFLOW, origin="synthetic"))
        store.close()
        assert len({record.body for record in records}) == len(records), "a record is there twice"
        return [record.id for record in records]

    process = start("0.4", "do 6 for technical issues with few-shot", "yes")
    killed = False
    for line in process.lines():
        if line.startswith("called 4"):
            process.kill()  # SIGKILL: nothing is put away
            killed = True
            break
    _, errors = process.communicate()
    assert killed, errors
    before = synthetic()
    assert 2 <= len(before) < 6

    # Taken up, it asks before it goes on.
    asked = json.loads(start("0").communicate()[0].splitlines()[-1])
    assert [waiting["name"] for waiting in asked["waits"]] == ["resume_generation"]
    assert synthetic() == before
    process = start("0", "continue", "proceed")
    out, errors = process.communicate()
    assert process.returncode == 0 and "Traceback" not in errors, errors
    state = json.loads(out.splitlines()[-1])
    after = synthetic()
    assert set(before) <= set(after) and len(after) == 6
    assert sorted(result(state)["record_ids"]) == sorted(after)
    assert state["dry_runs"] == 1 and set(state["pass_rates"].values()) == {1.0} and state["waits"] == []
    # Six records, the call that was under way when the process died, and the one whose answer came in the same moment
    # as that call began: it may not have been written down yet.
    assert len((home / "calls.log").read_text().splitlines()) <= 8
    store = Store.open(f"sqlite:///{home / 'coverage.db'}")
    assert [job.status for job in list_jobs(store, WORKFLOW)] == ["complete"]
    store.close()
