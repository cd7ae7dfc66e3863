"""Results of the inspections in words; topic names and records are escaped, they are other people's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...tools.coverage.uplift import Uplift
from ...tools.coverage.wording import uplift_words, worth_words
from ...tools.generation.money.use import sum_of, tokens_figure, usd_figure, use_words, why_at_most
from ...tools.inspection.compare import Comparison
from ...tools.inspection.plans import PlanEffect
from ...tools.inspection.records import ShownRecord, shortened
from ...tools.inspection.rejections import Rejections
from ...tools.inspection.rounds import Round, Rounds
from ...tools.inspection.topics import TopicStanding, TopicStandings
from .check_words import refusal_words, refusals_in_words
from .markdown import escape, plural, plural_have, plural_were, topic_title
from .plan_words import LOWER, strategy_words

_FEW = 3
MOST_ROUNDS = 20
"""A table of more rounds is not read."""


def effect_of(effect: PlanEffect) -> str:
    """What the counts and the score become, and what the records will be worth: "Technical Issues 15 → 45, balance
    score 0.72, about 24 of 30 new (measured on other data: …)".
    """
    changes = [
        f"{topic_title(topic)} {effect.counts_now[topic]:,} → {then:,}"
        for topic, then in effect.counts_then.items()
    ]
    if len(changes) > _FEW:
        changes = [f"{effect.records:,} records more"]
    lower = LOWER if effect.lowers_score else ""
    score = [f"balance score {effect.score_then:.2f}{lower}"] if effect.score_then is not None else []
    worth = [effect.worth.words] if effect.worth is not None else []
    return ", ".join([*changes, *score, *worth])


def topic_line(topic: TopicStanding) -> str:
    """One topic in a sentence."""
    said = (
        f'"{topic_title(topic.topic)}" has {plural(topic.records, "record")}, {_percent(topic.share)} of all'
    )
    if topic.synthetic:
        said += f", {topic.synthetic:,} of them synthetic"
    if topic.target_share is not None:
        said += f"; its target is {_percent(topic.target_share)}"
    if topic.most is not None:
        said += f"; at most {topic.most:,} are wanted"
    return said + (", so it is under-represented." if topic.is_under_represented else ".")


def standing_table(topics: Sequence[TopicStanding]) -> str:
    """Topics as a table."""
    lines = ["| Topic | Records | Share | Target |", "|---|---|---|---|"]
    for topic in topics:
        target = "none" if topic.target_share is None else _percent(topic.target_share)
        target += "" if topic.most is None else f", at most {topic.most:,}"
        mark = " ⚠️" if topic.is_under_represented else ""
        lines.append(
            f"| {topic_title(topic.topic)}{mark} | {topic.records:,} | {_percent(topic.share)} | {target} |"
        )
    return "\n".join(lines)


def why_low_words(standing: TopicStandings, rejections: Rejections) -> str:
    """What is known about why the first of ``standing`` is low."""
    topic = standing.topics[0]
    said = [topic_line(topic)]
    if standing.largest_topic and standing.largest_topic != topic.topic:
        said.append(
            f"The topic in the middle has {standing.median_records:g} records, the largest, "
            f'"{topic_title(standing.largest_topic)}", has {standing.most_records:,}.'
        )
    if topic.synthetic:
        said.append(f"{topic.real:,} of its records are real.")
    if topic.taken_out:
        said.append(f"{plural_were(topic.taken_out, 'record')} taken out of it in a review or an undo.")
    if rejections.total:
        said.append(f"{plural(rejections.total, 'draft')} for it did not pass the checks.")
    if standing.uncategorized:
        said.append(
            f"{plural_have(standing.uncategorized, 'record')} no topic; some of them may belong to it."
        )
    if topic.held_down_by:
        said.append(f"Less is recommended than it needs: {escape(topic.held_down_by)}.")
    if topic.recommended:
        said.append(f"I recommend {plural(topic.recommended, 'more record')} for it.")
    elif topic.target_share is not None and not topic.is_under_represented and not topic.held_down_by:
        said.append("For the balance it needs none.")
    if topic.below_minimum_by:
        said.append(f"It is {topic.below_minimum_by:,} short of the minimum of {standing.minimum_per_topic}.")
    said.append("Why so few were collected, the data does not tell.")
    return " ".join(said)


def rounds_words(rounds: Rounds) -> str:
    """What the rounds did: one in a sentence, more as a table; every number is one of the tool's."""
    if not rounds.rounds:
        return "There was no round of generation yet."
    if rounds.rounds == 1:
        return _round_words(rounds.shown[0])
    latest = "; the latest" if len(rounds.shown) < rounds.rounds else ""
    said = f"{rounds.rounds:,} rounds, {rounds.accepted:,} records accepted in all{latest}:"
    return f"{said}\n\n{round_table(rounds.shown)}"


def rejection_lines(rejections: Rejections) -> str:
    """Each check with its number, and cases with the evidence."""
    lines = []
    for check, count in rejections.by_check.items():
        lines.append(f"- **{escape(refusal_words(check))}**: {count:,}")
        cases = [example for example in rejections.examples if example.check == check]
        lines += [
            f'  - "{topic_title(case.topic)}": {escape(case.evidence) or "no more is known"}'
            for case in cases
        ]
    return "\n".join(lines)


HOW_TO_JUDGE = (
    "Say “drop NUMBER because …”, “keep NUMBER”, “move NUMBER to TOPIC”, “edit the reply of NUMBER: …”, “show NUMBER "
    "in full”, “next” for more, “back” for the plan."
)
"""Stands under records that are shown."""


def quoted(record: ShownRecord) -> str:
    """A record as a quotation, shortened, under its topic and origin."""
    record = shortened(record)
    topic = topic_title(record.topic) if record.topic else "no topic"
    lines = [" · ".join(filter(None, [f"**{topic}**", escape(record.origin), escape(record.note)])) + "  "]
    turns = [f"> {escape(turn.role)}: {escape(turn.text)}  " for turn in record.turns]
    if record.turns_left_out:
        turns.insert(-2, f"> … {plural(record.turns_left_out, 'message')} more …  ")
    lines += turns
    return "\n".join(lines)


def _round_words(entry: Round) -> str:
    parts = [
        f'{item.accepted:,} of {item.requested:,} for "{topic_title(item.topic)}" ({strategy_words(item.strategy)})'
        + (", undone" if item.is_undone else "")
        for item in entry.items
    ]
    said = f"**Round {entry.round}** added {plural(entry.accepted, 'record')}: {'; '.join(parts)}."
    if entry.score_before is not None and entry.score_after is not None:
        said += f" Balance score {entry.score_before:.2f} → {entry.score_after:.2f}."
    said += "".join(
        f' Those for "{topic_title(item.topic)}" are {words}.'
        for item in entry.items
        if item.accepted and (words := worth_words(item.worth, item.uplift))
    )
    if entry.rejected:
        said += f" {plural(entry.rejected, 'draft')} did not pass the checks."
    if entry.tokens:
        said += f" It used {escape(use_words(entry))}."
    return said


def round_table(rounds: Sequence[Round]) -> str:
    """One row for each round, oldest first; of very many the latest."""
    lines = [
        "| Round | Generated | Worth | Rejected | Score | Tokens | Cost |",
        "|---|---|---|---|---|---|---|",
    ]
    shown = rounds[-MOST_ROUNDS:]
    note = why_at_most(sum_of(shown))
    return "\n".join([*lines, *map(_round_row, shown), *(["", f"At most: {note}."] if note else [])])


def _round_row(entry: Round) -> str:
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
    refused = escape(refusals_in_words(rejected))
    scores = [_score(entry.score_before), _score(entry.score_after)]
    cost = usd_figure(entry, nothing="none", unknown="not known")
    known = [item.worth for item in entry.items if item.accepted]
    worth = _figure(None if None in known else sum(filter(None, known)), 1) if known else "none"
    return (
        f"| {entry.round} | {', '.join(parts)} | {worth} | {refused or 'none'} | {scores[0]} → {scores[1]} | "
        f"{tokens_figure(entry)} | {escape(cost)} |"
    )


def _score(score: float | None) -> str:
    return "none" if score is None else f"{score:.2f}"


def comparison_words(comparison: Comparison) -> str:
    """What each side made since they parted, and what its records look like."""
    sides = comparison.sides
    rows = [
        ("Balance score", [_figure(side.score, 2) for side in sides]),
        ("Records", [f"{side.records:,}" for side in sides]),
        ("Strategy", [", ".join(map(strategy_words, side.strategies)) or "nothing yet" for side in sides]),
        ("Generated since", [f"{side.accepted:,}" for side in sides]),
        ("Worth (real-like records)", [_figure(side.worth, 1) for side in sides]),
        ("Gain in F1 of a topic classifier", [_gain(side.uplift) for side in sides]),
        ("Drafts rejected", [f"{side.rejected:,}" for side in sides]),
        ("Tokens", [tokens_figure(side) for side in sides]),
        ("Cost", [escape(usd_figure(side, nothing="none", unknown="not known")) for side in sides]),
        ("Distinct word pairs (higher is more varied)", [_figure(side.distinct_pairs, 3) for side in sides]),
        (
            "Likeness to the nearest (lower is more varied)",
            [_figure(side.nearest_likeness, 3) for side in sides],
        ),
    ]
    names = [escape(side.workflow_id) for side in sides]
    lines = [f"| | {names[0]} | {names[1]} |", "|---|---|---|"]
    lines += [f"| {name} | {' | '.join(figures)} |" for name, figures in rows]
    parts = ["\n".join(lines)]
    if note := why_at_most(sum_of(sides)):
        parts.append(f"At most: {note}.")
    if comparison.compared > 1:
        parts.append(f"Variety is measured on {comparison.compared:,} records of each.")
    for name, side in zip(names, sides, strict=True):
        if side.samples:
            parts += [f"From {name}:", *map(quoted, side.samples)]
    return "\n\n".join(parts)


def _gain(uplift: Uplift | None) -> str:
    return "not measurable" if uplift is None else uplift_words(uplift)


def _figure(value: float | None, digits: int) -> str:
    return "not measurable" if value is None else f"{value:.{digits}f}"


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"
