"""From a model's answer to an accepted record: build it, send it through the gates, say what refused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..dataset.record import Record
from ..dataset.records import load_records
from .asking import answer_in
from .draft import Candidate, Draft, Rejection, Strategy, UnusableAnswer
from .gates.artefacts import Artefacts
from .gates.exact_duplicate import ExactDuplicate
from .gates.gate import ComparingGate, Gate
from .gates.grounded_reply import GroundedReply
from .gates.habits import telling_records
from .gates.kept_facts import KeptFacts
from .gates.near_duplicate import NearDuplicate
from .gates.role_grammar import RoleGrammar
from .gates.semantic_duplicate import SemanticDuplicate
from .gates.tool_calls import ToolCalls
from .gates.topic import TopicGate

if TYPE_CHECKING:
    from ..services import Services


class Acceptance:
    """The gates of one job, cheapest first. Not for two threads at once: the engine holds a lock.

    Attributes:
        notes: what the gates could not judge, for the report.
    """

    def __init__(
        self, gates: Sequence[Gate], comparing: Sequence[ComparingGate], notes: Sequence[str]
    ) -> None:
        self._gates = gates
        self._comparing = comparing
        self.notes = list(notes)

    @classmethod
    def for_job(cls, services: Services, workflow_id: str, topic: str) -> Acceptance:
        """Gates that know the workflow's records: all of them for duplicates, the real ones for the topic."""
        records = list(load_records(services.store, workflow_id))
        real = [record for record in records if record.origin == "real"]
        topic_gate = TopicGate(topic, real)
        texts = [record.user_text for record in records if record.topic == topic and record.user_text.strip()]
        vectors = np.asarray(services.embeddings.embed_documents(texts), dtype=np.float32)
        comparing: list[ComparingGate] = [
            ExactDuplicate(records),
            NearDuplicate(records),
            SemanticDuplicate(services.embeddings, vectors),
        ]
        known = telling_records(real, topic)
        plain: list[Gate] = [
            RoleGrammar(known),
            Artefacts(known),
            ToolCalls(known),
            KeptFacts(),
            GroundedReply(),
        ]
        gates = [*plain, *comparing, topic_gate]
        return cls(gates, comparing, [topic_gate.not_judged] if topic_gate.not_judged else [])

    def judge(self, strategy: Strategy, draft: Draft, response: str) -> Candidate | Rejection:
        """The candidate that the response makes when it passes everything, or what refused it."""
        outcome = self._examine(strategy, draft, response)
        if isinstance(outcome, Candidate) and not outcome.is_whole:
            return Rejection("parse", "a part of the answer is missing")
        return outcome

    def is_refused(self, strategy: Strategy, draft: Draft, response: str) -> bool:
        """Whether a response is refused already, of which more is to come."""
        return isinstance(self._examine(strategy, draft, response), Rejection)

    def _examine(self, strategy: Strategy, draft: Draft, response: str) -> Candidate | Rejection:
        try:
            answer, is_whole = answer_in(draft, response)
            candidate = replace(strategy.build(draft, answer), is_whole=is_whole)
        except (UnusableAnswer, ValueError) as error:
            return Rejection("parse", str(error)[:300])
        rejections = (gate.check(candidate) for gate in self._gates)
        found = next((rejection for rejection in rejections if rejection is not None), None)
        return found or strategy.check(candidate) or candidate

    def remember(self, candidate: Candidate) -> None:
        """Tell the gates that compare that this candidate is now part of the dataset."""
        for gate in self._comparing:
            gate.accepted(candidate)

    def gate_names(self) -> list[str]:
        """The gates that every accepted record passed, in order."""
        return [gate.name for gate in self._gates]


def as_record(candidate: Candidate, record_id: str, provenance: dict[str, object]) -> Record:
    """The synthetic record that a candidate becomes."""
    return Record(
        id=record_id,
        body=candidate.body,
        topic=candidate.draft.topic,
        origin="synthetic",
        provenance=dict(provenance),
    )
