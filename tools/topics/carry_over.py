"""What hangs on the name of a topic beside its records: rules and cases go to the topic that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from ..store.tables import review_rules, scenario_plans


def carry_over(connection: Connection, workflow_id: str, becomes: Mapping[str, str]) -> None:
    """Give rules and cases of topics that end to others, inside a caller's transaction; cases follow those there are.

    Args:
        connection: the transaction.
        workflow_id: whose topics.
        becomes: for each topic that ends the one that it becomes.
    """
    for ended, into in becomes.items():
        of_rule = and_(review_rules.c.workflow_id == workflow_id, review_rules.c.topic == ended)
        connection.execute(update(review_rules).where(of_rule).values(topic=into))
        more = _cases(connection, workflow_id, ended)
        if more is None:
            continue
        there = _cases(connection, workflow_id, into) or []
        both = [*there, *(case for case in more if case not in there)]
        of_either = scenario_plans.c.topic.in_([ended, into])
        connection.execute(
            delete(scenario_plans).where(scenario_plans.c.workflow_id == workflow_id, of_either)
        )
        connection.execute(insert(scenario_plans).values(workflow_id=workflow_id, topic=into, body=both))


def _cases(connection: Connection, workflow_id: str, topic: str) -> list[Any] | None:
    this = and_(scenario_plans.c.workflow_id == workflow_id, scenario_plans.c.topic == topic)
    found: list[Any] | None = connection.execute(select(scenario_plans.c.body).where(this)).scalar()
    return found
