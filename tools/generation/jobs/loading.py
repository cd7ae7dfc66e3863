"""Everything that carrying a job out needs, loaded: strategy, checks, models, budget, and what an earlier run left."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...coverage.strategy_choice import StrategyName
from ...errors import InvalidInput
from ...model_settings import ModelSettings
from ...models.answer_room import STEP
from ...store.leases import Lease
from ...store.records import newest_position
from ..attempts import known_endpoints
from ..attempts.acceptance import Acceptance
from ..attempts.answer_spool import AnswerSpool, left_spools, spool_path
from ..attempts.batch_engine import BatchEngine
from ..attempts.concurrency import AdaptiveLimit
from ..attempts.draft import Strategy, TopicContext
from ..attempts.endpoint_shares import EndpointShare
from ..attempts.engine import Engine
from ..attempts.own_tools import OwnTools
from ..attempts.stages import AttemptWork
from ..checks.form.tool_schema import ToolSchema
from ..checks.verifier.asking import VerifierLine
from ..checks.verifier.verifier import Verifier
from ..lessons.taught import teach_job
from ..money.prices import require_keepable_cap, verifier_price_of
from ..money.spending import Spending
from ..money.stops import Stops
from ..strategies import make_strategy
from ..strategies.prompt import check_templates
from ..topic_context import JobContexts
from . import notes as job_notes
from .eval_set import eval_set_of_job
from .ledger import Job, next_attempt
from .loading_progress import LoadingProgress
from .progress import OnProgress
from .resumption import what_is_left

if TYPE_CHECKING:
    from ...services import Services


@dataclass(frozen=True)
class LoadedJob:
    """A part of a job that is ready to run.

    Attributes:
        remarks: what a person should be told beside the figures.
        not_judged: by check, why it judges nothing in this job.
        limits: of each endpoint that is asked, with the settings that lead to it.
        shares: of these endpoints, where other jobs may ask them too.
    """

    engine: Engine | BatchEngine
    remarks: list[str]
    not_judged: dict[str, str]
    limits: list[tuple[ModelSettings, AdaptiveLimit]]
    shares: list[EndpointShare]


def load_job(
    services: Services,
    job: Job,
    lease: Lease,
    on_progress: OnProgress | None,
    on_loading: OnProgress | None = None,
) -> LoadedJob:
    """Load what a job needs; blocking, some seconds, or minutes where a large topic is embedded for the first time.

    Args:
        services: store, models and index.
        job: what is to be carried out: its part.
        lease: on it.
        on_progress: for the engine, which calls it from the event loop.
        on_loading: is told how far the loading is, from the thread that this runs in.

    Raises:
        BudgetExceeded: a cap on money is set that could not be kept.
        InvalidInput: the strategy cannot be used for the topic, a model cannot be used as it is configured, or the
            evaluation set is not the one that the job was begun with.
        EndpointError: an embedded model cannot run here.
    """
    settings = services.settings
    price = require_keepable_cap(settings)
    in_batches = _goes_in_batches(services, job)
    strategy = make_strategy(_strategy_name(job))
    eval_set = eval_set_of_job(services, job)
    loading = LoadingProgress(services.store, job, on_loading)
    teach_job(services.store, job)
    # Before the checks are loaded: what comes meanwhile is seen twice, not never.
    seen = newest_position(services.store, job.workflow_id)
    acceptance = Acceptance.for_job(services, job.workflow_id, job.topic, eval_set=eval_set, loading=loading)
    contexts, first = JobContexts(services, job), next_attempt(services.store, job)
    remarks = contexts.begin(first, loading)
    loading.tell(remarks)
    context = contexts.at(first)
    reason = strategy.unusable(context)
    if reason:
        raise InvalidInput(f"{job.strategy} cannot be used for {job.topic!r}: {reason}.")
    check_templates(settings.templates)
    strategy.draft(
        context, first, random.Random(0)
    )  # a template of the user's that cannot be rendered is said now
    spending = Spending(
        job.approval_id, price, verifier_price=verifier_price_of(settings), in_batches=in_batches
    )
    with services.store.write() as connection:
        spending.open(connection, settings.budget_tokens, settings.budget_usd)
    room = services.answer_room()
    if in_batches and not room.is_known and room.extra is not None:
        room.extra = STEP  # a batch takes hours: none goes ahead to find out what the model does
    work = AttemptWork(
        services.store,
        job,
        strategy,
        contexts,
        acceptance,
        spending,
        room,
        _verifier(services, context),
        _own_tools(services, strategy, context),
        counted=services.counted_prompts,
        seen=seen,
    )
    spools = left_spools(settings.home, job.name)
    stops = job_notes.noted_stops(services.store, job.id) or Stops(refusals=settings.refusals_in_a_row)
    stops = stops.of_part(len(job.slots) / job.count)
    left = what_is_left(services.store, job, work, spending, spools, stops, in_batches=in_batches)
    limit = known_endpoints.limit_for(services.store, settings)
    line = _verifier_line(services, limit)
    engine: Engine | BatchEngine
    if in_batches:
        engine = BatchEngine(services.chat_model, job, work, left, line, on_progress)
    else:
        engine = Engine(
            services.chat_model,
            job,
            work,
            left,
            limit,
            AnswerSpool(spool_path(settings.home, job.name, lease.number)),
            line,
            on_progress,
            patience=settings.patience,
        )
    limits: list[tuple[ModelSettings, AdaptiveLimit]] = [(settings, limit)]
    if (verifier := settings.for_verifier()) and line and line.limit is not limit:
        limits.append((verifier, line.limit))
    shares = [
        EndpointShare(services.store, lease, asked.endpoint_url, asked.max_concurrency, limit)
        for asked, limit in limits
        if known_endpoints.is_known(asked)
    ]
    return LoadedJob(engine, remarks, acceptance.not_judged, limits, shares)


def _own_tools(services: Services, strategy: Strategy, context: TopicContext) -> OwnTools | None:
    if services.tool_executor is None:
        return None
    schema = ToolSchema(record for record in context.seeds if record.uses_tools)
    return OwnTools(services.tool_executor, strategy, schema)


def _verifier(services: Services, context: TopicContext) -> Verifier | None:
    settings = services.settings.for_verifier()
    if settings is None:
        return None
    room = services.answer_room(settings)
    return Verifier(settings.model_in_use, context, room, share=services.settings.verifier_share)


def _verifier_line(services: Services, limit: AdaptiveLimit) -> VerifierLine | None:
    settings = services.settings.for_verifier()
    if services.verifier_model is None or settings is None:
        return None
    return VerifierLine(
        services.verifier_model,
        known_endpoints.limit_for_verifier(services.store, services.settings, limit),
        services.answer_room(settings),
    )


def _goes_in_batches(services: Services, job: Job) -> bool:
    """Whether the job goes through the Batch API: as it was begun, or as the settings say."""
    if job_notes.uses_batches(services.store, job.id):
        return True
    if not services.settings.use_batch_api:
        return False
    settings = services.settings
    if settings.is_hosts_model or settings.uses_embedded_model or not settings.has_endpoint:
        raise InvalidInput(
            "The Batch API needs an OpenAI endpoint, and none is used.",
            hint="Set OPENAI_API_KEY (and OPENAI_BASE_URL), or generate without --batch.",
        )
    job_notes.note_batch(services.store, job.id, None)
    return True


def _strategy_name(job: Job) -> StrategyName:
    name: StrategyName = job.strategy  # type: ignore[assignment]  # checked when the plan was made
    return name
