"""Message variation for a capable model: at the same point of a real conversation, something else is said."""

from __future__ import annotations

from typing import Any

from rapidfuzz import fuzz

from ....coverage.space.cells import Facet
from ....coverage.strategy_choice import StrategyName
from ....dataset.record import Record, message_text
from ....dataset.tool_exchanges import with_unique_ids
from ...attempts.draft import Candidate, Draft, Rejection, TopicContext, UnusableAnswer
from ...missing_cells import Wanted
from ...scenarios.scenario import Scenario
from ..attributes import in_turn
from ..seed_order import UsableSeeds, seed_for
from ..whole_record import Material, Task, WholeRecord
from ..written_record import SYSTEM, shown_messages, written_messages

TWISTS = {
    "other_fact": "the user states another fact, cause or value, so that the matter turns out otherwise",
    "other_outcome": "what was tried or agreed before had another outcome, and the user reports it",
    "complication": "the user adds a circumstance that makes the obvious answer wrong or not enough",
    "cannot": "the user cannot or does not want to do what the assistant expects, and says why",
    "question_back": "the user asks something that has to be cleared up before they can go on",
    "change_of_mind": "the user now wants something else than at first, within the topic",
    "other_mood": "the user is in another state (hurried, worried, pleased, annoyed) with a reason of their own, "
    "and gives a fact that the original does not have",
}
"""What a user could say instead, by name."""
CLOSEST_TO_SOURCE = 90.0
"""rapidfuzz ratio of characters (0 to 100) from which a turn is the source's with a word changed."""


def turns_to_vary(record: Record) -> list[int]:
    """Indices of the user's messages before which the assistant has spoken, and which it reacts to.

    Which of them carries the matter is the model's to judge: no list of goodbyes would do for every language.
    """
    roles = [message["role"] for message in record.messages]
    return [
        index
        for index, role in enumerate(roles)
        if role == "user" and "assistant" in roles[:index] and "assistant" in roles[index:]
    ]


class MessageVariation(WholeRecord):
    """Keeps a real conversation up to a message of the user, byte for byte; that message and the rest are new."""

    name: StrategyName = "message_variation"
    facets: tuple[Facet, ...] = ("sub_area",)
    takes_scenarios = False

    def __init__(self) -> None:
        super().__init__()
        self._usable = UsableSeeds(lambda record: bool(turns_to_vary(record)))

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real conversation in which the user speaks after the assistant, and is answered."""
        if self._usable.of(context):
            return None
        return "it needs real records in which the user speaks again after the assistant, and there are none"

    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """One seed after the other; each meets every twist before one comes again."""
        seeds = self._usable.of(material.context)
        alike = [record for record in seeds if wanted and record.id in wanted.record_ids]
        seed = seed_for(alike or seeds, number)
        twist = in_turn(list(TWISTS), number, len(alike or seeds))
        turns = turns_to_vary(seed)
        numbered = [
            {"number": place, **shown_messages([message])[0]}
            for place, message in enumerate(seed.messages)
            if message["role"] not in SYSTEM
        ]
        return Task(
            {"numbered": numbered, "turns": turns, "twist": TWISTS[twist]},
            {"twist": twist},
            seeds=[seed],
            frame=seed,
            fields={"turn": {"type": "integer", "enum": turns}},
            plan=turns,
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The seed up to the turn, but for call ids that repeat, then what was written."""
        seed, task = draft.seeds[0], draft.plan
        turn = answer.get("turn") if isinstance(answer, dict) else None
        if not isinstance(turn, int) or turn not in task.plan:
            raise UnusableAnswer(f"expected one of {task.plan} under 'turn', got {turn!r:.80}")
        written = written_messages(answer, ids="new_call")
        if written[0]["role"] != "user":
            raise UnusableAnswer("the first new message is not the user's")
        source: dict[str, Any] = {"messages": [*with_unique_ids(seed.messages[:turn]), *written]}
        source |= {"topic": draft.topic, **({"tools": seed.tools} if seed.tools else {})}
        return Candidate(source=source, draft=draft, first_written=turn, details={"varied_message": turn})

    def check(self, candidate: Candidate) -> Rejection | None:
        """Something else is said than in the seed."""
        seed, turn = candidate.draft.seeds[0], candidate.first_written
        original, written = (message_text(one.messages[turn]) for one in (seed, candidate))
        likeness = fuzz.ratio(original.lower(), written.lower())
        if likeness >= CLOSEST_TO_SOURCE:
            return Rejection(
                "variation", f"the user's turn is {likeness:.0f}% the source's: {written[:80]!r}"
            )
        return None
