"""When the loop should end: the goal is met, nothing was gained, or a cap is reached; each said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...tools.coverage.recommendation import Recommendation
from ...tools.coverage.report import Coverage
from ...tools.coverage.uplift import SMALLEST, Uplift
from .markdown import escape, topic_title

ENOUGH_TO_TELL = 20
"""Records from which on "nothing measurable" is a reason to stop, and not only too little to see."""
_OTHERWISE = "Another strategy, better topic descriptions or more real records may help."


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


def goal_words(after: Coverage, recommendation: Recommendation, target: float) -> str | None:
    """That the goal is met, and what is still open; ``None`` when it is not met."""
    score = after.balance_score_exact
    if score is None or score <= target:
        return None
    return f"The goal is met. {escape(recommendation.reason)}"


def _hit_a_cap(result: Mapping[str, Any]) -> bool:
    return result["accepted"] < result["requested"] and "budget" in str(result.get("reason") or "")
