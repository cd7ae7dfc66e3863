"""Which topics a workflow has, and the one error for a name that is none of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from ..errors import TopicNotFound
from ..store.records import topic_counts
from ..store.store import Store
from ..store.workflows import list_topics

_NAMED = 12
_SUGGESTED = 3
_MARKS = " .,;:!?\"'"
"""What may stand around a name without making another of it; others do: C++ is not C."""


def topic_names(store: Store, workflow_id: str) -> list[str]:
    """The topics of a workflow: those declared, then those that only records have.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    declared = [info.name for info in list_topics(store, workflow_id)]
    found = [count.topic for count in topic_counts(store, workflow_id) if count.topic is not None]
    return list(dict.fromkeys([*declared, *found]))


def require_topics(store: Store, workflow_id: str, names: Iterable[str]) -> None:
    """Refuse names that are no topics of the workflow.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: for the first such name, with those that are like it.
    """
    known = topic_names(store, workflow_id)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise unknown_topic(workflow_id, unknown[0], known)


def unknown_topic(workflow_id: str, name: str, known: Iterable[str]) -> TopicNotFound:
    """The error for a topic that a workflow does not have, with the names that are like it."""
    names = list(known)
    like = names_like(name, names)
    meant = f"Did you mean {' or '.join(map(repr, like))}? " if like else ""
    listed = ", ".join(names[:_NAMED]) or "none yet"
    more = ", …" if len(names) > _NAMED else ""
    return TopicNotFound(
        f"{workflow_id!r} has no topic {name!r}.",
        hint=f"{meant}Its topics: {listed}{more}. A new one is declared with `topics assign --topics FILE`.",
    )


def names_like(name: str, known: Iterable[str]) -> list[str]:
    """Known names that are written much as this one is, the most alike first."""
    written = {_plain(one): one for one in known}
    return [written[one] for one in get_close_matches(_plain(name), written, _SUGGESTED)]


def near_same(records: Mapping[str, int]) -> list[list[str]]:
    """Names of topics that are the same but for capital letters, spaces, marks at their ends and Unicode forms.

    Args:
        records: how many records each topic has, by its name.

    Returns:
        Each group of two or more such names, the one with most records first.
    """
    groups: dict[str, list[str]] = {}
    for name in records:
        groups.setdefault(_plain(name) or name, []).append(name)
    return [sorted(names, key=lambda name: -records[name]) for names in groups.values() if len(names) > 1]


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are the same as in `near_same`."""
    return one == other or (bool(_plain(one)) and _plain(one) == _plain(other))


def _plain(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ")
    return " ".join(name.split()).strip(_MARKS)
