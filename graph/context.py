"""What a run may be told from outside. JSON only: live services go in through `build_graph`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgraph.config import get_config
from langgraph.runtime import get_runtime
from typing_extensions import TypedDict


class Context(TypedDict, total=False):
    """Settings of one run. Everything may be missing, and so may the whole context."""

    workflow_id: str
    """The dataset, when the input does not name it."""

    focus_topics: list[str]
    """Generate for these topics only."""

    target_score: float
    """The balance score to get above, 0 to 1."""

    minimum_per_topic: int
    """How many records every topic should have where possible."""

    max_rounds: int
    """After this many rounds of generation the recommendation is to proceed."""

    budget_tokens: int
    """The most tokens that one approved plan may use."""

    budget_usd: float
    """The most that one approved plan may cost, in US dollars."""

    approver: str
    """Who is answering; stored with every approval."""

    channel: str
    """Where they answer: chat, web, studio, …; stored with every approval."""


DEFAULT_MAX_ROUNDS = 10


def from_context(name: str) -> Any:
    """One value of the context; ``None`` when there is none.

    Inside a parent graph the context is the parent's, so it may be any object.
    """
    context: Any = get_runtime().context
    if isinstance(context, Mapping):
        return context.get(name)
    return getattr(context, name, None)


def thread_id() -> str | None:
    """The root conversation: inside a parent graph it is the parent's thread."""
    thread = get_config().get("configurable", {}).get("thread_id")
    return None if thread is None else str(thread)


def approver() -> str:
    """Who is answering, as well as it is known."""
    user = get_config().get("configurable", {}).get("langgraph_auth_user_id")
    return str(from_context("approver") or user or f"whoever writes in thread {thread_id()}")
