"""What to add to topics that were named because they failed, however good the balance is."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .caps import Cap
from .report import Coverage
from .wording import name_some, plural, records_of


def focus_additions(
    coverage: Coverage, focus_topics: Collection[str], caps: Mapping[str, Cap], minimum: int
) -> dict[str, int]:
    """Records to add per topic, the smallest topic first; a topic that needs none by its number is left out.

    A topic under the minimum is brought to it; one above it to the size of the largest topic. Beyond that, more
    records of the same kind are not what it lacks.

    Args:
        coverage: the report.
        focus_topics: the topics that were named.
        caps: the most that may be added to each.
        minimum: records that every topic should have.
    """
    counts = coverage.scored_counts
    largest = max(counts.values(), default=0)
    needed = {}
    for topic in sorted(
        (topic for topic in counts if topic in focus_topics), key=lambda topic: counts[topic]
    ):
        goal = minimum if counts[topic] < minimum else largest
        add = min(goal - counts[topic], caps[topic].limit)
        if add > 0:
            needed[topic] = add
    return needed


def why_focus(coverage: Coverage, additions: Mapping[str, int], focus_topics: Collection[str]) -> str:
    """Why to generate although the balance is good, or why not."""
    score = f"The balance score is {coverage.balance_score} ({coverage.status})"
    counts = {topic: coverage.topic_distribution.get(topic, 0) for topic in focus_topics}
    if not additions:
        return (
            f"{score}, and more records were asked for these topics: {name_some(counts)}. By their number they need "
            "none: look at their records first, or name a topic, a number and a strategy."
        )
    return (
        f"{score}, so the balance needs nothing. More records were asked for {plural(len(counts), 'topic')} all the "
        f"same: {name_some(counts)}. Generate {records_of(sum(additions.values()))} for "
        f"{'it' if len(additions) == 1 else 'them'}."
    )
