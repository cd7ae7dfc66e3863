"""Which generated records are most worth a person's look, by what the checks measured when they were accepted.

Each ground of doubt is a number from 0 to 1, and a record's doubt is their sum:

- it is worth little: it says what was there before (`coverage.worth`), or a probe places it in another topic;
- its margin in the topic check is small: another topic is nearly as likely;
- nothing judged its topic, or no verifier read it.

A record that a person kept is not doubted any more. Nothing is measured anew: all of it is in the provenance.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement

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


class Measured(NamedTuple):
    """What the checks left of a generated record.

    Attributes:
        worth: below 0 where a probe places it in another topic; None where nobody measured it.
        margin: in the topic check; None where it did not judge.
        is_verified: whether a verifier read it.
    """

    worth: float | None
    margin: float | None
    is_verified: bool

    def weights(self) -> tuple[float, float, float]:
        """The doubt for what it is worth, for its topic, and for not being verified."""
        worth, margin, is_verified = self
        return (
            0.0 if worth is None else 1.0 - max(worth, 0.0),
            TOPIC_NOT_JUDGED if margin is None else min(1.0, max(0.0, 1.0 - margin / NARROW)),
            0.0 if is_verified else NO_VERIFIER,
        )

    def grounds(self) -> list[str]:
        """Those of the three that weigh enough to be named, in words."""
        worth = 1.0 if self.worth is None else self.worth
        words = (
            "reads like another topic"
            if worth < 0
            else f"worth {worth:.1f}: {'much' if worth <= 0.5 else 'in part'} like one that was there",
            "its topic was not judged" if self.margin is None else "another topic is nearly as likely",
            "no verifier read it",
        )
        return [said for said, weight in zip(words, self.weights(), strict=True) if weight >= LEAST]


MEASURED: tuple[ColumnElement[Any], ...] = (
    WORTH,
    _provenance["scores"][_TOPIC].as_float(),
    IS_VERIFIED,
)
"""The parts of `Measured`, as columns of a query."""


def grounds_of(record: Record) -> list[str]:
    """Why a generated record is worth a look, in words; nothing for one that is not."""
    found: dict[str, Any] = record.provenance or {}
    if record.origin != "synthetic" or found.get("kept"):
        return []
    margin = (found.get("scores") or {}).get(_TOPIC)
    return Measured(found.get("worth"), margin, bool(found.get("verifier"))).grounds()
