"""What can be offered, what an option does, what a question is about, and what a plain yes or no means where."""

from __future__ import annotations

from typing import Literal, get_args

Action = Literal[
    "generate_synthetic_data",
    "proceed_to_grader",
    "choose_next_step",
    "resume_generation",
    "choose_workflow",
    "undo_round",
    "add_rule",
    "remove",
]
Effect = Literal[
    "generate",
    "proceed",
    "review",
    "more",
    "resume",
    "stop",
    "take_back",
    "keep",
    "add_rule",
    "add_rule_here",
    "skip_rule",
    "remove_asked",
    "keep_asked",
]
YES_TO: dict[str, Literal["take_back", "add_rule", "remove_asked"]] = {
    "undo_round": "take_back",
    "add_rule": "add_rule",
    "remove": "remove_asked",
}
"""What a plain yes does where it is neither to a plan nor to going on."""
NO_TO: dict[str, Literal["keep", "skip_rule", "keep_asked"]] = {
    "undo_round": "keep",
    "add_rule": "skip_rule",
    "remove": "keep_asked",
}
"""What a plain no does there."""
Consequence = Literal[
    "approve",
    "resume",
    "proceed",
    "stop",
    "review_outside",
    "take_back",
    "add_rule",
    "add_rule_here",
    "remove_asked",
]
CONSEQUENCES: frozenset[str] = frozenset(get_args(Consequence))
"""What an answer can do that is not undone by another answer: only a bare answer or a decision does it."""
