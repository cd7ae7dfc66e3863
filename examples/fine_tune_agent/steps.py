"""The steps of the parent around coverage and generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from finetune_coverage import Services, analyze_coverage, import_files
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import AIMessage

from .dry_run import told_apart
from .state import Shared

DryRun = Callable[[Sequence[str], Sequence[str]], dict[str, float]]

WORKFLOW = "fine-tune"
PASS_RATE = 0.6
MOST_DRY_RUNS = 3


class Steps:
    """Nodes of the parent.

    Args:
        services: those of the coverage agent; the steps work on the same store.
        dataset: the file to fine-tune on.
        dry_run: gives each topic's pass rate; replace it by a real one.
    """

    def __init__(self, services: Services, dataset: Path, dry_run: DryRun = told_apart) -> None:
        self._services, self._dataset, self._dry_run = services, dataset, dry_run

    def topics(self, state: Shared) -> dict[str, Any]:
        """Step 2: the records come in with their topics. Run again, it adds nothing."""
        import_files(self._services.store, WORKFLOW, [self._dataset])
        return {"workflow_id": WORKFLOW, "messages": [AIMessage("The dataset and its topics are there.")]}

    def grader(self, state: Shared) -> dict[str, Any]:
        """Step 4: the configuration of a grader that knows the topics."""
        topics = self._topics()
        asked = f"The topics are {', '.join(sorted(topics))}. Grade the answer from 0 to 1:"
        grader = {
            "type": "score_model",
            "name": "answer_quality",
            "range": [0, 1],
            "input": [{"role": "user", "content": f"{asked} {{{{sample.output_text}}}}"}],
        }
        return {"grader": grader, "messages": [AIMessage(f"The grader knows {len(topics)} topics.")]}

    def dry_run(self, state: Shared) -> dict[str, Any]:
        """Step 5: try it; the topics that fail go back for more records."""
        records = [r for r in load_records(self._services.store, WORKFLOW) if r.topic]
        texts = [" ".join(str(m["content"]) for m in r.messages if m["role"] == "user") for r in records]
        rates = self._dry_run(texts, [str(record.topic) for record in records])
        failed = sorted(topic for topic, rate in rates.items() if rate < PASS_RATE)
        said = f"The dry run failed for {', '.join(failed)}." if failed else "The dry run passed."
        return {
            "pass_rates": rates,
            "focus_topics": failed,
            "dry_runs": state.get("dry_runs", 0) + 1,
            "messages": [AIMessage(said)],
        }

    def _topics(self) -> dict[str, int]:
        result = analyze_coverage(self._services, WORKFLOW)
        return dict(result["coverage"]["topic_distribution"])


def route_after_coverage(state: Any) -> Literal["grader", "__end__"]:
    """On to the grader, unless the person stopped or reviews first."""
    result = state.get("data") or state
    return "grader" if result.get("next_step") == "grader" else "__end__"


def route_after_dry_run(state: Shared) -> Literal["coverage", "__end__"]:
    """Back to the data with the topics that failed, but not for ever."""
    return "coverage" if state["focus_topics"] and state["dry_runs"] < MOST_DRY_RUNS else "__end__"
