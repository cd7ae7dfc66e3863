"""One case to write, and which case an attempt takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field


class Scenario(BaseModel):
    """One concrete case of a topic; its texts are data wherever they go into a prompt.

    Attributes:
        area: the part of the topic.
        situation: what happened, or what is wanted.
        user: who writes, and in what state.
        difficulty: what makes it easy or hard to answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    area: str = Field(default="", max_length=400)
    situation: str = Field(min_length=1, max_length=1_000)
    user: str = Field(default="", max_length=400)
    difficulty: str = Field(default="", max_length=400)

    @property
    def words(self) -> dict[str, str]:
        """What it says, without what it leaves open."""
        return {name: text for name, text in self.model_dump().items() if text}


class OwnLists(BaseModel):
    """What the user brings for all topics of a workflow.

    Attributes:
        personas: who writes; in place of the users that were planned.
        situations: cases that every topic gets, before those that were planned for it.
        axes: edge cases by name, with an instruction; beside the built-in ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    personas: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    axes: Mapping[str, str] = Field(default_factory=dict)


NO_LISTS = OwnLists()


def in_order(planned: Sequence[Scenario], own: OwnLists, written: set[tuple[str, str]]) -> list[Scenario]:
    """The cases of a topic as attempts take them: those first of which no record was written yet.

    Args:
        planned: the topic's cases.
        own: the user's situations go before them.
        written: (area, situation) of the records that are there.
    """
    every = [*(Scenario(situation=text) for text in own.situations), *planned]
    return sorted(every, key=lambda one: (one.area, one.situation) in written)


def scenario_at(scenarios: Sequence[Scenario], own: OwnLists, number: int) -> Scenario | None:
    """The case of an attempt (from 0): none comes again before all had their turn, and then with another user.

    After ``n`` rounds over ``n`` cases every one has met every user; ``n²`` attempts are all different.
    """
    if not scenarios:
        return None
    turn, place = divmod(number, len(scenarios))
    users = own.personas or tuple(one.user for one in scenarios)
    user = users[(place + turn) % len(users)]
    return scenarios[place].model_copy(update={"user": user})
