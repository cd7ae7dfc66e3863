"""The rounds of generation as a table: plan, accepted, rejected by reason, score, tokens and cost of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...tools.generation.money.use import sum_of, tokens_figure, usd_figure, why_at_most
from ...tools.inspection.rounds import Round, Rounds
from .answer_words import check_words
from .markdown import escape, topic_title
from .plan_words import strategy_words

_FEW = 3
MOST_ROUNDS = 20
"""A table of more rounds is not read."""


def round_table(rounds: Sequence[Round]) -> str:
    """One row for each round, oldest first; of very many the latest."""
    lines = ["| Round | Generated | Rejected | Score | Tokens | Cost |", "|---|---|---|---|---|---|"]
    shown = rounds[-MOST_ROUNDS:]
    note = why_at_most(sum_of(shown))
    return "\n".join([*lines, *map(_row, shown), *(["", f"At most: {note}."] if note else [])])


def history_words(rounds: Rounds) -> str:
    """How many rounds there were in all, and the rows; every number is one of the tool's."""
    latest = "; the latest" if len(rounds.shown) < rounds.rounds else ""
    said = f"{rounds.rounds:,} rounds, {rounds.accepted:,} records accepted in all{latest}:"
    return f"{said}\n\n{round_table(rounds.shown)}"


def _row(entry: Round) -> str:
    parts = [
        f"{item.accepted:,} of {item.requested:,} {topic_title(item.topic)} ({strategy_words(item.strategy)})"
        + (" — undone" if item.is_undone else "")
        for item in entry.items
    ]
    if len(parts) > _FEW:
        undone = " — undone" if all(item.is_undone for item in entry.items) else ""
        parts = [f"{entry.accepted:,} in several topics{undone}"]
    rejected: Counter[str] = Counter()
    for item in entry.items:
        rejected.update(item.rejected)
    refused = ", ".join(f"{number:,} {check_words(check)}" for check, number in rejected.most_common())
    scores = [_score(entry.score_before), _score(entry.score_after)]
    cost = usd_figure(entry, nothing="none", unknown="not known")
    return (
        f"| {entry.round} | {', '.join(parts)} | {refused or 'none'} | {scores[0]} → {scores[1]} | "
        f"{tokens_figure(entry)} | {escape(cost)} |"
    )


def _score(score: float | None) -> str:
    return "none" if score is None else f"{score:.2f}"
