"""What is wrong with the records of a dataset: what a trainer would say, and what many of them share."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ..dataset.record import Record, message_text
from ..errors import InvalidInput
from ..store.records import load_records, topic_counts
from ..validate_dataset import validate

if TYPE_CHECKING:
    from ..services import Services

MOST_RECORDS = 20_000
"""That are looked at while somebody waits: some seconds. Beyond, the command is named."""
_SHARED_BY = 3
_NAMED, _TEXT, _EVIDENCE = 5, 80, 3


class Flaw(BaseModel):
    """What one rule finds."""

    says: str
    severity: str = Field(description="refused by a trainer, wasteful, or suspicious.")
    refused_by: list[str]
    records: int
    topics: dict[str, int] = Field(description="In which topics, the most first.")
    fix_kind: str
    fix: str
    evidence: list[str] = Field(description="Of the first records.")


class SharedText(BaseModel):
    """A text with which several records begin or end."""

    text: str
    records: int


class Flaws(BaseModel):
    """What was found in all records."""

    records: int
    clean: int = Field(description="Of which no rule finds anything.")
    found: list[Flaw]
    same_openings: list[SharedText] = Field(
        description="First messages of the user that several records share."
    )
    same_replies: list[SharedText] = Field(description="Last messages of the assistant, likewise.")


def inspect_flaws(services: Services, workflow_id: str) -> Flaws:
    """Validate a dataset of up to `MOST_RECORDS`, and count the texts that its records share word for word.

    Raises:
        WorkflowNotFound: there is no such workflow.
        InvalidInput: it has too many records to wait for.
    """
    records = sum(count.records for count in topic_counts(services.store, workflow_id))
    if records > MOST_RECORDS:
        raise InvalidInput(
            f"Looking at {records:,} records takes too long for a conversation.",
            hint=f"`finetune-coverage validate -w {shlex.quote(workflow_id)}` does it.",
        )
    report = validate(services, workflow_id)
    openings: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    for record in load_records(services.store, workflow_id):
        openings[_text(record, "user", 0)] += 1
        replies[_text(record, "assistant", -1)] += 1
    return Flaws(
        records=report.records,
        clean=report.clean,
        found=[
            Flaw(
                says=rule.says,
                severity=rule.severity,
                refused_by=list(rule.refused_by),
                records=rule.records,
                topics=dict(
                    sorted(((t, d.records) for t, d in rule.if_dropped.items()), key=lambda one: -one[1])[
                        :_NAMED
                    ]
                ),
                fix_kind=rule.fix_kind,
                fix=rule.fix,
                evidence=[f"{place.place}: {place.evidence}" for place in rule.places[:_EVIDENCE]],
            )
            for rule in report.rules
        ],
        same_openings=_shared(openings),
        same_replies=_shared(replies),
    )


def _text(record: Record, role: str, which: int) -> str:
    texts = [" ".join(message_text(m).split()) for m in record.messages if m.get("role") == role]
    texts = [text for text in texts if text]
    return texts[which] if texts else ""


def _shared(texts: Counter[str]) -> list[SharedText]:
    return [
        SharedText(text=text if len(text) <= _TEXT else text[: _TEXT - 1] + "…", records=number)
        for text, number in texts.most_common(_NAMED + 1)
        if text and number >= _SHARED_BY
    ][:_NAMED]
