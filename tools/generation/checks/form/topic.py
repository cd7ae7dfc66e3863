"""Topic check: is a record about its topic, by a probe on sentence vectors fitted on real records only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..check_settings import CheckSettings
from ..stepping_back import MOST_REFUSED
from .written_calls import calls_of
from .written_vector import WrittenVector

LEAST_RECORDS = 5
"""Real records that a topic needs before the probe can speak about it."""
PARTS = 3
"""Parts of the cross-validation that sets the limit."""
MOST_OF_TOPIC, MOST_OF_OTHERS = 200, 1_000
"""Real records that the probe is fitted on: of the topic, and of all others together."""
STRENGTH = 10.0
"""Inverse regularisation of the logistic regression on unit vectors."""
TOOLS_WEIGH = 0.5
"""Length of the part of a vector that says which tools are called, beside the user's text with length 1."""


class TopicCheck:
    """Refuses what the probe takes for another topic. The same in every language that the embedding knows.

    Read is what the user says in the whole record, and which tools are called. The margin is the log-odds of the topic
    against the strongest other one. There is one limit for all topics, below which few real records fall when a probe
    judges them that has not seen them; so a topic with few records is judged like the others.

    Attributes:
        not_judged: why the check lets everything pass, or None when it judges.
    """

    name = "topic"

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
        self._probe: Any = None
        self.limit = 0.0
        rows = [row for row, record in enumerate(real) if counts[record.topic] >= LEAST_RECORDS]
        labels = np.array([str(real[row].topic) for row in rows])
        self.not_judged = _why_unknown(topic, counts, labels)
        if self.not_judged is None:
            features = np.array([self._features(vectors[row], real[row].messages) for row in rows])
            false_alarms = (settings or CheckSettings()).topic_false_alarms
            margins = _unseen_margins(features, labels)
            # What some dozens of records say of the lowest margins can be off by their standard error.
            unsure = float(margins.std() / np.sqrt(len(margins)))
            self.limit = min(0.0, float(np.quantile(margins, false_alarms))) - unsure
            own = margins[labels == topic]
            missed = int((own < self.limit).sum())
            if missed > max(1, MOST_REFUSED * len(own)):
                refused = f"it would refuse {missed} of {len(own)} real records of {topic!r}"
                self.not_judged = f"the topics cannot be told apart: {refused}"
                return
            self._probe = _fitted(features, labels)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Refused when another topic is clearly more likely."""
        text = "\n".join(
            message_text(message) for message in candidate.messages if message["role"] == "user"
        ).strip()
        if self._probe is None or not text:
            return None
        features = self._features(self._written.of_text(text), candidate.messages)
        margin, likeliest = _margin(self._probe, features, self._topic)
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
            f"{counts[topic]} real records of {topic!r} are too few to fit a topic probe "
            f"({LEAST_RECORDS} are needed)"
        )
    if len(set(labels)) < 2:
        return f"no second topic has {LEAST_RECORDS} real records to tell {topic!r} from"
    return None


def _called(messages: Sequence[Message]) -> list[str]:
    return [tool for message in messages for tool, _ in calls_of(message)]


def _fitted(features: NDArray[Any], labels: NDArray[Any]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300).fit(features, labels)


def _unseen_margins(features: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """The margin of each record by a probe that has not seen it, shape (n,)."""
    from sklearn.model_selection import StratifiedKFold

    margins = np.zeros(len(labels))
    for seen, unseen in StratifiedKFold(PARTS, shuffle=True, random_state=0).split(features, labels):
        probe = _fitted(features[seen], labels[seen])
        margins[unseen] = [_margin(probe, features[row], str(labels[row]))[0] for row in unseen]
    return margins


def _margin(probe: Any, features: NDArray[Any], topic: str) -> tuple[float, str]:
    """Log-odds of a topic against the strongest other one, and which one that is."""
    logs = probe.predict_log_proba(features[None, :])[0]
    topics = [str(name) for name in probe.classes_]
    own = topics.index(topic)
    mine = float(logs[own])
    logs[own] = -np.inf
    strongest = int(logs.argmax())
    return mine - float(logs[strongest]), topics[strongest]
