"""Why a synthetic record is there: everything that led to it, put together from the ledger."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from ...coverage.strategy_choice import StrategyName
from ...errors import InvalidInput
from ...models.json_reply import parse_json
from ...store.journal_tables import approvals, attempts
from ...store.records import get_record
from ..strategies import make_strategy
from ..topic_context import JobContexts
from .ledger import get_job

if TYPE_CHECKING:
    from ...services import Services


def origin_of(services: Services, workflow_id: str, record_id: str) -> dict[str, Any]:
    """Parents, prompt, model, answer, checks with scores, the verdict, and the person's yes of a synthetic record.

    The prompt is drawn again, from the job and the attempt's number: it is the one that was sent as long as the seeds
    and the template are the same; ``prompt_is_exact`` tells whether the drawn values agree with the journal.

    Raises:
        InvalidInput: there is no such record, or it is a real one.
    """
    record = get_record(services.store, workflow_id, record_id)
    source = record.provenance
    if source is None or "job" not in source:
        edited = f"edited by a person, from {source['edited_from']}" if source else "imported"
        raise InvalidInput(
            f"Record {record_id} was {edited}, not generated.",
            hint="Only generated records have an origin to show.",
        )
    job = get_job(services.store, source["job"])
    with services.store.read() as connection:
        yes = (
            connection.execute(select(approvals).where(approvals.c.id == source["approval"]))
            .mappings()
            .first()
        )
        this = (attempts.c.job_id == job.id) & (attempts.c.number == source["attempt"])
        attempt = connection.execute(select(attempts).where(this)).mappings().one()
    context = JobContexts(services, job).at(source["attempt"])
    # The job's: it may have made this one record as a tool chain, which the record then names as its strategy.
    strategy = make_strategy(cast(StrategyName, job.strategy))
    prompt = None
    if strategy.unusable(context) is None:
        draft = strategy.draft(context, source["attempt"], random.Random(f"{job.id}:{source['attempt']}"))
        prompt = [[list(turn) for turn in request.prompt] for request in draft.requests]
        is_exact = attempt["draft"] == draft.digest()
    return {
        "record": record_id,
        "topic": record.topic,
        **source,
        "parents": [get_record(services.store, workflow_id, seed).body for seed in source["seeds"]],
        "prompt": prompt,
        "prompt_is_exact": prompt is not None and is_exact,
        "answer": attempt["response"],
        "verdict": _verdict(attempt["verdict"]),
        "approved": dict(yes) if yes else None,
    }


def _verdict(answer: str | None) -> list[dict[str, str]]:
    """What the verifier found of each criterion, with its quote; nothing where its answer was not kept."""
    try:
        said = parse_json(answer or "")
    except ValueError:
        return []
    return [
        {"criterion": name, **{key: str(found.get(key) or "") for key in ("finding", "quote")}}
        for name, found in (said.items() if isinstance(said, dict) else ())
        if isinstance(found, dict)
    ]
