"""What is remembered of endpoints and their models: how many requests at once, how much room for an answer."""

from __future__ import annotations

from sqlalchemy import select

from ...model_settings import ModelSettings
from ...models.answer_room import AnswerRoom
from ...models.embedded_server import PARALLEL
from ...store.journal_tables import answer_rooms, endpoint_limits
from ...store.store import Store
from .concurrency import START, AdaptiveLimit
from .journal import now


def limit_for(store: Store, settings: ModelSettings) -> AdaptiveLimit:
    """The limit to begin a job with, for the model of these settings.

    The embedded server starts with one request: it then reads what all prompts share once, not once a connection.
    """
    if settings.uses_embedded_model:
        return AdaptiveLimit(min(PARALLEL, settings.max_concurrency), start=1)
    if not is_known(settings):
        return AdaptiveLimit(settings.max_concurrency)
    known = (endpoint_limits.c.endpoint == settings.endpoint_url) & (
        endpoint_limits.c.model == settings.endpoint_model
    )
    with store.read() as connection:
        ceiling = connection.execute(select(endpoint_limits.c.ceiling).where(known)).scalar()
    return AdaptiveLimit(settings.max_concurrency, start=ceiling or START)


def limit_for_verifier(store: Store, settings: ModelSettings, limit: AdaptiveLimit) -> AdaptiveLimit:
    """The limit for the verifier: the writing model's own when both are at one endpoint, which sees the sum.

    Args:
        store: where ceilings are kept.
        settings: of the writing model, and of the verifier.
        limit: the writing model's.
    """
    verifier = settings.for_verifier()
    if verifier is None or _place(verifier) == _place(settings):
        return limit
    return limit_for(store, verifier)


def remember(store: Store, settings: ModelSettings, limit: AdaptiveLimit) -> None:
    """Keep what a job found out, if the endpoint has shown its limit."""
    if not limit.has_fallen or not is_known(settings):
        return
    row = {"ceiling": limit.limit, "updated_at": now()}
    names = {"endpoint": settings.endpoint_url, "model": settings.endpoint_model}
    statement = store.insert(endpoint_limits).values(**names, **row)
    with store.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["endpoint", "model"], set_=row))


def room_for(store: Store, settings: ModelSettings) -> AnswerRoom:
    """The room for answers of the model of these settings, as far as earlier answers showed it."""
    if settings.uses_embedded_model:
        return AnswerRoom.fixed()
    if not is_known(settings):
        return AnswerRoom()
    known = (answer_rooms.c.endpoint == settings.endpoint_url) & (
        answer_rooms.c.model == settings.endpoint_model
    )
    with store.read() as connection:
        row = connection.execute(select(answer_rooms).where(known)).first()
    if row is None:
        return AnswerRoom()
    return AnswerRoom(
        row.extra_tokens, is_known=True, answers=row.answers, reasoning_tokens=row.reasoning_tokens
    )


def remember_room(store: Store, settings: ModelSettings, room: AnswerRoom) -> None:
    """Keep what answers showed, if they showed something new."""
    if not room.has_changed or not is_known(settings):
        return
    row = {
        "extra_tokens": room.extra,
        "answers": room.answers,
        "reasoning_tokens": room.reasoning_tokens,
        "updated_at": now(),
    }
    names = {"endpoint": settings.endpoint_url, "model": settings.endpoint_model}
    statement = store.insert(answer_rooms).values(**names, **row)
    with store.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["endpoint", "model"], set_=row))
    room.has_changed = False


def _place(settings: ModelSettings) -> str:
    """Where requests go: an address, or in words."""
    if settings.uses_embedded_model:
        return "this process"
    return settings.endpoint_url if is_known(settings) else "the host program"


def is_known(settings: ModelSettings) -> bool:
    """Whether requests go to an endpoint whose address the settings have."""
    return not (settings.is_hosts_model or settings.uses_embedded_model) and settings.has_endpoint
