"""Topic check: is a record about its topic, by a probe on sentence vectors fitted on real records only.

The probe is a ridge regression of each topic's label on the vectors, with the topics weighing the same. What it says of
a record that it has not seen is known for each real one without fitting it again: leaving record i out changes its
fitted value f to y - (y - f) / (1 - h), with h the i-th diagonal element of the hat matrix (Allen 1974; here by the
inverse of the kernel matrix, Rasmussen and Williams 2006, section 5.4.2). So few records are enough to know the limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....coverage.wording import plural
from ....dataset.record import Message, Record
from ...attempts.draft import Candidate, Rejection
from ..check import EMBEDDED
from ..check_settings import CheckSettings
from .written_calls import calls_of
from .written_vector import WrittenVector

LEAST_RECORDS = 3
"""Real records that a topic needs before the probe can speak about it."""
MOST_OF_TOPIC, MOST_OF_OTHERS = 200, 1_000
"""Real records that the probe is fitted on: of the topic, and of all others together."""
PENALTY = 1.0
"""Of the ridge regression on unit vectors."""
SELDOM = 1e-4
"""Share of false alarms that none at all is taken for."""
NOTICED = 0.5
"""Share of the other topics' records that the check must be able to notice to count as having judged."""
TOOLS_WEIGH = 0.5
"""Length of the part of a vector that says which tools are called, beside the user's text with length 1."""


class TopicCheck:
    """Refuses what the probe takes for another topic.

    Read is what the user says in the whole record, and which tools are called. The margin is what the probe gives the
    topic beyond the strongest other one. Few real records of all topics, and few that the topic would have if there
    were more, fall below the limit when a probe judges them that has not seen them.

    Attributes:
        not_judged: why the check lets everything pass, or much of what it is for; None when it judges.
        limit: the margin below which a record is refused.
    """

    name = "topic"
    languages = EMBEDDED

    def __init__(
        self,
        topic: str,
        real: Sequence[Record],
        vectors: NDArray[Any],
        written: WrittenVector,
        settings: CheckSettings | None = None,
    ) -> None:
        """Fit the probe.

        Args:
            topic: what is written for.
            real: labelled real records, as `probed_records` chooses them.
            vectors: a unit vector of what the user says in each, shape (n, d).
            written: the candidates' vectors.
            settings: how many false alarms are accepted.
        """
        self._topic = topic
        self._written = written
        counts = Counter(record.topic for record in real)
        self._tools = sorted({tool for record in real for tool in _called(record.messages)})
        self._probe: _Probe | None = None
        self.limit = 0.0
        rows = [row for row, record in enumerate(real) if counts[record.topic] >= LEAST_RECORDS]
        labels = np.array([str(real[row].topic) for row in rows])
        self.not_judged = _why_unknown(topic, counts, labels)
        if self.not_judged is None:
            features = np.array([self._features(vectors[row], real[row].messages) for row in rows])
            self._probe = _Probe(features, labels)
            self.limit, noticed = self._probe.limit(topic, (settings or CheckSettings()).topic_false_alarms)
            if noticed < NOTICED:
                self.not_judged = (
                    f"{topic!r} is hard to tell from others: of their records it notices {noticed:.0%}"
                )

    def check(self, candidate: Candidate) -> Rejection | None:
        """Refused when another topic is clearly more likely."""
        text = candidate.user_text
        if self._probe is None or not text:
            return None
        features = self._features(self._written.of_text(text), candidate.messages)
        margin, likeliest = self._probe.margin(features, self._topic)
        candidate.scores[self.name] = round(margin, 3)
        if margin >= self.limit:
            return None
        # A record may be of several topics, and says most about one of them.
        topics = candidate.source.get("topics") or ()
        if self._topic in topics and likeliest in topics:
            return None
        return Rejection(self.name, f"reads like {likeliest!r} ({margin:.2f}, limit {self.limit:.2f})")

    def _features(self, vector: NDArray[Any], messages: Sequence[Message]) -> NDArray[Any]:
        called = set(_called(messages))
        tools = np.array([tool in called for tool in self._tools], dtype=np.float32)
        length = float(np.linalg.norm(tools))
        return (
            np.concatenate([vector, tools * (TOOLS_WEIGH / length)])
            if length
            else np.pad(vector, (0, len(tools)))
        )


def probed_records(topic: str, real: Sequence[Record]) -> list[Record]:
    """The records that a probe is fitted on: so many of the topic, and evenly of each other one."""
    own = [record for record in real if record.topic == topic][:MOST_OF_TOPIC]
    others: dict[str, list[Record]] = {}
    for record in real:
        if record.topic and record.topic != topic and record.user_text.strip():
            others.setdefault(record.topic, []).append(record)
    each = max(LEAST_RECORDS, MOST_OF_OTHERS // max(1, len(others)))
    return own + [record for records in others.values() for record in records[:each]]


def _why_unknown(topic: str, counts: Counter[str | None], labels: NDArray[Any]) -> str | None:
    if counts[topic] < LEAST_RECORDS:
        return (
            f"{topic!r} has {plural(counts[topic], 'real record')}, too few to learn the topic from "
            f"({LEAST_RECORDS} are needed)"
        )
    if len(set(labels)) < 2:
        return f"no second topic has {LEAST_RECORDS} real records to tell {topic!r} from"
    return None


def _called(messages: Sequence[Message]) -> list[str]:
    return [tool for message in messages for tool, _ in calls_of(message)]


class _Probe:
    """Scores each topic: about 1 for a record of the topic, 0 for another."""

    def __init__(self, features: NDArray[Any], labels: NDArray[Any]) -> None:
        self._names, self._places = np.unique(labels, return_inverse=True)
        self._features = features
        counts = np.bincount(self._places)
        wanted = np.eye(len(counts))[self._places]
        weighs = len(labels) / (len(counts) * counts[self._places])
        # One is added to each product: the constant of the regression.
        inverse = np.linalg.inv(features @ features.T + 1 + np.diag(PENALTY / weighs))
        self._weights = inverse @ wanted
        self._unseen = wanted - self._weights / np.diag(inverse)[:, None]

    def margin(self, features: NDArray[Any], topic: str) -> tuple[float, str]:
        """What a topic has beyond the strongest other one, and which one that is."""
        scores = (self._features @ features + 1) @ self._weights
        margins, strongest = _margins(scores[None, :], np.searchsorted(self._names, [topic]))
        return float(margins[0]), str(self._names[strongest[0]])

    def limit(self, topic: str, false_alarms: float) -> tuple[float, float]:
        """The limit of a topic, and the share of the other topics' records that are below it.

        Below it are at most this share of all real records, and of those that the topic would have if there were more
        of it: that is the bound of Student's prediction interval around its mean, which is far off where its records
        are few. How far they scatter, a few do not show: all topics together do.
        """
        from scipy.special import (
            stdtrit,
        )  # of scipy.stats, which takes a second to import, nothing else is needed

        is_own = self._places == np.searchsorted(self._names, topic)
        every, _ = _margins(self._unseen, self._places)
        sizes = np.bincount(self._places)
        means = np.bincount(self._places, every) / sizes
        freedom = len(every) - len(sizes)
        spread = float(((every - means[self._places]) ** 2).sum() / freedom) ** 0.5
        bound = float(stdtrit(freedom, max(false_alarms, SELDOM))) * (1 + 1 / is_own.sum()) ** 0.5
        expected = float(every[is_own].mean()) + bound * spread
        # What some dozens of records say of the limit can be off by their standard error.
        limit = min(0.0, float(np.quantile(every, false_alarms)), expected) - spread / len(every) ** 0.5
        as_own, _ = _margins(self._unseen, np.full(len(every), self._places[is_own][0]))
        return limit, float((as_own[~is_own] < limit).mean())


def _margins(scores: NDArray[Any], places: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the topic at each place has beyond the strongest other one, and the place of that; all of shape (n,)."""
    rows = np.arange(len(scores))
    others = scores.copy()
    others[rows, places] = -np.inf
    strongest = others.argmax(axis=1)
    return scores[rows, places] - others[rows, strongest], strongest
