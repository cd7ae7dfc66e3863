"""What a topic lacks, as generation asks for it: its thin cells, in the order in which attempts take them up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from ..coverage.space.cells import Cell, Facet
from ..errors import TopicNotFound
from .jobs import notes as job_notes
from .topic_style import MOST_EXCHANGES, TopicStyle

if TYPE_CHECKING:
    from ..services import Services

_COMPARED_WITH = 2_000
"""Records of the other topics that a job compares its topic with."""

_EXCHANGES = {"1 user turn": 1, "2 user turns": 2, "3 or 4 user turns": min(3, MOST_EXCHANGES)}
_WORDS = {
    "no user message of more than 8 words": 6,
    "a longest user message of 9 to 20 words": 15,
    "a longest user message of 21 to 50 words": 32,
    "a user message of more than 50 words": 60,
}


@dataclass(frozen=True)
class Wanted:
    """One thin cell, for one attempt.

    Attributes:
        facet: in which respect records are missing.
        value: which ones, as the report has it.
        record_ids: some records that are in the cell already, for groups.
    """

    facet: Facet
    value: str
    record_ids: tuple[str, ...] = ()

    @property
    def exchanges(self) -> int | None:
        """Of the conversation, where turns are what is missing."""
        return _EXCHANGES.get(self.value) if self.facet == "turns" else None

    @property
    def words(self) -> int | None:
        """Of the first message, about, where length is what is missing."""
        return _WORDS.get(self.value) if self.facet == "length" else None

    @property
    def language(self) -> str | None:
        """To write in, where a language is missing; a mere script names none."""
        named = self.facet == "language" and not self.value.endswith("script") and "'" not in self.value
        return self.value if named else None

    @property
    def terms(self) -> str | None:
        """Words of the dataset that say what it is about, where a group is thin. Untrusted."""
        return self.value if self.facet == "sub_area" else None

    @property
    def tools(self) -> frozenset[str] | None:
        """The tools to call, where calls are missing; empty for none."""
        if self.facet not in ("tool", "tools"):
            return None
        return frozenset(name for name in self.value.split(" + ") if name)

    def words_for(self, style: TopicStyle) -> str | None:
        """What to write, in words for a prompt that says no number of words: languages count them differently."""
        if self.exchanges is not None:
            return f"the user speaks {self.exchanges} times" if self.exchanges > 1 else "the user speaks once"
        if self.words is not None:
            return f"the user's longest message has about {style.characters_of_words(self.words)} characters"
        if self.language is not None:
            return f"everything is written in {self.language}"
        if self.terms is not None:
            return f"it is about what these words of real records say: {self.terms}"
        if self.tools is not None:
            return (
                f"the assistant calls {' and '.join(sorted(self.tools))}"
                if self.tools
                else "no tool is called"
            )
        return None

    @property
    def provenance(self) -> dict[str, str]:
        """What is noted with the record that was asked for."""
        return {"asked_for": f"{self.facet}: {self.value or 'none'}"}

    @property
    def can_be_asked(self) -> bool:
        """Whether any strategy can ask for it: longer conversations than are written cannot be."""
        return any(
            part is not None for part in (self.exchanges, self.words, self.language, self.terms, self.tools)
        )


class _HasWanted(Protocol):
    @property
    def wanted(self) -> Iterable[Wanted]: ...


def wanted_at(context: _HasWanted, attempt: int, *facets: Facet) -> Wanted | None:
    """What attempt number ``attempt`` of a job asks for, of what a strategy can ask for; then nothing more."""
    askable = [each for each in context.wanted if each.facet in facets]
    return askable[attempt] if attempt < len(askable) else None


def wanted_of(thin: Iterable[Cell], most: int) -> list[Wanted]:
    """Thin cells in turn, each as often as it lacks records up to half of what is expected; at most so many."""
    left = {Wanted(cell.facet, cell.value, tuple(cell.record_ids)): min(most, cell.missing) for cell in thin}
    left = {wanted: number for wanted, number in left.items() if wanted.can_be_asked}
    order: list[Wanted] = []
    while left and len(order) < most:
        order += left
        left = {wanted: number - 1 for wanted, number in left.items() if number > 1}
    return order[:most]


def wanted_of_job(services: Services, job_id: str, workflow_id: str, topic: str, count: int) -> list[Wanted]:
    """What a job asks for first: measured when it begins, and remembered, since its drafts depend on it."""
    noted = job_notes.noted_wanted(services.store, job_id)
    if noted is None:
        if job_notes.has_attempts(services.store, job_id):  # of a job that was begun before this was measured
            return []
        noted = _as_notes(wanted_of(_thin(services, workflow_id, topic), count))
        job_notes.note_wanted(services.store, job_id, noted)
    return _FROM_NOTES.validate_python(noted)


_FROM_NOTES = TypeAdapter(list[Wanted])


def _as_notes(wanted: list[Wanted]) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = _FROM_NOTES.dump_python(wanted, mode="json")
    return notes


def _thin(services: Services, workflow_id: str, topic: str) -> list[Cell]:
    from ..coverage.space.cached import space_of

    try:
        report = space_of(services, workflow_id, topics=[topic], most_records=_COMPARED_WITH)
    except TopicNotFound:  # it is about to get its first records
        return []
    return report.topics[0].thin
