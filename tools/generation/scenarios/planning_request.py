"""What the model is asked for when it plans the cases of a topic, and reading what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...models.json_reply import parse_json
from ...store.store import Store
from ..attempts.draft import Request, TopicContext
from ..lessons.lessons import lessons_of
from ..strategies.answer import answer_tokens
from ..strategies.prompt import render
from ..strategies.whole_record import Material
from ..strategies.written_record import answer_schema, tool_name
from ..style_card import style_card
from .scenario import Scenario
from .scenario_store import takes_planned

if TYPE_CHECKING:
    from ...services import Services

LEAST_PLANNED, MOST_PLANNED = 4, 30
"""Cases that one call is asked for. With as many users 30 are enough for 900 records that are all different."""
RESERVE = 2
"""Cases for each record of a job: drafts are refused, and the next one is to be about something else."""
_CHARACTERS_OF_A_CASE = 350
_SHOWN = 30
"""Real records whose first message the model sees."""
_SHOWN_PLANNED = 60
"""Cases that are there already, likewise."""
_SHOWN_DROPPED, _LOOKED_AT = 10, 100
"""Records that a person took out, likewise: the first of each reason among the latest ones."""
_LONGEST_SHOWN = 200
_MOST_OF_TOOLS = 20_000
"""Characters."""
PLANNED_FOR = ("few_shot", "topic_description", "tool_chain")
"""Strategies that take a case; the others vary a record that is there."""


def may_be_planned(services: Services, workflow_id: str, topic: str, strategy: str) -> bool:
    """Whether a job would have cases of the topic planned where there are too few."""
    if services.settings.profile != "full" or strategy not in PLANNED_FOR:
        return False
    return takes_planned(services.store, workflow_id, topic)


def cases_to_plan(records: int, unwritten: int) -> int:
    """How many cases a job has planned before its first record; 0 where those that are there are enough.

    Args:
        records: of the job.
        unwritten: cases of the topic that no record was written for.
    """
    if unwritten >= min(records, MOST_PLANNED):
        return 0
    return max(LEAST_PLANNED, min(MOST_PLANNED, RESERVE * records) - unwritten)


def dropped_records(store: Store, workflow_id: str, topic: str) -> list[dict[str, str]]:
    """What the user said in records that a person took out of the topic, and why; each reason once."""
    told: dict[str, dict[str, str]] = {}
    for lesson in lessons_of(store, workflow_id, topic, _LOOKED_AT):
        shown = {name: text for name, text in lesson.items() if name in ("user", "why")}
        told.setdefault(lesson.get("why") or lesson["record"], shown)
    return list(told.values())[:_SHOWN_DROPPED]


def planning_request(
    context: TopicContext, number: int, dropped: Sequence[Mapping[str, str]] = ()
) -> Request:
    """What the model is asked.

    Args:
        context: what is known of the topic.
        number: how many cases are wanted.
        dropped: as `dropped_records` has them.
    """
    material, planned = Material(context), context.scenarios[:_SHOWN_PLANNED]
    first = [turns[0][:_LONGEST_SHOWN] for record in material.real[:_SHOWN] if (turns := record.user_turns)]
    prompt = render(
        "plan",
        folder=Path(__file__).parent,
        number=number,
        topic=context.topic,
        description=context.description,
        neighbours=context.neighbours,
        systems=material.systems,
        tools=_tools(material),
        style=style_card(material.real),
        said=first,
        planned=[": ".join(filter(None, (one.area, one.situation))) for one in planned],
        lacking=list(
            dict.fromkeys(words for each in context.wanted if (words := each.words_for(context.style)))
        ),
        rules=list(context.rules),
        dropped=list(dropped),
        language=material.language,
    )
    text = {"type": "string"}
    case = answer_schema(dict.fromkeys(("area", "situation", "user", "difficulty"), text))
    schema = answer_schema({"cases": {"type": "array", "items": case}})
    size = plan_tokens(number, context.style.bytes_per_character)
    return Request(prompt, schema, size, temperature=1.0)


def plan_tokens(number: int, bytes_per_character: float) -> int:
    """Tokens that so many cases take at most, in a language of so many bytes a character."""
    return answer_tokens(number * _CHARACTERS_OF_A_CASE, 4 * number, bytes_per_character)


def _tools(material: Material) -> list[dict[str, Any]]:
    """All tools that records of the topic declare, as far as there is room."""
    tools = {tool_name(tool): tool for record in material.frames for tool in record.tools}
    sizes = accumulate(len(str(tool)) for tool in tools.values())
    return [tool for tool, size in zip(tools.values(), sizes, strict=True) if size <= _MOST_OF_TOOLS]


def planned_cases(text: str) -> list[Scenario]:
    """The cases in an answer, those that are none left out.

    Raises:
        ValueError: there are none.
    """
    answer = parse_json(text)
    listed = answer.get("cases") if isinstance(answer, dict) else answer
    cases: dict[tuple[str, str], Scenario] = {}
    for one in listed if isinstance(listed, list) else []:
        try:
            case = Scenario.model_validate(one)
        except ValidationError:
            continue
        cases.setdefault((case.area, case.situation), case)
    if not cases:
        raise ValueError("there is no case under 'cases'")
    return list(cases.values())
