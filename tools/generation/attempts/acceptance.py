"""From a model's answer to an accepted record: build it, send it through the checks, say what refused it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...dataset.eval_set import read_eval_set
from ...dataset.record import Record
from ...index.dataset_language import dataset_language
from ...index.spread import Vectors
from ...models.embedding import why_unfit
from ...store.records import load_records, topic_counts
from ..checks.check import Check, ComparingCheck
from ..checks.form.artefacts import Artefacts
from ..checks.form.copied_runs import CopiedRuns
from ..checks.form.decontamination import Decontamination, eval_vectors
from ..checks.form.exact_duplicate import ExactDuplicate
from ..checks.form.hidden_text import HiddenText
from ..checks.form.known_words import KnownWords
from ..checks.form.language import Language
from ..checks.form.length import Length
from ..checks.form.near_duplicate import NearDuplicate
from ..checks.form.refusals import Refusals
from ..checks.form.review_rules import ReviewRules
from ..checks.form.reworded import Reworded
from ..checks.form.role_grammar import RoleGrammar
from ..checks.form.said_again import SaidAgain, as_dense
from ..checks.form.semantic_duplicate import SemanticDuplicate
from ..checks.form.tool_calls import ToolCalls
from ..checks.form.topic import TopicCheck, probed_records
from ..checks.form.written_vector import WrittenVector
from ..checks.habits import telling_records
from ..checks.stepping_back import Judging
from ..jobs.loading_progress import LoadingProgress
from ..lessons.lessons import rejected_in_review
from ..lessons.rules import Rule, list_rules, why_unread
from .draft import Candidate, Draft, Rejection, Strategy, UnusableAnswer
from .replies import answer_in

if TYPE_CHECKING:
    from ...services import Services

_log = logging.getLogger(__name__)

PARSE = "parse"
"""The reason of attempts whose answer is not of the form that was asked for."""
MOST_LEARNED_FROM = 20_000
"""Real records of other topics that the checks learn the dataset's habits from: memory stays bounded."""
FEW = 20
"""Real records of the topic, below which the whole dataset says what its language and lengths are."""
MOST_FOR_PHRASES = 2000
"""Real records in which the standard phrases of a topic are looked for; a few hundred show them."""
PART_MISSING = Rejection(PARSE, "a part of the answer is missing")


class Acceptance:
    """The checks of one job, cheapest first. Not for two threads at once: the engine holds a lock.

    Attributes:
        not_judged: by check, why it judges nothing in this job.
    """

    def __init__(
        self,
        topic: str,
        alone: Sequence[Check],
        comparing: Sequence[ComparingCheck] = (),
        with_vectors: Sequence[Check] = (),
        not_judged: Mapping[str, str] = MappingProxyType({}),
        written: WrittenVector | None = None,
    ) -> None:
        """The checks in their order.

        Args:
            topic: what is written for.
            alone: look at a record by itself.
            comparing: compare it with what is there and what was accepted.
            with_vectors: compare its vector with what does not change meanwhile.
            not_judged: by check, why it judges nothing.
            written: the vectors that some of them need; None where none does.
        """
        self._topic = topic
        self._alone = alone
        self._comparing = comparing
        self._with_vectors = with_vectors
        self._written = written
        self.not_judged = dict(not_judged)

    @classmethod
    def for_job(
        cls,
        services: Services,
        workflow_id: str,
        topic: str,
        *,
        eval_set: Path | None = None,
        loading: LoadingProgress | None = None,
    ) -> Acceptance:
        """Checks that know the workflow's records: all of them for duplicates, the real ones for the topic.

        Args:
            services: store, models and index.
            workflow_id: whose records.
            topic: what is written for.
            eval_set: what to keep away from; that of the settings when not given.
            loading: is told how far the embedding of all that is compared with is.
        """
        written = WrittenVector(services.embeddings_of(workflow_id))
        # Before all else: its file may be unreadable, and the rest takes time.
        kept_out = _decontamination(
            services, workflow_id, topic, written, eval_set or services.settings.eval_set
        )
        real = list(_known_by_checks(services, workflow_id, topic))
        _embed_compared(services, workflow_id, topic, real, loading)
        comparing, unfit = duplicate_checks(services, workflow_id, topic, written, real)
        known = telling_records(real, topic)
        of_topic = [record for record in known if record.topic == topic]
        rules = list_rules(services.store, workflow_id, topic)
        similar = of_topic if len(of_topic) >= FEW else known
        any_language = _may_name_a_language(rules, services)
        of_language: list[Check] = [] if any_language else [Language(similar), KnownWords(known)]
        plain: list[Check] = [
            HiddenText(known),
            RoleGrammar(known),
            Artefacts(known, [rule.value for rule in rules], any_script=any_language),
            Refusals(known),
            *of_language,
            Length(similar),
            ToolCalls(known),
            CopiedRuns(of_topic),
        ]
        judging = Judging.after_trial(plain, of_topic, topic)
        if services.settings.profile == "small":
            judging.checks.append(Reworded())
        if exact := [rule for rule in rules if not rule.is_in_words]:
            judging.checks.append(ReviewRules(exact))
        if why := why_unread(rules, services.settings):
            judging.not_judged[ReviewRules.name] = why
        judging.not_judged |= unfit
        with_vectors = [*kept_out]
        if services.settings.checks.semantic:
            probed = probed_records(topic, real)
            vectors = _vectors(services, workflow_id, probed)
            about = TopicCheck(topic, probed, vectors, written, services.settings.checks)
            with_vectors.append(about)
            judging.not_judged |= {about.name: about.not_judged} if about.not_judged else {}
        needs_vectors = services.settings.checks.semantic or bool(kept_out)
        return cls(
            topic,
            judging.checks,
            comparing,
            with_vectors,
            judging.not_judged,
            written if needs_vectors else None,
        )

    def judge(self, strategy: Strategy, draft: Draft, response: str) -> Candidate | Rejection:
        """The candidate that the response makes when it passes everything, or what refused it."""
        outcome = self.examine(strategy, draft, response)
        if isinstance(outcome, Rejection):
            return outcome
        return self.compare(strategy, outcome) or (outcome if outcome.is_whole else PART_MISSING)

    def examine(self, strategy: Strategy, draft: Draft, response: str) -> Candidate | Rejection:
        """The candidate, after the checks that look at it by itself.

        More of the response may be to come: what stands in for the rest passes.
        """
        try:
            answer, is_whole = answer_in(draft, response)
            candidate = replace(strategy.build(draft, answer), is_whole=is_whole)
        except (UnusableAnswer, ValueError) as error:
            return Rejection(PARSE, str(error)[:300])
        except Exception as error:
            return broken("building the record", error)
        return _first(self._alone, candidate) or candidate

    def expect(self, candidates: Iterable[Candidate]) -> None:
        """Make ready for `compare` with these, together: their vectors come from a model.

        Raises:
            EndpointError: that model does not answer.
        """
        if self._written is not None:
            self._written.expect(
                text for one in candidates for text in (one.written_text("user"), one.user_text)
            )

    def compare(self, strategy: Strategy, candidate: Candidate) -> Rejection | None:
        """What refuses a candidate that has passed `examine`: the other checks, then its strategy; or None."""
        return _first((*self._comparing, *self._with_vectors, strategy), candidate)

    def refusal(self, candidate: Candidate) -> Rejection | None:
        """What all checks say of a candidate of whatever strategy."""
        return _first(self._in_order, candidate)

    def twin(self, candidate: Candidate) -> Rejection | None:
        """What refuses a candidate that has passed everything before, for what was accepted since; or None."""
        return _first(self._comparing, candidate)

    def remember(self, candidate: Candidate) -> None:
        """Tell the checks that compare that this candidate is now part of the dataset."""
        for check in self._comparing:
            check.accepted(candidate)

    def know(self, records: Sequence[Record]) -> None:
        """Tell the checks that compare of records that other jobs added.

        Raises:
            EndpointError: the embedding model does not answer.
        """
        if self._written is not None:
            self._written.expect(one.written_text("user") for one in records if one.topic == self._topic)
        for record in records:
            for check in self._comparing:
                if self._is_compared(check, record):
                    check.know(record)

    def likeness(self, candidate: Candidate, records: Sequence[Record]) -> Rejection | None:
        """What refuses a candidate that has passed, when it is compared with these records alone."""
        for check in self._comparing:
            alike = [one for one in records if self._is_compared(check, one)]
            if alike and (found := check.among(alike).check(candidate)) is not None:
                return found
        return None

    def _is_compared(self, check: ComparingCheck, record: Record) -> bool:
        return record.topic == self._topic or not isinstance(check, SemanticDuplicate)

    def check_names(self) -> list[str]:
        """The checks that every accepted record passed, in order."""
        return [check.name for check in self._in_order]

    @property
    def _in_order(self) -> list[Check]:
        return [*self._alone, *self._comparing, *self._with_vectors]


def _first(steps: Sequence[Check | Strategy], candidate: Candidate) -> Rejection | None:
    for step in steps:
        try:
            found = step.check(candidate)
        except Exception as error:
            return broken(type(step).__name__, error)
        if found is not None:
            return found
    return None


def broken(what: str, error: Exception) -> Rejection:
    """A fault of this program, met with one answer: that one is given up, and the job goes on without it."""
    _log.warning("%s failed with an answer", what, exc_info=error)
    return Rejection(
        "check_failed", f"{what} failed with this answer ({type(error).__name__}: {error})"[:300]
    )


def _known_by_checks(services: Services, workflow_id: str, topic: str) -> Iterator[Record]:
    """The real records that checks learn from: all of the topic, and an even sample of the others."""
    total = sum(count.records for count in topic_counts(services.store, workflow_id))
    step = max(1, total // MOST_LEARNED_FROM)
    for number, record in enumerate(load_records(services.store, workflow_id, origin="real")):
        if record.topic == topic or number % step == 0:
            yield record


def duplicate_checks(
    services: Services,
    workflow_id: str,
    topic: str,
    written: WrittenVector,
    real: Sequence[Record] = (),
) -> tuple[list[ComparingCheck], dict[str, str]]:
    """The checks that compare: all records by words, those of the topic by meaning too, where that tells anything.

    Existing vectors come from the few-shot index; those that are not in it yet are added to it.

    Args:
        services: store, models and index.
        workflow_id: whose records.
        topic: what is written for.
        written: the candidates' vectors.
        real: records of all topics, by which copies in other words are known; none for not looking for them.

    Returns:
        The checks, and why some judge nothing, by name.
    """
    exact, near = ExactDuplicate(), NearDuplicate()
    for record in load_records(services.store, workflow_id):
        exact.know(record)
        near.know(record)
    # What a person took out shall not come back in nearly the same words.
    for record in rejected_in_review(services.store, workflow_id):
        exact.know(record)
        near.know(record)
    if not services.settings.checks.semantic:
        return [exact, near], dict.fromkeys(
            (SemanticDuplicate.name, TopicCheck.name), "vectors are switched off"
        )
    language = dataset_language(services.store, workflow_id)
    if why := why_unfit(services.embeddings_of(workflow_id), language):
        return [exact, near], {SemanticDuplicate.name: why}
    of_topic = list(load_records(services.store, workflow_id, topic=topic))
    vectors = _vectors(services, workflow_id, of_topic)
    is_reworded = services.settings.profile == "small"
    pool, said_again = as_dense(topic, real), None
    if pool:
        is_real = [row for row, record in enumerate(of_topic) if record.origin == "real"]
        own, own_vectors = [of_topic[row] for row in is_real], vectors[is_real] if is_real else None
        said_again = SaidAgain(pool, _vectors(services, workflow_id, pool), own, own_vectors)
    by_meaning = SemanticDuplicate(written, of_topic, vectors, stays_close=is_reworded, said_again=said_again)
    return [exact, near, by_meaning], {}


def _embed_compared(
    services: Services,
    workflow_id: str,
    topic: str,
    real: Sequence[Record],
    loading: LoadingProgress | None,
) -> None:
    """Embed what the checks compare with, and the seeds, which are among the topic's: at once, under one count."""
    if not services.settings.checks.semantic:
        return
    compared = probed_records(topic, real)
    if why_unfit(services.embeddings_of(workflow_id), dataset_language(services.store, workflow_id)) is None:
        compared += [*load_records(services.store, workflow_id, topic=topic), *as_dense(topic, real)]
    once = {record.id: record for record in compared}
    services.index.ensure(workflow_id, once.values(), loading.of(len(once)) if loading else None)


def _vectors(services: Services, workflow_id: str, records: Sequence[Record]) -> Vectors:
    services.index.ensure(workflow_id, records)
    return services.index.vectors(workflow_id, [record.id for record in records])


def _decontamination(
    services: Services, workflow_id: str, topic: str, written: WrittenVector, path: Path | None
) -> list[Check]:
    if path is None:
        return []
    eval_set = read_eval_set(path)
    real = load_records(services.store, workflow_id, topic=topic, origin="real", limit=MOST_FOR_PHRASES)
    return [Decontamination(eval_set, eval_vectors(services.index, workflow_id, eval_set), written, real)]


def as_record(candidate: Candidate, provenance: dict[str, object]) -> Record:
    """The synthetic record that a candidate becomes."""
    return Record(
        id=candidate.record_id,
        body=candidate.body,
        topic=candidate.draft.topic,
        origin="synthetic",
        provenance=dict(provenance),
    )


def _may_name_a_language(rules: Sequence[Rule], services: Services) -> bool:
    """Whether only a reader can tell in which language drafts are to be, and one reads each of them."""
    is_read = services.settings.for_verifier() is not None and services.settings.verifier_share == 1
    return is_read and any(rule.is_in_words for rule in rules)
