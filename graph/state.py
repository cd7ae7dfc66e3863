"""What the graph knows between two steps. Ids, counts, the offer and the report; never a record.

All of it is JSON: a checkpointer of a host reads it back without knowing our classes, strict or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal, cast

from langchain_core.messages import AnyMessage
from typing_extensions import TypedDict

from ..tools.models.usage import TokenUsage
from .conversations.lasting_ids import add_with_lasting_ids
from .offers.offer import Offer, read_offer, stored_offer
from .offers.reply import Reply, stored_reply

NextStep = Literal["grader", "review", "stopped"]


class InputState(TypedDict, total=False):
    """What a caller, or a parent graph, gives."""

    messages: Annotated[list[AnyMessage], add_with_lasting_ids]
    """The conversation. The last message of a person may be a request, or a reply to the pending plan."""

    workflow_id: str | None
    """The dataset; found out in the conversation when it is missing."""

    focus_topics: list[str] | None
    """Generate for these topics only."""

    target_score: float | None
    """The balance score to get above, 0 to 1."""

    minimum_per_topic: int | None
    """How many records every topic should have where possible."""

    max_rounds: int | None
    """After this many rounds of generation the recommendation is to proceed."""

    budget_tokens: int | None
    """The most tokens that one approved plan may use."""

    budget_usd: float | None
    """The most that one approved plan may cost, in US dollars."""


class OutputState(TypedDict, total=False):
    """What comes out, also while an interrupt waits."""

    messages: Annotated[list[AnyMessage], add_with_lasting_ids]
    """The conversation, with every tool call and its result."""

    workflow_id: str | None
    """The dataset that it was about."""

    coverage_before: dict[str, Any] | None
    """The report of the first analysis, as `analyze_coverage` returned it."""

    coverage_after: dict[str, Any] | None
    """The report of the latest analysis."""

    rounds: int
    """How many rounds of generation there were."""

    next_step: NextStep | None
    """Where to go from here; ``None`` while the conversation is open."""

    record_ids: list[str]
    """Ids of the records that were added."""

    rejected: dict[str, int]
    """Drafts that were rejected, by reason."""

    cost: dict[str, Any]
    """A `Use`: ``tokens`` and ``usd`` (``None`` when no price is known), what of them the endpoint did not count, and
    all of it in words."""


class State(InputState, OutputState, total=False):
    """All of it."""

    coverage: dict[str, Any] | None
    """The report that the present offer is based on."""

    round_before: dict[str, Any] | None
    """The report before the latest round, for the comparison after it."""

    results: list[dict[str, Any]]
    """What the generations of the latest round returned, shortened; empty outside the report on a round."""

    stop_reason: str | None
    """Why the loop should end, found after a round."""

    offer: dict[str, Any] | None
    """What lies on the table: an `Offer` as JSON; `offer_in` reads it."""

    reply: dict[str, Any] | None
    """The answer that is being carried out: a `Reply` as JSON; `reply_in` reads it."""

    approval_id: str | None
    """The approval whose items are being generated."""

    model: str | None
    """The language model that the run was given, as the context named it; ``None`` for that of the settings."""

    language: str | None
    """In which the person writes, as the model that read their last sentence says it, in English words; empty for
    one that is not English, ``None`` where it did not say."""

    said: str | None
    """What the person wrote before the analysis now under way; read once there is an offer to read it against."""

    reading_used: dict[str, int]
    """What the model used to read and answer what was typed, by the fields of `TokenUsage`; it is in no plan's cost."""

    served_focus: list[str] | None
    """The focus topics for which a round was generated: only others that are named need records for their own sake."""

    limits: dict[str, Any] | None
    """Limits that the person named while no plan was on the table: the next plan has them."""

    limits_of_all: dict[str, Any] | None
    """Limits of everything that the conversation generates, ``tokens`` and ``usd``: a plan has what is left."""

    retargeted: dict[str, Any] | None
    """The last change of targets in this conversation: its wishes, and the weights that they made."""

    left_out: list[str] | None
    """Topics that the person does not want records for, until they say otherwise."""

    left_out_elsewhere: dict[str, list[str]]
    """The same for datasets that they worked on before, by the names of these."""

    heard: str | None
    """Id of the last message of the person that was read: it is never read a second time."""

    answered: str | None
    """The last answer to an interrupt, as JSON, unless it came under the interrupt's id."""

    decided: list[str]
    """Decisions without a name that were carried out in this conversation, as `unnamed` gives them."""

    numbered: list[str]
    """Ids of the records that were shown in this conversation, the first is number 1."""

    changes: list[dict[str, str]]
    """What the person changed in this conversation, oldest first: the ``dataset``, and the ``change`` in words. For the
    model that reads; nothing goes by the words."""

    began_with: dict[str, dict[str, Any]]
    """How each dataset stood when the conversation came to it first, by its name: score, records, number of topics."""

    notice: str | None
    """Something to say at the beginning of the next report."""


def offer_in(state: State) -> Offer | None:
    """What lies on the table."""
    return stored_offer(state.get("offer"))


def the_offer(state: State) -> Offer:
    """The offer, in nodes that are reached with one only."""
    return read_offer(state["offer"])


def reply_in(state: State) -> Reply | None:
    """The answer that is being carried out."""
    return stored_reply(state.get("reply"))


def the_reply(state: State) -> Reply:
    """The answer, in nodes that are reached with one only."""
    return Reply.model_validate(state["reply"])


def as_json(value: Offer | Reply) -> dict[str, Any]:
    """An offer or a reply as the state keeps it."""
    return value.model_dump(mode="json")


def with_update(state: State, update: Mapping[str, Any]) -> State:
    """The state as it will be after an update, for what goes on within one node."""
    messages = [*(state.get("messages") or []), *update.get("messages", [])]
    return cast("State", {**state, **update, "messages": messages})


def reading_used(state: Mapping[str, Any]) -> TokenUsage:
    """What reading and answering what was typed has taken so far."""
    return TokenUsage(**(state.get("reading_used") or {}))


def with_reading(state: State, usage: TokenUsage) -> dict[str, dict[str, int]]:
    """The update with what one call more has taken."""
    used = asdict(reading_used(state) + usage)
    return {"reading_used": {name: number for name, number in used.items() if isinstance(number, int)}}


def leaving_out_of(state: State, workflow_id: str, left: str) -> dict[str, Any]:
    """The update with the topics that the person left out of a dataset, when another one is left for it."""
    known = {**(state.get("left_out_elsewhere") or {}), _origin(left): state.get("left_out") or []}
    return {"left_out": known.pop(_origin(workflow_id), []), "left_out_elsewhere": known}


def _origin(workflow_id: str) -> str:
    """The dataset that a copy is one of: they have the same topics."""
    return workflow_id.split("~")[0]


def forget() -> dict[str, Any]:
    """What belongs to the workflow that was left."""
    return {
        "offer": None,
        "coverage": None,
        "coverage_before": None,
        "coverage_after": None,
        "rounds": 0,
        "record_ids": [],
        "numbered": [],
        "rejected": {},
        "cost": {"tokens": 0, "usd": None},
        "results": [],
        "approval_id": None,
        "next_step": None,
        "served_focus": None,
        "retargeted": None,
    }
