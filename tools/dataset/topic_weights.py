"""Writing targets: a change of the workflow's topics, so that plans made for other targets are void."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from sqlalchemy import func, insert, select, update

from ..store.store import Store
from ..store.tables import topics
from ..store.workflows import TopicInfo, bump_version, check_topics, topics_within, version_within


def set_weights(
    store: Store,
    workflow_id: str,
    weights: Mapping[str, float] | None,
    ceilings: Mapping[str, int | None] | None = None,
) -> bool:
    """Give the topics these target weights, and no others; descriptions and parents stay.

    A topic that records have and nobody declared is declared by it.

    Args:
        store: where topics live.
        workflow_id: whose topics.
        weights: per topic; ``None`` or empty takes all weights away, so that all topics count the same.
        ceilings: of the topics whose ceiling changes, how many records they may have; ``None`` is no ceiling any more.

    Returns:
        Whether anything changed; only then the dataset's version goes up.

    Raises:
        InvalidInput: a weight, a ceiling or a new topic's name cannot be used; nothing has been written.
        WorkflowNotFound: there is no such workflow.
    """
    wanted, limits = dict(weights or {}), dict(ceilings or {})
    mine = topics.c.workflow_id == workflow_id
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        known = {info.name: info for info in topics_within(connection, workflow_id)}
        named = {**known, **{name: TopicInfo(name) for name in {**wanted, **limits} if name not in known}}
        then = [
            replace(info, weight=wanted.get(name), most=limits.get(name, info.most))
            for name, info in named.items()
        ]
        check_topics(then)
        changed = [info for info in then if info.name in known and info != known[info.name]]
        added = [info for info in then if info.name not in known and info != TopicInfo(info.name)]
        for info in changed:
            values = {"weight": info.weight, "most": info.most}
            connection.execute(update(topics).where(mine, topics.c.name == info.name).values(values))
        if added:
            last = connection.execute(
                select(func.coalesce(func.max(topics.c.position), 0)).where(mine)
            ).scalar_one()
            rows_to_add = [
                {"workflow_id": workflow_id, **asdict(info), "examples": [], "position": position}
                for position, info in enumerate(added, start=last + 1)
            ]
            connection.execute(insert(topics), rows_to_add)
        if changed or added:
            bump_version(connection, workflow_id)
        return bool(changed or added)
