"""What records look like: figures over them, and a few to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ..analyze_coverage import analyze
from ..coverage.space.languages import language_of
from ..dataset.record import Message, Origin, Record, message_text
from ..dataset.topic_names import unknown_topic
from ..generation.checks.form.written_calls import calls_of
from ..generation.search.words import words_of
from ..text.scripts import script_shares
from .record_filter import Ending, Order, RecordFilter, find_records

if TYPE_CHECKING:
    from ..services import Services

_LOOKED_AT = 1000
_TURN = 240
_TURNS = 4
_LAST = 2
"""Of these the last of a longer record."""
_CHARACTERS = 12_000
"""Of all examples together: a record that keeps within its part is not shortened."""
_TOOLS, _OPENINGS, _OPENING, _GREETINGS, _LANGUAGES = 12, 12, 120, 3, 20


class ShownTurn(BaseModel):
    """One message, shortened."""

    role: str
    text: str


class ShownRecord(BaseModel):
    """One record; a long one is shortened: its first turns and its last, between which some are left out."""

    record_id: str
    topic: str | None
    origin: str
    note: str = Field(default="", description="Its length, or what the checks doubt.")
    tools: list[str] = Field(description="The tools that it offers the assistant.")
    turns: list[ShownTurn]
    turns_left_out: int = Field(description="They stand before the last two of those shown.")


class RecordsLook(BaseModel):
    """Records in figures and examples."""

    which: RecordFilter = Field(description="A topic of null is the whole dataset.")
    records: int = Field(description="How many of these there are.")
    looked_at: int = Field(description="The figures are of so many of them, the first ones.")
    synthetic: int
    multi_turn: int = Field(description="Those in which the user speaks at least twice.")
    uses_tools: int = Field(description="Those in which the assistant calls a tool.")
    has_system_prompt: int
    languages: dict[str, int] = Field(
        description="In which language a user's longest message is, where that is long enough to tell; the most first."
    )
    scripts: dict[str, int] = Field(description="In which script, of all of them that write letters.")
    mean_messages: float
    median_user_words: int = Field(
        description="Words of a user's message, the middle one; characters where no spaces part words."
    )
    median_assistant_words: int
    tools: dict[str, int] = Field(description="The tools that most of them call, with the number of records.")
    openings: list[str] = Field(description="How some of them begin, spread over all that were looked at.")
    examples: list[ShownRecord]


def inspect_records(
    services: Services,
    workflow_id: str,
    topic: str | None = None,
    *,
    examples: int = 2,
    origin: Origin | None = None,
    containing: str | None = None,
    ends_with: Ending | None = None,
    order: Order | None = None,
) -> RecordsLook:
    """What records look like. The examples are the first in the order asked for; without one, spread over them all.

    Args:
        services: where the workflow is.
        workflow_id: whose records.
        topic: only of this one.
        examples: how many to read.
        origin: only real or only synthetic ones.
        containing: only those in which this stands.
        ends_with: only those whose last message is of this role.
        order: as for `find_records`.

    Raises:
        WorkflowNotFound: there is no such workflow.
        TopicNotFound: there is no such topic.
    """
    coverage = analyze(services, workflow_id)
    if topic is not None and topic not in coverage.topic_distribution:
        raise unknown_topic(workflow_id, topic, coverage.topic_distribution)
    which = RecordFilter(topic=topic, origin=origin, containing=containing, ends_with=ends_with, order=order)
    those = find_records(services.store, workflow_id, which, _LOOKED_AT)
    found = those.records
    shown = found[:examples] if order else _spread(found, examples)
    asked = [max(_texts(record, "user"), key=len, default="") for record in found]
    return RecordsLook(
        which=which,
        records=those.number,
        looked_at=len(found),
        synthetic=sum(record.origin == "synthetic" for record in found),
        multi_turn=sum(len(_texts(record, "user")) >= 2 for record in found),
        uses_tools=sum(any(message.get("tool_calls") for message in record.messages) for record in found),
        has_system_prompt=sum(bool(_texts(record, "system")) for record in found),
        languages=dict(Counter(filter(None, map(language_of, asked))).most_common(_LANGUAGES)),
        scripts=dict(Counter(filter(None, map(_script, asked))).most_common(_LANGUAGES)),
        mean_messages=round(mean(len(record.messages) for record in found), 1) if found else 0.0,
        median_user_words=_median_words(found, "user"),
        median_assistant_words=_median_words(found, "assistant"),
        tools=dict(Counter(name for record in found for name in _called(record)).most_common(_TOOLS)),
        openings=[_opening(record) for record in _spread(found, _OPENINGS)],
        examples=[
            shown_record(record, _CHARACTERS // len(shown), note=those.notes[record.id]) for record in shown
        ],
    )


def _texts(record: Record, role: str) -> list[str]:
    return [message_text(message) for message in record.messages if message.get("role") == role]


def _script(text: str) -> str | None:
    """The script of most of its letters."""
    shares = script_shares(text)
    return max(shares, key=lambda script: shares[script]).capitalize() if shares else None


def _called(record: Record) -> set[str]:
    """The names of the tools that the assistant calls in it."""
    return {name or "?" for message in record.messages for name, _ in calls_of(message)}


def _opening(record: Record) -> str:
    """The longest of the user's first messages, shortened: the very first is often a greeting."""
    said = [" ".join(text.split()) for text in _texts(record, "user")[:_GREETINGS]]
    text = max(said, key=len, default="")
    return text if len(text) <= _OPENING else text[: _OPENING - 1] + "…"


def _median_words(found: Sequence[Record], role: str) -> int:
    words = [len(words_of(text)) for record in found for text in _texts(record, role) if text.strip()]
    return round(median(words)) if words else 0


def _spread(found: Sequence[Record], most: int) -> list[Record]:
    """The middle one of each of so many equal parts."""
    size = min(most, len(found))
    return [found[(2 * part + 1) * len(found) // (2 * size)] for part in range(size)]


def shown_record(record: Record, whole: int = 0, *, note: str = "") -> ShownRecord:
    """A record to read.

    Args:
        record: what is read.
        whole: characters up to which it is not shortened. A longer one comes in a few shortened turns, the last ones
            among them: there is what a strategy wrote anew.
        note: why it is among those shown.
    """
    spoken = [message for message in record.messages if message.get("role") in ("user", "assistant", "tool")]
    turns = [ShownTurn(role=str(message.get("role")), text=_said(message)) for message in spoken]
    shown = ShownRecord(
        record_id=record.id,
        topic=record.topic,
        origin=record.origin,
        note=note,
        tools=[str(tool.get("function", tool).get("name", "?")) for tool in record.tools or ()][:_TOOLS],
        turns=turns,
        turns_left_out=0,
    )
    return shown if sum(len(turn.text) for turn in turns) <= whole else shortened(shown)


def shortened(record: ShownRecord) -> ShownRecord:
    """Its first and last turns, each cut, to be read at a glance."""
    turns = record.turns
    if len(turns) > _TURNS:
        turns = [*turns[: _TURNS - _LAST], *turns[-_LAST:]]
    cut = [
        turn.model_copy(
            update={"text": turn.text if len(turn.text) <= _TURN else turn.text[: _TURN - 1] + "…"}
        )
        for turn in turns
    ]
    left_out = record.turns_left_out + len(record.turns) - len(turns)
    return record.model_copy(update={"turns": cut, "turns_left_out": left_out})


def _said(message: Message) -> str:
    calls = [f"(calls {name or '?'} {written})" for name, written in calls_of(message)]
    return " ".join(" ".join([message_text(message), *calls]).split()) or "(nothing)"
