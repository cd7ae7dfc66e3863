"""The cases of each topic in the store, and as the YAML in which a person edits them."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import delete, insert, select

from ...dataset.topic_names import topic_names, unknown_topic
from ...errors import InvalidInput
from ...store.store import Store
from ...store.tables import scenario_plans
from ...store.workflows import require_workflow
from .scenario import OwnLists, Scenario

_PLANNED = "planned"
"""Marks in the store each case of a list that only the model made: more may be added to it, never to a person's."""
_ALL_TOPICS = ""
"""In place of a topic's name: the user's own lists, which hold for all of them."""
FORM = """\
# The cases that records are written for. What is left out of a topic is gone; topics that are not named stay.
# Your own lists hold for all topics:
#   personas: [a nurse between two shifts]        in place of the planned users
#   situations: [the cellar is flooded]           more cases
#   axes: {storm: a storm has closed the depot}   edge cases, by name
# A case of a topic (only the situation is needed):
#   topics:
#     name_of_the_topic:
#     - area: sync
#       situation: two laptops overwrite each other's files
#       user: a small office
#       difficulty: the files have different names
# To a topic's list that you change nothing is added any more.

"""
"""What stands above the cases in a person's editor."""
MOST_CASES = 1_000
"""Of a topic."""


class ScenarioFile(BaseModel):
    """All cases of a workflow, as they are listed and edited."""

    model_config = ConfigDict(extra="forbid")

    personas: list[str] = Field(default_factory=list)
    situations: list[str] = Field(default_factory=list)
    axes: dict[str, str] = Field(default_factory=dict)
    topics: dict[str, list[Scenario]] = Field(default_factory=dict)

    @property
    def own(self) -> OwnLists:
        """The user's lists."""
        return OwnLists(personas=tuple(self.personas), situations=tuple(self.situations), axes=self.axes)


def scenarios_of(store: Store, workflow_id: str, topic: str) -> list[Scenario] | None:
    """The cases of a topic; None when they were never planned."""
    found = _body(store, workflow_id, topic)
    return None if found is None else [Scenario.model_validate(one) for one in _unmarked(found)]


def takes_planned(store: Store, workflow_id: str, topic: str) -> bool:
    """Whether the model may plan cases for a topic: none were, or all that are there are its own, and not too many."""
    return _takes_more(_body(store, workflow_id, topic))


def own_lists(store: Store, workflow_id: str) -> OwnLists:
    """What the user brought."""
    return OwnLists.model_validate(_body(store, workflow_id, _ALL_TOPICS) or {})


def add_planned(store: Store, workflow_id: str, topic: str, cases: list[Scenario]) -> None:
    """Keep what was planned for a topic, behind what other processes planned, unless a person was first.

    What is there already is not added again: a job that was killed before it knew can do it once more.
    """
    this = (scenario_plans.c.workflow_id == workflow_id) & (scenario_plans.c.topic == topic)
    with store.write(workflow_id) as connection:
        found = connection.execute(select(scenario_plans.c.body).where(this)).scalar()
        if not _takes_more(found):
            return
        kept = list(found or [])
        known = {(one.get("area", ""), one["situation"]) for one in kept}
        kept += [{**one.words, _PLANNED: True} for one in cases if (one.area, one.situation) not in known]
        connection.execute(delete(scenario_plans).where(this))
        connection.execute(insert(scenario_plans).values(**_row(workflow_id, topic, kept[:MOST_CASES])))


def all_scenarios(store: Store, workflow_id: str, topic: str | None = None) -> ScenarioFile:
    """Everything that is there for a workflow, or for one of its topics.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: there is no such topic.
    """
    require_workflow(store, workflow_id)
    names = topic_names(store, workflow_id)
    if topic is not None and topic not in names:
        raise unknown_topic(workflow_id, topic, names)
    query = select(scenario_plans.c.topic, scenario_plans.c.body).where(
        scenario_plans.c.workflow_id == workflow_id
    )
    with store.read() as connection:
        bodies = {row.topic: row.body for row in connection.execute(query)}
    own = bodies.pop(_ALL_TOPICS, {})
    kept = {name: _unmarked(bodies[name]) for name in names if name in bodies and topic in (None, name)}
    return ScenarioFile.model_validate({**own, "topics": kept})


def replace_scenarios(store: Store, workflow_id: str, text: str) -> ScenarioFile:
    """Take over an edited file: the user's lists, and the cases of every topic that it names. Others stay.

    Raises:
        InvalidInput: it cannot be read; says where.
        TopicNotFound: it names a topic that is not there.
    """
    edited = _read(text)
    names = topic_names(store, workflow_id)
    if unknown := next((topic for topic in edited.topics if topic not in names), None):
        raise unknown_topic(workflow_id, unknown, names)
    rows = [_row(workflow_id, _ALL_TOPICS, edited.own.model_dump(mode="json"))]
    rows += [_row(workflow_id, topic, [one.words for one in cases]) for topic, cases in edited.topics.items()]
    with store.write(workflow_id) as connection:
        for row in rows:
            this = (scenario_plans.c.workflow_id == workflow_id) & (scenario_plans.c.topic == row["topic"])
            before = connection.execute(select(scenario_plans.c.body).where(this)).scalar()
            if row["topic"] != _ALL_TOPICS and before is not None and _unmarked(before) == row["body"]:
                continue  # it is in the file, but nobody changed it
            connection.execute(delete(scenario_plans).where(this))
            connection.execute(insert(scenario_plans).values(**row))
    return all_scenarios(store, workflow_id)


def as_yaml(cases: ScenarioFile) -> str:
    """The file that a person edits."""
    document = cases.model_dump(mode="json")
    document["topics"] = {topic: [one.words for one in each] for topic, each in cases.topics.items()}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)


def _read(text: str) -> ScenarioFile:
    try:
        edited = ScenarioFile.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        said = " ".join(str(error).split()).replace('in "<unicode string>", ', "in ")
        raise InvalidInput(f"The scenarios are no YAML: {said.rstrip('.:^ ')}.") from error
    except (ValidationError, RecursionError) as error:
        where = (
            error.errors()[0]
            if isinstance(error, ValidationError)
            else {"loc": (), "msg": "it is nested too deep"}
        )
        place = ".".join(map(str, where["loc"])) or "the file"
        raise InvalidInput(
            f"The scenarios cannot be used: {place}: {where['msg']}.",
            hint="Each case has a situation, and may have area, user and difficulty; `scenarios` shows the form.",
        ) from error
    if crowded := next((topic for topic, cases in edited.topics.items() if len(cases) > MOST_CASES), None):
        raise InvalidInput(f"{crowded!r} has more than {MOST_CASES:,} scenarios.")
    return edited


def _takes_more(body: Any) -> bool:
    return body is None or (0 < len(body) < MOST_CASES and all(_PLANNED in one for one in body))


def _unmarked(body: Any) -> list[dict[str, Any]]:
    return [{name: text for name, text in one.items() if name != _PLANNED} for one in body]


def _row(workflow_id: str, topic: str, body: Any) -> dict[str, Any]:
    return {"workflow_id": workflow_id, "topic": topic, "body": body}


def _body(store: Store, workflow_id: str, topic: str) -> Any:
    this = (scenario_plans.c.workflow_id == workflow_id) & (scenario_plans.c.topic == topic)
    with store.read() as connection:
        return connection.execute(select(scenario_plans.c.body).where(this)).scalar()
