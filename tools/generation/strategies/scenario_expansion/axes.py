"""The edge cases that are built in."""

from __future__ import annotations

from typing import NamedTuple


class Axis(NamedTuple):
    """One kind of edge case: what the model is asked for, and in how many exchanges a small model writes it."""

    instruction: str
    exchanges: int


AXES: dict[str, Axis] = {
    "missing_information": Axis(
        "the user leaves out a fact that is needed, the assistant asks for exactly that, and then solves it",
        2,
    ),
    "conflict": Axis(
        "what the user sees contradicts what they were told or what a page says, and the assistant clears it up",
        1,
    ),
    "refusal": Axis(
        "the user asks for something that is not possible or not allowed, and the assistant says so and offers "
        "what is possible instead",
        1,
    ),
    "recovery": Axis(
        "the first advice does not work, the user reports back what happened, and the assistant gives the next step",
        2,
    ),
    "change_of_mind": Axis(
        "after the first answer the user wants something else than at first, and the assistant follows", 2
    ),
}
"""By name."""
