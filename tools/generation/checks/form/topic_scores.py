"""Scores of one text for every topic, by the words and weights of a fitted classifier.

scikit-learn takes one to two milliseconds for a single text, most of it for checks and sparse matrices. Here the words
are looked up and their weights summed, which takes a tenth of that and gives the same numbers.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ....coverage.text_classifier import topic_classifier, word_features

_WORD = re.compile(r"\w+")


class TopicScores:
    """TF-IDF of words and one logistic regression a topic, as `text_classifier` fits them.

    Attributes:
        topics: the labels, sorted; the order of all scores.
    """

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        features, classifier = word_features(), topic_classifier()
        matrix = features.fit_transform(texts)
        classifier.fit(matrix, np.asarray(labels))
        weights = np.vstack([one.coef_[0] for one in classifier.estimators_])
        offsets = np.array([one.intercept_[0] for one in classifier.estimators_])
        if len(weights) == 1:  # of two topics only the second one has a model
            weights, offsets = np.vstack([-weights, weights]), np.array([-offsets[0], offsets[0]])
        self.topics: list[str] = [str(topic) for topic in classifier.classes_]
        self._columns: dict[str, int] = {word: int(column) for word, column in features.vocabulary_.items()}
        self._idf: NDArray[np.float64] = features.idf_
        self._weights: NDArray[np.float64] = np.ascontiguousarray(weights.T)
        self._offsets: NDArray[np.float64] = offsets

    def of(self, text: str) -> NDArray[np.float64]:
        """The probability of each topic, shape (topics,), summing to 1: what ``predict_proba`` gives."""
        counted = Counter(_WORD.findall(text.lower()))
        known = [(self._columns[word], times) for word, times in counted.items() if word in self._columns]
        decision = self._offsets
        if known:
            columns = np.fromiter((column for column, _ in known), dtype=np.intp, count=len(known))
            often = np.fromiter(
                (1 + math.log(times) for _, times in known), dtype=np.float64, count=len(known)
            )
            values = often * self._idf[columns]
            decision = decision + (values / math.sqrt(values @ values)) @ self._weights[columns]
        chances: NDArray[np.float64] = 1 / (1 + np.exp(-decision))
        return chances / max(float(chances.sum()), 1e-12)

    def margin(self, text: str, topic: str) -> tuple[float, str]:
        """Probability of ``topic`` less that of the strongest other one, from -1 to 1; and which one that is."""
        chances = self.of(text)
        own = self.topics.index(topic)
        chance = float(chances[own])
        chances[own] = -1
        strongest = int(chances.argmax())
        return chance - float(chances[strongest]), self.topics[strongest]
