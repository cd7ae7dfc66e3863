"""The services of one run: those of the graph, with the thresholds and budget that the run was given."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from ..tools.errors import InvalidInput
from ..tools.generation.money.amounts import NOTHING, Amount, as_usd, cap_picodollars
from ..tools.generation.money.budget import used_in
from ..tools.services import Services
from ..tools.store.store import Store
from .context import DEFAULT_MAX_ROUNDS, from_context, thread_id
from .state import State

ServicesSource = Callable[[], Services]

_OVERRIDES = ("target_score", "minimum_per_topic", "budget_tokens", "budget_usd")


def given(state: State, name: str) -> Any:
    """A value from the input, else from the context, else ``None``. A form sends an empty field as ``""``."""
    value = state.get(name)
    value = value if value is not None else from_context(name)
    return None if value == "" else value


def scoped(services: Services, state: State, *, models: bool = False) -> Services:
    """``services`` under the run's own thresholds and budget.

    Args:
        services: those of the graph.
        state: may override settings, and so may the context.
        models: whether models and index will be used; they are loaded first, so that runs share them.

    Raises:
        InvalidInput: a value that cannot be used.
    """
    # Only from the state, where the entry put it: with an answer, the context cannot change whose plan it is.
    if model := state.get("model"):
        services = services.with_model(model)
    changed = {name: value for name in _OVERRIDES if (value := given(state, name)) is not None}
    if not changed:
        return services
    _ = services.store
    if models:
        _ = services.chat_model, services.embeddings, services.index
    own = copy.copy(services)
    checked = services.settings.model_copy()
    for name, value in changed.items():
        # Validated like any other setting: a bad value is said before anything happens.
        try:
            type(checked).__pydantic_validator__.validate_assignment(checked, name, value)
        except ValidationError as error:
            raise InvalidInput(
                f"The {name} {value!r} cannot be used: {error.errors()[0]['msg'].lower()}.",
                hint="Correct it in the input or in the context of the run.",
            ) from None
    own.settings = checked
    return own


def with_caps(services: Services, *, usd: float | None, tokens: int | None) -> Services:
    """``services`` under caps that the person named for one plan; a cap of the settings is never raised by it."""
    if usd is None and tokens is None:
        return services
    own, settings = copy.copy(services), services.settings.model_copy()
    if usd is not None:
        settings.budget_usd = min(usd, settings.budget_usd or usd)
    if tokens is not None:
        settings.budget_tokens = min(tokens, settings.budget_tokens or tokens)
    own.settings = settings
    return own


def for_next_plan(source: ServicesSource, state: State) -> Services:
    """`scoped`, under what is left of the limits of everything that the conversation generates."""
    services = scoped(source(), state)
    whole = state.get("limits_of_all")
    if not whole:
        return services
    used = used_so_far(services.store)
    tokens, usd = whole["tokens"], whole["usd"]
    return with_caps(
        services,
        usd=None if usd is None else as_usd(max(1, cap_picodollars(usd) - (used.picodollars or 0))),
        tokens=None if tokens is None else max(1, tokens - used.tokens),
    )


def used_so_far(store: Store) -> Amount:
    """What everything that was approved in this conversation has used."""
    thread = thread_id()
    if thread is None:
        return NOTHING
    with store.read() as connection:
        return used_in(connection, thread)


def max_rounds(state: State) -> int:
    """After how many rounds another is no longer recommended."""
    value = given(state, "max_rounds")
    return int(value) if value is not None else DEFAULT_MAX_ROUNDS


def focus_topics(state: State) -> list[str]:
    """The only topics to generate for; empty for all."""
    return list(given(state, "focus_topics") or [])
