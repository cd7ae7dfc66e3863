"""The rubric of each strategy: what the verifier is asked about its records."""

from __future__ import annotations

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
    """What is asked about the records of one strategy.

    Attributes:
        made: how such a record is made, in words for the verifier.
        criteria: by name, sentences that are true of a good record.
    """

    made: str
    criteria: dict[str, str]

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


@cache
def rubric_of(strategy: StrategyName) -> Rubric:
    """The rubric of a strategy: the criteria of all strategies, and its own."""
    import yaml

    document = yaml.safe_load(RUBRICS.read_text(encoding="utf-8"))
    own = document["strategies"][strategy]
    return Rubric(own["made"], document["every"] | own["criteria"])
