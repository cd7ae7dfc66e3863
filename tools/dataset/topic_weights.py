"""Writing target weights: a change of the workflow's topics, so that plans made for other targets are void."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, insert, select, update

from ..store.store import Store
from ..store.tables import topics
from ..store.workflows import TopicInfo, bump_version, check_topics, version_within


def set_weights(store: Store, workflow_id: str, weights: Mapping[str, float] | None) -> bool:
    """Give the topics these target weights, and no others; descriptions and parents stay.

    A topic that records have and nobody declared is declared by it.

    Args:
        store: where topics live.
        workflow_id: whose topics.
        weights: per topic; ``None`` or empty takes all weights away, so that all topics count the same.

    Returns:
        Whether anything changed; only then the dataset's version goes up.

    Raises:
        InvalidInput: a weight or a new topic's name cannot be used; nothing has been written.
        WorkflowNotFound: there is no such workflow.
    """
    wanted = dict(weights or {})
    check_topics([TopicInfo(name, weight=weight) for name, weight in wanted.items()])
    mine = topics.c.workflow_id == workflow_id
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        rows = connection.execute(select(topics.c.name, topics.c.weight).where(mine))
        known: dict[str, float | None] = {row.name: row.weight for row in rows}
        changed = {name: wanted.get(name) for name, weight in known.items() if wanted.get(name) != weight}
        added = [TopicInfo(name, weight=weight) for name, weight in wanted.items() if name not in known]
        for name, weight in changed.items():
            connection.execute(update(topics).where(mine, topics.c.name == name).values(weight=weight))
        if added:
            last = connection.execute(
                select(func.coalesce(func.max(topics.c.position), 0)).where(mine)
            ).scalar_one()
            rows_to_add = [
                {
                    "workflow_id": workflow_id,
                    "name": info.name,
                    "description": "",
                    "weight": info.weight,
                    "position": position,
                }
                for position, info in enumerate(added, start=last + 1)
            ]
            connection.execute(insert(topics), rows_to_add)
        if changed or added:
            bump_version(connection, workflow_id)
        return bool(changed or added)
