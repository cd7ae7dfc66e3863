"""Which generated records are most worth a person's look, by what the checks measured when they were accepted.

Each ground of doubt is a number from 0 to 1, and a record's doubt is their sum:

- it is worth little: it says what was there before (`coverage.worth`), or a probe places it in another topic;
- its margin in the topic check is small: another topic is nearly as likely;
- nothing judged its topic, or no verifier read it.

A record that a person kept is not doubted any more. Nothing is measured anew: all of it is in the provenance.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func

from ..dataset.record import Record
from ..store.tables import records

NARROW: Final = 0.3
"""Margin in the topic check from which on a record is its topic's beyond doubt; 1 is what a record of it has."""
NO_VERIFIER: Final = 0.25
TOPIC_NOT_JUDGED: Final = 0.5
LEAST: Final = 0.25
"""Doubt from which a record is worth a look, and from which one ground is named."""
_TOPIC: Final = "topic"
"""Name of the topic check in the provenance."""

_provenance = records.c.provenance
WORTH: ColumnElement[float] = _provenance["worth"].as_float()
"""What a generated record is worth: below 0 where it reads like another topic, NULL where nobody measured it."""
IS_VERIFIED: ColumnElement[bool] = _provenance["verifier"]["model"].as_string().is_not(None)
IS_PARTLY_UNJUDGED: ColumnElement[bool] = _provenance["not_judged"][0].as_string().is_not(None)
IS_EDITED: ColumnElement[bool] = _provenance["edited_from"].as_string().is_not(None)
IS_KEPT: ColumnElement[bool] = _provenance["kept"].as_string().is_not(None)
_MARGIN: ColumnElement[float] = _provenance["scores"][_TOPIC].as_float()
DOUBT: ColumnElement[float] = (
    case((WORTH < 0, 1.0), else_=func.coalesce(1.0 - WORTH, 0.0))
    + case(
        (_MARGIN.is_(None), TOPIC_NOT_JUDGED),
        (_MARGIN <= 0, 1.0),
        (_MARGIN < NARROW, 1.0 - _MARGIN / NARROW),
        else_=0.0,
    )
    + case((IS_VERIFIED, 0.0), else_=NO_VERIFIER)
)
"""Of a generated record, from 0."""
IS_DOUBTED: ColumnElement[bool] = and_(~IS_KEPT, DOUBT >= LEAST)
"""Of a generated record: whether it is worth a look."""


def grounds_of(record: Record) -> list[str]:
    """Why a generated record is worth a look, in words; nothing for one that is not."""
    found: dict[str, Any] = record.provenance or {}
    if record.origin != "synthetic" or found.get("kept"):
        return []
    worth, margin = found.get("worth"), (found.get("scores") or {}).get(_TOPIC)
    said = []
    if worth is not None and worth < 0:
        said.append("reads like another topic")
    elif worth is not None and 1 - worth >= LEAST:
        how_much = "much" if worth <= 0.5 else "in part"
        said.append(f"worth {worth:.1f}: {how_much} like one that was there")
    if margin is None:
        said.append("its topic was not judged")
    elif margin < NARROW * (1 - LEAST) and not (worth is not None and worth < 0):
        said.append("another topic is nearly as likely")
    if not found.get("verifier"):
        said.append("edited by a person" if found.get("edited_from") else "no verifier read it")
    return said
