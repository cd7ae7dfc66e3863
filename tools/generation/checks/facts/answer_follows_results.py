"""Answer follows results: what the assistant says after a call is what was said or returned before.

Checked are numbers, times, dates and codes, and the names that the dataset's tools know (the choices in their schemas
and the short texts in real results): an answer that names another hotel than the result contradicts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..form.written_calls import calls_of
from .beside_results import asks_about_itself, is_period_of_the_house
from .declared_values import Declared
from .derived_numbers import is_converted, is_derived, is_rounded
from .habits import Excuse, Finding, Habits
from .known_names import Name, by_first_word, known_names
from .latest_results import Latest, answers_with_texts
from .quotations import unknown_titles
from .said import Said
from .spoken_values import Value, values_of
from .told_fields import ToldFields, copied_with_change, tells

PHRASE = 0.01
"""Share of the real records in which the assistant says one number that nobody said, from which it is a phrase of
the trade ("within 24 hours") and no claim about the results."""
NAME = 0.002
"""The same for a name: it has few occasions, so a habit is seldom."""
_MARKS = re.compile(
    r"(?m)(?:^|[:.,;]\s)[^\S\n]*\d{1,2}[.)](?=\s)|(?:/|\bout of )\s*(?:5|10|100)\b|\b(?:First|Second|Third)(?:ly)?,"
)
"""The numbers of a list and its first steps, and the upper end of a scale."""
_CAPITAL = re.compile(r"\b[A-Z]\w*")
_OFFER = re.compile(
    r"\b(or|about|prefer|instead)\b[^.!]{0,200}\?|\bor\b[^?]{0,300}\.[^.!?]{0,200}\?", re.IGNORECASE
)
"""A question that offers choices, which the assistant may know from the tool."""
_PROPOSES = re.compile(
    r"\b(i|i['’]d|i would) (prefer|recommend|suggest|like|love)\b|\bwould you like to try\b|\b(how|what) about\b",
    re.IGNORECASE,
)
"""A proposal or a liking of the assistant's own."""
_ASKS_WHAT = re.compile(
    r"\b(suggest\w*|recommend\w*|ideas?|what (kinds?|types?|sorts?|other|else|are|do you (have|offer))|how many|which"
    r"|other (kinds?|options?|choices?|places?)|options?|choices|like best|prefer\w*|leave (it|that) open)\b",
    re.IGNORECASE,
)
"""A user who asks what there is: the assistant may know it from the tool's choices."""
_NOW = re.compile(
    r"\b(it'?s|it is|now|already|currently|time is)\s+(\w+\s+)?\d{1,2}([:.]\d\d)?\s?[ap]\.?m\b", re.IGNORECASE
)
"""The time of the moment, which the assistant may know."""
_SCALE = re.compile(r"\bscale (of|from)\b[^.!?]*", re.IGNORECASE)
"""The ends of a scale, which the assistant may know from the tool."""
_LIMITS = re.compile(
    r"\b(max\w*|min\w*|at (most|least)|most|least|only|up to|capacity|limit\w*|between|room for|more than|less than)\b",
    re.IGNORECASE,
)
"""An answer that tells a bound of what may be asked for."""
_COMPARES = re.compile(
    r"\b(than|while|whereas|compared?|(high|low|cheap|bett|warm|cold|larg|small)er)\b", re.IGNORECASE
)
_DAY_OF_MONTH = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_SENTENCE = re.compile(r"[^.!?]*(?:\.\d[^.!?]*)*[.!?]*\s*")


class AnswerFollowsResults:
    """Judges the assistant's turns after the first result of the dialogue.

    A value that nobody said comes from nowhere. A name that was said, but neither in the last results nor in the turns
    around them, belongs to something else: the hotel that was not free.
    """

    name = "answer_follows_results"

    def __init__(self, real: Iterable[Record] = ()) -> None:
        real = list(real)
        self._fields = known_names(real)
        self._names = by_first_word(self._fields)
        self._told = ToldFields([told for record in real for told in answers_with_texts(record.messages)])
        self._habits = Habits(real, lambda record: self._findings(record.messages, 0, Declared(record.tools)))

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first fact in an answer that no result gives."""
        if all(message["role"] != "tool" for message in candidate.messages):
            return None
        declared = Declared(candidate.source.get("tools") or [])
        found = self._habits.first_unexcused(
            self._findings(candidate.messages, candidate.first_written, declared)
        )
        return Rejection(self.name, found.evidence) if found else None

    def _findings(self, messages: Sequence[Message], first: int, declared: Declared) -> Iterator[Finding]:
        said, latest, asked = Said(), Latest(), ""
        for index, message in enumerate(messages):
            text = message_text(message)
            for _, written in calls_of(message):
                said.add(written)
            if message["role"] == "tool":
                said.add_result(text)
            elif message["role"] == "assistant" and text and latest.results and index >= first:
                yield from self._contradicting(text, latest, said)
                plain = _MARKS.sub(" ", declared.without_tools(text))
                limits = declared.forms if _LIMITS.search(text) else set()
                yield from self._unfounded(plain, said, latest, asked, limits)
            if message["role"] != "tool":
                said.add(text)
            if message["role"] == "user":
                asked = text
            latest.add(message, text)

    def _contradicting(self, text: str, latest: Latest, said: Said) -> Iterator[Finding]:
        for value, field in self._told.other_values(text, latest.texts):
            # Who compares, or sums up what was done, tells of earlier results too.
            of_several = _COMPARES.search(text) is not None or tells(text, latest.texts[field])
            allowed = (of_several and said.knows_name(values_of(value), None)) or any(
                is_converted(one, text, latest.results) for one in values_of(value)
            )
            yield _finding(value, f"where the result's {field!r} is told", PHRASE, allowed=allowed)
        if changed := copied_with_change(text, latest.results):
            yield _finding(changed, "where the result has another number between the same words", PHRASE)

    def _unfounded(
        self, text: str, said: Said, latest: Latest, asked: str, limits: set[str]
    ) -> Iterator[Finding]:
        values = values_of(text)
        claimed = {value.written for value in values_of(_claims(text, said, latest))}
        for value in values:
            if value.kind == "word" or latest.may_count(value) or said.knows(value):
                continue
            allowed = (
                value.written not in claimed
                or not limits.isdisjoint(value.forms)
                or is_derived(value, text, latest.results, asked)
                or is_rounded(value, text, latest.results)
                or is_period_of_the_house(value.written, text, latest.results)
                or asks_about_itself(asked)
            )
            yield _finding(value.written, "which nothing before it says", PHRASE, allowed=allowed)
        for title in unknown_titles(text, said):
            yield Finding(
                f"the answer quotes {title!r}, which nothing before it says", (Excuse("a quotation"),)
            )
        capitals = {word.lower() for word in _CAPITAL.findall(text)}
        for name in self._names_in(values):
            if capitals.isdisjoint(name):
                continue  # "it will be cloudy" is no name
            written, words = " ".join(name), values_of(" ".join(name))
            allowed = claimed.isdisjoint(name)
            if not said.knows_name(words, None):
                if not _OFFER.search(text) and not _PROPOSES.search(text):
                    allowed = allowed or _ASKS_WHAT.search(asked) is not None
                    yield _finding(written, "which nothing before it says", NAME, allowed=allowed)
            elif latest.is_fresh and self._is_another(name, values, latest) and not latest.knows_name(words):
                yield _finding(written, "which is not from the last results", NAME, allowed=allowed)

    def _is_another(self, name: Name, answer: Sequence[Value], latest: Latest) -> bool:
        """Whether the last calls and results give another name where this one could stand.

        An answer that says the other one too sums up what was done before.
        """
        given = [other for text in latest.results for other in self._names_in(values_of(text))]
        told = set(self._names_in(answer))
        return name not in given and any(
            self._fields[name] & self._fields[other] for other in given if other not in told
        )

    def _names_in(self, values: Sequence[Value]) -> Iterator[Name]:
        """The known names that a text has, the longest at each place."""
        words = tuple(value.written for value in values)
        place = 0
        while place < len(words):
            names = self._names.get(words[place], ())
            found = next((name for name in names if words[place : place + len(name)] == name), None)
            if found:
                yield found
            place += len(found) if found else 1


def _claims(text: str, said: Said, latest: Latest) -> str:
    """An answer without what claims nothing of the results: the time of now, dates that were said in other form.

    Once the results are told, a question claims nothing either.
    """
    if not latest.is_fresh:
        text = "".join(one for one in _SENTENCE.findall(text) if not one.rstrip().endswith("?"))
    text = _SCALE.sub(" ", _NOW.sub(" ", text))
    return _DAY_OF_MONTH.sub(lambda found: " " if _was_said(found, said) else found[0], text)


def _was_said(day: re.Match[str], said: Said) -> bool:
    first, second = int(day[1]), int(day[2])
    return not said.forms.isdisjoint((f"d{first}-{second}", f"d{second}-{first}"))


def _finding(what: str, why: str, share: float, *, allowed: bool = False) -> Finding:
    return Finding(f"the answer says {what!r}, {why}", (Excuse((what, why), None, share),), allowed)
