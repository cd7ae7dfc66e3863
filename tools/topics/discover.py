"""Topics found in a dataset that has none, and topics merged and split afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..coverage.wording import plural
from ..dataset.topic_names import topic_names
from ..errors import InvalidInput
from ..models.usage import TokenUsage
from ..store.records import load_records, topic_counts
from ..store.workflows import TopicInfo, list_topics
from .assignments import Assignment, current_assignments, write_run
from .carry_over import declared_after
from .clusters import cluster
from .corrections import known_topic
from .features import TopicFeatures, joined
from .material import JudgedText, as_judged, read_material, vectors_of
from .naming import Group, name_from_terms, names_by_model
from .terms import telling_terms

if TYPE_CHECKING:
    from ..services import Services
    from ..store.store import Store

_FEWEST_RECORDS = 6
_EXAMPLES_SHOWN = 4
OnProgress = Callable[[int], None]


@dataclass(frozen=True)
class FoundTopic:
    """A group of records that read alike.

    Attributes:
        topic: its name and description.
        terms: the words that tell it from the others, most telling first.
        record_ids: its records, most typical first.
        examples: what the most typical ones say.
        sureness: how far its records are from the next group on average, 0 to 1.
    """

    topic: TopicInfo
    terms: list[str]
    record_ids: list[str]
    examples: list[str]
    sureness: float


def discover_topics(
    services: Services,
    workflow_id: str,
    *,
    count: int | None = None,
    by_model: bool = False,
    on_progress: OnProgress | None = None,
) -> list[FoundTopic]:
    """Group the records that nobody labelled and name the groups. Nothing is written: see `adopt`.

    Args:
        services: store, index and embedding model; the chat model only for names.
        workflow_id: whose records they are.
        count: how many groups; chosen by how well they are apart when not given.
        by_model: whether the model names them, in one call.
        on_progress: called with the number of records that have been read and embedded.

    Raises:
        InvalidInput: there are too few records, or the count is not from 2 to their number.
    """
    material = [text for text in read_material(services, workflow_id, on_progress) if not text.is_label]
    if len(material) < _FEWEST_RECORDS:
        raise InvalidInput(
            f"{workflow_id!r} has {plural(len(material), 'record')} to find topics in, and it takes at least "
            f"{_FEWEST_RECORDS}.",
            hint="Records that have a topic from their file or a person keep it; `topics split` divides a topic.",
        )
    found = _groups(services, workflow_id, material, count)
    return name_topics(services, workflow_id, found)[0] if by_model else found


def name_topics(
    services: Services, workflow_id: str, found: Sequence[FoundTopic]
) -> tuple[list[FoundTopic], TokenUsage]:
    """The same groups with names and descriptions of the model, and what the call took.

    Raises:
        EndpointError: the endpoint refused or failed for good.
    """
    topics, usage = asyncio.run(
        names_by_model(
            services.chat_model,
            services.answer_room(),
            [group_of(one) for one in found],
            {info.name for info in list_topics(services.store, workflow_id)},
        )
    )
    return [replace(one, topic=topic) for one, topic in zip(found, topics, strict=True)], usage


def group_of(found: FoundTopic) -> Group:
    """What the model is told of a group."""
    return Group(found.terms, found.examples)


def adopt(services: Services, workflow_id: str, found: Sequence[FoundTopic]) -> int:
    """Declare found topics and give their records to them; returns the number of the run, for undoing."""
    declared = [*list_topics(services.store, workflow_id), *(group.topic for group in found)]
    before = {text.id: text.topic for text in read_material(services, workflow_id)}
    decided = [
        Assignment(record_id, group.topic.name, group.topic.name, group.sureness, before[record_id])
        for group in found
        for record_id in group.record_ids
    ]
    return write_run(services.store, workflow_id, decided, method="discovery", declare=declared)


def merge_topics(services: Services, workflow_id: str, becomes: Mapping[str, str]) -> int:
    """Give the records of topics to others, with the rules and cases; returns how many records were moved.

    All of it is one run: `undo_last_run` takes it back as a whole, or some of the topics.

    Args:
        services: the store.
        workflow_id: whose topics they are.
        becomes: for each topic that ends the one that it becomes, whatever its case; a new name is declared. A topic
            that becomes itself is none that ends.

    Raises:
        TopicNotFound: there is no topic of one of the names.
        InvalidInput: nothing would be changed, what a topic becomes has no name, or ends itself.
    """
    store = services.store
    ending = require_mergeable(store, workflow_id, becomes)
    given = current_assignments(store, workflow_id)
    material = [
        (as_judged(record, given), into)
        for topic, into in sorted(ending.items())
        for record in load_records(store, workflow_id, topic=topic)
    ]
    declared = list_topics(store, workflow_id)
    if not material and not any(info.name in ending for info in declared):
        raise InvalidInput("The topics have no records to move.", hint="`topics list` shows what there is.")
    decided = [
        Assignment(text.id, into, into, 1.0, text.topic, decided_by="person" if text.is_label else "model")
        for text, into in material
    ]
    moved = sum(count.records for count in topic_counts(store, workflow_id) if count.topic in ending)
    write_run(store, workflow_id, decided, method="merge", becomes=ending)
    return moved


def require_mergeable(store: Store, workflow_id: str, becomes: Mapping[str, str]) -> dict[str, str]:
    """The topics that would end, each with the one that it becomes, as `merge_topics` takes them.

    Raises:
        TopicNotFound: there is no topic of one of the names.
        InvalidInput: nothing would be changed, what a topic becomes has no name, or ends itself.
    """
    named = {known_topic(store, workflow_id, name): into.strip() for name, into in becomes.items()}
    known = topic_names(store, workflow_id)
    spelled: dict[str, str] = {}
    ending = {}
    for topic, into in named.items():
        into = _becoming(into, named, known)
        into = spelled.setdefault(into.casefold(), into) if into not in known else into
        if topic != into:
            ending[topic] = into
    if not ending:
        same = next(iter(named.values()), "")
        raise InvalidInput(f"{same!r} is that topic already.", hint="Name another topic, or a new name.")
    if both := sorted(set(ending) & set(ending.values())):
        raise InvalidInput(
            f"{both[0]!r} cannot end and take up another.", hint="Do one first, then the other."
        )
    return ending


def ceilings_lost(store: Store, workflow_id: str, ending: Mapping[str, str]) -> list[str]:
    """The topics whose ceilings end with them.

    Args:
        store: where they are.
        workflow_id: whose topics.
        ending: what `require_mergeable` returns: the topics that would end, with those that they become.
    """
    declared = list_topics(store, workflow_id)
    after = declared_after(declared, ending, topic_names(store, workflow_id))
    then = {info.name: info.most for info in after}
    return [
        info.name
        for info in declared
        if info.name in ending and info.most is not None and then[ending[info.name]] != info.most
    ]


def _becoming(into: str, ended: Collection[str], known: Sequence[str]) -> str:
    """The topic that others become, as it is written: one that is there in another case is no new one."""
    if not into:
        raise InvalidInput("What the topics become has no name.", hint="Name another topic, or a new name.")
    if into in known:
        return into
    return next((name for name in known if name not in ended and name.casefold() == into.casefold()), into)


def split_topic(
    services: Services, workflow_id: str, name: str, count: int | None = None, *, by_model: bool = False
) -> list[FoundTopic]:
    """Put the records of one topic into several, under it as their parent; `undo_last_run` takes it back.

    Raises:
        TopicNotFound: there is no such topic.
        InvalidInput: it has too few records, or the count is not from 2 to their number.
    """
    topic = known_topic(services.store, workflow_id, name)
    material = [text for text in read_material(services, workflow_id) if text.topic == topic]
    if len(material) < _FEWEST_RECORDS:
        under = [info.name for info in list_topics(services.store, workflow_id) if info.parent == topic]
        raise InvalidInput(
            f"{topic!r} has {plural(len(material), 'record')} of its own, and it takes at least {_FEWEST_RECORDS} to "
            "split it.",
            hint=f"Under it lie {', '.join(under)}: split one of these."
            if under
            else "`topics list` counts them.",
        )
    found = _groups(services, workflow_id, material, count)
    if by_model:
        found, _ = name_topics(services, workflow_id, found)
    found = [replace(group, topic=replace(group.topic, parent=topic)) for group in found]
    declared = [*list_topics(services.store, workflow_id), *(group.topic for group in found)]
    decided = [
        Assignment(record_id, group.topic.name, group.topic.name, group.sureness, topic)
        for group in found
        for record_id in group.record_ids
    ]
    write_run(services.store, workflow_id, decided, method="split", declare=declared)
    return found


def _groups(
    services: Services, workflow_id: str, material: Sequence[JudgedText], count: int | None
) -> list[FoundTopic]:
    if count is not None and not 2 <= count <= len(material):
        raise InvalidInput(
            f"{len(material)} records cannot be {count} topics.", hint="Give a smaller number, from 2."
        )
    texts = [text.text for text in material]
    _, words = TopicFeatures.learnt_from(texts)
    rows = joined(vectors_of(services, workflow_id, material), words)
    groups, sureness = cluster(rows, count)
    terms = telling_terms(texts, groups.tolist())
    taken = {info.name for info in list_topics(services.store, workflow_id)}
    found = []
    for group, own_terms in enumerate(terms):
        members = np.flatnonzero(groups == group)
        typical = members[np.argsort(-(rows[members] @ rows[members].mean(axis=0)), kind="stable")]
        said = [texts[row] for row in typical]
        topic = name_from_terms(own_terms, taken)
        taken.add(topic.name)
        found.append(
            FoundTopic(
                topic=topic,
                terms=own_terms,
                record_ids=[material[row].id for row in typical],
                examples=said[:_EXAMPLES_SHOWN],
                sureness=float(sureness[members].mean()),
            )
        )
    return found
