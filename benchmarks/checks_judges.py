"""The checks as the benchmark runs them: fitted on the other folds, comparing with all records but the judged one."""

from __future__ import annotations

from typing import Any

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.check import Check, ComparingCheck
from finetune_coverage.tools.generation.checks.facts.tool_calls import tool_rungs
from finetune_coverage.tools.generation.checks.form.artefacts import Artefacts
from finetune_coverage.tools.generation.checks.form.exact_duplicate import ExactDuplicate
from finetune_coverage.tools.generation.checks.form.near_duplicate import NearDuplicate
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import SemanticDuplicate
from finetune_coverage.tools.generation.checks.form.topic import TopicCheck, TopicModel
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector

from .planted_defects import Kind
from .real_dialogues import Dataset, as_candidate

FOLDS = 3
RESPONSIBLE: dict[Kind, set[str]] = {
    "wrong_topic": {"topic"},
    "exact_copy": {"exact_duplicate", "near_duplicate", "semantic_duplicate"},
    "near_copy": {"exact_duplicate", "near_duplicate", "semantic_duplicate"},
    "undeclared_tool": {"tool_schema"},
    "wrong_argument_type": {"tool_schema"},
    "missing_required_argument": {"tool_schema"},
    "ungrounded_argument": {"grounded_arguments", "results_fit_calls", "used_results"},
    "unanswered_call": {"answered_calls", "role_grammar"},
    "artefact": {"artefacts"},
    "broken_roles": {"role_grammar", "answered_calls"},
    "contradiction": {"answer_follows_results"},
}
"""The checks that are to find each kind. A dialogue that one of them refuses untouched does not count for the kind."""


class RememberedVectors:
    """An embedding model that embeds each text once; planted copies have their records' own words."""

    def __init__(self, embeddings: Any) -> None:
        self._embeddings = embeddings
        self._vectors: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        if text not in self._vectors:
            self._vectors[text] = self._embeddings.embed_query(text)
        return self._vectors[text]


class Judges:
    """The checks for one fold of a dataset: fitted ones on the others, comparing ones over all records."""

    def __init__(self, dataset: Dataset, embeddings: Any, fold: int) -> None:
        """The fitted checks have seen all records but those of the fold."""
        self.fold = {record.id for record in dataset.records[fold::FOLDS]}
        others = [record for record in dataset.records if record.id not in self.fold]
        self._fitted: list[Check] = [RoleGrammar(others), Artefacts(others), *tool_rungs(others)]
        self._topics = TopicModel(others)
        self._embeddings = embeddings
        self._exact, self._near = ExactDuplicate([]), NearDuplicate([])
        self._semantic: dict[str, SemanticDuplicate] = {}

    def cheap(self, candidate: Candidate) -> list[Check]:
        """The checks of form, tools and topic."""
        return [*self._fitted, TopicCheck(candidate.draft.topic, self._topics)]

    def comparing(self, candidate: Candidate) -> list[ComparingCheck]:
        """The checks that compare with what they have accepted."""
        topic = candidate.draft.topic
        if topic not in self._semantic:
            none = np.empty((0, len(self._embeddings.embed_query("size"))), dtype=np.float32)
            self._semantic[topic] = SemanticDuplicate(WrittenVector(self._embeddings), [], none)
        return [self._exact, self._near, self._semantic[topic]]

    def remember(self, record: Record) -> None:
        """The record is part of the dataset from now on."""
        candidate = as_candidate(record)
        for check in self.comparing(candidate):
            check.accepted(candidate)
