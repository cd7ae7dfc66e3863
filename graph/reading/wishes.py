"""What a small model may take a sentence for: its meaning, what can be named with it, and how to say it plainly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["topic", "strategy", "dataset", "limit", "score", "count", "record", "round", "rule"]
"""What a sentence can name beside the wish; from "limit" on, what its numbers are."""


@dataclass(frozen=True)
class Wish:
    """One thing that can be wanted.

    Attributes:
        meaning: as the model reads it, and as sentences are compared with it.
        say: how a person says it so that it cannot be taken for anything else; empty for what nobody is told to say.
        needs: one of these must be named; nothing where it can be carried out as it is.
        takes: what else can be named with it.
        is_safe: whether it changes nothing, neither of the data nor of the plan, or is asked once more before.
        is_listed: whether the model chooses from it; else it is named where it is close, and read as it is said.
    """

    meaning: str
    say: str = ""
    needs: frozenset[Part] = frozenset()
    takes: frozenset[Part] = frozenset()
    is_safe: bool = False
    is_listed: bool = True


def _wish(
    meaning: str,
    say: str = "",
    *,
    needs: tuple[Part, ...] = (),
    takes: tuple[Part, ...] = (),
    safe: bool = False,
    listed: bool = True,
) -> Wish:
    return Wish(meaning, say, frozenset(needs), frozenset((*needs, *takes)), safe, listed)


WISHES: dict[str, Wish] = {
    "plan": _wish(
        "wants records for a topic, or another number, topic or strategy for the plan",
        "20 for TOPIC",
        needs=("topic", "count", "strategy"),
        takes=("limit",),
    ),
    "add": _wish(
        "wants records for a topic beside those of the plan: also, too, and",
        "and 20 for TOPIC",
        needs=("topic", "count", "strategy"),
        takes=("limit",),
    ),
    "leave_out": _wish("wants a topic left out of the plan", "leave TOPIC out", needs=("topic",)),
    "limit_dollars": _wish(
        "wants the plan to cost no more than a number of dollars",
        "at most 2 dollars",
        needs=("limit",),
        takes=("topic", "count", "strategy"),
    ),
    "limit_tokens": _wish(
        "wants the plan to take no more than a number of tokens",
        "at most 50,000 tokens",
        needs=("limit",),
        takes=("topic", "count", "strategy"),
    ),
    "no_limit": _wish("wants a limit, a cap on cost or tokens, taken away", "no limit", takes=("limit",)),
    "more": _wish("wants more records, without a number and a topic", "generate more"),
    "details": _wish("wants to know more: all topics, the other plans, the details", "details", safe=True),
    "try_a_few": _wish(
        "wants a sample of what would be written, before the whole plan",
        "show me three first",
        takes=("count",),
    ),
    "first_then_rest": _wish(
        "wants the first few of each topic, and then the rest by itself if these are good",
        "first 10 of each, then the rest if they are good",
        takes=("count",),
    ),
    "show": _wish(
        "wants to see or review records that are there",
        "show me records of TOPIC",
        takes=("topic", "count"),
        safe=True,
    ),
    "show_in_full": _wish(
        "wants to see shown records, by number, whole", "show 2 in full", needs=("record",), safe=True
    ),
    "show_new": _wish(
        "wants to see the new, generated, synthetic records",
        "show me the new records",
        takes=("topic", "count"),
        safe=True,
    ),
    "next_page": _wish("wants to see the next records", "next", safe=True),
    "drop": _wish(
        "wants shown records, by number, taken out of the dataset", "drop 2", needs=("record", "topic")
    ),
    "keep": _wish("wants taken out records, by number, back", "keep 2", needs=("record",)),
    "edit": _wish(
        "wants the text of a shown record changed", "edit the reply of 2", needs=("record",), safe=True
    ),
    "move": _wish(
        "wants shown records, by number, to have another topic",
        "move 2 to TOPIC",
        needs=("record",),
        takes=("topic",),
    ),
    "double": _wish(
        "wants a topic to have twice the share of the dataset, or another factor",
        "twice as much TOPIC",
        needs=("topic",),
        takes=("count",),
    ),
    "all_equal": _wish("wants all topics to have the same share of the dataset", "make all topics equal"),
    "merge": _wish(
        "wants topics made one, or a topic renamed",
        "merge TOPIC and OTHER TOPIC",
        needs=("topic",),
        safe=True,
    ),
    "describe": _wish(
        "says what belongs to a topic, or what does not",
        "TOPIC is about …",
        needs=("topic",),
        safe=True,
    ),
    # Each line more in the prompt is one more to be taken for another, and most datasets have topics.
    "find_topics": _wish(
        "wants topics found in the records that have none", "find topics", safe=True, listed=False
    ),
    "sort_records": _wish(
        "wants the records without a topic sorted into the topics there are",
        "sort the records into the topics",
        safe=True,
        listed=False,
    ),
    "take_topics_back": _wish(
        "wants the topics that were found, given, merged or renamed taken back",
        "take the topics back",
        safe=True,
        listed=False,
    ),
    "undo": _wish(
        "wants the last round, what was generated, taken back",
        "undo the last round",
        takes=("round",),
        safe=True,
    ),
    "undo_all": _wish(
        "wants all rounds, everything that was generated, taken back", "undo all rounds", safe=True
    ),
    "go_back": _wish(
        "wants to try another strategy from before a round",
        "go back to before round 1",
        needs=("round", "strategy"),
    ),
    "compare": _wish("wants two versions of the dataset compared"),
    "switch": _wish("wants to go on with another dataset, by its name", needs=("dataset",)),
    "rules": _wish("wants to see the rules for records", "show me the rules", safe=True),
    "remove_rule": _wish("wants a rule, by number, taken away", needs=("rule",)),
    "where": _wish(
        "wants to hear the plan, the choices or the options again", "what are my options", safe=True
    ),
    "yes": _wish("agrees: a yes, go ahead, do it"),
    "no": _wish("refuses: a no, rather not"),
    "skip": _wish("wants the next step, the grader, without generating"),
    "carry_on": _wish("wants an interrupted generation to go on"),
    "stop": _wish("wants to stop for now, says goodbye"),
    "thanks": _wish("greets, thanks, praises"),
    "ask_score": _wish(
        "asks what the score is or means", "what does the score mean", takes=("score",), safe=True
    ),
    "ask_counts": _wish(
        "asks how many records there are", "how many records are there", takes=("topic",), safe=True
    ),
    "ask_worst": _wish(
        "asks what is wrong with the data, or which topics are worst",
        "which topics are worst",
        takes=("count",),
        safe=True,
    ),
    "ask_what_if": _wish(
        "asks what another plan would give: what if only",
        "what if I do 20 for TOPIC",
        needs=("topic", "count", "strategy"),
        safe=True,
    ),
    "ask_why_few": _wish(
        "asks why a topic has few records", "why has TOPIC so few records", needs=("topic",), safe=True
    ),
    "ask_records": _wish(
        "asks what the records of a topic are like",
        "what are the records of TOPIC like",
        needs=("topic",),
        safe=True,
    ),
    "ask_rounds": _wish(
        "asks what was generated so far, or how the score changed",
        "what was generated so far",
        takes=("score",),
        safe=True,
    ),
    "ask_rejected": _wish(
        "asks what was rejected, or why", "what was rejected, and why", takes=("topic",), safe=True
    ),
    "ask_quality": _wish(
        "asks whether what was generated is good",
        "how good are the new records",
        takes=("topic",),
        safe=True,
    ),
    "ask_reach": _wish(
        "asks what it takes to reach a score", "what does a score of 0.8 take", needs=("score",), safe=True
    ),
    "ask_strategies": _wish(
        "asks about the strategies", "which strategies are there", takes=("topic", "strategy"), safe=True
    ),
    "ask_plan": _wish(
        "asks what the plan does, or what a word or number in it means", "what does the plan do", safe=True
    ),
    "ask_cost": _wish(
        "asks what it costs, how many tokens it takes, which model is used",
        "what does it cost",
        takes=("limit",),
        safe=True,
    ),
    "ask_time": _wish("asks how long it takes", "how long does it take", safe=True),
    "ask_origin": _wish(
        "asks where a shown record, by number, comes from",
        "where does 2 come from",
        needs=("record",),
        safe=True,
    ),
    "ask_help": _wish(
        "asks what can be done here, or how to export, save or import", "what can I do here", safe=True
    ),
    "other": _wish("anything else"),
}
"""In the order of the prompt."""
LISTED = {name: wish for name, wish in WISHES.items() if wish.is_listed}
"""Those that the model chooses from."""
