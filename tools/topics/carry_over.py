"""What hangs on the name of a topic beside its records: rules and cases go to the topic that it becomes, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

from sqlalchemy import Connection, and_, delete, insert, select, update

from ..store.tables import review_rules, scenario_plans
from ..store.workflows import TopicInfo


class Carried(TypedDict):
    """What went along when topics ended, as JSON.

    Attributes:
        rules: numbers of the rules of each topic that ended.
        becomes: for each topic that ended the one that it became.
        before: the cases of all these topics before; None where one had none.
        after: the same afterwards.
    """

    rules: dict[str, list[int]]
    becomes: dict[str, str]
    before: dict[str, list[Any] | None]
    after: dict[str, list[Any] | None]


def declared_after(
    declared: Sequence[TopicInfo], becomes: Mapping[str, str], there: Collection[str]
) -> list[TopicInfo]:
    """The declared topics once some end: what one becomes that is not declared has what is said of the first of them.

    Args:
        declared: the topics before.
        becomes: for each topic that ends the one that it becomes.
        there: topics that records have.

    Returns:
        The topics, in their order. A ceiling goes along with a new name only: it says nothing of records that several
        topics had.
    """
    kept = [info for info in declared if info.name not in becomes]
    for info in declared:
        into = becomes.get(info.name)
        if into is not None and into not in {one.name for one in kept}:
            is_renamed = into not in there and [*becomes.values()].count(into) == 1
            kept.append(replace(info, name=into, most=info.most if is_renamed else None))
    return kept


def carry_over(connection: Connection, workflow_id: str, becomes: Mapping[str, str]) -> Carried:
    """Give rules and cases of topics that end to others, inside a caller's transaction; cases follow those there are.

    Args:
        connection: the transaction.
        workflow_id: whose topics.
        becomes: for each topic that ends the one that it becomes.

    Returns:
        What `give_back` takes.
    """
    names = {*becomes, *becomes.values()}
    before = {name: _cases(connection, workflow_id, name) for name in sorted(names)}
    rules: dict[str, list[int]] = {}
    for ended, into in becomes.items():
        of_rule = and_(review_rules.c.workflow_id == workflow_id, review_rules.c.topic == ended)
        rules[ended] = list(connection.execute(select(review_rules.c.id).where(of_rule)).scalars())
        connection.execute(update(review_rules).where(of_rule).values(topic=into))
        more = _cases(connection, workflow_id, ended)
        if more is None:
            continue
        there = _cases(connection, workflow_id, into) or []
        _set_cases(connection, workflow_id, ended, None)
        _set_cases(connection, workflow_id, into, [*there, *(case for case in more if case not in there)])
    after = {name: _cases(connection, workflow_id, name) for name in sorted(names)}
    return Carried(rules=rules, becomes=dict(becomes), before=before, after=after)


def give_back(connection: Connection, workflow_id: str, carried: Carried) -> None:
    """Give topics that are there again what went along when they ended; what was changed since stays as it is now."""
    before, after = carried["before"], carried["after"]
    for ended, into in carried["becomes"].items():
        went = and_(review_rules.c.id.in_(carried["rules"][ended]), review_rules.c.topic == into)
        connection.execute(
            update(review_rules).where(review_rules.c.workflow_id == workflow_id, went).values(topic=ended)
        )
        if before[ended] is not None and _cases(connection, workflow_id, ended) is None:
            _set_cases(connection, workflow_id, ended, before[ended])
    for into in sorted(set(carried["becomes"].values())):
        own, now = before[into], _cases(connection, workflow_id, into) or []
        came = [case for case in after[into] or [] if case not in (own or [])]
        left = [case for case in now if case not in came]
        _set_cases(connection, workflow_id, into, left if left or own is not None else None)


def parted(carried: Carried, topics: Collection[str]) -> tuple[Carried, Carried]:
    """What went along with some of the topics that ended, for `give_back`, and what went along with the others.

    Args:
        carried: of all of them.
        topics: of those that ended, the ones that are there again.
    """
    becomes, before = carried["becomes"], carried["before"]
    with_others = dict(before)
    for ended, into in becomes.items():
        if ended not in topics and (more := before[ended]) is not None:
            there = with_others[into] or []
            with_others[into] = [*there, *(case for case in more if case not in there)]

    def of(ended: Collection[str], own: Mapping[str, list[Any] | None], after: Mapping[str, Any]) -> Carried:
        named = {*ended, *(becomes[one] for one in ended)}
        return Carried(
            rules={one: carried["rules"][one] for one in ended},
            becomes={one: becomes[one] for one in ended},
            before={one: own[one] for one in sorted(named)},
            after={one: after[one] for one in sorted(named)},
        )

    others = [one for one in becomes if one not in topics]
    return (
        of([one for one in becomes if one in topics], with_others, carried["after"]),
        of(others, before, {**with_others, **dict.fromkeys(others)}),
    )


def _cases(connection: Connection, workflow_id: str, topic: str) -> list[Any] | None:
    this = and_(scenario_plans.c.workflow_id == workflow_id, scenario_plans.c.topic == topic)
    found: list[Any] | None = connection.execute(select(scenario_plans.c.body).where(this)).scalar()
    return found


def _set_cases(connection: Connection, workflow_id: str, topic: str, cases: list[Any] | None) -> None:
    this = and_(scenario_plans.c.workflow_id == workflow_id, scenario_plans.c.topic == topic)
    connection.execute(delete(scenario_plans).where(this))
    if cases is not None:
        connection.execute(insert(scenario_plans).values(workflow_id=workflow_id, topic=topic, body=cases))
