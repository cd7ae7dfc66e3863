"""Topic check: does what the user says belong to the topic, by a classifier fitted on real records only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...coverage.text_classifier import topic_classifier, word_features
from ...dataset.record import Record
from ..draft import Candidate, Rejection

LEAST_RECORDS = 5
"""Real records that a topic needs before the classifier can speak about it."""
FALSE_ALARMS = 0.03
"""Share of the topic's own real records, judged by a model that has not seen them, that may fall below the limit."""
MOST_FITTED = 20_000
LEAST_WORDS = 6
"""Words of a user turn that is judged by itself; shorter ones (thanks, numbers, names) belong to no topic."""


class TopicGate:
    """TF-IDF of words, logistic regression; the limit is set from the topic's own records.

    A text's margin is the probability of its topic less that of the strongest other one. The limit is the margin
    that only 3% of the topic's real texts fall below when a model that has not seen their record judges them, and
    at most 0. Texts are whole records and single user turns: what is judged later may be as short as one turn.

    Attributes:
        not_judged: why the gate lets everything pass, or None when it judges.
    """

    name = "topic"

    def __init__(self, topic: str, real: Iterable[Record]) -> None:
        self._topic = topic
        self.not_judged: str | None = None
        self._model: Any = None
        self._limit = 0.0
        labelled = [record for record in real if record.topic and record.user_text.strip()]
        counts = Counter(record.topic for record in labelled)
        enough = {label for label, count in counts.items() if count >= LEAST_RECORDS}
        if topic not in enough:
            self.not_judged = (
                f"{counts.get(topic, 0)} real records of {topic!r} are too few to fit a topic classifier "
                f"({LEAST_RECORDS} are needed)"
            )
        elif len(enough) < 2:
            self.not_judged = f"no second topic has {LEAST_RECORDS} real records to tell {topic!r} from"
        else:
            self._fit(_sample([record for record in labelled if record.topic in enough]))

    def _fit(self, records: list[Record]) -> None:
        from sklearn.model_selection import StratifiedKFold

        texts = np.array([record.user_text for record in records], dtype=object)
        labels = np.array([record.topic for record in records])
        margins: list[float] = []
        for seen, unseen in StratifiedKFold(LEAST_RECORDS, shuffle=True, random_state=0).split(texts, labels):
            held_out = [text for i in unseen if labels[i] == self._topic for text in _texts_of(records[i])]
            margins.extend(self._margins(_fitted(texts[seen], labels[seen]), held_out))
        self._limit = min(0.0, float(np.quantile(margins, FALSE_ALARMS)))
        self._model = _fitted(texts, labels)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Refused when another topic is clearly more likely, judged on what the strategy wrote for the user."""
        text = candidate.written_text("user")
        if self._model is None or not text:
            return None
        margin = self._margins(self._model, [text])[0]
        if margin >= self._limit:
            return None
        likeliest = self._model.predict([text])[0]
        return Rejection(
            self.name, f"reads like {likeliest!r} (margin {margin:.2f}, limit {self._limit:.2f})"
        )

    def _margins(self, model: Any, texts: list[str]) -> list[float]:
        probabilities = model.predict_proba(texts)
        column = int(np.flatnonzero(model.classes_ == self._topic)[0])
        others = np.delete(probabilities, column, axis=1)
        return [float(margin) for margin in probabilities[:, column] - others.max(axis=1)]


def _fitted(texts: Any, labels: Any) -> Any:
    from sklearn.pipeline import make_pipeline

    return make_pipeline(word_features(), topic_classifier()).fit(texts, labels)


def _texts_of(record: Record) -> list[str]:
    """The whole of what the user says, and each turn that says something by itself."""
    turns = [turn for turn in record.user_turns if len(turn.split()) >= LEAST_WORDS]
    return [record.user_text, *turns] if len(record.user_turns) > 1 else [record.user_text]


def _sample(records: list[Record]) -> list[Record]:
    """At most `MOST_FITTED` records, evenly over the dataset: fitting time stays bounded."""
    if len(records) <= MOST_FITTED:
        return records
    step = len(records) / MOST_FITTED
    return [records[int(index * step)] for index in range(MOST_FITTED)]
