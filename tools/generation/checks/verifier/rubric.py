"""The rubric: what the verifier is asked about the records of a strategy, and by which rules of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ....coverage.strategy_choice import StrategyName

FOLDER = Path(__file__).parent
RUBRICS = FOLDER / "rubrics.yaml"
LONGEST_QUOTE, LONGEST_FINDING = 160, 160
"""Characters: twenty words and some more."""


@dataclass(frozen=True)
class Rubric:
    """What is asked about records of one kind.

    Attributes:
        made: how such a record is made, in words for the verifier.
        criteria: by name, sentences that are true of a good record; one for each rule of a person.
        rules: the rules by the names of their criteria, as they were said.
    """

    made: str
    criteria: dict[str, str]
    rules: dict[str, str]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of a verdict. The decision comes last, so that it follows from the quote and the finding."""
        decision = {
            "type": "object",
            "properties": {
                "quote": {"type": "string"},
                "finding": {"type": "string"},
                "passes": {"type": "boolean"},
            },
            "required": ["quote", "finding", "passes"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": dict.fromkeys(self.criteria, decision),
            "required": list(self.criteria),
            "additionalProperties": False,
        }


def rubric_of(
    strategy: StrategyName,
    negative: str | None = None,
    rules: Sequence[str] = (),
    *,
    has_scenario: bool = False,
) -> Rubric:
    """The criteria of all strategies, those of this one, and one for each rule.

    Args:
        strategy: that wrote the record.
        negative: the kind of negative that it is.
        rules: of a person, in words.
        has_scenario: whether a case was drawn for it.
    """
    document = _document()
    own = document["strategies"][strategy]
    said = {f"rule_{number}": rule for number, rule in enumerate(rules, 1)}
    criteria = document["every"] | own["criteria"] | document["negatives"].get(negative, {})
    criteria |= document["scenario"] if has_scenario else {}
    return Rubric(
        own["made"], criteria | {name: document["rule"] + rule for name, rule in said.items()}, said
    )


@cache
def _document() -> dict[str, Any]:
    import yaml

    document: dict[str, Any] = yaml.safe_load(RUBRICS.read_text(encoding="utf-8"))
    return document
