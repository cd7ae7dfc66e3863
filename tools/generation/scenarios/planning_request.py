"""What the model is asked for when it plans the cases of a topic, and reading what it answers."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...models.json_reply import parse_json
from ..attempts.draft import Request, TopicContext
from ..strategies.answer import answer_tokens
from ..strategies.prompt import render
from ..strategies.whole_record import Material
from ..strategies.written_record import answer_schema, tool_name
from ..style_card import style_card
from .scenario import Scenario
from .scenario_store import scenarios_of

if TYPE_CHECKING:
    from ...services import Services

CASES = 30
"""Of a topic: with as many users, enough for 900 records that are all different."""
_CHARACTERS_OF_A_CASE = 350
_SHOWN = 30
"""Real records whose first message the model sees."""
_LONGEST_SHOWN = 200
_MOST_OF_TOOLS = 20_000
"""Characters."""
PLANNED_FOR = ("few_shot", "topic_description", "tool_chain")
"""Strategies that take a case; the others vary a record that is there."""


def needs_planning(services: Services, workflow_id: str, topic: str, strategy: str) -> bool:
    """Whether a job would have the topic's cases planned."""
    if services.settings.profile != "full" or strategy not in PLANNED_FOR:
        return False
    return scenarios_of(services.store, workflow_id, topic) is None


def planning_request(context: TopicContext, room: int | None = None) -> Request:
    """What the model is asked."""
    material = Material(context)
    first = [turns[0][:_LONGEST_SHOWN] for record in material.real[:_SHOWN] if (turns := record.user_turns)]
    prompt = render(
        "plan",
        folder=Path(__file__).parent,
        number=CASES,
        topic=context.topic,
        description=context.description,
        neighbours=context.neighbours,
        systems=material.systems,
        tools=_tools(material),
        style=style_card(material.real),
        said=first,
        lacking=list(
            dict.fromkeys(words for each in context.wanted if (words := each.words_for(context.style)))
        ),
        language=material.language,
    )
    text = {"type": "string"}
    case = answer_schema(dict.fromkeys(("area", "situation", "user", "difficulty"), text))
    schema = answer_schema({"cases": {"type": "array", "items": case}})
    size = answer_tokens(CASES * _CHARACTERS_OF_A_CASE, 4 * CASES, context.style.bytes_per_character)
    return Request(prompt, schema, size, temperature=1.0, room=room)


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
