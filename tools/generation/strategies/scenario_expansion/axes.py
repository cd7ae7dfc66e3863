"""The edge cases that are built in."""

from __future__ import annotations

from typing import NamedTuple


class Axis(NamedTuple):
    """One kind of edge case.

    Attributes:
        instruction: what the model is asked for.
        exchanges: how many a small model writes it in.
        once: the same where the user speaks once, and so can neither answer nor report back; empty where
            ``instruction`` takes no more.
    """

    instruction: str
    exchanges: int
    once: str = ""


AXES: dict[str, Axis] = {
    "missing_information": Axis(
        "the user leaves out a fact that is needed, the assistant asks for exactly that, and then solves it",
        2,
        "the user leaves out a fact that is needed, and the assistant does what can be done without it and says what "
        "is missing",
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
        "the user says what was tried already and how it failed, and the assistant takes another way",
    ),
    "change_of_mind": Axis(
        "after the first answer the user wants something else than at first, and the assistant follows",
        2,
        "what the user wants pulls in two directions, or is corrected within the message, and the assistant follows "
        "what counts most or was said last",
    ),
}
"""By name."""
