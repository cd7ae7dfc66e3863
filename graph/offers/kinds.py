"""What can be asked, and what choosing an option does."""

from __future__ import annotations

from typing import Literal

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
    "review_new",
    "keep_round",
    "add_rule",
    "add_rule_here",
    "skip_rule",
    "take_out",
    "leave_in",
]
