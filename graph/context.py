"""What a run may be told from outside. JSON only: live services go in through `build_graph`.

Each field has a title and a help text: Studio shows them in the form of an assistant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from langgraph.config import get_config
from langgraph.runtime import get_runtime
from langgraph.types import Interrupt
from pydantic import Field
from typing_extensions import TypedDict

DEFAULT_MAX_ROUNDS = 10
LOCAL = "local"
"""Who answers, where nobody was authenticated and no program says more."""
WRITTEN_AHEAD = "__written_ahead__"
"""Of a run's configuration: whether what it brings was written before the question was asked, as a pipe's lines are."""
LISTED_BESIDE = "__listed_beside__"
"""Likewise: ids of the records that a page lists beside the conversation; none where it lists none. They come before
those that the conversation showed."""
NUMBERED_BESIDE = "__numbered_beside__"
"""Likewise: ids of all records that the page or the conversation showed, the first is number 1."""
PROGRESS_BY_EVENTS = "__progress_by_events__"
"""Likewise: whether progress is shown by events, so that nobody reads the messages in which chat pages show it."""


class Context(TypedDict, total=False):
    """Settings of one run. Everything may be missing, and so may the whole context."""

    workflow_id: Annotated[str, Field(title="Workflow", description="The dataset, when no message names it.")]

    focus_topics: Annotated[
        list[str],
        Field(title="Only these topics", description="Generate for these topics only; empty for all."),
    ]

    target_score: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            title="Target balance score",
            description="The balance score to get above, 0 to 1. Not set: that of the settings, 0.5.",
        ),
    ]

    minimum_per_topic: Annotated[
        int,
        Field(
            ge=0,
            title="Records per topic",
            description="How many records every topic should have where possible. Not set: that of the settings, "
            "100.",
        ),
    ]

    max_rounds: Annotated[
        int,
        Field(
            ge=1,
            title="Most rounds",
            description="After this many rounds of generation the recommendation is to proceed. Not set: "
            f"{DEFAULT_MAX_ROUNDS}.",
        ),
    ]

    model: Annotated[
        str,
        Field(
            title="Language model",
            description="What writes the records: 'embedded', or the name of a model at the endpoint. It counts from "
            "the next message; a plan made for another model is shown again, with its cost. Not set: that of the "
            "settings.",
        ),
    ]

    budget_tokens: Annotated[
        int,
        Field(
            ge=1,
            title="Token budget",
            description="The most tokens, prompt and reply together, that one approved plan may use. Not set: that "
            "of the settings.",
        ),
    ]

    budget_usd: Annotated[
        float,
        Field(
            gt=0,
            title="Cost budget in USD",
            description="The most that one approved plan may cost, in US dollars; it needs a model whose price is "
            "known. Not set: that of the settings.",
        ),
    ]

    approver: Annotated[
        str,
        Field(
            title="Approver",
            description="Who is answering; stored with every approval. A server that "
            "authenticates people stores whom it authenticated instead.",
        ),
    ]

    channel: Annotated[
        str,
        Field(
            title="Channel",
            description="Where they answer: chat, web, studio, …; stored with every approval.",
        ),
    ]


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


def sent_at() -> int | None:
    """When the request that began this run came in, in milliseconds; known on a LangGraph server only."""
    started = get_config().get("configurable", {}).get("__request_start_time_ms__")
    return int(started) if isinstance(started, int | float) else None


def written_ahead() -> bool:
    """Whether what the person says was written before they could read what it would answer."""
    return bool(get_config().get("configurable", {}).get(WRITTEN_AHEAD))


def listed_beside() -> list[str]:
    """Ids of the records that the person sees listed beside the conversation."""
    return list(get_config().get("configurable", {}).get(LISTED_BESIDE) or [])


def numbered_beside() -> list[str]:
    """Ids of the records that a page knows by numbers, the first is number 1; empty where no page is used."""
    return list(get_config().get("configurable", {}).get(NUMBERED_BESIDE) or [])


def progress_by_events() -> bool:
    """Whether nobody reads the messages about progress."""
    return bool(get_config().get("configurable", {}).get(PROGRESS_BY_EVENTS))


def answered_by_id() -> bool:
    """Whether the answer came under the id of its interrupt, ``Command(resume={id: answer})``.

    Such an answer is handed to the interrupt with that id and to no other, so it names its question. That others came
    that way says nothing: beside them an earlier answer may still be handed on (see `approval.handed_on`).
    """
    known = get_config().get("configurable", {})
    return Interrupt.from_ns(None, known["checkpoint_ns"]).id in (known.get("__pregel_resume_map") or {})


def is_subgraph() -> bool:
    """Whether a parent graph runs this one."""
    return "|" in str(get_config().get("configurable", {}).get("checkpoint_ns", ""))


def approver() -> str:
    """Who is answering.

    On a server that is who was authenticated: what a request says about itself counts for nothing there. Elsewhere a
    program runs the graph, and says who it is about; where it does not, it is somebody at this machine.
    """
    authenticated = get_config().get("configurable", {}).get("langgraph_auth_user_id")
    return str(authenticated or from_context("approver") or LOCAL)
