"""Review rules: what a person said that no generated record may or every one must do, where letters tell it."""

from __future__ import annotations

from collections.abc import Sequence

from ...attempts.draft import Candidate, Rejection
from ...lessons.rules import Rule
from ..check import ANY


class ReviewRules:
    """Compares the written turns with the exact rules of the workflow and topic; those in words are the verifier's."""

    name = "review_rule"
    languages = ANY

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first rule that is broken, and by what."""
        for rule in self._rules:
            # The turns of the whole record count, written or copied; a text must be all there to lack a phrase.
            looked_at = candidate.messages if rule.kind == "max_turns" else candidate.written
            if not candidate.is_whole and rule.kind in ("required_phrase", "min_words"):
                continue
            broken = rule.broken_by(looked_at)
            if broken:
                return Rejection(self.name, f"rule {rule.id}, {rule.words}: {broken}"[:300])
        return None
