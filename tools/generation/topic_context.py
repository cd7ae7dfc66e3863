"""Gathering what a strategy needs to know of a topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ..dataset.record import Record
from ..dataset.tool_exchanges import exchanges
from ..store.records import active_ids, load_records, records_with_ids, topic_counts
from ..store.store import Store
from ..store.workflows import dataset_state, list_topics
from .attempts.accepted_cases import AcceptedCases
from .attempts.draft import Profile, TopicContext
from .jobs import notes as job_notes
from .jobs.ledger import Job, attempts_of_part
from .jobs.loading_progress import LoadingProgress
from .lessons.lessons import rejected_in_review
from .lessons.taught import Taught, taught_now, taught_of_job
from .missing_cells import Wanted, wanted_of_job
from .scenarios.scenario import NO_LISTS, OwnLists, Scenario, in_order
from .scenarios.scenario_store import own_lists, scenarios_of
from .tool_chain_settings import ToolChainSettings

if TYPE_CHECKING:
    from ..services import Services

MOST_SEEDS = 500
"""Seeds of one job: more than that are never told apart by the spread."""
LENT = 5
"""Records of other topics that a topic with fewer of its own is shown."""
_COMPARED_WITH = 500
"""Records of other topics that show which tools are called everywhere."""


def topic_context(
    services: Services,
    workflow_id: str,
    topic: str,
    count: int,
    *,
    spread: bool = True,
    offset: int = 0,
    tool_chain: ToolChainSettings | None = None,
    wanted: Sequence[Wanted] = (),
    loading: LoadingProgress | None = None,
    taught: Taught | None = None,
    accepted: AcceptedCases | None = None,
) -> TopicContext:
    """The topic's description, its neighbours and its usable real records.

    Args:
        services: store and index.
        workflow_id: whose topic it is.
        topic: its name.
        count: how many records are wanted.
        spread: order the seeds so that the first ones cover the topic (maximal marginal relevance over the
            index); without it they come in the order of the dataset, and nothing is embedded.
        offset: records of the topic that were generated before the job. It must be the same each time that the
            job is carried on: the drafts depend on it.
        tool_chain: shares of the kinds of tool chain; the defaults when not given.
        wanted: what the topic lacks most.
        loading: is told how far the embedding of the seeds is.
        taught: what reviews taught; as it is now when not given.
        accepted: what was generated for the topic; as the store has it when not given.
    """
    descriptions = services.read_of_datasets.once(
        ("descriptions", *dataset_state(services.store, workflow_id)),
        lambda: _descriptions(services.store, workflow_id),
    )
    seeds = list(
        load_records(
            services.store,
            workflow_id,
            topic=topic,
            usable_only=True,
            limit=10 * MOST_SEEDS if spread else MOST_SEEDS,
        )
    )
    if spread and seeds:
        services.index.ensure(workflow_id, seeds, loading.of(len(seeds)) if loading else None)
        by_id = {record.id: record for record in seeds}
        order = services.index.spread(workflow_id, topic, min(len(seeds), MOST_SEEDS))
        seeds = [by_id[record_id] for record_id in order if record_id in by_id] or seeds[:MOST_SEEDS]
    taught = taught or taught_now(services.store, workflow_id, topic)
    if accepted is None:
        accepted = _generated(services.store, workflow_id, topic)
    others = _of_other_topics(services, workflow_id, topic, seeds)
    own = own_lists(services.store, workflow_id)
    return TopicContext(
        topic=topic,
        description=descriptions.get(topic, ""),
        neighbours={name: text for name, text in descriptions.items() if name != topic},
        seeds=seeds,
        count=count,
        offset=offset,
        tool_chain=tool_chain or ToolChainSettings(),
        wanted=wanted,
        profile=services.settings.profile,
        lessons=taught["lessons"],
        rules=taught["rules"],
        in_words=taught["in_words"],
        borrowed=others[:: -(-len(others) // LENT) or 1] if len(seeds) < LENT else [],
        defining_tool=defining_tool(seeds, others),
        scenarios=in_order(scenarios_of(services.store, workflow_id, topic) or [], own, accepted.written),
        own=own,
        accepted=accepted,
        templates=services.settings.templates,
        tool_executor=services.settings.tool_executor,
    )


def defining_tool(records: Sequence[Record], others: Sequence[Record]) -> str | None:
    """The tool whose calls are most specific to some records: called in many of them, and in few others.

    None where none is called in a third of them, or each as often elsewhere.
    """
    here, there = _calling_rates(records), _calling_rates(others)
    lead = {name: rate - there.get(name, 0.0) for name, rate in here.items() if rate >= 1 / 3}
    best = max(lead, key=lambda name: (lead[name], name), default=None)
    return best if best is not None and lead[best] > 0 else None


def _calling_rates(records: Sequence[Record]) -> dict[str, float]:
    """The share of records that call each tool."""
    called = Counter(name for one in records for name in {call.name for call in exchanges(one.messages)})
    return {name: number / len(records) for name, number in called.items()}


def _of_other_topics(
    services: Services, workflow_id: str, topic: str, seeds: Sequence[Record]
) -> Sequence[Record]:
    """What the topic is compared with, and borrows from where it has few of its own; nothing where it needs neither."""
    if services.settings.profile != "full" or (len(seeds) >= LENT and not _calling_rates(seeds)):
        return []
    # A plan asks topic by topic: each would take a query for every other topic.
    some = services.read_of_datasets.once(
        ("some of each topic", *dataset_state(services.store, workflow_id)),
        lambda: _some_of_each(services.store, workflow_id),
    )
    return [record for name, found in some.items() if name != topic for record in found]


def _some_of_each(store: Store, workflow_id: str) -> dict[str, list[Record]]:
    # From all over the dataset, which may be sorted by topic.
    counted = topic_counts(store, workflow_id)
    names = [each.topic for each in counted if each.topic is not None]
    each = -(-_COMPARED_WITH // max(1, len(names) - 1))
    return {
        name: list(load_records(store, workflow_id, topic=name, usable_only=True, limit=each))
        for name in names
    }


def _descriptions(store: Store, workflow_id: str) -> dict[str, str]:
    """Of each topic that is declared or has records."""
    described = {info.name: info.description for info in list_topics(store, workflow_id)}
    for each in topic_counts(store, workflow_id):
        if each.topic is not None:
            described.setdefault(each.topic, "")
    return described


def _generated(store: Store, workflow_id: str, topic: str) -> AcceptedCases:
    """What was generated for a topic, as the store has it."""
    return AcceptedCases(
        load_records(store, workflow_id, topic=topic, origin="synthetic"),
        dropped=rejected_in_review(store, workflow_id, topic),
    )


class FrozenContext(BaseModel):
    """What drafts of a job are drawn from, beside what it was taught and what its topic lacks.

    Attributes:
        first_attempt: the first attempt that is drawn from it.
        part: whose attempts are; None where those of all parts are, from the beginning of the job on.
        seed_ids: the records, whose bodies never change, in their order.
        usable: how many usable real records the topic had.
    """

    first_attempt: int
    part: int | None = None
    description: str
    neighbours: dict[str, str]
    seed_ids: list[str]
    offset: int
    profile: Profile
    tool_chain: ToolChainSettings
    usable: int
    borrowed_ids: list[str] = []
    defining_tool: str | None = None
    scenarios: list[Scenario] = []
    own: OwnLists = NO_LISTS


class JobContexts:
    """The contexts of a job. A draft is drawn again from what it was drawn from first, whatever changed since.

    Args:
        services: store, settings and index.
        job: whose contexts: of its part.
    """

    def __init__(self, services: Services, job: Job) -> None:
        self._services = services
        self._job = job
        noted = job_notes.noted_contexts(services.store, job.id)
        frozen = [FrozenContext.model_validate(each) for each in noted]
        self._frozen = [each for each in frozen if each.part in (None, job.part)]
        self._made: dict[int, TopicContext] = {}
        self.accepted = _generated(services.store, job.workflow_id, job.topic)
        for attempt in attempts_of_part(services.store, job):
            shown = records_with_ids(services.store, job.workflow_id, attempt.details.get("avoid") or [])
            self.accepted.recall(attempt.number, shown)

    def at(self, attempt: int) -> TopicContext:
        """What an attempt is drawn from.

        Raises:
            InvalidInput: a record that it was drawn from is gone.
        """
        number = max((n for n, each in enumerate(self._frozen) if each.first_attempt <= attempt), default=-1)
        if number not in self._made:
            # Nothing was noted by an older version, nor for a job that has not begun.
            self._made[number] = self._thawed(self._frozen[number]) if number >= 0 else self._as_it_is(None)
        return self._made[number]

    def begin(self, first_attempt: int, loading: LoadingProgress | None = None) -> list[str]:
        """Freeze the topic as it is for the attempts from this one on, unless it is as it was.

        Returns:
            What changed since the job began, in words.
        """
        remarks = self._changes() if self._frozen else []
        if not self._frozen or remarks:
            context = self._as_it_is(loading)
            frozen = self._as_frozen(first_attempt, context)
            if self._frozen:
                frozen.part = self._job.part
            self._frozen.append(frozen)
            self._made[len(self._frozen) - 1] = context
            job_notes.add_context(self._services.store, self._job.id, frozen.model_dump(mode="json"))
        return remarks

    def _as_it_is(self, loading: LoadingProgress | None) -> TopicContext:
        job, services = self._job, self._services
        # Attributes are drawn on from where the topic's earlier jobs stopped.
        counted = job.coverage_before.get("topics") or []
        earlier = next((topic["synthetic"] for topic in counted if topic["name"] == job.topic), 0)
        return topic_context(
            services,
            job.workflow_id,
            job.topic,
            job.count,
            offset=earlier,
            tool_chain=services.settings.tool_chain,
            wanted=wanted_of_job(services, job.id, job.workflow_id, job.topic, job.count),
            loading=loading,
            taught=taught_of_job(services.store, job.id),
            accepted=self.accepted,
        )

    def _thawed(self, frozen: FrozenContext) -> TopicContext:
        job, store = self._job, self._services.store
        taught = taught_of_job(store, job.id)
        return TopicContext(
            topic=job.topic,
            description=frozen.description,
            neighbours=frozen.neighbours,
            seeds=records_with_ids(store, job.workflow_id, frozen.seed_ids),
            count=job.count,
            offset=frozen.offset,
            tool_chain=frozen.tool_chain,
            wanted=wanted_of_job(self._services, job.id, job.workflow_id, job.topic, job.count),
            profile=frozen.profile,
            lessons=taught["lessons"],
            rules=taught["rules"],
            in_words=taught["in_words"],
            borrowed=records_with_ids(store, job.workflow_id, frozen.borrowed_ids),
            defining_tool=frozen.defining_tool,
            scenarios=frozen.scenarios,
            own=frozen.own,
            accepted=self.accepted,
            templates=self._services.settings.templates,
            tool_executor=self._services.settings.tool_executor,
        )

    def _as_frozen(self, first_attempt: int, context: TopicContext) -> FrozenContext:
        return FrozenContext(
            first_attempt=first_attempt,
            description=context.description,
            neighbours=dict(context.neighbours),
            seed_ids=[record.id for record in context.seeds],
            offset=context.offset,
            profile=context.profile,
            tool_chain=context.tool_chain,
            usable=self._usable(),
            borrowed_ids=[record.id for record in context.borrowed],
            defining_tool=context.defining_tool,
            scenarios=list(context.scenarios),
            own=context.own,
        )

    def _changes(self) -> list[str]:
        job, store, frozen = self._job, self._services.store, self._frozen[-1]
        seeds = records_with_ids(store, job.workflow_id, frozen.seed_ids)
        active = active_ids(store, job.workflow_id, frozen.seed_ids)
        gone = sum(record.id not in active or record.topic != job.topic for record in seeds)
        added = self._usable() - (frozen.usable - gone)
        described = {info.name: info.description for info in list_topics(store, job.workflow_id)}
        parts = [
            *(
                [f"{gone:,} of the {len(seeds):,} records that it learns from are out of the topic"]
                if gone
                else []
            ),
            *([f"{added:,} real records were added to the topic"] if added > 0 else []),
            *(
                ["the topic is described differently"]
                if described.get(job.topic, "") != frozen.description
                else []
            ),
        ]
        if not parts:
            return []
        return [
            f"The dataset changed since {job.id} was last carried out: {', '.join(parts)}. New drafts are made from "
            "it as it is now; answers that were paid for are judged as they were drafted."
        ]

    def _usable(self) -> int:
        counts = topic_counts(self._services.store, self._job.workflow_id)
        return next((count.usable for count in counts if count.topic == self._job.topic), 0)
