"""What earlier jobs found out about how many requests an endpoint takes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from ..dataset.tables import endpoint_limits
from ..models.embedded_server import PARALLEL
from .concurrency import START, AdaptiveLimit
from .journal import now

if TYPE_CHECKING:
    from ..services import Services


def limit_for(services: Services) -> AdaptiveLimit:
    """The limit to begin a job with.

    The embedded server starts with one request: it then reads what all prompts share once, not once a connection.
    """
    settings = services.settings
    if settings.uses_embedded_model:
        return AdaptiveLimit(min(PARALLEL, settings.max_concurrency), start=1)
    if not settings.has_endpoint:
        return AdaptiveLimit(settings.max_concurrency)  # a model that the host brought
    known = (endpoint_limits.c.endpoint == settings.endpoint_url) & (
        endpoint_limits.c.model == settings.endpoint_model
    )
    with services.store.read() as connection:
        ceiling = connection.execute(select(endpoint_limits.c.ceiling).where(known)).scalar()
    return AdaptiveLimit(settings.max_concurrency, start=ceiling or START)


def remember(services: Services, found: int | None) -> None:
    """Keep what a job found out; None when it did not meet the endpoint's limit."""
    settings = services.settings
    if found is None or settings.uses_embedded_model or not settings.has_endpoint:
        return
    row = {"ceiling": found, "updated_at": now()}
    names = {"endpoint": settings.endpoint_url, "model": settings.endpoint_model}
    statement = insert(endpoint_limits).values(**names, **row)
    with services.store.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["endpoint", "model"], set_=row))
