"""Topic check: is what the strategy wrote about its topic, by a classifier fitted on real records only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ....dataset.record import Message, Record, message_text
from ...attempts.draft import Candidate, Rejection
from ..check_settings import CheckSettings
from ..facts.habits import evenly
from .topic_scores import TopicScores
from .written_calls import calls_of

LEAST_RECORDS = 5
"""Real records that a topic needs before the classifier can speak about it."""
PARTS = 3
"""Parts of the cross-validation that sets the limit: each costs a fit when a job begins."""
MOST_FITTED = 20_000
LONGEST_TEXT = 4_000
"""Characters of a record: what it is about is said early."""
SHORT = 0.25
"""Share of the topic's records that are shorter than what counts as a whole record."""
LEAST_WORDS = 12
"""Words of an exchange that is judged by itself; shorter ones (thanks, numbers, names) belong to no topic."""


class TopicModel:
    """The classifier of a dataset's topics, and below which margin a text is another topic's.

    Read are the words of users and assistants and the names of the tools called: in some datasets a topic is what is
    asked for, in others what is done about it. The limit of a topic is the margin that few (1%) of its real texts
    fall below when a model judges them that has not seen their record, less one by the number of its records (the fewer
    were seen, the less is known of the rest), and at most 0. It is set twice: on whole records, and with single
    exchanges among them for texts that are shorter than most records.
    """

    def __init__(self, real: Iterable[Record], settings: CheckSettings | None = None) -> None:
        self._false_alarms = (settings or CheckSettings()).topic_false_alarms
        labelled = [record for record in real if record.topic and record.user_text.strip()]
        self.counts = Counter(str(record.topic) for record in labelled)
        enough = {topic for topic, count in self.counts.items() if count >= LEAST_RECORDS}
        self._limits: dict[str, _Limits] = {}
        self.scores: TopicScores | None = None
        if len(enough) > 1:
            self._fit(evenly([record for record in labelled if record.topic in enough], MOST_FITTED))

    def _fit(self, records: list[Record]) -> None:
        from sklearn.model_selection import StratifiedKFold

        texts = [_text_of(record.messages) for record in records]
        labels = [str(record.topic) for record in records]
        whole: dict[str, list[float]] = {topic: [] for topic in labels}
        parts: dict[str, list[float]] = {topic: [] for topic in labels}
        for seen, unseen in StratifiedKFold(PARTS, shuffle=True, random_state=0).split(texts, labels):
            scores = TopicScores([texts[i] for i in seen], [labels[i] for i in seen])
            for i in unseen:
                whole[labels[i]].append(scores.margin(texts[i], labels[i])[0])
                parts[labels[i]] += [scores.margin(p, labels[i])[0] for p in _exchanges(records[i].messages)]
        lengths: dict[str, list[int]] = {topic: [] for topic in labels}
        for text, topic in zip(texts, labels, strict=True):
            lengths[topic].append(len(text))
        for topic, own in whole.items():
            usual = float(np.quantile(lengths[topic], SHORT))
            self._limits[topic] = _Limits(
                usual, self._limit(own, len(own)), self._limit([*own, *parts[topic]], len(own))
            )
        self.scores = TopicScores(texts, labels)

    def _limit(self, margins: Sequence[float], records: int) -> float:
        return min(0.0, float(np.quantile(margins, self._false_alarms)) - 1 / records)

    def limit(self, topic: str, text: str) -> float | None:
        """The margin below which a text is not about the topic; None where that is not known."""
        limits = self._limits.get(topic)
        if limits is None:
            return None
        return limits.whole if len(text) >= limits.usual_length else limits.short

    def why_unknown(self, topic: str) -> str | None:
        """Why nothing can be said about the topic, or None."""
        if self.counts[topic] < LEAST_RECORDS:
            return (
                f"{self.counts[topic]} real records of {topic!r} are too few to fit a topic classifier "
                f"({LEAST_RECORDS} are needed)"
            )
        if self.scores is None:
            return f"no second topic has {LEAST_RECORDS} real records to tell {topic!r} from"
        return None


@dataclass(frozen=True)
class _Limits:
    """Least margins of whole records and of shorter texts, and the characters from which a text is no short one."""

    usual_length: float
    whole: float
    short: float


class TopicCheck:
    """Refuses what reads like another topic.

    Attributes:
        not_judged: why the check lets everything pass, or None when it judges.
    """

    name = "topic"

    def __init__(self, topic: str, real: Iterable[Record] | TopicModel) -> None:
        self._model = real if isinstance(real, TopicModel) else TopicModel(real)
        self._topic = topic
        self.not_judged = self._model.why_unknown(topic)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Refused when another topic is clearly more likely, judged on what the strategy wrote."""
        text = _text_of(candidate.written)
        limit = self._model.limit(self._topic, text)
        if self._model.scores is None or limit is None or not text.strip():
            return None
        margin, likeliest = self._model.scores.margin(text, self._topic)
        candidate.scores[self.name] = round(margin, 4)
        if margin >= limit:
            return None
        # A record may be of several topics, and says most about one of them.
        topics = candidate.source.get("topics") or ()
        if self._topic in topics and likeliest in topics:
            return None
        return Rejection(self.name, f"reads like {likeliest!r} ({margin:.2f}, limit {limit:.2f})")


def _text_of(messages: Sequence[Message]) -> str:
    """What users and assistants say, and which tools are called."""
    parts = []
    for message in messages:
        if message["role"] in ("user", "assistant"):
            parts.append(message_text(message))
            parts += [f"calls_{tool}" for tool, _ in calls_of(message)]
    return "\n".join(parts)[:LONGEST_TEXT]


def _exchanges(messages: Sequence[Message]) -> Iterator[str]:
    """The single exchanges of a record with several: a user's turn and what follows it."""
    starts = [index for index, message in enumerate(messages) if message["role"] == "user"]
    if len(starts) < 2:
        return
    for start, end in zip(starts, [*starts[1:], len(messages)], strict=True):
        text = _text_of(messages[start:end])
        if len(text.split()) >= LEAST_WORDS:
            yield text
