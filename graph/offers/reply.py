"""A person's answer, read: who read it, how it came, and what is to be done.

What can be done is a class each: here those that an exact answer or a decision does, in `actions.catalog` those that a
model may call. Only `Approve` and `Resume` lead to a generation, only the first seven here have a consequence.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from ...tools.coverage.recommendation import PlanItem


class Deed(BaseModel):
    """One thing to do; its kind is the name of its class, in lower case with underscores."""

    model_config = ConfigDict(extra="forbid")

    kind: ClassVar[str]
    known: ClassVar[dict[str, type[Deed]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        Deed.known[cls.kind] = cls


class Approve(Deed):
    """A yes to exactly these items."""

    items: list[PlanItem]


class Resume(Deed):
    """A yes to going on with what was approved and is not finished."""


class Proceed(Deed):
    """On to the grader."""


class Stop(Deed):
    """The conversation ends for now."""


class ReviewOutside(Deed):
    """The person looks at the records elsewhere, and comes back."""


class TakeBack(Deed):
    """A yes to taking the round back that is asked about."""


class AddRule(Deed):
    """A yes to the rule that is asked about, for all topics or for the record's only."""

    only_here: bool = False


class TakeOut(Deed):
    """A yes to what is asked about: records or a rule go, topics are merged."""


class AcceptTopics(Deed):
    """A yes to the topics that records are to get, with names of the model if so chosen."""

    by_model: bool = False


class KeepRound(Deed):
    """A no to taking the round back."""


class SkipRule(Deed):
    """A no to the rule."""


class LeaveIn(Deed):
    """A no to what is asked about."""


class ChooseDataset(Deed):
    """The dataset to work on; none is the bundled sample, which is imported first."""

    workflow_id: str | None = None


class Unread(Deed):
    """What was typed is more than a bare answer: a model reads it."""


class Unclear(Deed):
    """It cannot be carried out: what to ask back.

    Attributes:
        note: the words.
        was_read: whether a model read it; a bare yes that follows may be meant for what was said, not for the table.
    """

    note: str = ""
    was_read: bool = False


class Told(Deed):
    """It is answered already, in these words."""

    note: str


class AskBack(Deed):
    """It sounds like a consequence and is no bare answer: asked once more, in plain words."""

    means: str


class Settled(Deed):
    """All has been said, and nothing more is to be done."""


CONSEQUENCES = (Approve, Resume, Proceed, Stop, ReviewOutside, TakeBack, AddRule, TakeOut, AcceptTopics)
"""What is not undone by another answer: only a bare answer or a decision does it."""
ENDS = (Proceed, Stop, ReviewOutside)
"""What ends the conversation."""


def _with_kind(deed: Deed) -> dict[str, Any]:
    return {"kind": deed.kind, **deed.model_dump(mode="json")}


def _by_kind(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    fields = dict(value)
    return Deed.known[fields.pop("kind")].model_validate(fields)


KeptDeed = Annotated[Deed, PlainSerializer(_with_kind), BeforeValidator(_by_kind)]
"""A deed of any kind, as JSON with its kind."""


class Several(Deed):
    """Things that were asked for in one sentence, to be done one after the other.

    What comes behind a question waits for its answer. Each is looked at anew when its turn comes: topics may have other
    names by then.
    """

    deeds: list[KeptDeed]


class Reply(BaseModel):
    """A person's answer, read.

    Attributes:
        deed: what is to be done.
        text: what the person typed.
        read_by: who read it; "exact" is a bare answer. What the model read can never approve anything.
        channel: how the answer came: typed, or as a structured decision.
        beside: what the model that read it says before all else: its answer to another part of what was typed.
    """

    deed: KeptDeed
    text: str = ""
    read_by: Literal["exact", "model"] = "exact"
    channel: Literal["typed", "decision"] = Field(default="typed")
    beside: str = ""


def stored_reply(stored: Any) -> Reply | None:
    """A reply as the state keeps it; ``None`` for none, and for one of older code."""
    if not isinstance(stored, dict) or stored.get("deed", {}).get("kind") not in Deed.known:
        return None
    try:
        return Reply.model_validate(stored)
    except ValidationError:
        return None
