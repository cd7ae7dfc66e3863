"""The node that measures again after a round of generation, and sees whether another one makes sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.types import Command

from ...tools.analyze_coverage import analyze_coverage
from ...tools.coverage.report import Coverage
from ...tools.coverage.uplift import SMALLEST, Uplift
from ..actions.messages import error_words, tool_messages
from ..context import thread_id
from ..conversations.history import history
from ..reading.workflow_choice import ask_which
from ..scope import ServicesSource, max_rounds, scoped
from ..state import State
from ..wording.markdown import topic_title
from .analyze import AfterAnalysis

ENOUGH_TO_TELL = 20
"""Records from which on "no measurable change" is a reason to stop, and not only too little to see."""
_OTHERWISE = "Another strategy, better topic descriptions or more real records may help."


def reanalyze(source: ServicesSource, state: State) -> Command[AfterAnalysis]:
    """Measure again after a round of generation and see whether another one makes sense."""
    services = scoped(source(), state)
    workflow_id = state["workflow_id"] or ""
    result = analyze_coverage(services, workflow_id)
    update: dict[str, Any] = {
        "messages": tool_messages("analyze_coverage", {"workflow_id": workflow_id}, result),
        "approval_id": None,
        **history(services.store, thread_id(), workflow_id),
    }
    if not result["success"]:
        text = f"I could not analyze the dataset again. {error_words(result)}"
        update |= {"messages": [*update["messages"], AIMessage(text)], "coverage": None}
        return Command(goto="approve", update=ask_which(services.store, update, note=error_words(result)))
    after = Coverage.model_validate(result["coverage"])
    update |= {"coverage": result["coverage"], "coverage_after": result["coverage"]}
    before = state.get("round_before")
    reason = stop_reason(
        Coverage.model_validate(before) if before else None,
        after,
        state.get("results") or [],
        target=services.settings.target_score,
        rounds=update.get("rounds", 1),
        limit=max_rounds(state),
    )
    return Command(goto="recommend", update={**update, "stop_reason": reason})


def stop_reason(
    before: Coverage | None,
    after: Coverage,
    results: Sequence[Mapping[str, Any]],
    *,
    target: float,
    rounds: int,
    limit: int,
) -> str | None:
    """Why not to go on, although the goal is not met; ``None`` to follow the recommendation.

    Args:
        before: coverage before the round; ``None`` when it is not known.
        after: coverage now.
        results: what the generations of the round returned.
        target: the score to get above.
        rounds: how many there were, this one included.
        limit: how many there may be.
    """
    score = after.balance_score_exact
    if score is not None and score > target:
        return None
    capped = next((result for result in results if _hit_a_cap(result)), None)
    if capped is not None:
        return (
            f'A cap was reached: "{topic_title(str(capped["topic"]))}" got {capped["accepted"]:,} of '
            f"{capped['requested']:,} records within the budget, so I do not recommend another round under the "
            "same cap. Name a higher one, or fewer records, to go on."
        )
    if not any(result["accepted"] for result in results):
        return f"Nothing was gained in this round, so I do not recommend another one like it. {_OTHERWISE}"
    earlier = before.balance_score_exact if before is not None else None
    if earlier is not None and score is not None and score <= earlier:
        return (
            f"Nothing was gained for the balance in this round: the score was {earlier:.2f} and is {score:.2f}. I do "
            f"not recommend another one like it. {_OTHERWISE}"
        )
    if brought_nothing(results):
        added = sum(result["accepted"] for result in results)
        return (
            f"The last {added:,} records added nothing measurable in recognising their topics, so I do not recommend "
            f"more of the same. {_OTHERWISE}"
        )
    if rounds >= limit:
        return f"That was round {rounds} of {limit}, so I do not recommend another one."
    return None


def brought_nothing(results: Sequence[Mapping[str, Any]]) -> bool:
    """Whether enough records were added to tell, and their mean gain is none."""
    added = [result for result in results if result["accepted"]]
    if sum(result["accepted"] for result in added) < ENOUGH_TO_TELL:
        return False
    gains = [Uplift.model_validate(result["uplift"]).f1 for result in added if result.get("uplift")]
    return len(gains) == len(added) and sum(gains) / len(gains) < SMALLEST


def _hit_a_cap(result: Mapping[str, Any]) -> bool:
    return result["accepted"] < result["requested"] and "budget" in str(result.get("reason") or "")
